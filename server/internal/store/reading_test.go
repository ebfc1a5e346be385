package store

import (
	"fmt"
	"slices"
	"testing"
)

// orderedReader reads a snapshot of one database bucket by bucket.
type orderedReader struct {
	tell *Reading
	at   int // next bucket
	n    int // keys seen
}

func orderedReaders(s *Snapshot, n int) (list []*orderedReader) {
	for range n {
		list = append(list, &orderedReader{tell: s.Reader()})
	}
	s.Close()
	return list
}

// read reads the next bucket and reports whether the end is reached.
func (r *orderedReader) read(t *testing.T, s *modelSnapshot) (end bool) {
	t.Helper()
	dbs := s.snap.DBs()
	if len(dbs) == 0 {
		return true
	}
	d := dbs[0]
	if r.at == d.Buckets() {
		if r.n != len(s.keys) {
			t.Fatalf("an ordered reader saw %d keys of %d", r.n, len(s.keys))
		}
		return true
	}
	d.Range(r.at, r.at+1, func(it Item) bool {
		there, err := s.see(it)
		if err != nil {
			t.Fatalf("bucket %d of %d: %v", r.at, d.Buckets(), err)
		}
		if there {
			r.n++
		}
		return true
	})
	r.at++
	r.tell.Passed(d, r.at)
	return false
}

// readOn lets the ordered readers of the model read one bucket more, or not.
func (m *model) readOn() {
	for i := range m.snaps {
		for _, r := range m.snaps[i].readers {
			if m.r.IntN(8) == 0 {
				r.read(m.t, &m.snaps[i])
			}
		}
	}
}

// TestPassedNeedsNoCopy: what all readers are past costs no memory when it changes, and what they come past is given back while the
// snapshot lives.
func TestPassedNeedsNoCopy(t *testing.T) {
	const keys = 60000
	st := New(1)
	db := st.DB(0)
	write := func(v string) {
		for i := range keys {
			db.SetString(fmt.Append(nil, "key:", i), []byte(v), 0, 1)
		}
	}
	write("before")
	settle := func() (deferred int) {
		for st.Reclaim(1000) {
		}
		return st.Deferred()
	}
	snap := st.Snapshot()
	d := snap.DBs()[0]
	first, second := snap.Reader(), snap.Reader()
	first.Passed(d, d.Buckets()*3/4)
	second.Passed(d, d.Buckets()/2)

	settle()
	write("open  ")
	all := settle()
	if used := st.Used(); all < used {
		t.Fatalf("%d bytes are deferred of %d, although the snapshot may still be read by others", all, used)
	}
	snap.Close()
	if half := settle(); half > all*55/100 || half < all*45/100 {
		t.Errorf("half of it is passed by both readers: %d bytes of %d are deferred", half, all)
	}
	before := settle()
	write("closed")
	if grown := settle() - before; grown > all/50 {
		t.Errorf("%d bytes are deferred for keys that were passed, or copied already", grown)
	}
	second.Done()
	if quarter := settle(); quarter > all*30/100 || quarter < all*20/100 {
		t.Errorf("three quarters are passed by the only reader left: %d bytes of %d are deferred", quarter, all)
	}
	first.Done()
	if left := settle(); left > all/50 {
		t.Errorf("all is read: %d bytes of %d are deferred", left, all)
	}
	other := st.Snapshot()
	write("again ")
	if now := settle(); now < all {
		t.Errorf("another snapshot sees everything, but only %d bytes of %d are deferred", now, all)
	}
	other.Release()
	snap.Release()
	if left := settle(); left != 0 {
		t.Errorf("%d bytes are deferred without a snapshot", left)
	}
}

// TestMergedSegmentIsPassedAsAWhole: deletions have joined segments, of which a snapshot's reader is past the first only.
func TestMergedSegmentIsPassedAsAWhole(t *testing.T) {
	const keys, stay = 3000, 60
	st := New(1)
	db := st.DB(0)
	key := func(i int) []byte { return fmt.Append(nil, "key:", i) }
	for i := range keys {
		db.SetString(key(i), []byte("before"), 0, 1)
	}
	snap := st.Snapshot()
	d := snap.DBs()[0]
	r := snap.Reader()
	snap.Close()
	var order []string // those first of which the reader is past
	d.Range(0, d.Buckets(), func(it Item) bool {
		order = append(order, string(it.Key()))
		return true
	})
	r.Passed(d, d.Buckets()/2)
	for i := stay; i < keys; i++ {
		db.Delete(key(i))
	}
	later := st.Snapshot() // freezes what was joined
	done := later.Reader()
	later.Close()
	done.Done()
	for st.Reclaim(1000) {
	}
	for _, k := range order {
		if db.Exists([]byte(k), 1) {
			db.SetString([]byte(k), []byte("after."), 0, 1)
		}
	}
	d.Range(d.Buckets()/2, d.Buckets(), func(it Item) bool {
		if string(it.Bytes()) != "before" {
			t.Errorf("%s has changed under the reader: %s", it.Key(), it.Bytes())
		}
		return true
	})
}

// TestMergeFreesNothingUnread: a segment that a reader is past is joined with one that it is not past.
func TestMergeFreesNothingUnread(t *testing.T) {
	const keys, stay = 3000, 400
	st := New(1)
	db := st.DB(0)
	for i := range keys {
		db.SetString(fmt.Append(nil, "key:", i), []byte("before"), 0, 1)
	}
	for i := stay; i < keys; i++ { // two sparse segments are left
		db.Delete(fmt.Append(nil, "key:", i))
	}
	snap := st.Snapshot()
	d := snap.DBs()[0]
	half := d.Buckets() / 2
	r := snap.Reader()
	snap.Close()
	var passed, left []string
	d.Range(0, half, func(it Item) bool { passed = append(passed, string(it.Key())); return true })
	d.Range(half, d.Buckets(), func(it Item) bool { left = append(left, string(it.Key())); return true })
	r.Passed(d, half)
	st.Reclaim(1000)
	for _, k := range passed {
		db.Delete([]byte(k))
	}
	for i := range keys { // takes what was freed
		db.SetString(fmt.Append(nil, "new:", i), []byte("after."), 0, 1)
	}
	var again []string
	d.Range(half, d.Buckets(), func(it Item) bool { again = append(again, string(it.Key())); return true })
	if len(passed) == 0 || len(left) == 0 || !slices.Equal(left, again) {
		t.Errorf("of %d keys behind the reader and %d before it, it sees %d", len(passed), len(left), len(again))
	}
}
