package store

import (
	"errors"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/hash"
)

// ErrBadHash is what LoadHash returns for a listpack that is no hash.
var ErrBadHash = errors.New("listpack of a hash without a value for each field, or with a field twice")

// LoadHash adds a hash that is a listpack of pairs, as a loader of RDB files does, and reports whether the key was
// missing; if not, nothing is changed. lp must be a valid listpack (listpack.Validate); what it holds is checked here. A
// hash of more fields than the limit becomes large, and, when long ones are measured, one with a longer field or value: Redis measures those of
// zipmaps alone.
func (db *DB) LoadHash(key, lp []byte, measured bool, a Attributes) (added bool, err error) {
	n := listpack.Len(lp)
	if n == 0 || n%2 != 0 {
		return false, ErrBadHash
	}
	longest, distinct := hash.PackedCheck(lp)
	packed := n/2 <= db.st.Limits.HashPackedEntries && (!measured || longest <= db.st.Limits.HashPackedValue) && len(lp) <= listpack.MaxSafeSize
	if packed && distinct {
		return db.LoadBytes(key, KindHashPacked, lp, a), nil
	}
	d := &HashDraft{db: db}
	var ok bool
	if d.big, ok = hash.FromPacked(db.sp, lp); !ok {
		d.Discard()
		return false, ErrBadHash
	}
	if packed { // the check was in doubt
		d.Discard()
		return db.LoadBytes(key, KindHashPacked, lp, a), nil
	}
	return d.Load(key, a), nil
}

// HashDraft gathers the fields of a hash that is loaded one by one.
type HashDraft struct {
	db  *DB
	lp  []byte
	big *hash.Hash // set as soon as it is too large to be packed
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
