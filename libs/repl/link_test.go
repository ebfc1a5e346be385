package repl

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

type linkRig struct {
	*Link
	t   *testing.T
	now time.Time
	log []string
}

func newLinkRig(t *testing.T) *linkRig {
	return &linkRig{Link: NewLink(NewStream(id('a'), 1000), 5*time.Second), t: t, now: start}
}

// newAskingRig has a link whose request, for history a from offset 50, was sent 10 ms after the start.
func newAskingRig(t *testing.T) *linkRig {
	r := newLinkRig(t)
	r.stream.AdoptFull(id('a'), 50, 0)
	r.follow(here)
	r.run(10 * time.Millisecond)
	r.Connected(1, r.now)
	r.log = nil
	return r
}

func (r *linkRig) do(actions []Action) {
	for _, a := range actions {
		r.log = append(r.log, fmt.Sprintf("%g %v", r.now.Sub(start).Seconds(), a))
	}
}

func (r *linkRig) run(d time.Duration) {
	for end := r.now.Add(d); r.now.Before(end); r.now = r.now.Add(10 * time.Millisecond) {
		r.do(r.Tick(r.now))
	}
}

func (r *linkRig) expect(want string) {
	r.t.Helper()
	if got := strings.Join(r.log, "; "); got != want {
		r.t.Fatalf("asked for:\n%s\nwant:\n%s", got, want)
	}
	r.log = nil
}

func (r *linkRig) follow(addr Addr) {
	r.t.Helper()
	a, ok := r.Follow(addr, r.now)
	if !ok {
		r.t.Fatal("already following")
	}
	r.do(a)
}

func (r *linkRig) up() {
	r.t.Helper()
	r.run(10 * time.Millisecond)
	r.Connected(r.Connection(), r.now)
	r.do(r.Answered(r.Connection(), Outcome{Kind: OutcomeContinue}, r.now))
	if r.State() != LinkUp {
		r.t.Fatalf("state %v", r.State())
	}
}

var here, there = Addr{"10.0.0.1", 6379}, Addr{"::1", 6380}

// B9: at once after a cut, then at growing intervals.
func TestReconnect(t *testing.T) {
	r := newLinkRig(t)
	r.follow(here)
	r.up()
	r.run(2 * time.Second)
	r.expect("0 dial 10.0.0.1:6379; 0.01 link up; 0.01 ack; 1.01 ack")
	r.do(r.Lost(r.Connection(), r.now))
	r.run(10 * time.Millisecond)
	r.expect("2.01 hang up; 2.01 link down; 2.01 dial 10.0.0.1:6379")
	if at, down := r.DownSince(); !down || at != start.Add(2010*time.Millisecond) {
		t.Fatalf("R39: down since %v, %v", at, down)
	}
	for range 8 {
		r.do(r.Lost(r.Connection(), r.now))
		r.run(time.Second)
	}
	var dials []string
	for _, l := range r.log {
		if strings.Contains(l, "dial") {
			dials = append(dials, strings.Fields(l)[0])
		}
	}
	if got := strings.Join(dials, " "); got != "2.04 3.06 4.1 5.18 6.34 7.66 9.02" {
		t.Fatalf("dialled at %s", got)
	}
	r.log = nil
	// A master that takes us and hangs up at once does not get us without a pause.
	for range 3 {
		r.run(1100 * time.Millisecond)
		r.up()
		r.do(r.Lost(r.Connection(), r.now))
	}
	before := r.now
	r.log = nil
	for r.now.Sub(before) < 2*time.Second && len(r.log) == 0 {
		r.run(10 * time.Millisecond)
	}
	if d := r.now.Sub(before); d < 500*time.Millisecond {
		t.Fatalf("dialled again after %v", d)
	}
}

