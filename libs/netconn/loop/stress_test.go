package loop

import (
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Peers and handler do at random all that can end a connection. Closed comes exactly once for each, nothing after it, and
// nothing is left behind.
func TestRandomEnds(t *testing.T) {
	const clients, rounds = 16, 40
	backends(t, func(t *testing.T, backend string) {
		rng := rand.New(rand.NewPCG(1, 2))
		accepted, closed := 0, map[*Conn]bool{}
		big := pattern(1 << 20)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) {
				accepted++
				if rng.IntN(10) == 0 {
					c.CloseAfterWrite()
				}
			},
			data: func(c *Conn, p []byte) {
				if closed[c] {
					t.Error("Data after Closed")
				}
				switch rng.IntN(8) {
				case 0:
					c.Close()
				case 1:
					c.Out = append(c.Out, big...)
					c.CloseAfterWrite()
				case 2:
					c.SetSource(&cursor{blocks: [][]byte{big, big}})
				case 3:
					c.PauseRead()
					time.AfterFunc(time.Millisecond, func() { c.l.Post(c.ResumeRead) })
				case 4:
					c.AcquireWriter(func(w *Writer, err error) {
						if err != nil {
							return
						}
						go func() {
							w.Write(big)
							w.Close()
						}()
					})
				default:
					c.Out = append(c.Out, big[:rng.IntN(len(big))]...)
				}
			},
			closed: func(c *Conn, err error) {
				if closed[c] {
					t.Error("Closed twice")
				}
				closed[c] = true
			},
		})
		var wg sync.WaitGroup
		for i := range clients {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(3, uint64(i)))
				for range rounds {
					nc, err := net.Dial("tcp", s.addr)
					if err != nil {
						t.Error(err)
						return
					}
					nc.SetDeadline(time.Now().Add(patience))
					nc.Write(big[:1+rng.IntN(100_000)])
					switch rng.IntN(4) {
					case 0:
						nc.(*net.TCPConn).SetLinger(0)
					case 1:
						nc.(*net.TCPConn).CloseWrite()
						io.CopyN(io.Discard, nc, int64(rng.IntN(2<<20)))
					case 2: // there may be no reply
						nc.SetDeadline(time.Now().Add(20 * time.Millisecond))
						io.CopyN(io.Discard, nc, int64(rng.IntN(1000)))
					}
					nc.Close()
				}
			})
		}
		wg.Wait()
		eventually(t, "all closed", func() (ok bool) {
			s.do(func() { ok = accepted >= clients*rounds && len(closed) == accepted && s.l.Conns() == 0 })
			return ok
		})
	})
}

// Waits that the scheduler does not know of must not hold up the garbage collector, nor goroutines.
func TestCollectorRunsUnderLoad(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		s := start(t, Options{Backend: backend}, &funcs{data: echo})
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			nc := s.dial()
			wg.Go(func() {
				b := make([]byte, 1)
				for {
					select {
					case <-stop:
						return
					default:
					}
					nc.Write(b)
					if _, err := io.ReadFull(nc, b); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		begin := time.Now()
		for range 20 {
			runtime.GC()
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("20 collections took %v", d)
		}
		close(stop)
		wg.Wait()
	})
}
