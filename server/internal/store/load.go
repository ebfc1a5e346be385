package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Reserve prepares an empty database for n keys, so that loading them does not grow the table step by step.
func (db *DB) Reserve(n int) {
	if db.t.Len() == 0 {
		db.t.Reserve(n)
	}
}

// Attributes are what a loaded key has beside its value.
type Attributes struct {
	Expire int64  // Unix ms, 0: never
	Clock  uint32 // see Store.IdleClock, Store.FreqClock; 0: accessed now
}

// displace deletes a key for another value to take its place, and reports whether it was there. Access counters stay, and count this.
func (db *DB) displace(key []byte) (a Attributes, existed bool) {
	r, ok := db.find(key)
	if !ok {
		return a, false
	}
	if db.st.Limits.Policy.lfu() {
		r.touch()
		a.Clock = r.entry().Clock()
	}
	r.remove()
	return a, true
}

func (db *DB) shape(key []byte, k Kind, a Attributes) table.Shape {
	s := table.Shape{Key: key, Kind: uint8(k), Expire: a.Expire, Clock: a.Clock}
	if a.Clock == 0 {
		s.Clock = db.st.NewClock()
	}
	return s
}

// LoadString adds a string and reports whether the key was missing. If not, nothing is changed.
func (db *DB) LoadString(key, v []byte, a Attributes) bool {
	return db.LoadBytes(key, stringKind(v), v, a)
}

// LoadBytes is LoadString for any kind whose value is bytes. The bytes are trusted.
func (db *DB) LoadBytes(key []byte, k Kind, v []byte, a Attributes) bool {
	t, ok := db.t.Find(key)
	if ok {
		return false
	}
	h, _ := db.makeEntry(db.shape(key, k, a), k, v)
	(&ref{db, t}).insert(key, h, a.Expire != 0)
	return true
}

// LoadBig is LoadBytes for a large value, whose nodes are in the Space of this database.
func (db *DB) LoadBig(key []byte, k Kind, b arena.Big, a Attributes) bool {
	t, ok := db.t.Find(key)
	if ok {
		return false
	}
	v := objectValue(db.sp.PutObject(b), db.sp.Epoch())
	s := db.shape(key, k, a)
	s.Flags = flagObject
	h, e := table.Make(db.sp, s, len(v))
	copy(e.Value(), v[:])
	(&ref{db, t}).insert(key, h, a.Expire != 0)
	return true
}

// Space returns where the nodes of large values of this database have to be made (for LoadBig).
func (db *DB) Space() *arena.Space { return db.sp }

// Warm prepares for lookups of several keys (64 at most), so that their cache misses overlap instead of following one another. A
// pipeline of commands, or a batch of keys to load, gains from it; a single key does not.
func (db *DB) Warm(keys [][]byte) {
	for _, k := range keys {
		db.st.warmer.Add(db.t, k)
	}
	db.st.warmer.Finish(db.t)
}
