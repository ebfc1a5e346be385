package loop

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"time"
)

// acceptRetry is how long accepting pauses when the system has no descriptors left.
const acceptRetry = 100 * time.Millisecond

// Listener is an address on which the loop accepts connections.
type Listener struct {
	// Tag is the handler's.
	Tag any

	l      *Loop
	addr   net.Addr
	nl     net.Listener // accepted from by a goroutine; nil if fd is used
	fd     int
	key    int32 // name in events of the kernel
	closed bool
	armed  bool // the kernel is asked to accept
}

// Listen begins to accept connections from nl, which belongs to the loop from now on, also when an error is returned. Plain
// TCP and Unix listeners are driven by their descriptor, others, such as those of crypto/tls, by goroutines.
func (l *Loop) Listen(nl net.Listener, tag any) (*Listener, error) {
	ln := &Listener{Tag: tag, l: l, addr: nl.Addr(), fd: -1}
	if l.be.name() != Portable {
		if fd, ok := takeFD(nl); ok {
			if ul, ok := nl.(*net.UnixListener); ok {
				ul.SetUnlinkOnClose(false) // the path must outlive this net.Listener
			}
			nl.Close()
			ln.fd = fd
		}
	}
	if ln.fd < 0 {
		ln.nl = nl
	}
	ln.inheritOptions()
	l.listeners = append(l.listeners, ln)
	if ln.nl != nil {
		go ln.acceptLoop()
		return ln, nil
	}
	if err := l.be.listen(ln); err != nil {
		ln.Close()
		return nil, err
	}
	return ln, nil
}

// Listeners returns the listeners that are open.
func (l *Loop) Listeners() []*Listener { return slices.Clone(l.listeners) }

// Addr returns the address on which the listener listens.
func (ln *Listener) Addr() net.Addr { return ln.addr }

// Close ends accepting. It leaves the connections, and the path of a Unix listener, alone.
func (ln *Listener) Close() error {
	if ln.closed {
		return nil
	}
	ln.closed = true
	l := ln.l
	l.listeners = slices.DeleteFunc(l.listeners, func(o *Listener) bool { return o == ln })
	l.stalled = slices.DeleteFunc(l.stalled, func(o *Listener) bool { return o == ln })
	if ln.nl != nil {
		if ul, ok := ln.nl.(*net.UnixListener); ok {
			ul.SetUnlinkOnClose(false)
		}
		return ln.nl.Close()
	}
	l.be.unlisten(ln)
	return nil
}

// acceptLoop accepts on a goroutine of its own.
func (ln *Listener) acceptLoop() {
	for {
		nc, err := ln.nl.Accept()
		if !ln.l.in.post(ln.l.be, event{kind: evAccepted, ln: ln, nc: nc, err: err}) {
			if nc != nil {
				nc.Close()
			}
			return
		}
		if err != nil {
			if ne, ok := err.(net.Error); !ok || !isAcceptPause(err) && !ne.Timeout() {
				return // closed
			}
			time.Sleep(acceptRetry)
		}
	}
}

// onAccepted takes what acceptLoop has accepted.
func (l *Loop) onAccepted(ln *Listener, nc net.Conn, err error) {
	switch {
	case ln.closed:
		if nc != nil {
			nc.Close()
		}
	case err != nil:
		if l.acceptErr != nil {
			l.acceptErr(ln, err)
		}
	default:
		if tc, ok := nc.(*net.TCPConn); ok {
			tc.SetNoDelay(true)
			tc.SetKeepAliveConfig(keepAliveConfig(l.keepAlive))
		}
		c := l.newConn(ln)
		c.pump = newPump(nc)
		l.introduce(c)
	}
}

// accepted takes a new descriptor from the back end.
func (l *Loop) accepted(ln *Listener, fd int) {
	c := l.newConn(ln)
	c.fd = fd
	l.introduce(c)
}

// introduce shows a new connection to the handler and begins to read from it.
func (l *Loop) introduce(c *Conn) {
	c.Out = l.bufs.get(0)
	c.busy = true
	l.calls++
	l.h.Accept(c)
	c.busy = false
	if len(c.Out) > 0 {
		c.Flush()
	} else {
		l.bufs.put(c.Out)
		c.Out = nil
	}
	if c.state == stateOpen {
		if err := l.begin(c); err != nil {
			c.fail(err)
		}
	}
}

// begin starts reading.
func (l *Loop) begin(c *Conn) error {
	if c.pump != nil {
		c.pump.start(c)
		return nil
	}
	return l.be.attach(c)
}

func (l *Loop) newConn(ln *Listener) *Conn {
	l.lastID++
	c := &Conn{l: l, listener: ln, ID: l.lastID, fd: -1}
	l.table.add(c)
	return c
}

// Adopt takes over a connected net.Conn, which must not be used any more afterwards, and sets its Session. Accept is not
// called for it. TCP and Unix sockets are driven by their descriptor, others by goroutines.
func (l *Loop) Adopt(nc net.Conn, session any) (*Conn, error) {
	c := l.newConn(nil)
	c.Session = session
	if l.be.name() != Portable {
		if fd, ok := takeFD(nc); ok {
			nc.Close()
			c.fd = fd
		}
	}
	if c.fd < 0 {
		c.pump = newPump(nc)
	}
	if err := l.begin(c); err != nil {
		l.table.remove(c)
		c.state = stateDead
		closeFD(c.fd)
		return nil, err
	}
	return c, nil
}

// acceptStalled is called by the back end when accepting failed in a way that would fail again at once.
func (l *Loop) acceptStalled(ln *Listener, err error) {
	if ln.closed {
		return
	}
	l.calls++
	if l.acceptErr != nil {
		l.acceptErr(ln, err)
	}
	l.stalled = append(l.stalled, ln)
	l.retryAt = time.Now().Add(acceptRetry)
}

// retryListeners accepts again after a stall.
func (l *Loop) retryListeners() {
	work := l.stalled
	l.stalled = nil
	for _, ln := range work {
		if err := l.be.listen(ln); err != nil {
			l.acceptStalled(ln, err)
		}
	}
}

// letGo is called by the back end, or the pump, when nothing refers to c's descriptor any more.
func (l *Loop) letGo(c *Conn) {
	c.inflight = false
	l.gone = append(l.gone, c)
}

// inheritOptions sets the options of accepted connections on the listening socket, from which they are inherited
// (tcp(7) on Linux): two system calls saved for each connection.
func (ln *Listener) inheritOptions() {
	if ln.fd >= 0 {
		if _, ok := ln.addr.(*net.TCPAddr); ok {
			inheritTCP(ln.fd, ln.l.keepAlive)
		}
	}
}

func keepAliveConfig(d time.Duration) net.KeepAliveConfig {
	if d <= 0 {
		return net.KeepAliveConfig{Enable: false}
	}
	return net.KeepAliveConfig{Enable: true, Idle: d, Interval: max(d/3, time.Second), Count: 3}
}

// isAcceptPause tells errors of accept that say nothing about the listener, after which to try again later.
func isAcceptPause(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
