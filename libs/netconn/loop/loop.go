// Package loop is the event loop under the engine: one goroutine, locked to its thread, accepts connections, reads
// requests and sends replies for all clients, in batches.
//
//	           +------------------------- one turn --------------------------+
//	           |                                                             |
//	wait ----> | events: Accept, Data, Closed  ->  posts  ->  Turn  ->  send | ----> wait, as long as Turn said
//	           |                                                             |
//	           +-------------------------------------------------------------+
//
// Three back ends stand behind one interface: io_uring (Linux 6.0 and later, where the kernel grants it), epoll (Linux)
// and a portable one with goroutines for each connection. Connections that have no descriptor of their own, such as
// TLS, are driven by goroutines under every back end and meet the loop in batches. See docs/decisions/0003.
//
// The life of a connection:
//
//	open --CloseAfterWrite or EOF--> draining --output sent--> shutting --kernel let go--> dead (Closed was called)
//	  |                                 |                          ^
//	  +-----Close, read error-----------+--Close, write error------+
//
// Unless its comment says otherwise, a method of Loop, Conn or Listener may be called only on the loop's goroutine, that
// is, from a method of Handler or a posted function, or before Run.
package loop

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Names of the back ends, as in the directive io-backend.
const (
	Auto     = "auto"     // io_uring, else epoll, else portable
	Uring    = "uring"    // io_uring
	Epoll    = "epoll"    // epoll
	Portable = "portable" // goroutines
)

// ErrStopped is what Closed reports for the connections that were open when the loop stopped.
var ErrStopped = errors.New("event loop stopped")

// Handler is the owner of the connections: the engine. All its methods run on the loop's goroutine.
type Handler interface {
	// Accept announces a new connection of a listener. It may append to c.Out, and may close c.
	Accept(c *Conn)
	// Data hands over bytes of the peer. p is valid only during the call. Bytes appended to c.Out are sent after Turn.
	Data(c *Conn, p []byte)
	// Closed is called exactly once for each Conn, accepted or adopted, never from within a method of Conn. After
	// it c is dead. err is nil when the peer ended the stream or the handler closed c.
	Closed(c *Conn, err error)
	// Turn runs once after each batch of events, before the outputs are sent. It returns for how long the loop may
	// sleep: 0 means poll, a negative value for ever. The next Turn may come earlier, even without an event.
	Turn() time.Duration
}

// Preparer is a Handler that wants to see the bytes of several connections before it gets them one after another, to load
// from memory what it will need for all of them at once. A back end that has no such batches does not call it.
type Preparer interface {
	// Prepare is called before the Data of a batch, which need not come: a connection may be closed or paused first.
	Prepare(batch []Received)
}

// Received is what a connection has received. Data is valid only during the call that it is passed to.
type Received struct {
	Conn *Conn
	Data []byte
}

// Options configures a loop. The zero value is usable.
type Options struct {
	// Backend is the wished back end: one of the names above; "" means Auto.
	Backend string
	// KeepAlive is the time without traffic after which accepted TCP connections are probed; 0 means never.
	KeepAlive time.Duration
	// AcceptError, if set, is told that accepting failed, for instance because no descriptor is free. Accepting
	// is tried again when a connection was closed, or a little later.
	AcceptError func(ln *Listener, err error)
}

// Stats counts since the start of the loop.
type Stats struct {
	BytesRead    uint64
	BytesWritten uint64 // accepted by the kernel
	Reads        uint64 // that brought bytes
	Writes       uint64 // of which the kernel has accepted bytes
}

// Loop is an event loop. Make one with New.
type Loop struct {
	// Stats may be read, and set to zero, on the loop's goroutine.
	Stats Stats

	h         Handler
	prepare   func([]Received) // of a Handler that is a Preparer
	be        backend
	fallback  error
	keepAlive time.Duration
	acceptErr func(*Listener, error)

	in        inbox
	table     table
	listeners []*Listener
	stalled   []*Listener // accepting failed; tried again in retryListeners
	retryAt   time.Time
	dirty     []*Conn // have output to be sent after this turn
	dirtySwap []*Conn
	gone      []*Conn // the kernel holds no reference any more; Closed is due
	goneSwap  []*Conn
	bufs      bufPool
	lastID    uint64
	depth     int    // 1 in Run, more inside Poll
	calls     uint64 // of the handler for events
	procs     int    // GOMAXPROCS
	pumps     int    // connections that goroutines drive
	ran       bool
	stopped   bool
}

// New makes a loop with the wished back end. When the system refuses that one the next best is taken, and Fallback says
// why. The error is for an unknown name, or when the system refuses all of them.
func New(o Options, h Handler) (*Loop, error) {
	l := &Loop{h: h, procs: runtime.GOMAXPROCS(0), keepAlive: o.KeepAlive, acceptErr: o.AcceptError}
	if p, ok := h.(Preparer); ok {
		l.prepare = p.Prepare
	}
	var names []string
	switch o.Backend {
	case Auto, "", Uring:
		names = []string{Uring, Epoll, Portable}
	case Epoll:
		names = []string{Epoll, Portable}
	case Portable:
		names = []string{Portable}
	default:
		return nil, fmt.Errorf("unknown io backend %q", o.Backend)
	}
	for _, name := range names {
		be, err := newBackend(name, l)
		if err == nil {
			l.be = be
			return l, nil
		}
		l.fallback = errors.Join(l.fallback, fmt.Errorf("io backend %s: %w", name, err))
	}
	return nil, l.fallback
}

