package loop

import (
	"net"
	"time"
)

// Source is a supply of bytes that are sent without being copied: a replica's cursor into the replication buffer. Its
// methods run on the loop's goroutine.
type Source interface {
	// Next returns the next bytes to send, empty if there are none at present. They must stay as they are until
	// Advance has passed them or Closed was called.
	Next() []byte
	// Advance says that the kernel has accepted the first n bytes of what Next returned.
	Advance(n int)
}

type state uint8

const (
	stateOpen     state = iota
	stateDraining       // no more reading; what is in Out is sent, then the connection is shut
	stateShutting       // being closed; waits until the kernel has let go of it
	stateDead           // Closed was called
)

// Conn is a connection. Its fields and methods belong to the loop's goroutine.
type Conn struct {
	// Session is the handler's.
	Session any
	// Out is the output: the handler appends to it. What is appended during Data or Accept of this connection is
	// sent after the turn without more ado; at other times the handler calls Flush too. The loop takes the buffer
	// away when it sends, so no slice of it may be kept.
	Out []byte
	// ID is unique within the loop, counted from 1.
	ID uint64
	// Written counts the bytes that the kernel has accepted, those of the Source included.
	Written uint64

	l        *Loop
	listener *Listener
	pump     *pump // goroutines that read and write for this connection; nil if it has a descriptor
	fd       int   // -1 if the pump has the connection
	slot     int32 // in l.table
	gen      uint32

	state    state
	dirty    bool // is in l.dirty
	busy     bool // Data under way
	paused   bool // by the handler
	corked   bool // output waits for Uncork
	stopped  bool // the back end has stopped to read, because received returned false
	eof      bool // the peer has ended its stream; reported to the handler once held is empty
	inflight bool // the back end has sending, or a slice of src
	final    bool // draining, and drainLen says how much of Out is still to be sent

	recvArmed bool   // io_uring: a multishot receive is armed
	refs      int32  // io_uring: operations that the kernel has not completed
	window    uint32 // io_uring: the pace's window in which bytes came last
	mask      uint32 // epoll: the registered events

	sending []byte // output taken from Out; sending[off:] is not yet accepted by the kernel
	off     int
	hint    int    // length of the last output
	held    []byte // received while paused or busy
	src     Source
	writer  *Writer
	onDrain func(*Writer, error) // waits for the output to be sent, to get the Writer
	err     error

	local, remote string
	srcInFlight   Source // whose slice is in flight
	slice         []byte // that slice, to keep it reachable
	drainLen      int
}

// Listener returns the listener that has accepted c, nil for an adopted connection.
func (c *Conn) Listener() *Listener { return c.listener }

// FD returns the descriptor of c, -1 if goroutines own the connection. It is for display only.
func (c *Conn) FD() int {
	if c.pump != nil {
		return c.pump.fd
	}
	return c.fd
}

// NetConn returns the net.Conn under c, for example a *tls.Conn, or nil if c is driven by its descriptor.
func (c *Conn) NetConn() net.Conn {
	if c.pump != nil {
		return c.pump.nc
	}
	return nil
}

// Pending returns the number of bytes of own output, not those of the Source, that the kernel has not accepted yet.
func (c *Conn) Pending() int { return len(c.Out) + len(c.sending) - c.off }

// Alive says that neither Close was called nor has the connection failed. A connection that drains is alive.
func (c *Conn) Alive() bool { return c.state < stateShutting }

// Flush has Out, or the Source's new bytes, sent at the end of this turn. It costs next to nothing, and nothing more when
// called again.
func (c *Conn) Flush() {
	if !c.dirty && c.state < stateShutting {
		c.dirty = true
		c.l.dirty = append(c.l.dirty, c)
	}
}

// Output returns Out for appending at other times than Data: with a buffer from the pool, and to be sent at the end of this
// turn. A broadcast to many connections costs no allocation this way.
func (c *Conn) Output() *[]byte {
	if c.Out == nil {
		c.Out = c.l.bufs.get(c.hint)
	}
	c.Flush()
	return &c.Out
}

// Kick says that the Source has new bytes. It is Flush under the name that suits a Source.
func (c *Conn) Kick() { c.Flush() }

// Cork keeps back all output, that of CloseAfterWrite included, until Uncork. Close drops it.
func (c *Conn) Cork() { c.corked = true }

// Uncork ends Cork.
func (c *Conn) Uncork() {
	if c.corked {
		c.corked = false
		c.Flush()
	}
}

// SetSource makes the loop send from src whenever there is no own output; nil ends that. Bytes that are in flight
// stay so; the old source still gets its Advance for them.
func (c *Conn) SetSource(src Source) {
	c.src = src
	c.Flush()
}

