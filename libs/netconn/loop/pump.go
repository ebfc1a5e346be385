package loop

import (
	"io"
	"net"
	"syscall"
)

const (
	pumpBufMin = 512      // read buffer of an idle connection
	pumpBufMax = 64 << 10 // and of one that sends much
)

// pump drives a connection with goroutines: one that reads, and one for output that the kernel does not take at once. The
// reader waits for the loop to consume its buffer before it reads again.
type pump struct {
	nc      net.Conn
	fd      int
	now     *writeNow     // nil: only goroutines can write
	again   chan struct{} // the loop has consumed the buffer
	started bool
	writing bool
	reads   uint64 // that the loop has had
}

func newPump(nc net.Conn) *pump {
	p := &pump{nc: nc, fd: -1, again: make(chan struct{}, 1)}
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { p.fd = int(fd) })
			p.now = newWriteNow(raw)
		}
	}
	return p
}

func (p *pump) start(c *Conn) {
	c.l.pumps++
	p.started = true
	go p.readLoop(c, c.l)
}

func (p *pump) readLoop(c *Conn, l *Loop) {
	buf := make([]byte, pumpBufMin)
	for {
		n, err := p.nc.Read(buf)
		if !l.in.post(l.be, event{kind: evRead, c: c, buf: buf[:n], err: err}) || err != nil {
			return
		}
		if _, open := <-p.again; !open {
			return
		}
		switch {
		case n == len(buf) && n < pumpBufMax:
			buf = make([]byte, min(4*n, pumpBufMax))
		case n <= pumpBufMin && len(buf) > pumpBufMin:
			buf = make([]byte, pumpBufMin)
		}
	}
}

func (p *pump) onRead(c *Conn, buf []byte, err error) {
	p.reads++
	goOn := true
	if len(buf) > 0 {
		goOn = c.received(buf)
	}
	if err != nil {
		if err == io.EOF {
			err = nil
		}
		c.ended(err)
		return
	}
	if goOn {
		p.resume(c)
	}
}

func (p *pump) resume(c *Conn) {
	if c.state < stateShutting {
		p.again <- struct{}{}
	}
}

func (p *pump) send(c *Conn) {
	for total := 0; ; {
		b := c.chunk()
		if len(b) == 0 {
			return
		}
		if p.now != nil && total < c.batch() {
			n, err := p.now.write(b[:min(len(b), c.batch())])
			if err != nil {
				c.fail(err)
				return
			}
			if n > 0 {
				c.sent(n)
				total += n
				continue
			}
		}
		c.inflight, p.writing = true, true
		go func() {
			n, err := p.nc.Write(b)
			c.l.in.post(c.l.be, event{kind: evWrote, c: c, n: n, err: err})
		}()
		return
	}
}

func (p *pump) onWrote(c *Conn, n int, err error) {
	p.writing, c.inflight = false, false
	if c.state >= stateShutting {
		c.l.letGo(c)
		return
	}
	c.sent(n)
	if err != nil {
		c.fail(err)
		return
	}
	c.Flush()
}

// shut closes the connection, which also ends the goroutines. Closing a TLS connection may block while it says goodbye.
func (p *pump) shut(c *Conn) {
	if p.started {
		c.l.pumps--
	}
	close(p.again)
	if p.fd >= 0 {
		p.nc.Close()
	} else {
		go p.nc.Close()
	}
	if !p.writing {
		c.l.letGo(c)
	}
}

func setNoDelay(nc net.Conn, on bool) error {
	if tc, ok := nc.(*net.TCPConn); ok {
		return tc.SetNoDelay(on)
	}
	return nil
}
