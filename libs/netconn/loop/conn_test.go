package loop

import (
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestCloseInsideData(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		var calls, closes int
		closed := make(chan error, 10)
		s := start(t, Options{Backend: backend}, &funcs{
			data: func(c *Conn, p []byte) {
				calls++
				c.Out = append(c.Out, "lost"...)
				c.Close()
				c.Close()
				c.CloseAfterWrite()
				if closes != 0 {
					t.Error("Closed called from within Close")
				}
			},
			closed: func(c *Conn, err error) { closes++; closed <- err },
		})
		nc := s.dial()
		send(t, nc, strings.Repeat("x", 100<<10))
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
		s.do(func() {
			if calls != 1 || closes != 1 {
				t.Errorf("Data called %d times, Closed %d times", calls, closes)
			}
		})
	})
}

// How an engine refuses a client: an error, then the end.
func TestCloseAfterWriteInAccept(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 1)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) {
				c.Out = append(c.Out, "-ERR max number of clients reached\r\n"...)
				c.CloseAfterWrite()
				c.Out = append(c.Out, "now this is still part of it\r\n"...)
			},
			closed: func(c *Conn, err error) { closed <- err },
		})
		nc := s.dial()
		expect(t, nc, "-ERR max number of clients reached\r\nnow this is still part of it\r\n")
		expectEOF(t, nc)
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
	})
}

// Output appended in turns after that of CloseAfterWrite is not sent, or a busy subscriber would never end.
func TestCloseAfterWriteIgnoresLaterOutput(t *testing.T) {
	reply := pattern(16 << 20)
	backends(t, func(t *testing.T, backend string) {
		conns := make(chan *Conn, 1)
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			c.Out = append(c.Out, reply...)
			c.CloseAfterWrite()
			conns <- c
		}})
		nc := s.dial()
		send(t, nc, "x")
		c := wait(t, conns, "Data")
		s.do(func() {}) // may still be the same turn; the next one is not
		for range 5 {
			s.do(func() { c.Out = append(c.Out, "late"...); c.Flush() })
		}
		if err := checkStream(nc, reply); err != nil {
			t.Fatal(err)
		}
		expectEOF(t, nc)
	})
}

func TestPostFromManyGoroutines(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		s := start(t, Options{Backend: backend}, &funcs{})
		const goroutines, posts = 50, 2000
		var sum int // belongs to the loop: the race detector watches
		last := make([]int, goroutines)
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range posts {
					s.l.Post(func() {
						sum++
						if last[g] != i {
							t.Errorf("goroutine %d: function %d came as number %d", g, i, last[g])
						}
						last[g] = i + 1
					})
				}
			})
		}
		wg.Wait()
		s.do(func() {
			if sum != goroutines*posts {
				t.Errorf("%d functions ran, want %d", sum, goroutines*posts)
			}
		})
	})
}

func TestAdopt(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 2)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) { t.Error("Accept called") },
			data:   func(c *Conn, p []byte) { c.Out = append(append(c.Out, c.Session.(string)...), p...) },
			closed: func(c *Conn, err error) { closed <- err },
		})
		nl := listenTCP(t)
		defer nl.Close()
		ours, err := net.Dial("tcp", nl.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		peer, err := nl.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		peer.SetDeadline(time.Now().Add(patience))
		pipeA, pipeB := net.Pipe() // has no descriptor
		pipeB.SetDeadline(time.Now().Add(patience))
		local := ours.LocalAddr().String()
		s.do(func() {
			c, err := s.l.Adopt(ours, "tcp:")
			if err != nil {
				t.Error(err)
			} else if c.LocalAddr() != local || c.Listener() != nil {
				t.Errorf("adopted: address %s, want %s", c.LocalAddr(), local)
			}
			if _, err := s.l.Adopt(pipeA, "pipe:"); err != nil {
				t.Error(err)
			}
		})
		for range 3 {
			send(t, peer, "a")
			expect(t, peer, "tcp:a")
			send(t, pipeB, "b")
			expect(t, pipeB, "pipe:b")
		}
		peer.Close()
		pipeB.Close()
		for range 2 {
			if err := wait(t, closed, "Closed"); err != nil {
				t.Errorf("Closed(%v), want nil", err)
			}
		}
	})
}