// Close closes the connection and drops the output that is not yet sent. There will be no more Data; Closed follows with a
// nil error.
func (c *Conn) Close() {
	if c.pump == nil && c.state < stateShutting {
		// The end reaches the peer before anything that others are sent in this turn, as if closing took no time: whoever is told that a
		// connection was killed finds it gone.
		shutdownFD(c.fd)
	}
	c.fail(nil)
}

// CloseAfterWrite stops reading, sends what is in Out at the end of this turn and then closes the connection. Later output
// and the Source are ignored.
func (c *Conn) CloseAfterWrite() {
	if c.state == stateOpen {
		c.state = stateDraining
		c.held = nil
		c.Flush()
	}
}

// PauseRead stops Data until ResumeRead. Up to some hundred KiB may still be taken from the kernel and held. While paused,
// the end of the peer's stream goes unnoticed, a reset does not.
func (c *Conn) PauseRead() { c.paused = true }

// ResumeRead ends PauseRead. Data for the bytes held comes before the next Turn, not from within this call.
func (c *Conn) ResumeRead() {
	if !c.paused {
		return
	}
	c.paused = false
	if len(c.held) > 0 || c.stopped || c.eof {
		c.l.Post(c.replay)
	}
}

// SetKeepAlive sets the time without traffic after which this TCP connection is probed; 0 means never.
func (c *Conn) SetKeepAlive(d time.Duration) error { return c.setKeepAlive(d) }

// SetNoDelay says whether small pieces of output leave this TCP connection at once, as they do at first, or are gathered into fewer
// packets (Nagle's algorithm). On other connections it does nothing.
func (c *Conn) SetNoDelay(on bool) error { return c.setNoDelay(on) }

// received takes bytes from the back end. False says: stop reading until resume.
func (c *Conn) received(p []byte) bool {
	c.l.Stats.BytesRead += uint64(len(p))
	c.l.Stats.Reads++
	if c.state != stateOpen {
		return false
	}
	if c.paused || c.busy || c.stopped {
		c.held = append(c.held, p...)
		c.stopped = true
		return false
	}
	c.deliver(p)
	if c.stopped && !c.paused {
		c.l.Post(c.replay) // more came in within Poll
	}
	return c.state == stateOpen && !c.stopped
}

// deliver calls Data.
func (c *Conn) deliver(p []byte) {
	if c.Out == nil {
		c.Out = c.l.bufs.get(c.hint)
	}
	c.busy = true
	c.l.calls++
	c.l.h.Data(c, p)
	c.busy = false
	if len(c.Out) > 0 {
		c.Flush()
	} else if c.Out != nil {
		c.l.bufs.put(c.Out)
		c.Out = nil
	}
}

// replay hands over what was held while paused, then begins to read again.
func (c *Conn) replay() {
	if c.state != stateOpen || c.paused || c.busy {
		return
	}
	for len(c.held) > 0 {
		p := c.held
		c.held = nil
		c.deliver(p)
		if c.state != stateOpen || c.paused {
			return
		}
	}
	if c.eof {
		c.stopped = false
		c.ended(nil)
		return
	}
	if c.stopped {
		c.stopped = false
		if c.pump != nil {
			c.pump.resume(c)
		} else {
			c.l.be.resume(c)
		}
	}
}

// ended takes the end of the stream from the back end: err is nil for an orderly one. What was read before is answered
// before the connection closes, as the peer may have closed its sending side only.
func (c *Conn) ended(err error) {
	switch {
	case err != nil:
		c.fail(err)
	case c.state != stateOpen:
	case c.stopped || c.paused || c.busy:
		c.eof = true
	case c.writer != nil:
		c.fail(nil) // nobody reads what the Writer writes
	default:
		c.CloseAfterWrite()
	}
}

// fail begins to shut the connection.
func (c *Conn) fail(err error) {
	if c.state >= stateShutting {
		return
	}
	c.state = stateShutting
	c.err = err
	c.held = nil
	if c.writer != nil {
		c.writer.abort()
	}
	if fn := c.onDrain; fn != nil {
		c.onDrain = nil
		c.l.Post(func() { fn(nil, net.ErrClosed) })
	}
	if c.pump != nil {
		c.pump.shut(c)
	} else {
		c.l.be.shut(c)
	}
}

// release drops what a dead connection does not need.
func (c *Conn) release() {
	c.l.bufs.put(c.Out)
	c.l.bufs.put(c.sending)
	c.Out, c.sending, c.off, c.held, c.slice = nil, nil, 0, nil, nil
	c.src, c.srcInFlight = nil, nil
}
