package loop

import (
	"testing"
	"time"
)

// Nobody waits for company that may not come: the quorum stays far below the clients at work, and below what comes soon.
func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		name            string
		events, clients int
		took            time.Duration
		want            uint32
	}{
		{"one busy client", 64, 1, 600 * time.Microsecond, 1},
		{"seven, any of which may pause", 64, 7, 600 * time.Microsecond, 1},
		{"a quarter of twelve", 64, 12, 600 * time.Microsecond, 3},
		{"40,000 requests a second of many", 64, 45, 1600 * time.Microsecond, 6},
		{"20,000 a second: three come in time", 64, 45, 3200 * time.Microsecond, 3},
		{"5,000 a second: none does", 64, 45, 12800 * time.Microsecond, 1},
		{"an idle hour", 64, 64, time.Hour, 1},
		{"the most", 64, 64, 64 * time.Microsecond, 16},
		{"a clock that stands still", 64, 64, 0, 16},
	} {
		if got := quorum(c.events, c.clients, c.took); got != c.want {
			t.Errorf("%s: quorum %d, want %d", c.name, got, c.want)
		}
	}
}

// A window counts each connection once, however often it sends, and the next window counts it again.
func TestPaceCountsClients(t *testing.T) {
	p := newPace()
	conns := make([]Conn, 40)
	for window := range 2 {
		for i := range windowEvents - 1 {
			p.event(&conns[i%len(conns)])
		}
		if p.events != windowEvents-1 || p.clients != len(conns) {
			t.Fatalf("window %d: %d events of %d clients, want %d of %d", window, p.events, p.clients, windowEvents-1, len(conns))
		}
		p.began = time.Now().Add(time.Minute) // as fast as can be, however slow this machine is
		p.event(&conns[0])
		if p.quorum != uint32(len(conns)/4) {
			t.Errorf("window %d: quorum %d, want %d", window, p.quorum, len(conns)/4)
		}
		p.alone()
		if p.quorum != 1 {
			t.Errorf("quorum %d after a wait without company", p.quorum)
		}
	}
}
