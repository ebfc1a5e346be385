package loop

import (
	"errors"
	"io"
	"net"
	"time"
)

// Writer is the sending side of a connection in the hands of one other goroutine, for a transfer that is long and wants
// blocking calls, such as a full synchronisation. Meanwhile the loop goes on reading from the connection and sends nothing;
// what is appended to Out waits. Closing the connection ends a blocked Write with an error.
//
// Its methods may be called by the goroutine that has it.
type Writer struct {
	c   *Conn
	nc  net.Conn
	dup bool // nc is a second descriptor of the connection
}

// AcquireWriter calls fn, on the loop's goroutine, as soon as all own output appended so far has been accepted by the
// kernel; at once if there is none. The Writer must be closed. An error means that the connection is gone, or has a
// Writer already.
func (c *Conn) AcquireWriter(fn func(w *Writer, err error)) {
	switch {
	case c.state >= stateShutting:
		fn(nil, net.ErrClosed)
	case c.writer != nil || c.onDrain != nil:
		fn(nil, errors.New("connection has a writer already"))
	default:
		c.onDrain = fn
		if c.inflight || c.Pending() > 0 {
			c.Flush()
		} else {
			c.settle()
		}
	}
}

func (c *Conn) newWriter() (*Writer, error) {
	w := &Writer{c: c}
	if c.pump != nil {
		w.nc = c.pump.nc
	} else {
		nc, err := dupConn(c.fd)
		if err != nil {
			return nil, err
		}
		w.nc, w.dup = nc, true
	}
	c.writer = w
	return w, nil
}

// Write sends p, blocking until the kernel has accepted all of it.
func (w *Writer) Write(p []byte) (int, error) { return w.nc.Write(p) }

// ReadFrom sends all of r; from a file to a TCP connection the kernel copies (sendfile).
func (w *Writer) ReadFrom(r io.Reader) (int64, error) { return io.Copy(w.nc, r) }

// SetWriteDeadline sets the time at which Write gives up; the zero time means never.
func (w *Writer) SetWriteDeadline(t time.Time) error { return w.nc.SetWriteDeadline(t) }

// Close gives the sending side back to the loop, which then sends what has gathered. It does not close the connection.
func (w *Writer) Close() error {
	var err error
	if w.dup {
		err = w.nc.Close()
	} else {
		err = w.nc.SetWriteDeadline(time.Time{})
	}
	w.c.l.in.post(w.c.l.be, event{kind: evWriter, c: w.c})
	return err
}

// abort makes the Writer's calls fail, for the connection is being closed.
func (w *Writer) abort() { w.nc.SetWriteDeadline(time.Unix(1, 0)) }

func (c *Conn) writerClosed() {
	c.writer = nil
	c.Flush()
}
