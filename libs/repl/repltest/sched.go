package repltest

import (
	"container/heap"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// World is a cluster with its network and its clock.
type World struct {
	now    time.Time
	rng    *rand.Rand
	events eventQueue
	seq    int
	procs  map[*proc]bool
	run    *proc // the coroutine that is running, nil in the event loop

	nodes  []*Node
	paths  map[[2]int]*path
	oracle oracle

	ids   map[repl.ID]string // short names of histories for logs
	log   strings.Builder
	quiet bool // do not log

	reached map[string]int // what happened, by name
	// Failure is the first broken invariant.
	Failure error
}

// NewWorld returns a world without nodes.
func NewWorld(seed uint64) *World {
	return &World{
		now:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		rng:    rand.New(rand.NewPCG(seed, worldChance)),
		procs:  map[*proc]bool{},
		paths:  map[[2]int]*path{},
		oracle: newOracle(),
		ids:    map[repl.ID]string{},

		reached: map[string]int{},
	}
}

// reach takes down that something happened which schedules are there to reach.
func (w *World) reach(what string) { w.reached[what]++ }

// event is something that happens at a time. Events of one time happen in the order in which they were planned.
type event struct {
	at  time.Time
	seq int
	do  func()
}

type eventQueue []event

func (q eventQueue) Len() int { return len(q) }
func (q eventQueue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].seq < q[j].seq
}
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *eventQueue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = event{}
	*q = (*q)[:last]
	return e
}

func (w *World) after(d time.Duration, do func()) {
	w.seq++
	heap.Push(&w.events, event{w.now.Add(d), w.seq, do})
}

// Run lets d pass, or stops at the first broken invariant.
func (w *World) Run(d time.Duration) {
	end := w.now.Add(d)
	for w.Failure == nil && len(w.events) > 0 && !w.events[0].at.After(end) {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
	}
	w.now = end
}

// Close ends all coroutines.
func (w *World) Close() {
	w.quiet = true
	for p := range w.procs {
		p.stop()
	}
	clear(w.procs)
}

func (w *World) failf(format string, args ...any) {
	if w.Failure == nil {
		w.Failure = fmt.Errorf(format, args...)
		w.logf("FAILURE: %v", w.Failure)
	}
}

func (w *World) logf(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.log, format+"\n", args...)
	}
}

// freshID draws an ID for a history and names it for the log.
func (w *World) freshID() repl.ID {
	var r [20]byte
	for i := range r {
		r[i] = byte(w.rng.Uint32())
	}
	return repl.NewID(r)
}

// idName returns a short name for a history: H1 is the first that was spoken of.
func (w *World) idName(id repl.ID) string {
	if id.IsZero() {
		return "none"
	}
	if w.ids[id] == "" {
		w.ids[id] = fmt.Sprintf("H%d", len(w.ids)+1)
	}
	return w.ids[id]
}

// proc is a coroutine: code that may block on a connection or on time.
type proc struct {
	w      *World
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	waking bool
	life   *life // whose process it runs in
}

// spawn starts a coroutine of the process at the present time.
func (l *life) spawn(fn func()) *proc {
	w := l.w
	p := &proc{w: w, life: l}
	p.next, p.stop = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		fn()
	})
	w.procs[p] = true
	p.wake()
	return p
}

// wake makes a parked coroutine go on, at the present time.
func (p *proc) wake() {
	if p == nil || p.waking {
		return
	}
	p.waking = true
	p.w.after(0, p.step)
}

func (p *proc) step() {
	if d := p.life.stalls(); d > 0 {
		p.w.after(d, p.step)
		return
	}
	p.waking = false
	if !p.w.procs[p] {
		return
	}
	before := p.w.run
	p.w.run = p
	if _, more := p.next(); !more {
		delete(p.w.procs, p)
	}
	p.w.run = before
}

// park gives way until somebody wakes the coroutine. It reports false when the world ends.
func (w *World) park() bool { return w.run.yield(struct{}{}) }

// sleep lets d pass for the running coroutine. It may be woken before: see [World.park].
func (w *World) sleep(d time.Duration) bool {
	p, until := w.run, w.now.Add(d)
	w.after(d, p.wake)
	for w.now.Before(until) {
		if !w.park() {
			return false
		}
	}
	return true
}
