package loop

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// A full synchronisation: a goroutine writes for long while the loop reads what the peer sends, and output gathers.
func TestWriter(t *testing.T) {
	data := pattern(16 << 20)
	backends(t, func(t *testing.T, backend string) {
		acks := make(chan string, 100)
		writers := make(chan *Writer, 1)
		conns := make(chan *Conn, 1)
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			if string(p) != "PSYNC" {
				acks <- string(p)
				return
			}
			conns <- c
			c.Out = append(c.Out, "+FULLRESYNC;"...)
			c.AcquireWriter(func(w *Writer, err error) {
				if err != nil {
					t.Error(err)
				}
				if c.Pending() != 0 {
					t.Error("writer while output is pending")
				}
				writers <- w
			})
			c.AcquireWriter(func(w *Writer, err error) {
				if err == nil {
					t.Error("second writer")
				}
			})
		}})
		nc := s.dial()
		send(t, nc, "PSYNC")
		expect(t, nc, "+FULLRESYNC;")
		w, c := wait(t, writers, "writer"), wait(t, conns, "conn")
		written := make(chan error, 1)
		go func() {
			w.SetWriteDeadline(time.Now().Add(patience))
			_, err := w.Write(data[:1000])
			if err == nil {
				_, err = w.ReadFrom(bytes.NewReader(data[1000:]))
			}
			written <- err
		}()
		expect(t, nc, string(data[:1000]))
		for range 3 {
			send(t, nc, "ACK")
			if a := wait(t, acks, "ACK"); a != "ACK" {
				t.Errorf("got %q", a)
			}
		}
		s.do(func() { c.Out = append(c.Out, "stream"...); c.Flush() })
		if err := checkStream(nc, data[1000:]); err != nil {
			t.Fatal(err)
		}
		if err := wait(t, written, "writer"); err != nil {
			t.Fatal(err)
		}
		nc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("output was sent while the writer had the connection: %v", err)
		}
		nc.SetReadDeadline(time.Now().Add(patience))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		expect(t, nc, "stream")
	})
}

func TestWriterDeadline(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		writers := make(chan *Writer, 1)
		s := start(t, Options{Backend: backend}, &funcs{accept: func(c *Conn) {
			c.AcquireWriter(func(w *Writer, err error) { writers <- w })
		}})
		s.dial()
		w := wait(t, writers, "writer")
		defer w.Close()
		w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		if _, err := w.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v, want a timeout", err)
		}
	})
}

// Closing the connection, by either side, frees a goroutine that is blocked in Write.
func TestCloseEndsWriter(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		for _, byPeer := range []bool{false, true} {
			writers := make(chan *Writer, 1)
			conns := make(chan *Conn, 1)
			closed := make(chan error, 1)
			s := start(t, Options{Backend: backend}, &funcs{
				accept: func(c *Conn) {
					conns <- c
					c.AcquireWriter(func(w *Writer, err error) { writers <- w })
				},
				closed: func(c *Conn, err error) { closed <- err },
			})
			nc := s.dial()
			w, c := wait(t, writers, "writer"), wait(t, conns, "conn")
			written := make(chan error, 1)
			go func() {
				_, err := w.Write(make([]byte, 64<<20))
				written <- err
			}()
			if byPeer {
				nc.(*net.TCPConn).SetLinger(0)
				nc.Close()
			} else {
				s.do(c.Close)
			}
			if err := wait(t, written, "Write"); err == nil {
				t.Error("Write succeeded")
			}
			wait(t, closed, "Closed")
			w.Close()
			s.do(func() {})
		}
	})
}

// One that waits for the output to be sent hears when that will never happen.
func TestAcquireWriterOfClosing(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		errs := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			c.Out = append(c.Out, pattern(16<<20)...)
			c.AcquireWriter(func(w *Writer, err error) { errs <- err })
		}})
		nc := s.dial()
		send(t, nc, "x")
		expect(t, nc, "\x00")
		nc.Close()
		if err := wait(t, errs, "AcquireWriter"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("error %v, want net.ErrClosed", err)
		}
	})
}
