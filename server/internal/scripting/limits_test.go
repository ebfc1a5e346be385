package scripting

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// A script that stays just below the limit does not collect garbage at every look, and garbage that was there before it gives it no more.
func TestCollectsSeldomNearTheLimit(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	sink := make([]byte, 64<<20)
	sink = nil
	w := &watch{most: 32 << 20}
	if w.overHeap(); w.heap > heapBytes()-60<<20 {
		t.Errorf("what is in use is taken to be %d bytes of %d, of which 64 MiB are garbage", w.heap, heapBytes())
	}
	live := make([]byte, w.most-300<<10)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const looks = 100
	for range looks {
		sink = make([]byte, 400<<10)
		sink = nil
		if w.overHeap() {
			t.Fatal("over the limit")
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.NumForcedGC - before.NumForcedGC; n < 2 || n > looks/4 {
		t.Errorf("%d collections in %d looks", n, looks)
	}
	live[0], _ = 1, sink
	more := make([]byte, 4<<20)
	if !w.overHeap() {
		t.Error("4 MiB more are not over the limit")
	}
	runtime.KeepAlive(live)
	runtime.KeepAlive(more)
}
