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

// pace tells from the waits of late whether the next one is likely to be short.
type pace struct{ streak int }

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
