package loop

import (
	"net"
	"path/filepath"
	"testing"
	"time"
)

// serve runs a loop with a listener until the test ends.
func serve(t *testing.T, l *Loop) *server {
	t.Helper()
	nl := listenTCP(t)
	s := &server{t: t, l: l, addr: nl.Addr().String(), done: make(chan error, 1)}
	if _, err := l.Listen(nl, nil); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- l.Run() }()
	t.Cleanup(s.stop)
	return s
}

// Rings that are far too small cost time, nothing else: submissions go in steps, receives run out of buffers (ENOBUFS),
// completions overflow the queue.
func TestUringSmallRings(t *testing.T) {
	const conns, rounds = 200, 5
	h := &funcs{data: echo}
	l := &Loop{h: h}
	be, err := newUring(l, uringSizes{sq: 4, cq: 8, bufs: 4})
	if err != nil {
		t.Skip(err)
	}
	l.be = be
	s := serve(t, l)
	clients := make([]net.Conn, conns)
	for i := range clients {
		clients[i] = s.dial()
	}
	message := string(pattern(40_000)) // several buffers
	for range rounds {
		held := make(chan struct{})
		s.l.Post(func() { <-held }) // meanwhile everything piles up
		for _, nc := range clients {
			send(t, nc, message)
		}
		close(held)
		for _, nc := range clients {
			expect(t, nc, message)
		}
	}
	for _, nc := range clients {
		nc.Close()
	}
	eventually(t, "all closed", func() bool {
		var n int
		s.do(func() { n = l.Conns() })
		return n == 0
	})
}

// A loop that falls back says why.
func TestFallback(t *testing.T) {
	if _, err := New(Options{Backend: "kqueue"}, nil); err == nil {
		t.Error("unknown name accepted")
	}
	start := time.Now()
	l, err := New(Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.be.close()
	if (l.Backend() == Uring) != (l.Fallback() == nil) {
		t.Errorf("back end %s, fallback %v", l.Backend(), l.Fallback())
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("New took %v", d)
	}
}

// A listener that was closed is forgotten and its descriptor closed once the kernel has ended accepting.
func TestUringForgetsListeners(t *testing.T) {
	s := start(t, Options{Backend: Uring}, &funcs{})
	u, ok := s.l.be.(*uring)
	if !ok {
		t.Skip(s.l.Fallback())
	}
	nl, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	s.do(func() {
		s.l.Listen(nl, nil)
		if len(u.lns) != 2 {
			t.Errorf("%d listeners, want 2", len(u.lns))
		}
	})
	s.do(func() {
		for _, ln := range s.l.Listeners() {
			ln.Close()
		}
	})
	eventually(t, "listeners forgotten", func() bool {
		var n int
		s.do(func() { n = len(u.lns) })
		return n == 0
	})
}

// preparing is a Handler that is a Preparer: it notes what it was shown and checks that Data brings the same.
type preparing struct {
	funcs
	shown map[*Conn]string
	most  int
}

func (h *preparing) Prepare(batch []Received) {
	h.most = max(h.most, len(batch))
	for _, r := range batch {
		h.shown[r.Conn] += string(r.Data)
	}
}

// What several connections have sent is shown to a Preparer before the first of them gets its Data.
func TestUringPrepare(t *testing.T) {
	const conns = 10
	h := &preparing{shown: map[*Conn]string{}}
	h.data = func(c *Conn, p []byte) {
		if seen, ok := h.shown[c]; ok && seen != string(p) {
			t.Errorf("shown %q, then got %q", seen, p)
		}
		delete(h.shown, c)
		echo(c, p)
	}
	l, err := New(Options{Backend: Uring}, h)
	if err != nil || l.Backend() != Uring {
		t.Skip(err, l.Fallback())
	}
	s := serve(t, l)
	clients := make([]net.Conn, conns)
	for i := range clients {
		clients[i] = s.dial()
		send(t, clients[i], "x")
		expect(t, clients[i], "x")
	}
	held := make(chan struct{})
	s.l.Post(func() { <-held }) // meanwhile all of them send
	for i, nc := range clients {
		send(t, nc, string(rune('a'+i)))
	}
	close(held)
	for i, nc := range clients {
		expect(t, nc, string(rune('a'+i)))
	}
	s.do(func() {
		if h.most < 2 || len(h.shown) > 0 {
			t.Errorf("at most %d were shown together, %d got no Data", h.most, len(h.shown))
		}
	})
}