// B9: a link that was cut before it had settled is tried at once too, but only the first time.
func TestReconnectOfAShortLink(t *testing.T) {
	r := newLinkRig(t)
	r.follow(here)
	r.up()
	r.run(100 * time.Millisecond)
	r.log = nil
	for range 3 {
		r.do(r.Lost(r.Connection(), r.now))
		for r.State() != LinkConnecting {
			r.run(10 * time.Millisecond)
		}
		r.up()
	}
	var dials []string
	for _, l := range r.log {
		if strings.Contains(l, "dial") {
			dials = append(dials, strings.Fields(l)[0])
		}
	}
	if got := strings.Join(dials, " "); got != "0.11 0.17 0.27" {
		t.Errorf("dialled at %s", got)
	}
}

// R29: every step has the time-out, and is left cleanly.
func TestLinkTimeouts(t *testing.T) {
	for _, tc := range []struct {
		name string
		to   func(*linkRig)
		want string
	}{
		{"connecting", func(r *linkRig) {}, "5.01 hang up"},
		{"handshake", func(r *linkRig) { r.Connected(r.Connection(), r.now) }, "5.02 hang up"},
		{"waiting for a snapshot", func(r *linkRig) {
			r.Connected(r.Connection(), r.now)
			r.Answered(r.Connection(), Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 7}, r.now)
		}, "5.02 hang up"},
		{"loading from the connection", func(r *linkRig) {
			r.Connected(r.Connection(), r.now)
			r.Answered(r.Connection(), Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 7}, r.now)
			r.BeginLoad(Load{Direct: true}, id('c'), r.now)
		}, "5.02 hang up"},
		{"up", func(r *linkRig) { r.up() }, "5.03 hang up"},
	} {
		r := newLinkRig(t)
		r.follow(here)
		r.run(10 * time.Millisecond)
		tc.to(r)
		r.log = nil
		r.run(6 * time.Second)
		first := ""
		for _, l := range r.log {
			if strings.Contains(l, "hang up") {
				first = l
				break
			}
		}
		if first != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, first, tc.want)
		}
		if r.State() == LinkUp || r.Loading() {
			t.Errorf("%s: state %v", tc.name, r.State())
		}
	}
}

// R13, R34, R21: a full sync gives up the old history when the data goes, shows the master that we live while we load,
// and acknowledges at once when done.
func TestFullSync(t *testing.T) {
	r := newLinkRig(t)
	r.stream.AdoptFull(id('a'), 50, 0)
	r.follow(here)
	if req := r.Request(); req != (Request{ID: id('a'), From: 50}) {
		t.Fatalf("asks for %+v", req)
	}
	r.run(10 * time.Millisecond)
	r.Connected(1, r.now)
	r.do(r.Answered(1, Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 7}, r.now))
	if r.stream.ID() != id('a') {
		t.Fatal("the history changed before the data did")
	}
	r.do(r.BeginLoad(Load{}, id('c'), r.now))
	if r.stream.ID() != id('c') || r.stream.Active() || !r.Request().ID.IsZero() {
		t.Fatal("R13: the old history outlives its data")
	}
	r.run(20 * time.Second) // longer than the time-out: the master has nothing to say
	r.do(r.Loaded(3, id('d'), r.now))
	h := r.stream.History()
	if h.ID != id('b') || h.Offset != 7 || r.stream.Selected() != 3 || !r.stream.Active() {
		t.Fatalf("after the sync: %+v", h)
	}
	got := strings.Join(r.log, "; ")
	if !strings.HasPrefix(got, "0 dial 10.0.0.1:6379; 0.01 receive snapshot; 0.01 drop replicas; 0.01 newline to master; 1.01 newline to master") ||
		!strings.HasSuffix(got, "link up; 20.01 ack") {
		t.Fatal(got)
	}
}

