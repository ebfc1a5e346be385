package engine

import (
	"container/heap"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// timers is a heap of the deadlines of parked clients. Entries of clients that were served meanwhile are dropped when they
// come up: removing them early would cost more than it saves.
type timers struct{ h timerHeap }

type timer struct {
	at int64
	s  *session.Session
	st *session.BlockState
}

type timerHeap []timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h timerHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)        { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	old := *h
	n := len(old) - 1
	x := old[n]
	old[n] = timer{}
	*h = old[:n]
	return x
}

func (t *timers) add(at int64, s *session.Session, st *session.BlockState) {
	heap.Push(&t.h, timer{at, s, st})
}

// due pops the first timer whose time has come.
func (t *timers) due(now int64) (timer, bool) {
	if len(t.h) == 0 || t.h[0].at > now {
		return timer{}, false
	}
	return heap.Pop(&t.h).(timer), true
}

// next is the earliest deadline, 0 for none.
func (t *timers) next() int64 {
	if len(t.h) == 0 {
		return 0
	}
	return t.h[0].at
}
