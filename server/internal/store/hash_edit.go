package store

import (
	"errors"

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
	pos := hash.PackedFind(lp, field)
	if pos < 0 && hash.PackedLen(lp) >= h.r.db.st.Limits.HashPackedEntries || len(lp)+need > listpack.MaxSafeSize {
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

// ErrBadHash is what LoadHash returns for a listpack that is no hash.
var ErrBadHash = errors.New("listpack of a hash without a value for each field, or with a field twice")

// LoadHash adds a hash that is a listpack of pairs, as a loader of RDB files does, and reports whether the key was
// missing; if not, nothing is changed. lp must be a valid listpack (listpack.Validate); what it holds is checked here. A
// hash above the limits becomes large, as in Redis.
func (db *DB) LoadHash(key, lp []byte, a Attributes) (added bool, err error) {
	n := listpack.Len(lp)
	if n == 0 || n%2 != 0 {
		return false, ErrBadHash
	}
	longest := 0
	hash.PackedEach(lp, func(field, value listpack.Value) bool {
		longest = max(longest, field.Size(), value.Size())
		return true
	})
	big, ok := hash.FromPacked(db.sp, lp) // also finds fields that are there twice
	packed := n/2 <= db.st.Limits.HashPackedEntries && longest <= db.st.Limits.HashPackedValue && len(lp) <= listpack.MaxSafeSize
	switch {
	case ok && !packed:
		if added = db.LoadBig(key, KindHashTable, big, a); added {
			return true, nil
		}
	case ok:
		added = db.LoadBytes(key, KindHashPacked, lp, a)
	default:
		err = ErrBadHash
	}
	for step := 0; big.Free(db.sp, step); step++ {
	}
	return added, err
}

// HashDraft gathers the fields of a hash that is loaded one by one.
type HashDraft struct {
	db      *DB
	lp      []byte
	longest int
	big     *hash.Hash // set as soon as it is too large to be packed
}

// NewHashDraft starts a hash in the memory of db. n is about how many fields will come.
func (db *DB) NewHashDraft(n int) *HashDraft {
	d := &HashDraft{db: db}
	if n > db.st.Limits.HashPackedEntries {
		d.big = hash.New(db.sp, n)
	} else {
		d.lp = listpack.New(64)
	}
	return d
}

// Add adds a field. It reports false, and changes nothing, if the field is there already.
func (d *HashDraft) Add(field, value []byte) bool {
	lim := &d.db.st.Limits
	if d.big == nil {
		if len(field) <= lim.HashPackedValue && len(value) <= lim.HashPackedValue && hash.PackedLen(d.lp) < lim.HashPackedEntries &&
			len(d.lp)+len(field)+len(value)+2*listpack.EntryOverhead <= listpack.MaxSafeSize {
			if hash.PackedFind(d.lp, field) >= 0 {
				return false
			}
			d.lp, _ = hash.PackedSet(d.lp, field, value)
			return true
		}
		d.big, _ = hash.FromPacked(d.db.sp, d.lp)
	}
	if _, ok := d.big.Get(field); ok {
		return false
	}
	return d.big.Set(field, value)
}

// Discard gives the memory of a draft back that is not stored.
func (d *HashDraft) Discard() {
	if d.big != nil {
		for step := 0; d.big.Free(d.db.sp, step); step++ {
		}
		d.big = nil
	}
}

// Load adds the hash, which has at least one field, under a key and reports whether the key was missing. If not,
// nothing is changed. Either way the draft is given up.
func (d *HashDraft) Load(key []byte, a Attributes) bool {
	if d.big == nil {
		return d.db.LoadBytes(key, KindHashPacked, d.lp, a)
	}
	if d.db.LoadBig(key, KindHashTable, d.big, a) {
		return true
	}
	d.Discard()
	return false
}
