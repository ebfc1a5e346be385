package loop

import (
	"cmp"
	"net"
	"slices"
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
	closed   bool
	n        atomic.Int32 // length of queue
	sleeping atomic.Bool

	// The loop's own: the batch that is being dispatched, from at on.
	batch  []event
	at     int
	reads  []int   // scratch of order: the places of reads in batch
	sorted []event // and these
}

func (in *inbox) post(be backend, e event) bool {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return false
	}
	in.queue = append(in.queue, e)
	in.n.Store(int32(len(in.queue)))
	if in.sleeping.Load() && in.sleeping.CompareAndSwap(true, false) {
		be.wake() // under the lock, so that it cannot come after close
	}
	in.mu.Unlock()
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

// drain dispatches the events that are there, not those that come up meanwhile. When a handler comes back here through
// Poll, what is left of the outer batch comes first.
func (in *inbox) drain(l *Loop) {
	in.work(l)
	if in.empty() {
		return
	}
	in.mu.Lock()
	in.batch, in.queue = in.queue, in.batch[:0]
	in.n.Store(0)
	in.mu.Unlock()
	in.at = 0
	in.order()
	in.work(l)
	if cap(in.batch) > 4096 {
		in.batch = nil // that was a rush
	}
}

// order arranges the reads of a batch: connections that have sent the least come first, and of equal ones the oldest. Which bytes came
// first nobody knows: Go's poller starts the readers of connections that became ready together in any order. But a client opens further connections for
// requests whose replies it does not wait for, such as blocking pops, one after the other, and goes on with the one that it had.
func (in *inbox) order() {
	in.reads = in.reads[:0]
	for i, e := range in.batch {
		if e.kind == evRead {
			in.reads = append(in.reads, i)
		}
	}
	if len(in.reads) < 2 {
		return
	}
	in.sorted = in.sorted[:0]
	for _, i := range in.reads {
		in.sorted = append(in.sorted, in.batch[i])
	}
	slices.SortFunc(in.sorted, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.c.pump.reads, b.c.pump.reads), cmp.Compare(a.c.ID, b.c.ID))
	})
	for n, i := range in.reads {
		in.batch[i] = in.sorted[n]
	}
	clear(in.sorted)
}

func (in *inbox) work(l *Loop) {
	for in.at < len(in.batch) {
		e := in.batch[in.at]
		in.batch[in.at] = event{}
		in.at++
		l.dispatch(e)
	}
	in.batch, in.at = in.batch[:0], 0
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
