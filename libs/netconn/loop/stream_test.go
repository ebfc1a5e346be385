package loop

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestEcho(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		s := start(t, Options{Backend: backend}, &funcs{data: echo})
		a, b := s.dial(), s.dial()
		for range 100 {
			send(t, a, "ping")
			send(t, b, "pong!")
			expect(t, b, "pong!")
			expect(t, a, "ping")
		}
		eventually(t, "900 bytes and 200 reads and writes counted each way", func() bool {
			var st Stats
			s.do(func() { st = s.l.Stats })
			return st.BytesRead == 900 && st.BytesWritten == 900 && st.Reads == 200 && st.Writes == 200
		})
	})
}

// A client may send everything before it reads anything, or read while it sends.
func TestPipeline64MiB(t *testing.T) {
	data := pattern(64 << 20)
	backends(t, func(t *testing.T, backend string) {
		s := start(t, Options{Backend: backend}, &funcs{data: echo})
		nc := s.dial()
		sent := make(chan error, 1)
		go func() {
			_, err := nc.Write(data)
			sent <- err
		}()
		if err := checkStream(nc, data); err != nil {
			t.Fatal(err)
		}
		if err := wait(t, sent, "sender"); err != nil {
			t.Fatal(err)
		}
	})
}

// A reader that does not read delays nobody else, and gets everything in the end.
func TestSlowReader(t *testing.T) {
	reply := pattern(8 << 20)
	backends(t, func(t *testing.T, backend string) {
		var slow *Conn
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			if p[0] == 'B' {
				slow = c
				c.Out = append(c.Out, reply...)
				return
			}
			echo(c, p)
		}})
		nc, other := s.dial(), s.dial()
		send(t, nc, "B")
		for range 50 {
			send(t, other, "x")
			expect(t, other, "x")
		}
		var pending int
		s.do(func() { pending = slow.Pending() })
		if pending == 0 || pending > len(reply) {
			t.Errorf("%d bytes pending, want some of %d", pending, len(reply))
		}
		send(t, nc, "tail") // output grows behind the send under way
		if err := checkStream(nc, append(reply[:len(reply):len(reply)], "tail"...)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nothing pending", func() bool {
			s.do(func() { pending = slow.Pending() })
			return pending == 0
		})
	})
}

// What was read before the end of the stream is answered, then the connection closes.
func TestHalfClose(t *testing.T) {
	reply := pattern(4 << 20)
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{
			data:   func(c *Conn, p []byte) { c.Out = append(c.Out, reply...) },
			closed: func(c *Conn, err error) { closed <- err },
		})
		nc := s.dial()
		send(t, nc, "x")
		nc.(*net.TCPConn).CloseWrite()
		time.Sleep(20 * time.Millisecond) // lets the end arrive while the reply is under way; either order must work
		if err := checkStream(nc, reply); err != nil {
			t.Fatal(err)
		}
		expectEOF(t, nc)
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
	})
}

// Without output an ended stream is reported at once.
func TestEOF(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{closed: func(c *Conn, err error) { closed <- err }})
		s.dial().Close()
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
		s.do(func() {
			if s.l.Conns() != 0 {
				t.Errorf("%d connections left", s.l.Conns())
			}
		})
	})
}

func TestReset(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{data: echo, closed: func(c *Conn, err error) { closed <- err }})
		nc := s.dial()
		send(t, nc, "x")
		expect(t, nc, "x")
		nc.(*net.TCPConn).SetLinger(0)
		nc.Close()
		if err := wait(t, closed, "Closed"); err == nil || !strings.Contains(err.Error(), "reset") {
			t.Errorf("Closed(%v), want a reset", err)
		}
	})
}

// A peer that goes away while a large reply is under way costs the connection only.
func TestPeerClosesInMidSend(t *testing.T) {
	reply := pattern(16 << 20)
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 10)
		s := start(t, Options{Backend: backend}, &funcs{
			data:   func(c *Conn, p []byte) { c.Out = append(c.Out, reply...) },
			closed: func(c *Conn, err error) { closed <- err },
		})
		for i := range 6 {
			nc := s.dial()
			send(t, nc, "x")
			if _, err := io.ReadFull(nc, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				nc.(*net.TCPConn).SetLinger(0)
			}
			nc.Close() // with unread bytes: a reset in any case
			if err := wait(t, closed, "Closed"); err == nil {
				t.Error("Closed(nil), want an error")
			}
		}
	})
}

