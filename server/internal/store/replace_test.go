package store

import (
	"fmt"
	"testing"
)

// The data of a store that was filled apart takes the place of the old, numbers of databases and all; a snapshot of the old still
// shows the old, and all memory of the old comes back.
func TestTakeOver(t *testing.T) {
	st := New(4)
	fill := func(st *Store, db int, prefix string, n int) {
		for i := range n {
			st.DB(db).LoadString(fmt.Appendf(nil, "%s%d", prefix, i), []byte("value of "+prefix), Attributes{})
		}
	}
	fill(st, 0, "old", 1000)
	fill(st, 2, "old", 10)
	snap := st.Snapshot()
	apart := st.Apart()
	fill(apart, 0, "new", 500)
	fill(apart, 3, "new", 7)
	if st.Len() != 1010 {
		t.Fatalf("loading apart changed the data: %d keys", st.Len())
	}
	st.TakeOver(apart)
	if a, b, c := st.DB(0).Len(), st.DB(2).Len(), st.DB(3).Len(); a != 500 || b != 0 || c != 7 {
		t.Fatalf("%d, %d and %d keys in the databases 0, 2 and 3", a, b, c)
	}
	if v, ok, err := st.DB(3).GetString([]byte("new6"), 0); !ok || err != nil || string(v) != "value of new" {
		t.Fatalf("got %q, %v, %v", v, ok, err)
	}
	if st.DB(3).Index() != 3 || snap.Len() != 1010 {
		t.Fatalf("index %d, %d keys in the snapshot", st.DB(3).Index(), snap.Len())
	}
	snap.Release()
	for range 1000 {
		st.Reclaim(1 << 20)
	}
	if n := st.PendingFrees(); n != 0 {
		t.Fatalf("%d spaces of the old data are still there", n)
	}
}

// What is loaded half is thrown away without a trace.
func TestDiscard(t *testing.T) {
	st := New(2)
	st.DB(0).LoadString([]byte("k"), []byte("v"), Attributes{})
	apart := st.Apart()
	apart.DB(0).LoadString([]byte("x"), make([]byte, 100_000), Attributes{})
	st.Discard(apart)
	for range 1000 {
		st.Reclaim(1 << 20)
	}
	if st.Len() != 1 || st.PendingFrees() != 0 {
		t.Fatalf("%d keys, %d frees pending", st.Len(), st.PendingFrees())
	}
}
