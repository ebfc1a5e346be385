package loop

import "time"

// hiddenWait is for how long the back ends wait in a system call that the Go scheduler does not know of, before they use
// one that it knows. Known system calls make its monitor thread look every 20 us, which measured 6 to 14 % of the server's
// processor time. Unknown ones hold up goroutines that wait for this processor, so they must end soon; the garbage
// collector ends them by a signal. A bound below the kernel's tick would cost more than it saves, for setting up the
// hardware's timer: 100 us measured 1.12 times the processor time of no hidden wait at all, 1 ms 0.88 times.
const hiddenWait = time.Millisecond

// mayHide says whether a hidden wait does no harm: there are other processors, and no connections of goroutines.
func (l *Loop) mayHide() bool { return l.procs > 1 && l.pumps == 0 }

func newBackend(name string, l *Loop) (backend, error) {
	switch name {
	case Uring:
		return newUring(l, uringSizes{sq: 512, cq: 4096, bufs: 128})
	case Epoll:
		return newEpoll(l)
	}
	return newPortable(l), nil
}
