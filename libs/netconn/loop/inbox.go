package loop

import (
	"net"
	"sync"
	"sync/atomic"
)

type eventKind uint8

const (
	evFunc     eventKind = iota // fn was posted
	evRead                      // a pump has read buf; err ends the stream
	evWrote                     // a pump has written n bytes; err ends the connection
	evAccepted                  // a goroutine has accepted nc on ln, or failed with err
	evWriter                    // a Writer was closed
)

// event is something that another goroutine tells the loop.
type event struct {
	kind eventKind
	c    *Conn
	fn   func()
	buf  []byte
	n    int
	err  error
	ln   *Listener
	nc   net.Conn
}

// inbox takes events from other goroutines. Only while the loop sleeps does a post cost a wake-up.
type inbox struct {
	mu       sync.Mutex
	queue    []event
	spare    []event
	closed   bool
	n        atomic.Int32
	sleeping atomic.Bool
}

func (in *inbox) post(be backend, e event) bool {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return false
	}
	in.queue = append(in.queue, e)
	in.n.Store(int32(len(in.queue)))
	in.mu.Unlock()
	if in.sleeping.Load() && in.sleeping.CompareAndSwap(true, false) {
		be.wake()
	}
	return true
}

// beginSleep is called before a wait that blocks. False means that there are events, so the wait must not block.
func (in *inbox) beginSleep() bool {
	in.sleeping.Store(true)
	if in.n.Load() == 0 {
		return true
	}
	in.sleeping.Store(false)
	return false
}

func (in *inbox) endSleep() { in.sleeping.Store(false) }

// empty says that there is nothing to drain.
func (in *inbox) empty() bool { return in.n.Load() == 0 }

// close drops the events that are there and those to come.
func (in *inbox) close() {
	in.mu.Lock()
	in.closed = true
	queue := in.queue
	in.queue = nil
	in.n.Store(0)
	in.mu.Unlock()
	for _, e := range queue {
		if e.nc != nil {
			e.nc.Close()
		}
	}
}

// drain dispatches the events that are there, not those that come up meanwhile.
func (in *inbox) drain(l *Loop) {
	if in.empty() {
		return
	}
	in.mu.Lock()
	queue := in.queue
	in.queue, in.spare = in.spare[:0], nil
	in.n.Store(0)
	in.mu.Unlock()
	for i := range queue {
		e := queue[i]
		queue[i] = event{}
		l.dispatch(e)
	}
	if cap(queue) <= 4096 {
		in.mu.Lock()
		in.spare = queue[:0]
		in.mu.Unlock()
	}
}

func (l *Loop) dispatch(e event) {
	switch e.kind {
	case evFunc:
		e.fn()
	case evRead:
		e.c.pump.onRead(e.c, e.buf, e.err)
	case evWrote:
		e.c.pump.onWrote(e.c, e.n, e.err)
	case evAccepted:
		l.onAccepted(e.ln, e.nc, e.err)
	case evWriter:
		e.c.writerClosed()
	default:
		panic("BUG: unknown event")
	}
}
