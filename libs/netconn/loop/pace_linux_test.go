package loop

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// Waits are hidden after enough short ones, for longer while nobody else computes, and no longer once one in five is in vain.
func TestPaceHides(t *testing.T) {
	l := &Loop{procs: 2}
	p := newPace()
	for range scoreHide {
		if hide := p.hide(l, -1); hide != 0 {
			t.Fatalf("hidden for %v at score %d", hide, p.score)
		}
		p.waited(hiddenWait)
	}
	if hide := p.hide(l, -1); hide != hiddenWait {
		t.Errorf("hidden for %v before anybody has looked, want %v", hide, hiddenWait)
	}
	start := time.Now()
	p.look(start, time.Second)
	p.look(start.Add(lookEvery), time.Second+lookEvery/busyShare)
	if hide := p.hide(l, -1); hide != hiddenLong {
		t.Errorf("hidden for %v with little company, want %v", hide, hiddenLong)
	}
	if hide := p.hide(l, time.Microsecond); hide != time.Microsecond {
		t.Errorf("hidden for %v when the loop may sleep for a microsecond", hide)
	}
	if p.quorum = 2; p.hide(l, -1) != hiddenWait {
		t.Error("a wait for two requests may be long")
	}
	p.quorum = 1
	if l.pumps = 1; p.hide(l, -1) != 0 {
		t.Error("hidden beside goroutines with connections")
	}
	l.pumps = 0
	p.look(start.Add(2*lookEvery), time.Second+lookEvery)
	if hide := p.hide(l, -1); hide != hiddenWait {
		t.Errorf("hidden for %v while others compute, want %v", hide, hiddenWait)
	}
	for n := range 1000 {
		if n%5 == 0 {
			p.missed()
		} else {
			p.hit()
		}
	}
	if p.hide(l, -1) == 0 {
		t.Error("not hidden with one miss in five")
	}
	for n := range 1000 {
		if n%4 == 0 {
			p.missed()
		} else {
			p.hit()
		}
	}
	if p.hide(l, -1) != 0 {
		t.Error("hidden with one miss in four")
	}
}

// What other threads compute counts, what this one does does not.
func TestOtherThreads(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, own := otherThreads(), clock(unix.CLOCK_THREAD_CPUTIME_ID)
	for clock(unix.CLOCK_THREAD_CPUTIME_ID)-own < 20*time.Millisecond {
	}
	if used := otherThreads() - before; used > 10*time.Millisecond {
		t.Errorf("others used %v while only this thread computed", used)
	}
	before = otherThreads()
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	defer close(stop)
	eventually(t, "20 ms of processor time of another thread", func() bool { return otherThreads()-before > 20*time.Millisecond })
}
