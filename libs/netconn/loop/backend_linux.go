package loop

import "time"

// hiddenWait is for how long the back ends wait in a system call that the Go scheduler does not know of, before they use
// one that it knows. Known system calls make its monitor thread look every 20 us, which measured 6 to 14 % of the server's
// processor time; unknown ones hold up the garbage collector and the goroutines that wait for this processor, so they
// must be short.
const hiddenWait = 100 * time.Microsecond

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
