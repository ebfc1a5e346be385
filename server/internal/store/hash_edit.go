package store

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/hash"
)

// Hash is a hash of a database, found or still missing, for reading and changing. It must not be used after a change
// of its key made without it. A hash that loses its last field is deleted at once; Set creates it anew.
type Hash struct {
	r   ref
	key []byte
}

// WriteHash finds a hash for changes. ok is false when the key is missing.
func (db *DB) WriteHash(key []byte, now int64) (h Hash, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeHash, now)
	return Hash{r, key}, ok, err
}

// View returns the hash for reading, until the next change.
func (h *Hash) View() HashView {
	if !h.r.found() {
		return HashView{}
	}
	return hashView(&h.r.db.sp.Reader, h.r.entry())
}

// Exists reports whether the key is there.
func (h *Hash) Exists() bool { return h.r.found() }

// Len returns the number of fields.
func (h *Hash) Len() int {
	v := h.View()
	return v.Len()
}

// Set gives a field a value and reports whether the field is new. Neither may be a view of the hash.
func (h *Hash) Set(field, value []byte) (added bool) {
	if h.r.kind() != KindHashTable {
		lim := &h.r.db.st.Limits
		if len(field) <= lim.HashPackedValue && len(value) <= lim.HashPackedValue {
			if added, done := h.setPacked(field, value); done {
				return added
			}
		}
		h.convert()
	}
	return h.r.ownBig().(*hash.Hash).Set(field, value)
}

// setPacked is Set for a small or missing hash. It does nothing if the hash would become large.
func (h *Hash) setPacked(field, value []byte) (added, done bool) {
	need := len(field) + len(value) + 2*listpack.EntryOverhead
	if !h.r.found() {
		if h.r.db.st.Limits.HashPackedEntries < 1 || need > listpack.MaxSafeSize {
			return false, false
		}
		lp := h.r.db.room(nil, listpack.EmptySize+need)
		lp, _ = hash.PackedSet(listpack.Init(lp[:listpack.EmptySize]), field, value)
		h.r.create(h.key, KindHashPacked, lp)
		return true, true
	}
	lp := h.r.bytes()
	pos, fields := hash.PackedFind(lp, field), hash.PackedLen(lp)
	if pos < 0 {
		fields++
	}
	if fields > h.r.db.st.Limits.HashPackedEntries || len(lp)+need > listpack.MaxSafeSize { // the limit may be lower than it was
		return false, false
	}
	lp = h.r.db.room(h.r.edit(), need)
	if pos < 0 {
		lp = listpack.Append(listpack.Append(lp, field), value)
	} else {
		lp, _ = listpack.Replace(lp, listpack.Next(lp, pos), value)
	}
	h.r.setBytes(KindHashPacked, lp)
	return pos < 0, true
}

// room returns v with a capacity for need more bytes: itself, or a copy in the scratch buffer.
func (db *DB) room(v []byte, need int) []byte {
	if cap(v)-len(v) >= need {
		return v
	}
	if cap(db.scratch) < len(v)+need {
		db.scratch = make([]byte, 0, len(v)+need)
	}
	db.scratch = append(db.scratch[:0], v...)
	return db.scratch
}

// Packable says in advance that a value of n bytes will come: a small hash becomes large at once if that is too long
// for it, as Redis looks at all arguments of HSET before it begins.
func (h *Hash) Packable(n int) {
	if h.r.found() && h.r.kind() == KindHashPacked && n > h.r.db.st.Limits.HashPackedValue {
		h.convert()
	}
}

// convert makes a small or missing hash a large one.
func (h *Hash) convert() {
	sp := h.r.db.sp
	if !h.r.found() {
		h.r.createBig(h.key, KindHashTable, hash.New(sp, 0))
		return
	}
	big, ok := hash.FromPacked(sp, h.r.bytes())
	if !ok {
		panic("BUG: a small hash has a field twice")
	}
	h.r.setBig(KindHashTable, big)
}

// Delete removes a field and reports whether it was there.
func (h *Hash) Delete(field []byte) bool {
	switch h.r.kind() {
	case KindHashTable:
		v := h.View()
		if _, ok := v.Get(field); !ok { // do not clone for nothing
			return false
		}
		big := h.r.ownBig().(*hash.Hash)
		big.Delete(field)
		if big.Len() == 0 {
			h.r.remove()
		}
		return true
	case KindHashPacked:
		pos := hash.PackedFind(h.r.bytes(), field)
		if pos < 0 {
			return false
		}
		lp := hash.PackedDelete(h.r.edit(), pos)
		if listpack.First(lp) < 0 {
			h.r.remove()
		} else {
			h.r.setBytes(KindHashPacked, lp)
		}
		return true
	}
	return false
}
