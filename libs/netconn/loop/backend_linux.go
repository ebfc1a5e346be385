package loop

import "time"

// hiddenWait is for how long the back ends, under load, wait in a system call that the Go scheduler does not know of, before
// they use one that it knows. Known system calls make its monitor thread look every 20 us, which measured 6 to 14 % of the
// server's processor time. Unknown ones hold up goroutines that wait for this processor, so they must end soon; the
// garbage collector ends them by a signal. A bound below the kernel's tick would cost more than it saves, for setting up
// the hardware's timer: 100 us measured 1.12 times the processor time of no hidden wait at all, 1 ms 0.88 times.
const hiddenWait = time.Millisecond

// hotStreak is how many waits in a row must have been short before waits are hidden. A hidden wait that ends without an
// event costs as much as it lasts, because the monitor thread takes this thread to be computing.
const hotStreak = 16

// A wait for several requests makes fewer and larger batches. That pays twice: a turn costs its system call and often a
// wake-up on both sides, and the requests of a batch find code and data in the caches. Measured with 50 clients, one request
// at a time, the whole machine ours: 1.4 requests a turn and 12.3 us of processor time for each without coalescing, 11.1 us
// with 60 us of it, 10.2 us with 100 us, 9.8 us with 200 us. Requests a second and the 99th percentile do not change with
// 150 us, the median by 16 us. Like the interrupts of a network card, it is for loads of many clients only: see quorum.
const (
	coalesceFor  = 150 * time.Microsecond // a request may wait for so long for others
	coalesceMax  = 16                     // requests that are worth waiting for
	windowEvents = 64                     // requests by which the load is judged
)

// quorum tells for how many requests the next waits shall wait, from a number of requests of late: how many clients they
// came from, and how long they took. It is what comes within coalesceFor, but never more than a quarter of the clients that
// are at work: when the others have their replies and think, or wait for one another, they must not wait for us.
func quorum(events, clients int, took time.Duration) uint32 {
	n := int64(events) * int64(coalesceFor) / max(int64(took), 1)
	return uint32(max(min(n, int64(clients/4), coalesceMax), 1))
}

// pace tells from the waits of late whether the next one is likely to be short, and for how many requests to wait.
type pace struct {
	streak int
	quorum uint32 // io_uring: requests for which a hidden wait waits, at least 1

	// The window: the requests since began, and the connections that they came from, each of which carries its number.
	window          uint32
	events, clients int
	began           time.Time
}

func newPace() pace { return pace{quorum: 1, window: 1, began: time.Now()} }

// event counts a request of c.
func (p *pace) event(c *Conn) {
	if c.window != p.window {
		c.window = p.window
		p.clients++
	}
	if p.events++; p.events < windowEvents {
		return
	}
	now := time.Now()
	p.quorum = quorum(p.events, p.clients, now.Sub(p.began))
	p.window++
	p.events, p.clients, p.began = 0, 0, now
}

// alone says that a wait has ended without its quorum: the load is not what it was.
func (p *pace) alone() { p.quorum = 1 }

// hide returns for how long the next wait, of up to d, is to be hidden. There must be other processors, and no connections
// of goroutines, which may wait for this one.
func (p *pace) hide(l *Loop, d time.Duration) time.Duration {
	switch {
	case d == 0 || p.streak < hotStreak || l.procs < 2 || l.pumps > 0:
		return 0
	case d < 0:
		return hiddenWait
	}
	return min(d, hiddenWait)
}

// missed says that a hidden wait has ended without an event.
func (p *pace) missed() { p.streak = 0 }

// waited says that a known wait has ended after a time.
func (p *pace) waited(took time.Duration) {
	if took > hiddenWait/2 {
		p.streak = 0
	} else if p.streak < hotStreak {
		p.streak++
	}
}

func newBackend(name string, l *Loop) (backend, error) {
	switch name {
	case Uring:
		return newUring(l, uringSizes{sq: 512, cq: 4096, bufs: 128})
	case Epoll:
		return newEpoll(l)
	}
	return newPortable(l), nil
}
