package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// DB is one database.
type DB struct {
	st      *Store
	index   int
	sp      *arena.Space
	t       *table.Table
	scratch []byte // what edit returns when the value itself must stay as it is
	bucket  int    // where the next expiry cycle goes on
	ttl     int64  // moving average of the times to live that expiry cycles saw, ms
}

func newDB(st *Store, index int) *DB {
	db := &DB{st: st, index: index}
	db.reset()
	return db
}

func (db *DB) reset() {
	db.sp = arena.New()
	db.t = table.NewOrdered(db.sp)
	db.ttl, db.bucket = 0, 0
}

// Index returns the number of the database.
func (db *DB) Index() int { return db.index }

// Len returns the number of keys, expired ones that are still there included.
func (db *DB) Len() int { return db.t.Len() }

// Volatile returns the number of keys with a time to live.
func (db *DB) Volatile() int { return db.t.Volatile() }

// Flush empties the database and returns the number of keys that were there. The memory goes back in slices of Reclaim.
func (db *DB) Flush() (keys int) {
	keys = db.Len()
	db.st.retired = append(db.st.retired, db.sp)
	db.reset()
	return keys
}

// find returns the entry of a key, expired or not, without touching it.
func (db *DB) find(key []byte) (ref, bool) {
	t, ok := db.t.Find(key)
	return ref{db, t}, ok
}

// peek finds a key that is not expired, without touching it.
func (db *DB) peek(key []byte, now int64) (r ref, ok bool) {
	t, ok := db.t.Find(key)
	r = ref{db, t}
	if ok && r.expired(now) {
		db.expire(&r)
		return r, false
	}
	return r, ok
}

// read finds a key for reading: touched and counted.
func (db *DB) read(key []byte, now int64) (r ref, ok bool) {
	r, ok = db.peek(key, now)
	if ok {
		r.touch()
	}
	db.count(key, ok)
	return r, ok
}

// CountLookup counts a lookup for reading of a command that found, or did not find, the key for writing.
func (db *DB) CountLookup(key []byte, found bool) { db.count(key, found) }

// count counts a lookup for reading.
func (db *DB) count(key []byte, found bool) {
	if found {
		db.st.Stats.Hits++
		return
	}
	db.st.Stats.Misses++
	if db.st.onMiss != nil {
		db.st.onMiss(db.index, key)
	}
}

// write finds a key for writing: touched. On a replica that takes writes, an expired key makes room for the new one.
func (db *DB) write(key []byte, now int64) (r ref, ok bool) {
	if r, ok = db.again(key, now); ok {
		r.touch()
	}
	return r, ok
}

// again is write of a key that the command has touched before: one command is one access.
func (db *DB) again(key []byte, now int64) (r ref, ok bool) {
	t, ok := db.t.Find(key)
	r = ref{db, t}
	if ok && r.expired(now) {
		if db.st.mode == ExpireHide {
			r.remove()
		} else {
			db.deleteExpired(&r)
		}
		return r, false
	}
	return r, ok
}

// readAs is read for a key of one type.
func (db *DB) readAs(key []byte, t Type, now int64) (r ref, ok bool, err error) {
	r, ok = db.read(key, now)
	if ok && r.kind().Type() != t {
		return r, false, ErrWrongType
	}
	return r, ok, nil
}

// writeAs is write for a key of one type.
func (db *DB) writeAs(key []byte, t Type, now int64) (r ref, ok bool, err error) {
	r, ok = db.write(key, now)
	if ok && r.kind().Type() != t {
		return r, false, ErrWrongType
	}
	return r, ok, nil
}
