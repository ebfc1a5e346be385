package loop

import (
	"runtime"
	"time"
)

// portable is the back end without descriptors: all connections have pumps, all events come through the inbox.
type portable struct {
	l     *Loop
	woken chan struct{}
	timer *time.Timer
}

func newPortable(l *Loop) *portable {
	b := &portable{l: l, woken: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	b.timer.Stop()
	return b
}

func (b *portable) name() string { return Portable }
func (b *portable) start() error { return nil }

func (b *portable) wait(d time.Duration) error {
	if d == 0 || !b.l.in.beginSleep() {
		return nil
	}
	if d < 0 {
		<-b.woken
	} else {
		b.timer.Reset(d)
		select {
		case <-b.woken:
			b.timer.Stop()
		case <-b.timer.C:
		}
	}
	b.l.in.endSleep()
	if b.l.pumps > 1 {
		runtime.Gosched() // readers that became ready together with the first one post too, so that inbox.order sees them
	}
	return nil
}

func (b *portable) wake() {
	select {
	case b.woken <- struct{}{}:
	default:
	}
}

func (b *portable) close() { b.timer.Stop() }

func (b *portable) listen(*Listener) error { panic("BUG: descriptor in the portable back end") }
func (b *portable) unlisten(*Listener)     { panic("BUG: descriptor in the portable back end") }
func (b *portable) attach(*Conn) error     { panic("BUG: descriptor in the portable back end") }
func (b *portable) send(*Conn)             { panic("BUG: descriptor in the portable back end") }
func (b *portable) resume(*Conn)           { panic("BUG: descriptor in the portable back end") }
func (b *portable) shut(*Conn)             { panic("BUG: descriptor in the portable back end") }