// cursor is a Source over a stream that is written block by block.
type cursor struct {
	blocks [][]byte
	moved  int
}

func (s *cursor) Next() []byte {
	if len(s.blocks) == 0 {
		return nil
	}
	return s.blocks[0]
}

func (s *cursor) Advance(n int) {
	s.moved += n
	if s.blocks[0] = s.blocks[0][n:]; len(s.blocks[0]) == 0 {
		s.blocks = s.blocks[1:]
	}
}

func TestSource(t *testing.T) {
	data := pattern(8 << 20)
	backends(t, func(t *testing.T, backend string) {
		src := &cursor{}
		ready := make(chan *Conn, 1)
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			c.Out = append(c.Out, "+OK;"...)
			c.SetSource(src)
			ready <- c
		}})
		nc := s.dial()
		send(t, nc, "x")
		c := wait(t, ready, "Data")
		go func() {
			rest := data
			for size := 1; len(rest) > 0; size = size*3 + 1 {
				n := min(size, len(rest))
				block := rest[:n]
				rest = rest[n:]
				s.l.Post(func() { src.blocks = append(src.blocks, block); c.Kick() })
			}
		}()
		expect(t, nc, "+OK;")
		if err := checkStream(nc, data); err != nil {
			t.Fatal(err)
		}
		eventually(t, "cursor at the end", func() (ok bool) {
			s.do(func() { ok = src.moved == len(data) && c.Written == uint64(len(data))+4 })
			return ok
		})
		s.do(func() { c.SetSource(nil); c.Out = append(c.Out, "bye"...); c.Flush() })
		expect(t, nc, "bye")
	})
}

// A source's bytes must not be sent any more once Closed was called, because its memory is used again.
func TestSourceAfterClose(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		block := bytes.Repeat([]byte("a"), 16<<20)
		src := &cursor{blocks: [][]byte{block}}
		closed := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{
			data: func(c *Conn, p []byte) { c.SetSource(src) },
			closed: func(c *Conn, err error) {
				copy(block, bytes.Repeat([]byte("b"), len(block)))
				closed <- err
			},
		})
		nc := s.dial()
		send(t, nc, "x")
		if _, err := io.ReadFull(nc, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		s.do(func() {
			for _, c := range s.l.table.conns {
				if c != nil {
					c.Close()
				}
			}
		})
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
		rest, _ := io.ReadAll(nc)
		if bytes.ContainsRune(rest, 'b') {
			t.Error("bytes sent after Closed")
		}
	})
}

func TestPauseResume(t *testing.T) {
	data := pattern(8 << 20)
	backends(t, func(t *testing.T, backend string) {
		var got []byte
		var paused bool
		ready := make(chan *Conn, 1)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) { c.PauseRead(); paused = true; ready <- c },
			data: func(c *Conn, p []byte) {
				if paused {
					t.Error("Data while paused")
				}
				got = append(got, p...)
				if len(got)%3 == 0 { // pause again and again
					c.PauseRead()
					paused = true
					c.l.Post(func() { paused = false; c.ResumeRead() })
				}
			},
		})
		nc := s.dial()
		c := wait(t, ready, "Accept")
		sent := make(chan error, 1)
		go func() {
			_, err := nc.Write(data)
			nc.(*net.TCPConn).CloseWrite()
			sent <- err
		}()
		var n int
		for range 20 {
			s.do(func() { n = len(got) + len(c.held) })
		}
		if n > 2<<20 {
			t.Errorf("%d bytes taken from the kernel while paused", n)
		}
		s.do(func() { paused = false; c.ResumeRead() })
		if err := wait(t, sent, "sender"); err != nil {
			t.Fatal(err)
		}
		expectEOF(t, nc)
		s.do(func() {
			if !bytes.Equal(got, data) {
				t.Error("streams differ")
			}
		})
	})
}
