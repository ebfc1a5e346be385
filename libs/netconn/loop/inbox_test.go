package loop

import (
	"net"
	"slices"
	"testing"
)

// Of several connections whose bytes wait for the loop, those that have sent less before come first, and of equals the older one. Posted
// functions stay where they are.
func TestOrderOfReadsInOneBatch(t *testing.T) {
	var got []string
	s := start(t, Options{Backend: Portable}, &funcs{data: func(c *Conn, p []byte) {
		got = append(got, string(p))
		echo(c, p)
	}})
	old, middle, newest := s.dial(), s.dial(), s.dial()
	for _, nc := range []net.Conn{old, middle, newest, old} {
		send(t, nc, "hello")
		expect(t, nc, "hello")
	}
	s.do(func() {
		got = nil
		for n, step := range []func(){
			func() { send(t, old, "old") },
			func() { s.l.Post(func() { got = append(got, "posted") }) },
			func() { send(t, newest, "newest") },
			func() { send(t, middle, "middle") },
		} {
			step()
			eventually(t, "event in the inbox", func() bool { return int(s.l.in.n.Load()) == n+1 })
		}
	})
	expect(t, old, "old")
	expect(t, middle, "middle")
	expect(t, newest, "newest")
	s.do(func() {
		if want := []string{"middle", "posted", "newest", "old"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
