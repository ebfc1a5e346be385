package store

import (
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Snapshot is the data at one moment (decision 0001). Taking one copies the directories; nothing else waits for it. It is taken and
// released on the engine's goroutine, and read on any others in between.
type Snapshot struct {
	st       *Store
	dbs      []*SnapshotDB
	readings []*Reading
	closed   bool // only readings read it: else it may be read in any order, as often as wanted
}

// SnapshotDB is one database of a Snapshot. Its methods may be called by several goroutines at once.
type SnapshotDB struct {
	index int
	order int // in Snapshot.dbs
	sp    *arena.Space
	view  *arena.View
	t     *table.Table
	now   age
}

// Snapshot begins a snapshot of the given databases, or of all.
func (st *Store) Snapshot(only ...int) *Snapshot {
	s := &Snapshot{st: st}
	if len(only) > 0 {
		for _, i := range only {
			s.add(st.dbs[i])
		}
		return s
	}
	for _, db := range st.dbs {
		s.add(db)
	}
	return s
}

func (s *Snapshot) add(db *DB) {
	if db == nil || db.Len() == 0 {
		return
	}
	s.dbs = append(s.dbs, &SnapshotDB{index: db.index, order: len(s.dbs), sp: db.sp, view: db.sp.Snapshot(), t: db.t.Clone(), now: db.st.age()})
}

// Release ends the snapshot, on the engine's goroutine, when no other reads it any more. What only the snapshot held is freed by
// Store.Reclaim.
func (s *Snapshot) Release() {
	s.st.closed = slices.DeleteFunc(s.st.closed, func(o *Snapshot) bool { return o == s })
	for _, d := range s.dbs {
		d.sp.Release(d.view)
		d.t, d.sp = nil, nil
	}
	s.dbs = nil
}

// DBs returns the databases that have keys, by number.
func (s *Snapshot) DBs() []*SnapshotDB { return s.dbs }

// Len returns the number of keys in all databases.
func (s *Snapshot) Len() (keys int) {
	for _, d := range s.dbs {
		keys += d.Len()
	}
	return keys
}

// Index returns the number of the database.
func (d *SnapshotDB) Index() int { return d.index }

// Len returns the number of keys.
func (d *SnapshotDB) Len() int { return d.t.Len() }

// Volatile returns the number of keys with a time to live.
func (d *SnapshotDB) Volatile() int { return d.t.Volatile() }

// Buckets returns the number of parts that Range can be asked for.
func (d *SnapshotDB) Buckets() int { return d.t.Buckets() }

// Range shows fn the keys of the buckets from <= i < to until it returns false: all keys with 0 and Buckets(), or a part of the
// work. Expired keys are shown.
func (d *SnapshotDB) Range(from, to int, fn func(Item) bool) bool {
	return d.t.EachIn(&d.view.Reader, from, to, func(e table.Entry) bool {
		return fn(Item{e: e, rd: &d.view.Reader, now: d.now})
	})
}

// Item returns one key, expired or not.
func (d *SnapshotDB) Item(key []byte) (Item, bool) {
	e, ok := d.t.Lookup(&d.view.Reader, key)
	return Item{e: e, rd: &d.view.Reader, now: d.now}, ok
}
