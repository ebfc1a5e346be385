package store

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/zset"
)

// ZSet is a sorted set of a database, found or still missing, for reading and changing. It must not be used after a
// change of its key made without it. A set that loses its last member is deleted at once; adding creates it anew.
type ZSet struct {
	r   ref
	key []byte
}

// WriteZSet finds a sorted set for changes. ok is false when the key is missing.
func (db *DB) WriteZSet(key []byte, now int64) (z ZSet, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeZSet, now)
	return ZSet{r, key}, ok, err
}

// View returns the set for reading, until the next change.
func (z *ZSet) View() ZSetView {
	if !z.r.found() {
		return ZSetView{}
	}
	return zsetView(&z.r.db.sp.Reader, z.r.entry())
}

// Exists reports whether the key is there.
func (z *ZSet) Exists() bool { return z.r.found() }

// Len returns the number of members.
func (z *ZSet) Len() int {
	v := z.View()
	return v.Len()
}

// AddFlags are the conditions of ZADD.
type AddFlags uint8

const (
	AddNX   AddFlags = 1 << iota // only new members
	AddXX                        // only members that are there
	AddGT                        // change only to a greater score
	AddLT                        // change only to a lower score
	AddIncr                      // add to the score
)

// AddResult says what Add did.
type AddResult uint8

const (
	AddNothing AddResult = iota // a condition was not met
	AddSame                     // the score was the same before
	AddNew
	AddUpdated
	AddNaN // the sum is not a number; nothing was changed
)

// Add adds a member or changes its score as ZADD does, and returns its score afterwards (the present one if a condition
// prevents the change).
func (z *ZSet) Add(member []byte, score float64, f AddFlags) (float64, AddResult) {
	if z.r.kind() == KindZSetTree {
		// Reading needs no clone, so that a ZADD which changes nothing costs nothing while a snapshot lives.
		set := z.r.big().(*zset.Set)
		place, old, found := set.Find(member)
		score, res := decide(old, score, found, f)
		if res == AddNew || res == AddUpdated {
			z.r.ownBig().(*zset.Set).PutAt(&place, member, score)
		}
		return score, res
	}
	pos, old := -1, 0.0
	if z.r.found() {
		pos, old = zset.PackedFind(z.r.bytes(), member)
	}
	score, res := decide(old, score, pos >= 0, f)
	switch {
	case res == AddUpdated:
		lp := zset.PackedDelete(z.r.edit(), pos, 1)
		z.r.setBytes(KindZSetPacked, zset.PackedInsert(lp, member, score))
	case res == AddNew:
		z.insert(member, score)
	}
	return score, res
}

// decide applies ZADD's conditions to a member with the score old, if found.
func decide(old, score float64, found bool, f AddFlags) (float64, AddResult) {
	if !found {
		switch {
		case f&AddXX != 0:
			return score, AddNothing
		case math.IsNaN(score):
			return score, AddNaN
		}
		return score, AddNew
	}
	if f&AddNX != 0 {
		return old, AddNothing
	}
	if f&AddIncr != 0 {
		score += old
	}
	switch {
	case math.IsNaN(score):
		return old, AddNaN
	case f&AddLT != 0 && score >= old || f&AddGT != 0 && score <= old:
		return old, AddNothing
	case score == old:
		return score, AddSame
	}
	return score, AddUpdated
}

// insert adds a member that is missing to a set that is small, or missing.
func (z *ZSet) insert(member []byte, score float64) {
	lim := z.r.db.st.Limits
	if !z.r.found() {
		if lim.ZSetPackedEntries == 0 || len(member) > lim.ZSetPackedValue {
			set := zset.New(z.r.db.sp)
			set.Put(member, score)
			z.r.createBig(z.key, KindZSetTree, set)
			return
		}
		var buf [160]byte
		z.r.create(z.key, KindZSetPacked, zset.PackedInsert(listpack.Init(buf[:]), member, score))
		return
	}
	lp := z.r.bytes()
	if zset.PackedLen(lp)+1 > lim.ZSetPackedEntries || len(member) > lim.ZSetPackedValue || len(lp)+len(member) > listpack.MaxSafeSize {
		set := zset.FromPacked(z.r.db.sp, lp)
		set.Put(member, score)
		z.r.setBig(KindZSetTree, set)
		return
	}
	z.r.setBytes(KindZSetPacked, zset.PackedInsert(z.r.edit(), member, score))
}

// Remove removes a member and reports whether it was there.
func (z *ZSet) Remove(member []byte) bool {
	switch z.r.kind() {
	case KindZSetTree:
		place, _, ok := z.r.big().(*zset.Set).Find(member)
		if !ok {
			return false
		}
		set := z.r.ownBig().(*zset.Set)
		set.DeleteAt(&place)
		z.shrunk(set.Len())
		return true
	case KindZSetPacked:
		pos, _ := zset.PackedFind(z.r.bytes(), member)
		if pos < 0 {
			return false
		}
		z.setPacked(zset.PackedDelete(z.r.edit(), pos, 1))
		return true
	}
	return false
}

// RemoveRange removes the members at the ranks from <= r < to, which are there.
func (z *ZSet) RemoveRange(from, to int) {
	switch {
	case from >= to:
	case z.r.kind() == KindZSetTree && to-from == z.Len():
		z.r.remove() // its memory goes back in slices
	case z.r.kind() == KindZSetTree:
		z.r.ownBig().(*zset.Set).DeleteRange(from, to-from)
	default:
		lp := z.r.edit()
		z.setPacked(zset.PackedDelete(lp, listpack.Seek(lp, 2*from), to-from))
	}
}

func (z *ZSet) setPacked(lp []byte) {
	if n := zset.PackedLen(lp); n > 0 {
		z.r.setBytes(KindZSetPacked, lp)
	} else {
		z.r.remove()
	}
}

func (z *ZSet) shrunk(n int) {
	if n == 0 {
		z.r.remove()
	}
}
