package store

import (
	"math/rand/v2"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/hash"
)

// HashView reads a hash, also one of a snapshot on another goroutine (but for Get, Random and Scan, which need the
// engine's). The zero value is an empty hash. Values that it hands out are views, as are strings in them.
type HashView struct {
	rd  *arena.Reader
	lp  []byte
	big *hash.Hash // nil: the hash is lp, or empty when that is nil too
}

// hashView returns the view of an entry whose type is TypeHash.
func hashView(rd *arena.Reader, e table.Entry) HashView {
	if Kind(e.Kind()) == KindHashTable {
		return HashView{rd: rd, big: valueBig(rd, e).(*hash.Hash)}
	}
	return HashView{rd: rd, lp: valueBytes(rd, e)}
}

// Hash returns the value of an item whose type is TypeHash.
func (it Item) Hash() HashView { return hashView(it.rd, it.e) }

// Packed returns the listpack that the hash is, for saving; nil when it is large.
func (v *HashView) Packed() []byte { return v.lp }

// Len returns the number of fields.
func (v *HashView) Len() int {
	switch {
	case v.big != nil:
		return v.big.Len()
	case v.lp != nil:
		return hash.PackedLen(v.lp)
	}
	return 0
}

// Get returns the value of a field.
func (v *HashView) Get(field []byte) (value listpack.Value, ok bool) {
	switch {
	case v.big != nil:
		value.Str, ok = v.big.Get(field)
	case v.lp != nil:
		value, ok = hash.PackedGet(v.lp, field)
	}
	return value, ok
}

// Each calls fn for every field until it returns false: in the order of creation if the hash is small, else in none.
func (v *HashView) Each(fn func(field, value listpack.Value) bool) {
	switch {
	case v.big != nil:
		v.big.Each(v.rd, func(field, value []byte) bool {
			return fn(listpack.Value{Str: field}, listpack.Value{Str: value})
		})
	case v.lp != nil:
		hash.PackedEach(v.lp, fn)
	}
}

// Scan visits about count fields from a cursor of an earlier call (0 at first) and returns the next one, 0 at the
// end. A small hash is visited at once.
func (v *HashView) Scan(cursor uint64, count int, fn func(field, value listpack.Value)) uint64 {
	if v.big != nil {
		return v.big.Scan(cursor, count, func(field, value []byte) {
			fn(listpack.Value{Str: field}, listpack.Value{Str: value})
		})
	}
	v.Each(func(field, value listpack.Value) bool {
		fn(field, value)
		return true
	})
	return 0
}

// Random returns a field chosen at random from a hash that is not empty.
func (v *HashView) Random() (field, value listpack.Value) {
	if v.big != nil {
		f, val := v.big.Random()
		return listpack.Value{Str: f}, listpack.Value{Str: val}
	}
	pos := listpack.Seek(v.lp, 2*rand.IntN(hash.PackedLen(v.lp)))
	field, pos = listpack.Read(v.lp, pos)
	return field, listpack.Get(v.lp, pos)
}

// Sample calls fn for n different fields chosen at random, n < Len.
func (v *HashView) Sample(n int, fn func(field, value listpack.Value)) {
	if v.big != nil && fewOf(n, v.Len()) {
		seen := make(map[string]struct{}, n)
		for len(seen) < n {
			field, value := v.Random()
			if _, ok := seen[string(field.Str)]; !ok {
				seen[string(field.Str)] = struct{}{}
				fn(field, value)
			}
		}
		return
	}
	left := v.Len()
	v.Each(func(field, value listpack.Value) bool {
		if rand.IntN(left) < n {
			fn(field, value)
			n--
		}
		left--
		return n > 0
	})
}

// fewOf reports whether n different elements of so many are found faster by drawing than by a walk over all.
func fewOf(n, of int) bool { return n < of/8 }

// ReadHash finds a hash for reading. ok is false when the key is missing; the hash is then empty.
func (db *DB) ReadHash(key []byte, now int64) (v HashView, ok bool, err error) {
	r, ok, err := db.readAs(key, TypeHash, now)
	if ok {
		v = hashView(&db.sp.Reader, r.entry())
	}
	return v, ok, err
}
