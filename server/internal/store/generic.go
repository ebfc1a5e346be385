package store

import (
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

// Exists reports whether the key is there and not expired.
func (db *DB) Exists(key []byte, now int64) bool {
	_, ok := db.peek(key, now)
	return ok
}

// ExistsCounted is Exists that counts as a lookup for reading, but not as an access.
func (db *DB) ExistsCounted(key []byte, now int64) bool {
	_, ok := db.peek(key, now)
	db.count(key, ok)
	return ok
}

// ExistsForWrite is Exists for a command that is going to change the key.
func (db *DB) ExistsForWrite(key []byte, now int64) bool {
	_, ok := db.write(key, now)
	return ok
}

// Touch is Exists that counts as an access.
func (db *DB) Touch(key []byte, now int64) bool {
	_, ok := db.read(key, now)
	return ok
}

// Type returns the type of a key's value, TypeNone for a missing key.
func (db *DB) Type(key []byte, now int64) Type { return db.Kind(key, now).Type() }

// Kind returns type and encoding of a key's value, KindNone for a missing key.
func (db *DB) Kind(key []byte, now int64) Kind {
	r, ok := db.peek(key, now)
	if !ok {
		return KindNone
	}
	return r.kind()
}

// Delete removes a key, expired or not, and reports whether it was there. Large values are freed later, in slices.
func (db *DB) Delete(key []byte) bool {
	r, ok := db.find(key)
	if ok {
		r.remove()
	}
	return ok
}

// Item returns a key's value and all that is known about it, for DUMP, COPY, DEBUG and the like. It is not touched. The Item is
// valid until the next change of the store.
func (db *DB) Item(key []byte, now int64) (Item, bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return Item{}, false
	}
	return Item{e: r.entry(), rd: &db.sp.Reader, now: db.st.age()}, true
}

// Rename gives the value and time to live of src to dst, whose old value is deleted. It returns false if src is missing. It is no access:
// the command has looked src up before.
func (db *DB) Rename(src, dst []byte, now int64) bool {
	r, ok := db.again(src, now)
	if !ok {
		return false
	}
	if string(src) != string(dst) {
		db.rename(&r, dst)
	}
	return true
}

// ForceRename is Rename for keys that are different, without a look at the time.
func (db *DB) ForceRename(src, dst []byte) {
	if r, ok := db.find(src); ok {
		db.rename(&r, dst)
	}
}

func (db *DB) rename(r *ref, dst []byte) {
	old := r.entry()
	s := old.Shape()
	s.Key = dst
	v := old.Value() // bytes, or what refers to a blob or object: that moves along
	h, e := table.Make(db.sp, s, len(v))
	copy(e.Value(), v)
	db.t.Remove(&r.t)
	db.put(dst, h, s.Expire != 0)
}

// put makes the entry h the one of key, whatever the key held before. The key counts as new: Redis deletes the old one for RENAME and COPY.
func (db *DB) put(key []byte, h arena.Handle, volatile bool) {
	r, ok := db.find(key)
	if ok {
		old := r.payload()
		db.t.Replace(&r.t, h, volatile)
		old.free(db.sp)
		db.isNew(key)
		return
	}
	r.insert(key, h, volatile)
}

// CopyTo copies the value and time to live of src to the key dst of another (or the same) database, whose old value is deleted.
// It returns false if src is missing. It is no access: the command has looked src up before.
func (db *DB) CopyTo(to *DB, src, dst []byte, now int64) bool {
	r, ok := db.again(src, now)
	if !ok {
		return false
	}
	e := r.entry()
	s := e.Shape()
	s.Key = dst
	var h arena.Handle
	if s.Flags&flagObject != 0 {
		big := r.big().Copy(&db.sp.Reader, to.sp)
		if l, ok := big.(*list.List); ok {
			to.st.compressList(to.sp, l)
		}
		v := objectValue(to.sp.PutObject(big), to.sp.Epoch())
		var n table.Entry
		h, n = table.Make(to.sp, s, len(v))
		copy(n.Value(), v[:])
	} else {
		h, _ = to.makeEntry(s, r.kind(), r.bytes())
	}
	to.put(dst, h, s.Expire != 0)
	return true
}

// Idle returns the seconds since the last access (LRU policies).
func (db *DB) Idle(key []byte, now int64) (seconds int64, ok bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return 0, false
	}
	return db.st.idle(r.entry().Clock()), true
}

// Freq returns the logarithmic access counter (LFU policies).
func (db *DB) Freq(key []byte, now int64) (n int64, ok bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return 0, false
	}
	return int64(db.st.lfuDecayed(r.entry().Clock())), true
}

// IdleClock returns the clock of an entry that was last accessed so many seconds ago.
func (st *Store) IdleClock(seconds int64) uint32 {
	return uint32(int64(st.lruClock())-seconds) & clockMask
}

// FreqClock returns the clock of an entry with the given access counter, 0 to 255.
func (st *Store) FreqClock(counter uint8) uint32 { return st.lfuMinutes()<<8 | uint32(counter) }

// SetClock sets the clock of a key (RESTORE with IDLETIME or FREQ).
func (db *DB) SetClock(key []byte, clock uint32) {
	if r, ok := db.find(key); ok && !db.t.Shared(&r.t) {
		r.entry().SetClock(clock)
	}
}

// MemoryUsage estimates the bytes that a key takes in all.
func (db *DB) MemoryUsage(key []byte, now int64) (bytes int, ok bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return 0, false
	}
	const slot = 10 // 8 bytes at the usual load
	n := arena.Cap(r.entry().Size()) + slot
	switch p := r.payload(); {
	case p.isObject:
		n += r.big().Memory()
	default:
		n += p.blob.cap
	}
	return n, true
}

// Memory returns the bytes of the database.
func (db *DB) Memory() int { return db.sp.Used() }

// TableMemory returns the bytes of the keyspace's table without the values that are kept apart.
func (db *DB) TableMemory() int { return db.t.Memory() }
