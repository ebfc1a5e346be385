package loop

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
)

// Listeners come and go while the loop runs (CONFIG SET port); the connections stay.
func TestListenersAtRunTime(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		tags := make(chan string, 10)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) { tags <- c.Listener().Tag.(string) },
			data:   echo,
		})
		old := s.dial()
		if tag := wait(t, tags, "Accept"); tag != "first" {
			t.Errorf("tag %q", tag)
		}
		second := listenTCP(t)
		firstAddr := s.addr
		s.addr = second.Addr().String()
		s.do(func() {
			if _, err := s.l.Listen(second, "second"); err != nil {
				t.Error(err)
			}
			for _, ln := range s.l.Listeners() {
				if ln.Tag == "first" {
					ln.Close()
					ln.Close()
				}
			}
			if n := len(s.l.Listeners()); n != 1 {
				t.Errorf("%d listeners, want 1", n)
			}
		})
		eventually(t, "first address refuses", func() bool {
			nc, err := net.Dial("tcp", firstAddr)
			if err == nil {
				nc.Close()
			}
			return err != nil
		})
		fresh := s.dial()
		if tag := wait(t, tags, "Accept"); tag != "second" {
			t.Errorf("tag %q", tag)
		}
		for _, nc := range []net.Conn{old, fresh} {
			send(t, nc, "x")
			expect(t, nc, "x")
		}
		again, err := net.Listen("tcp", firstAddr) // the address is free again
		if err != nil {
			t.Fatal(err)
		}
		s.addr = firstAddr
		s.do(func() { s.l.Listen(again, "again") })
		s.dial()
		if tag := wait(t, tags, "Accept"); tag != "again" {
			t.Errorf("tag %q", tag)
		}
	})
}

func TestUnixSocket(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		path := filepath.Join(t.TempDir(), "s")
		addrs := make(chan [2]string, 1)
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(c *Conn) {
				addrs <- [2]string{c.RemoteAddr(), c.LocalAddr()}
				if !c.IsUnix() {
					t.Error("not known as a Unix socket")
				}
			},
			data: echo,
		})
		nl, err := netconn.ListenUnix(path, 0o700, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.do(func() { s.l.Listen(nl, "unix") })
		nc, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(patience))
		send(t, nc, "x")
		expect(t, nc, "x")
		if a := wait(t, addrs, "Accept"); a[0] != path+":0" || a[1] != path+":0" {
			t.Errorf("addresses %q", a)
		}
		s.do(func() { s.l.Listeners()[1].Close() })
		if _, err := os.Stat(path); err != nil {
			t.Error("the path is the caller's to remove:", err)
		}
	})
}

func TestAddresses(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		type addrs struct{ remote, local string }
		got := make(chan addrs, 1)
		gone := make(chan string, 1)
		s := start(t, Options{Backend: backend, KeepAlive: 300 * time.Second}, &funcs{
			accept: func(c *Conn) { got <- addrs{c.RemoteAddr(), c.LocalAddr()} },
			closed: func(c *Conn, err error) { gone <- c.RemoteAddr() },
		})
		dial := func(addr string) {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			want := addrs{nc.LocalAddr().String(), nc.RemoteAddr().String()}
			if a := wait(t, got, "Accept"); a != want {
				t.Errorf("got %v, want %v", a, want)
			}
			nc.Close()
			if a := wait(t, gone, "Closed"); a != want.remote {
				t.Errorf("in Closed: got %v, want %v", a, want.remote)
			}
		}
		dial(s.addr)
		nl, err := net.Listen("tcp6", "[::1]:0")
		if err != nil {
			t.Skip("no IPv6:", err)
		}
		s.do(func() { s.l.Listen(nl, nil) })
		dial(nl.Addr().String())
	})
}

// Many idle connections cost little memory and no time.
func TestIdleConnections(t *testing.T) {
	want := 10_000
	if raceEnabled || testing.Short() {
		want = 1_000
	}
	limit, err := netconn.RaiseFileLimit(2*want + 200) // both ends are in this process
	if err != nil {
		want = (limit - 200) / 2
		t.Logf("only %d connections: %v", want, err)
	}
	backends(t, func(t *testing.T, backend string) {
		var accepted, closed atomic.Int32
		s := start(t, Options{Backend: backend}, &funcs{
			accept: func(*Conn) { accepted.Add(1) },
			data:   echo,
			closed: func(*Conn, error) { closed.Add(1) },
		})
		conns := make([]net.Conn, want)
		for i := range conns {
			conns[i] = s.dial()
		}
		for _, i := range []int{0, want / 2, want - 1} {
			send(t, conns[i], "x")
			expect(t, conns[i], "x")
		}
		eventually(t, "all accepted", func() bool { return int(accepted.Load()) == want })
		eventually(t, "idle connections hold no buffers", func() bool {
			holders := 0
			s.do(func() {
				for _, c := range s.l.table.conns {
					if c != nil && cap(c.Out)+cap(c.sending)+cap(c.held) > 0 {
						holders++
					}
				}
			})
			return holders == 0
		})
		for _, nc := range conns {
			nc.Close()
		}
		eventually(t, "all closed", func() bool { return int(closed.Load()) == want })
	})
}

// Without free descriptors accepting pauses, does not spin, and goes on when one is free.
func TestNoDescriptors(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		var accepted, stalls, turns atomic.Int32
		s := start(t, Options{
			Backend:     backend,
			AcceptError: func(ln *Listener, err error) { stalls.Add(1) },
		}, &funcs{
			accept: func(*Conn) { accepted.Add(1) },
			data:   echo,
			turn:   func() time.Duration { turns.Add(1); return -1 },
		})
		first := s.dial()
		send(t, first, "x")
		expect(t, first, "x")

		var clients []net.Conn
		restore := exhaustFDs(t, func() {
			// io_uring takes note of the limit when it is asked to accept.
			nl := listenTCP(t)
			s.addr = nl.Addr().String()
			s.do(func() { s.l.Listen(nl, nil) })
			early := s.dial()
			send(t, early, "x")
			expect(t, early, "x")
		})
		clients = append(clients, s.dial())
		eventually(t, "accepting failed", func() bool { return stalls.Load() > 0 })
		turns.Store(0)
		time.Sleep(300 * time.Millisecond)
		if n := turns.Load(); n > 30 {
			t.Errorf("%d turns in 300 ms without descriptors", n)
		}
		send(t, first, "y") // the others are served meanwhile
		expect(t, first, "y")
		restore()
		for _, nc := range clients {
			send(t, nc, "z")
			expect(t, nc, "z")
		}
	})
}

func TestBindSyntax(t *testing.T) {
	backends(t, func(t *testing.T, backend string) {
		lns, err := netconn.Listen(context.Background(), netconn.ListenOptions{Bind: []string{"127.0.0.1", "-192.0.2.1"}, Backlog: 16})
		if err != nil {
			t.Fatal(err)
		}
		s := start(t, Options{Backend: backend}, &funcs{data: echo})
		s.addr = lns[0].Addr().String()
		s.do(func() {
			if _, err := s.l.Listen(lns[0], nil); err != nil {
				t.Error(err)
			}
		})
		nc := s.dial()
		send(t, nc, "x")
		expect(t, nc, "x")
	})
}
