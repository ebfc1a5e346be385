package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

// ExpireMode says what a lookup does with a key whose time is over.
type ExpireMode uint8

const (
	// ExpireDelete: the key is deleted, after OnExpire was told (a master).
	ExpireDelete ExpireMode = iota
	// ExpireHide: the key is invisible and stays until the master deletes it (a replica; a paused master).
	ExpireHide
	// ExpireIgnore: the key is there (commands of the master on a replica, loading).
	ExpireIgnore
)

// Store is all databases.
type Store struct {
	Limits Limits
	Stats  Stats

	dbs     []*DB // nil: not used yet
	mode    ExpireMode
	clock   int64 // Unix ms, for LRU and LFU: see SetClock
	retired []*arena.Space
	closed  []*Snapshot // see Snapshot.Close
	evict   evictor
	cycle   expireCycle
	warmer  table.Warmer
	lists   *list.Compressor // made when the first list needs it

	onExpire func(db int, key []byte)
	onMiss   func(db int, key []byte)
	onNew    func(db int, key []byte)
	hush     bool // onNew is not called
	noTouch  bool
}

// Stats are counters for INFO. The engine may reset them.
type Stats struct {
	Hits, Misses int64 // lookups for reading
	Expired      int64 // keys deleted because their time was over
	LazyFreed    int64 // large values freed in slices
}

// New returns a Store with the given number of databases.
func New(databases int) *Store {
	return &Store{Limits: DefaultLimits(), dbs: make([]*DB, databases)}
}

// Databases returns the number of databases.
func (st *Store) Databases() int { return len(st.dbs) }

// DB returns database i, 0 <= i < Databases().
func (st *Store) DB(i int) *DB {
	if st.dbs[i] == nil {
		st.dbs[i] = newDB(st, i)
	}
	return st.dbs[i]
}

// SetMode sets what becomes of expired keys.
func (st *Store) SetMode(m ExpireMode) { st.mode = m }

// Mode returns what SetMode set.
func (st *Store) Mode() ExpireMode { return st.mode }

// SetReplica sets the mode of a replica or a master.
func (st *Store) SetReplica(on bool) {
	st.mode = ExpireDelete
	if on {
		st.mode = ExpireHide
	}
}

// SetClock sets the time (Unix ms) that accesses are stamped with. A resolution of some 100 ms is enough.
func (st *Store) SetClock(ms int64) { st.clock = ms }

// SetNoTouch makes lookups leave the times and frequencies of access as they are (CLIENT NO-TOUCH).
func (st *Store) SetNoTouch(on bool) { st.noTouch = on }

// OnExpire sets what is called before an expired key is deleted, for its DEL to be propagated. The key is a view.
func (st *Store) OnExpire(fn func(db int, key []byte)) { st.onExpire = fn }

// OnMiss sets what is called when a lookup for reading finds nothing. nil: nothing.
func (st *Store) OnMiss(fn func(db int, key []byte)) { st.onMiss = fn }

// OnNew sets what is called when a key comes into being, loaded keys too. nil: nothing.
func (st *Store) OnNew(fn func(db int, key []byte)) { st.onNew = fn }

// Hush keeps OnNew's function from being called: a value that is stored in the place of another makes no key.
func (st *Store) Hush(on bool) { st.hush = on }

// Swap exchanges two databases, in no time.
func (st *Store) Swap(i, j int) {
	a, b := st.DB(i), st.DB(j)
	a.index, b.index = j, i
	st.dbs[i], st.dbs[j] = b, a
}

// Flush empties all databases and returns the number of keys that were there.
func (st *Store) Flush() (keys int) {
	for _, db := range st.dbs {
		if db != nil {
			keys += db.Flush()
		}
	}
	return keys
}

// Len returns the number of keys in all databases.
func (st *Store) Len() (keys int) {
	for _, db := range st.dbs {
		if db != nil {
			keys += db.Len()
		}
	}
	return keys
}

// Used returns the bytes that the data takes: what maxmemory is compared with.
func (st *Store) Used() (bytes int) {
	for _, db := range st.dbs {
		if db != nil {
			bytes += db.sp.Used()
		}
	}
	return bytes
}

// Deferred returns the bytes that only snapshots hold, or that wait to be freed.
func (st *Store) Deferred() (bytes int) {
	for _, db := range st.dbs {
		if db != nil {
			bytes += db.sp.Deferred()
		}
	}
	for _, sp := range st.retired {
		bytes += sp.Used() + sp.Deferred()
	}
	return bytes
}

// Reclaim frees some of what deleted values, flushed databases and released snapshots left behind: about budget
// blocks (one takes 20 to 100 ns). It reports whether there is more to do now.
func (st *Store) Reclaim(budget int) (more bool) {
	for _, s := range st.closed {
		s.pass()
	}
	for _, db := range st.dbs {
		if db == nil {
			continue
		}
		if db.sp.Reclaim(budget) {
			more = true
		}
		st.Stats.LazyFreed += db.sp.TakeDied()
	}
	return st.unmapRetired(budget) || more
}

// Purge has Reclaim give back to the system all memory that is free, and not only what is more than usual, until it is switched off.
func (st *Store) Purge(on bool) {
	for _, db := range st.dbs {
		if db != nil {
			db.sp.Purge(on)
		}
	}
}

// PendingFrees returns the number of large values and flushed databases that are being freed.
func (st *Store) PendingFrees() int {
	n := len(st.retired)
	for _, db := range st.dbs {
		if db != nil {
			n += db.sp.Dying()
		}
	}
	return n
}

// Dying reports whether deleted large values still take memory that Used counts.
func (st *Store) Dying() bool {
	for _, db := range st.dbs {
		if db != nil && db.sp.Dying() > 0 {
			return true
		}
	}
	return false
}

// unmapCost is what one unmapped chunk (4 MiB) counts in the budget of Reclaim.
const unmapCost = 1000

func (st *Store) unmapRetired(budget int) (more bool) {
	kept := st.retired[:0]
	n := max(1, budget/unmapCost)
	for _, sp := range st.retired {
		if sp.Views() > 0 {
			kept = append(kept, sp)
			continue
		}
		if n == 0 || sp.Unmap(n) {
			kept, more = append(kept, sp), true
			n = 0
		}
	}
	clear(st.retired[len(kept):])
	st.retired = kept
	return more
}
