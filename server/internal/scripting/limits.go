package scripting

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Bounds of what a script may use.
const (
	maxCalls     = 1 << 14 // nested calls
	registrySize = 1 << 10 // slots of one state at its start...
	registryStep = 1 << 14
	registryMax  = 1 << 19 // ...and at most
	maxResumed   = 190     // coroutines that resume coroutines
	maxResults   = 7990    // values that one call can return or pass on, as in Lua 5.1
	maxString    = 512 << 20
	maxArray     = 8 << 20
	maxHeap      = 2 << 30 // growth of the heap during one script
)

const errMemory = "not enough memory"

// watch looks at the clock and the heap every now and then: after so many instructions, since it poses as the state's context, which the
// virtual machine asks before each of them whether it is done; and after so much time, since a few instructions can take a lot of either.
// Library functions that may run for long ask it too, see step.
type watch struct {
	m     *machine
	count int
	heap  uint64 // what was in use at the start of the run
	check uint64 // size of the heap from which on garbage is collected to see what is in use
	most  uint64 // growth of the heap that a run may cause: maxHeap; its reply may take half of that
	err   string

	alarm *time.Timer // sets due; runs during a script
	due   atomic.Bool
}

// pause is the number of instructions between two looks at the clock and the heap.
const pause = 1 << 14

// between is the time between two looks.
const between = 5 * time.Millisecond

func newWatch(m *machine) *watch {
	w := &watch{m: m, most: maxHeap}
	w.alarm = time.AfterFunc(between, func() { w.due.Store(true) })
	w.alarm.Stop()
	return w
}

type ended struct{ text string }

func (e ended) Error() string { return e.text }

// Done implements context.Context: it is called before every instruction.
func (w *watch) Done() <-chan struct{} {
	if w.count++; w.count < pause && w.err == "" && !w.due.Load() {
		return nil
	}
	return w.look()
}

// Deadline, Value and Err complete context.Context.
func (w *watch) Deadline() (t time.Time, ok bool) { return t, false }
func (w *watch) Value(any) any                    { return nil }
func (w *watch) Err() error                       { return ended{w.err} }

// step is called in loops of library functions: it raises the error of a script that is ended.
func (w *watch) step(L *lua.LState) {
	if w.due.Load() && w.look() != nil {
		fail(L, "%s", w.err)
	}
}

// look lets others in, and ends a script that was killed or takes too much.
func (w *watch) look() <-chan struct{} {
	w.count = 0
	if w.due.Swap(false) {
		w.alarm.Reset(between)
	}
	if w.err == "" && w.m.debug != nil {
		w.m.debug.tick()
	} else if w.err == "" && w.m.run != nil {
		w.m.host.Interrupt(w.m.run)
		if w.m.run.Killed {
			w.err = errKilled
		}
	}
	if w.err == "" && w.m.loading != nil && w.m.loading.late() {
		w.err = errLoadTimeout
	}
	if w.err == "" && w.overHeap() {
		w.err = errMemory
	}
	if w.err == "" {
		return nil
	}
	return closedChannel()
}

func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// excuse leaves out of the growth what the heap has grown since it had the given size, while the script stood still.
func (w *watch) excuse(since uint64) {
	if now := heapBytes(); w.heap != 0 && now > since {
		w.heap += now - since
		w.check += now - since
	}
}

// begin starts to count for a run, end stops it.
func (w *watch) begin() {
	w.count, w.heap, w.err = 0, 0, ""
	w.alarm.Reset(between)
}

func (w *watch) end() {
	w.count, w.heap, w.err = 0, 0, ""
	w.alarm.Stop()
	w.due.Store(false)
}

// overHeap reports whether the heap has grown too much since the first look of this run. What is garbage does not count. After a
// collection that found enough of it the heap may grow by a part of the limit before the next one, or a script that stays just below the limit
// would collect at every look.
func (w *watch) overHeap() bool {
	now := heapBytes()
	if w.heap == 0 {
		w.heap = min(now, liveHeap())
		w.check = w.heap + w.most
	}
	if now < w.check {
		return false
	}
	runtime.GC()
	now = heapBytes()
	w.check = max(w.heap+w.most, now+w.most/16)
	return now >= w.heap+w.most
}

// liveHeap is what the last collection found in use; without one, all of the heap.
func liveHeap() uint64 {
	if n := metric("/gc/heap/live:bytes"); n > 0 {
		return n
	}
	return heapBytes()
}

func heapBytes() uint64 { return metric("/memory/classes/heap/objects:bytes") }

func metric(name string) uint64 {
	sample := [1]metrics.Sample{{Name: name}}
	metrics.Read(sample[:])
	return sample[0].Value.Uint64()
}

// checkLength raises an error if a string of n bytes is too long.
func checkLength(L *lua.LState, n int) {
	if n > maxString || n < 0 {
		fail(L, errMemory)
	}
}
