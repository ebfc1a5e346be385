package store

import "sync/atomic"

// Reading is the way of one goroutine through a Snapshot, once and in order: database after database, bucket after bucket. What all
// readers of a snapshot are past needs no copy any more when it changes, and what was copied before goes back.
//
//	engine   r := snap.Reader(); snap.Close()
//	reader   db.Range(0, 4, fn); r.Passed(db, 4); db.Range(4, 8, fn); ...
type Reading struct{ at atomic.Uint64 }

// Place of a Reading: order of the database (16 bits) | bucket (48).
const bucketBits = 48

// Passed says that the reader will not look at the buckets of a database before to any more, nor at the databases before it. It is
// called by the reader. A nil Reading counts nothing.
func (r *Reading) Passed(db *SnapshotDB, to int) {
	if r != nil {
		r.at.Store(uint64(db.order)<<bucketBits | uint64(to))
	}
}

// Done says that the reader will not look at the snapshot any more. It may come from any goroutine.
func (r *Reading) Done() {
	if r != nil {
		r.at.Store(^uint64(0))
	}
}

// Reader announces a reader that tells its progress, on the engine's goroutine.
func (s *Snapshot) Reader() *Reading {
	if s.closed {
		panic("BUG: store: a reader of a snapshot of which parts are gone")
	}
	r := &Reading{}
	s.readings = append(s.readings, r)
	return r
}

// Close says that nobody but the readers announced so far will read the snapshot: their progress counts from now on. It is called on
// the engine's goroutine; after it no Reader may be asked for.
func (s *Snapshot) Close() {
	if !s.closed {
		s.closed = true
		s.st.closed = append(s.st.closed, s)
	}
}

// pass tells the databases how far the readers are.
func (s *Snapshot) pass() {
	at := ^uint64(0)
	for _, r := range s.readings {
		at = min(at, r.at.Load())
	}
	order, bucket := int(at>>bucketBits), int(at&(1<<bucketBits-1))
	for _, d := range s.dbs {
		switch {
		case d.order < order:
			d.sp.Pass(d.view, ^uint64(0))
		case d.order == order:
			d.sp.Pass(d.view, d.t.PlaceOf(bucket))
		}
	}
}
