package loop

import (
	"time"

	"golang.org/x/sys/unix"
)

// Waits are hidden when they are likely to be short: they are system calls that the Go scheduler does not know of. Known ones
// make its monitor thread look every 20 us for some time, and again when they end, which measured 6 to 14 % of the server's
// processor time under load, and at 2,000 requests a second 23 us for each beside 40 us of this thread. The price is that
// goroutines that wait for this processor have to wait; the garbage collector ends the wait by a signal.
const (
	// hiddenWait is the limit while other threads of the process are at work, or several requests are waited for. A bound below the
	// kernel's tick would cost more than it saves, for setting up the hardware's timer: 100 us measured 1.12 times the
	// processor time of no hidden wait at all, 1 ms 0.88 times.
	hiddenWait = time.Millisecond
	// hiddenLong is the limit while nobody else wants a processor. The monitor thread interrupts a thread that computes for 10 ms,
	// as it takes this one to do.
	hiddenLong = 8 * time.Millisecond
)

// A score tells whether waits are short: it gains one with each that is, up to scoreMax, and loses scoreLoss with each that is not.
// From scoreHide on they are hidden, which pays as long as fewer than one in five ends without an event.
const (
	scoreHide = 16
	scoreLoss = 4
	scoreMax  = 32
)

// lookEvery is the least time between two looks at what the other threads of the process do, and busyShare the share of
// one processor that they may take.
const (
	lookEvery = 10 * time.Millisecond
	busyShare = 4 // a quarter
)

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
	score  int
	quorum uint32 // io_uring: requests for which a hidden wait waits, at least 1

	// The window: the requests since began, and the connections that they came from, each of which carries its number.
	window          uint32
	events, clients int
	began           time.Time

	company bool // other threads of the process are at work
	looked  time.Time
	others  time.Duration // processor time of theirs when looked
}

func newPace() pace { return pace{quorum: 1, window: 1, began: time.Now(), company: true} }

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
	if now.Sub(p.looked) >= lookEvery {
		p.look(now, otherThreads())
	}
	p.window++
	p.events, p.clients, p.began = 0, 0, now
}

// look notes the processor time that the other threads have used until now.
func (p *pace) look(now time.Time, others time.Duration) {
	p.company = p.looked.IsZero() || others-p.others > now.Sub(p.looked)/busyShare
	p.looked, p.others = now, others
}

// otherThreads returns the processor time of this process without that of this thread.
func otherThreads() time.Duration {
	return clock(unix.CLOCK_PROCESS_CPUTIME_ID) - clock(unix.CLOCK_THREAD_CPUTIME_ID)
}

func clock(id int32) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(id, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// alone says that a wait has ended without its quorum: the load is not what it was.
func (p *pace) alone() { p.quorum = 1 }

// hide returns for how long the next wait, of up to d, is to be hidden. There must be other processors, and no connections
// of goroutines, which may wait for this one.
func (p *pace) hide(l *Loop, d time.Duration) time.Duration {
	if d == 0 || p.score < scoreHide || l.procs < 2 || l.pumps > 0 {
		return 0
	}
	limit := hiddenLong
	if p.company || p.quorum > 1 {
		limit = hiddenWait
	}
	if d < 0 {
		return limit
	}
	return min(d, limit)
}

// hit says that a hidden wait has ended with an event.
func (p *pace) hit() { p.score = min(p.score+1, scoreMax) }

// missed says that a hidden wait has ended without an event.
func (p *pace) missed() { p.score = max(p.score-scoreLoss, 0) }

// waited says that a known wait has ended after a time.
func (p *pace) waited(took time.Duration) {
	limit := hiddenLong
	if p.company {
		limit = hiddenWait
	}
	if took > limit {
		p.missed()
	} else {
		p.hit()
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