// Backend returns the name of the back end that runs: Uring, Epoll or Portable. Any goroutine may call it.
func (l *Loop) Backend() string { return l.be.name() }

// Fallback returns why a better back end, or the wished one, could not be used, or nil. Any goroutine may call it.
func (l *Loop) Fallback() error { return l.fallback }

// Conns returns the number of connections that are not dead.
func (l *Loop) Conns() int { return l.table.n }

// Post runs fn on the loop's goroutine, before the next Turn. Any goroutine may call it, before Run too. Functions run in
// the order in which they were posted; after the loop has stopped they are dropped.
func (l *Loop) Post(fn func()) { l.in.post(l.be, event{kind: evFunc, fn: fn}) }

// Stop ends Run after the turn under way. Any goroutine may call it.
func (l *Loop) Stop() { l.Post(func() { l.stopped = true }) }

// SetKeepAlive changes Options.KeepAlive for connections accepted from now on.
func (l *Loop) SetKeepAlive(d time.Duration) {
	l.keepAlive = d
	for _, ln := range l.listeners {
		ln.inheritOptions()
	}
}

// Run runs the loop until Stop. It locks the goroutine to its thread. Listeners and connections that are open when it
// ends are closed; each connection gets its Closed.
func (l *Loop) Run() error {
	if l.ran {
		return errors.New("loop: Run called twice")
	}
	l.ran = true
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.depth = 1
	err := l.be.start()
	for d := time.Duration(0); err == nil && !l.stopped; {
		if err = l.be.wait(l.sleepLimit(d)); err == nil {
			d = l.turn()
		}
	}
	l.shutdown()
	if err != nil {
		return fmt.Errorf("io backend %s: %w", l.be.name(), err)
	}
	return nil
}

// Poll handles the events that are there and sends the outputs, without waiting and without Turn. It is for a handler
// method that keeps the loop's goroutine busy for long, such as a slow script or a load; the handler must be ready for
// calls about all other connections meanwhile. The connection whose Data is under way gets neither Data nor Closed. It returns
// ErrStopped when the loop is to stop: the handler has to come to an end.
func (l *Loop) Poll() error { return l.Await(0) }

// Await is Poll for a handler that can do nothing before the next event: it waits for one for as long as d.
func (l *Loop) Await(d time.Duration) error {
	l.depth++
	defer func() { l.depth-- }()
	if err := l.be.wait(l.sleepLimit(d)); err != nil {
		return err
	}
	l.in.drain(l)
	l.reap()
	l.flush()
	if l.stopped {
		return ErrStopped
	}
	return nil
}

// turn is what follows a batch of events. It returns for how long to sleep.
func (l *Loop) turn() time.Duration {
	l.in.drain(l)
	l.reap()
	d := l.h.Turn()
	l.flush()
	return d
}

// sleepLimit bounds d, the time that the handler allows to sleep, by what the loop itself has to do.
func (l *Loop) sleepLimit(d time.Duration) time.Duration {
	if len(l.gone) > 0 || len(l.dirty) > 0 {
		return 0
	}
	if len(l.stalled) > 0 {
		left := time.Until(l.retryAt)
		if left <= 0 {
			l.retryListeners()
		} else if d < 0 || d > left {
			d = left
		}
	}
	return d
}

// flush starts to send what the handler has produced in this turn.
func (l *Loop) flush() {
	work := l.dirty
	l.dirty, l.dirtySwap = l.dirtySwap[:0], nil
	for i, c := range work {
		work[i] = nil
		c.dirty = false
		c.flushNow()
	}
	l.dirtySwap = work[:0]
}

// reap tells the handler about the connections that have ended.
func (l *Loop) reap() {
	if len(l.gone) == 0 {
		return
	}
	work := l.gone
	l.gone, l.goneSwap = l.goneSwap[:0], nil
	for i, c := range work {
		work[i] = nil
		if c.busy {
			l.gone = append(l.gone, c) // its Data is under way, further up this stack
			continue
		}
		c.state = stateDead
		l.table.remove(c)
		c.release()
		l.h.Closed(c, c.err)
		if c.fd >= 0 {
			closeFD(c.fd) // only now, so that Closed can still ask for the addresses
			c.fd = -1
			if len(l.stalled) > 0 {
				l.retryAt = time.Time{}
			}
		}
	}
	l.goneSwap = work[:0]
}

// shutdown ends everything that is open.
func (l *Loop) shutdown() {
	for len(l.listeners) > 0 {
		l.listeners[0].Close()
	}
	for _, c := range l.table.conns {
		if c != nil {
			c.fail(ErrStopped)
		}
	}
	// Ends within a few rounds: every operation has been cancelled or its descriptor shut down.
	for deadline := time.Now().Add(5 * time.Second); ; {
		l.in.drain(l)
		l.reap()
		if l.table.n == 0 || time.Now().After(deadline) {
			break
		}
		if l.be.wait(10*time.Millisecond) != nil {
			break
		}
	}
	l.in.close()
	l.be.close()
}