func TestTimer(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		const want = 25 * time.Millisecond
		var last time.Time
		gaps := make(chan time.Duration, 20)
		start(t, Options{Backend: backend}, &funcs{turn: func() time.Duration {
			now := time.Now()
			if !last.IsZero() && len(gaps) < cap(gaps) {
				gaps <- now.Sub(last)
			}
			last = now
			return want
		}})
		good := 0
		for range cap(gaps) {
			gap := wait(t, gaps, "Turn")
			if gap >= want && gap < want+5*time.Millisecond {
				good++
			}
		}
		if good < cap(gaps)/4 { // a signal ends a wait early, other programs may hold the processor for longer
			t.Errorf("only %d of %d turns came in time", good, cap(gaps))
		}
	})
}

// While Turn asks to poll, events are seen all the same.
func TestTurnZeroPolls(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		var turns int
		s := start(t, Options{Backend: backend}, &funcs{data: echo, turn: func() time.Duration { turns++; return 0 }})
		nc := s.dial()
		for range 20 {
			send(t, nc, "x")
			expect(t, nc, "x")
		}
		s.do(func() {
			if turns < 20 {
				t.Errorf("%d turns", turns)
			}
		})
	})
}

func TestStopClosesAll(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		var errs []error
		var accepted atomic.Int32
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) { accepted.Add(1) },
			data:   func(c *Conn, p []byte) { c.Out = append(c.Out, pattern(8<<20)...) },
			closed: func(c *Conn, err error) { errs = append(errs, err) },
		})
		a, b := s.dial(), s.dial()
		send(t, a, "x") // a send is in flight
		expect(t, a, "\x00")
		eventually(t, "accepted", func() bool { return accepted.Load() == 2 })
		s.stop()
		if len(errs) != 2 || !errors.Is(errs[0], ErrStopped) || !errors.Is(errs[1], ErrStopped) {
			t.Errorf("Closed errors %v, want ErrStopped twice", errs)
		}
		if _, err := net.Dial("tcp", s.addr); err == nil {
			t.Error("still listening")
		}
		expectEOF(t, b)
		s.l.Post(func() { t.Error("posted function ran after the end") })
	})
}

// Poll inside Data serves the others; the connection itself gets nothing until Data returns.
func TestPollInsideData(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		var busy, over bool
		var nested string
		s := start(t, Options{Backend: backend}, &funcs{data: func(c *Conn, p []byte) {
			switch {
			case p[0] == 'L':
				busy = true
				copied := string(p)
				for end := time.Now().Add(patience); !over && time.Now().Before(end); {
					if err := c.l.Poll(); err != nil {
						t.Error(err)
					}
				}
				if string(p) != copied {
					t.Error("bytes of Data changed during Poll")
				}
				busy = false
				c.Out = append(c.Out, "done"...)
			case c.Session == "busy":
				if busy {
					t.Error("Data of the busy connection")
				}
				nested += string(p)
				echo(c, p)
			default:
				echo(c, p)
				if p[0] == 'E' {
					over = true
				}
			}
		}, accept: func(c *Conn) {
			if c.ID == 1 {
				c.Session = "busy"
			}
		}})
		a := s.dial()
		send(t, a, "L")
		b := s.dial()
		for range 10 {
			send(t, b, "b")
			expect(t, b, "b")
			send(t, a, "a")
		}
		send(t, b, "E")
		expect(t, b, "E")
		expect(t, a, "done"+"aaaaaaaaaa")
		send(t, a, "z")
		expect(t, a, "z")
	})
}
