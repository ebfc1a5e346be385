package repltest

import (
	"errors"
	"io"
	"time"
)

var (
	errReset   = errors.New("connection reset")
	errRefused = errors.New("connection refused")
	errClosed  = errors.New("connection closed here")
	errEnd     = errors.New("the world ended")
)

// window is how many bytes may be on the way or unread before a writer has to wait.
const window = 8 << 10

// path is what lies between two nodes.
type path struct {
	latency time.Duration
	jitter  time.Duration // not 0: what is sent at once may arrive in two pieces, by so much apart
	down    bool          // dialling fails
	frozen  bool          // nothing arrives, nothing is lost: it arrives when the path thaws
}

func (w *World) path(a, b *Node) *path {
	key := [2]int{min(a.index, b.index), max(a.index, b.index)}
	p := w.paths[key]
	if p == nil {
		p = &path{latency: time.Millisecond}
		w.paths[key] = p
	}
	return p
}

// conn is one end of a connection, as TCP makes it: bytes arrive in order or the connection breaks.
type conn struct {
	w       *World
	path    *path
	peer    *conn
	here    *Node
	in      []byte // arrived, unread
	sent    []flit // on the way to the peer
	pending int    // bytes for this end on the way or unread
	serial  int    // of the connection, in the order of the world
	err     error  // what a Read gets behind the bytes that arrived
	closed  bool   // this end was closed here
	severed bool   // what is sent vanishes: the other end knows nothing of this one any more
	reader  *proc  // waits for bytes
	writer  *proc  // waits for the window
}

// flit is a piece of data on the way. Empty: the end of the stream.
type flit struct {
	at   time.Time
	data []byte
}

func (w *World) newConn(from, to *Node) (here, there *conn) {
	p := w.path(from, to)
	here, there = &conn{w: w, path: p, here: from}, &conn{w: w, path: p, here: to}
	here.peer, there.peer = there, here
	w.seq++
	here.serial, there.serial = w.seq, w.seq
	from.conns[here] = true
	to.conns[there] = true
	return here, there
}

// Read waits for bytes.
func (c *conn) Read(p []byte) (int, error) {
	for {
		switch {
		case c.closed:
			return 0, errClosed
		case len(c.in) > 0:
			n := copy(p, c.in)
			c.in = c.in[n:]
			c.pending -= n
			c.peer.writer.wake()
			return n, nil
		case c.err != nil:
			return 0, c.err
		}
		c.reader = c.w.run
		if !c.w.park() {
			return 0, errEnd
		}
	}
}

// Write waits for room in the window and sends. Some bytes may have been sent when it fails.
func (c *conn) Write(p []byte) (int, error) {
	done := 0
	for len(p) > 0 {
		switch {
		case c.closed:
			return done, errClosed
		case c.err != nil && c.err != io.EOF:
			return done, c.err
		}
		n := min(len(p), window-c.peer.pending)
		if n > 0 {
			c.post(p[:n])
			p = p[n:]
			done += n
			continue
		}
		c.writer = c.w.run
		if !c.w.park() {
			return done, errEnd
		}
	}
	return done, nil
}

// post sends without waiting.
func (c *conn) post(p []byte) {
	if c.closed || len(p) == 0 {
		return
	}
	c.peer.pending += len(p)
	p = append([]byte(nil), p...)
	if c.path.jitter > 0 {
		n := c.w.rng.IntN(len(p))
		c.send(p[:n:n], 0)
		c.send(p[n:], time.Duration(c.w.rng.Int64N(int64(c.path.jitter))))
		return
	}
	c.send(p, 0)
}

func (c *conn) send(data []byte, late time.Duration) {
	if data != nil && len(data) == 0 {
		return // the first of two pieces may be empty
	}
	d := c.path.latency + late
	c.sent = append(c.sent, flit{c.w.now.Add(d), data})
	c.w.after(d, c.pump)
}

// pump lets arrive what has been on the way for long enough.
func (c *conn) pump() {
	if c.path.frozen || c.severed {
		return
	}
	for len(c.sent) > 0 && !c.sent[0].at.After(c.w.now) {
		f := c.sent[0]
		c.sent = c.sent[1:]
		if c.peer.err != nil {
			continue
		}
		if f.data == nil {
			c.peer.err = io.EOF
		}
		c.peer.in = append(c.peer.in, f.data...)
		c.peer.reader.wake()
	}
}

// Close closes this end. The other one reads the rest and then the end.
func (c *conn) Close() {
	if c.closed {
		return
	}
	c.closed = true
	delete(c.here.conns, c)
	c.send(nil, 0)
	c.reader.wake()
	c.writer.wake()
}

// reset breaks the connection: what is on the way is lost. An end that is not told stays as it is, half-open.
func (c *conn) reset(tellHere, tellThere bool) {
	c.breakEnd(tellHere)
	c.peer.breakEnd(tellThere)
}

func (c *conn) breakEnd(tell bool) {
	c.severed = true
	c.sent = nil
	if tell && c.err == nil {
		c.err = errReset
		c.in = nil
	}
	c.reader.wake()
	c.writer.wake()
}

// between returns a's ends of the connections with b, in the order in which they were made.
func (w *World) between(a, b *Node) []*conn {
	var found []*conn
	for _, c := range a.openConns() {
		if c.peer.here == b {
			found = append(found, c)
		}
	}
	return found
}
