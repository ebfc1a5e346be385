package loop

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

const patience = 20 * time.Second

// backends runs one test under each back end that this system grants.
func backends(t *testing.T, test func(t *testing.T, backend string)) {
	for _, name := range []string{Uring, Epoll, Portable} {
		t.Run(name, func(t *testing.T) {
			l, err := New(Options{Backend: name}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer l.be.close()
			if l.Backend() != name {
				t.Skip(l.Fallback())
			}
			test(t, name)
		})
	}
}

// funcs is a Handler made of functions, those left out do nothing.
type funcs struct {
	accept func(c *Conn)
	data   func(c *Conn, p []byte)
	closed func(c *Conn, err error)
	turn   func() time.Duration
}

func (f *funcs) Accept(c *Conn) {
	if f.accept != nil {
		f.accept(c)
	}
}

func (f *funcs) Data(c *Conn, p []byte) {
	if f.data != nil {
		f.data(c, p)
	}
}

func (f *funcs) Closed(c *Conn, err error) {
	if f.closed != nil {
		f.closed(c, err)
	}
}

func (f *funcs) Turn() time.Duration {
	if f.turn != nil {
		return f.turn()
	}
	return -1
}

// echo answers with what it gets.
func echo(c *Conn, p []byte) { c.Out = append(c.Out, p...) }

// server is a loop that runs, with a listener on the loopback.
type server struct {
	t    *testing.T
	l    *Loop
	addr string
	done chan error
}

func start(t *testing.T, o Options, h Handler) *server {
	t.Helper()
	l, err := New(o, h)
	if err != nil {
		t.Fatal(err)
	}
	nl := listenTCP(t)
	s := &server{t: t, l: l, addr: nl.Addr().String(), done: make(chan error, 1)}
	if _, err := l.Listen(nl, "first"); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- l.Run() }()
	t.Cleanup(s.stop)
	return s
}

func (s *server) stop() {
	s.l.Stop()
	select {
	case err := <-s.done:
		if err != nil {
			s.t.Error("Run:", err)
		}
		s.done <- nil
	case <-time.After(patience):
		s.t.Error("loop does not stop")
	}
}

// do runs fn on the loop's goroutine and waits for it.
func (s *server) do(fn func()) {
	s.t.Helper()
	done := make(chan struct{})
	s.l.Post(func() { fn(); close(done) })
	wait(s.t, done, "posted function")
}

func (s *server) dial() net.Conn {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(patience))
	s.t.Cleanup(func() { nc.Close() })
	return nc
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return nl
}

func wait[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("timeout: %s", what)
		panic("unreachable")
	}
}

// eventually polls cond on this goroutine until it holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timeout: %s", what)
		}
	}
}

// expect reads len(want) bytes and compares.
func expect(t *testing.T, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil {
		t.Fatalf("read %d of %d bytes: %v", n, len(want), err)
	}
	if string(got) != want {
		t.Fatalf("got %.60q, want %.60q", got, want)
	}
}

// expectEOF checks that nothing follows.
func expectEOF(t *testing.T, r io.Reader) {
	t.Helper()
	var b [1]byte
	if n, err := r.Read(b[:]); n != 0 || err != io.EOF {
		t.Fatalf("got %d bytes, error %v, want the end of the stream", n, err)
	}
}

func send(t *testing.T, w io.Writer, s string) {
	t.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
}

// pattern is a stream of bytes in which each place is different from its neighbours.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8*13 + i>>16*31)
	}
	return b
}

// checkStream reads until the end and compares with want.
func checkStream(r io.Reader, want []byte) error {
	buf := make([]byte, 256<<10)
	for at := 0; ; {
		n, err := r.Read(buf)
		if at+n > len(want) || !bytes.Equal(buf[:n], want[at:at+n]) {
			return errors.New("streams differ")
		}
		at += n
		switch {
		case at == len(want):
			return nil
		case err != nil:
			return err
		}
	}
}