// R31: with swapdb the old history stays as long as the old data, and comes back with it.
func TestFullSyncKeepsOld(t *testing.T) {
	r := newLinkRig(t)
	r.stream.AdoptFull(id('a'), 50, 0)
	r.follow(here)
	for i := range uint64(2) {
		r.run(100 * time.Millisecond)
		r.Connected(i+1, r.now)
		r.Answered(i+1, Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 7}, r.now)
		r.log = nil
		r.do(r.BeginLoad(Load{Direct: true, KeepsOld: true}, id('c'), r.now))
		if r.stream.ID() != id('a') || len(r.log) != 0 {
			t.Fatalf("load %d: history %v, %v", i, r.stream.ID(), r.log)
		}
		if i == 0 {
			r.do(r.LoadFailed(r.now))
			if r.Request().From != 50 || r.State() != LinkWaiting {
				t.Fatal("a failed load cost the history")
			}
		}
	}
	r.do(r.Loaded(0, id('d'), r.now))
	if !strings.Contains(strings.Join(r.log, ";"), "drop replicas") || r.stream.ID() != id('b') {
		t.Fatalf("%v %v", r.log, r.stream.ID())
	}
}

// R15: the same master again is a no-op; another one keeps the offset (R11).
func TestFollowTwice(t *testing.T) {
	r := newLinkRig(t)
	r.stream.AdoptFull(id('a'), 50, 0)
	r.follow(here)
	r.up()
	if _, changed := r.Follow(here, r.now); changed || r.State() != LinkUp {
		t.Fatal("following the same master did something")
	}
	r.log = nil
	r.follow(there)
	r.run(10 * time.Millisecond)
	r.expect("0.01 hang up; 0.01 link down; 0.01 dial [::1]:6380")
	if r.stream.Offset() != 50 {
		t.Fatalf("R11: offset %d", r.stream.Offset())
	}
	r.do(r.Unfollow())
	r.run(5 * time.Second)
	r.expect("0.02 hang up")
	if _, down := r.DownSince(); down || r.State() != LinkNone {
		t.Fatal("R39: a master has no link to be down")
	}
}

// Reports about a connection that was given up do nothing.
func TestLateReports(t *testing.T) {
	r := newLinkRig(t)
	r.follow(here)
	r.run(10 * time.Millisecond)
	r.follow(there)
	r.run(10 * time.Millisecond)
	r.log = nil
	r.Connected(1, r.now)
	r.Heard(1, r.now)
	r.do(r.Lost(1, r.now))
	r.do(r.Answered(1, Outcome{Kind: OutcomeContinue, ID: id('9')}, r.now))
	r.expect("")
	if r.State() != LinkConnecting {
		t.Fatalf("state %v", r.State())
	}
}

// R12: a master that cannot sync now costs nothing but time.
func TestLater(t *testing.T) {
	r := newAskingRig(t)
	r.do(r.Answered(1, Outcome{Kind: OutcomeLater}, r.now))
	r.run(40 * time.Millisecond)
	r.expect("0.01 hang up; 0.03 dial 10.0.0.1:6379")
	if r.Request() != (Request{ID: id('a'), From: 50}) {
		t.Fatalf("asks for %+v", r.Request())
	}
}

// R5: another ID disconnects the sub-replicas, the same one does not (R13).
func TestContinueUnderAnotherID(t *testing.T) {
	r := newAskingRig(t)
	r.do(r.Answered(1, Outcome{Kind: OutcomeContinue, ID: id('b')}, r.now))
	r.expect("0.01 drop replicas; 0.01 link up; 0.01 ack")
	r.do(r.AckNow(r.now))
	r.expect("0.01 ack")
}

// An old master knows no offsets: no ACK, and a history of our own for what it sends.
func TestOldMaster(t *testing.T) {
	r := newLinkRig(t)
	r.follow(here)
	r.run(10 * time.Millisecond)
	r.Connected(1, r.now)
	r.Answered(1, Outcome{Kind: OutcomeSync}, r.now)
	r.BeginLoad(Load{}, id('c'), r.now)
	r.log = nil
	r.do(r.Loaded(0, id('d'), r.now))
	r.run(3 * time.Second)
	r.do(r.AckNow(r.now))
	r.expect("0.01 link up")
	if r.stream.ID() != id('d') || r.stream.Offset() != 0 {
		t.Fatalf("%+v", r.stream.History())
	}
}
