package store

import (
	"math/rand/v2"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/set"
)

// SetView reads a set, also one of a snapshot on another goroutine (but for Has, Random, Sample and Scan, which need
// the engine's). The zero value is an empty set. Members come as numbers from a small set of integers, else as views.
type SetView struct {
	rd   *arena.Reader
	ints []byte
	big  *set.Set // nil: the set is ints, or empty when that is nil too
}

// setView returns the view of an entry whose type is TypeSet.
func setView(rd *arena.Reader, e table.Entry) SetView {
	if Kind(e.Kind()) == KindSetTable {
		return SetView{rd: rd, big: valueBig(rd, e).(*set.Set)}
	}
	return SetView{rd: rd, ints: valueBytes(rd, e)}
}

// Set returns the value of an item whose type is TypeSet.
func (it Item) Set() SetView { return setView(it.rd, it.e) }

// Ints returns the intset that the set is, for saving; nil when it is large.
func (v *SetView) Ints() []byte { return v.ints }

// Len returns the number of members.
func (v *SetView) Len() int {
	switch {
	case v.big != nil:
		return v.big.Len()
	case v.ints != nil:
		return intset.Len(v.ints)
	}
	return 0
}

// Has reports whether the member is there.
func (v *SetView) Has(member []byte) bool {
	switch {
	case v.big != nil:
		return v.big.Has(member)
	case v.ints != nil:
		n, ok := listpack.ParseInt(member)
		if ok {
			_, ok = intset.Find(v.ints, n)
		}
		return ok
	}
	return false
}

// HasValue is Has for a member of another set.
func (v *SetView) HasValue(m listpack.Value) bool {
	switch {
	case !m.IsInt:
		return v.Has(m.Str)
	case v.big != nil:
		var buf [20]byte
		return v.big.Has(m.Append(buf[:0]))
	case v.ints != nil:
		_, ok := intset.Find(v.ints, m.Int)
		return ok
	}
	return false
}

// Each calls fn for every member until it returns false: ascending in a small set of integers, else in no order.
func (v *SetView) Each(fn func(m listpack.Value) bool) {
	switch {
	case v.big != nil:
		v.big.Each(v.rd, func(member []byte) bool { return fn(listpack.Value{Str: member}) })
	case v.ints != nil:
		for i := range intset.Len(v.ints) {
			if !fn(listpack.Value{Int: intset.Get(v.ints, i), IsInt: true}) {
				return
			}
		}
	}
}

// Scan visits about count members from a cursor of an earlier call (0 at first) and returns the next one, 0 at the
// end. A small set of integers is visited at once.
func (v *SetView) Scan(cursor uint64, count int, fn func(m listpack.Value)) uint64 {
	if v.big != nil {
		return v.big.Scan(cursor, count, func(member []byte) { fn(listpack.Value{Str: member}) })
	}
	v.Each(func(m listpack.Value) bool {
		fn(m)
		return true
	})
	return 0
}

// Random returns a member chosen at random from a set that is not empty.
func (v *SetView) Random() listpack.Value {
	if v.big != nil {
		return listpack.Value{Str: v.big.Random()}
	}
	return listpack.Value{Int: intset.Get(v.ints, rand.IntN(intset.Len(v.ints))), IsInt: true}
}

// Sample calls fn for n different members chosen at random, n < Len.
func (v *SetView) Sample(n int, fn func(m listpack.Value)) {
	if v.big != nil && fewOf(n, v.Len()) {
		seen := make(map[string]struct{}, n)
		for len(seen) < n {
			m := v.big.Random()
			if _, ok := seen[string(m)]; !ok {
				seen[string(m)] = struct{}{}
				fn(listpack.Value{Str: m})
			}
		}
		return
	}
	left := v.Len()
	v.Each(func(m listpack.Value) bool {
		if rand.IntN(left) < n {
			fn(m)
			n--
		}
		left--
		return n > 0
	})
}

// ReadSet finds a set for reading. ok is false when the key is missing; the set is then empty.
func (db *DB) ReadSet(key []byte, now int64) (v SetView, ok bool, err error) {
	r, ok, err := db.readAs(key, TypeSet, now)
	if ok {
		v = setView(&db.sp.Reader, r.entry())
	}
	return v, ok, err
}
