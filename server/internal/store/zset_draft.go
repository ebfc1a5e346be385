package store

import (
	"errors"
	"math"
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/zset"
)

// ZSetDraft gathers the members of a sorted set before it is stored under a key: the result of ZUNIONSTORE or ZRANGESTORE,
// or one that is loaded. Members may come in any order; sorted ones, either way, cost less.
type ZSetDraft struct {
	db *DB
	d  *zset.Draft
}

// NewZSetDraft starts a sorted set in the memory of db. It has to be ended by Store, Load, Each or Discard.
func (db *DB) NewZSetDraft() *ZSetDraft { return &ZSetDraft{db, zset.NewDraft(db.sp)} }

// Len returns the number of members.
func (d *ZSetDraft) Len() int { return d.d.Len() }

// Add adds a member. It reports false, and changes nothing, if the member is there already.
func (d *ZSetDraft) Add(member []byte, score float64) bool { return d.d.Add(member, score) }

// Merge adds a member or, if it is there, gives it the score that mix makes of its present and the new score.
func (d *ZSetDraft) Merge(member []byte, score float64, mix func(old, score float64) float64) {
	d.d.Merge(member, score, mix)
}

// Delete removes a member.
func (d *ZSetDraft) Delete(member []byte) { d.d.Delete(member) }

// Each calls fn for all members in order, and ends the draft.
func (d *ZSetDraft) Each(fn func(member []byte, score float64)) {
	set := d.d.Set()
	v := ZSetView{rd: &d.db.sp.Reader, set: set}
	v.Each(0, v.Len(), false, fn)
	d.drop(set)
}

// Discard ends a draft that is not stored.
func (d *ZSetDraft) Discard() { d.d.Discard() }

// Store puts the set under key, in place of any value and time to live that the key has, and ends the draft. A draft
// without members deletes the key. It reports whether the key was there before.
func (d *ZSetDraft) Store(key []byte) bool {
	a, existed := d.db.displace(key)
	if d.d.Len() == 0 {
		d.d.Discard()
	} else {
		d.db.st.hush = existed
		d.Load(key, a)
		d.db.st.hush = false
	}
	return existed
}

// Load stores the set, which has members, under a key that is missing, and ends the draft. It reports false, and stores
// nothing, if the key is there.
func (d *ZSetDraft) Load(key []byte, a Attributes) (added bool) {
	lim, n := &d.db.st.Limits, d.d.Len()
	isLarge := n > lim.ZSetPackedEntries || d.d.Longest() > lim.ZSetPackedValue || d.d.Total()+n*2*listpack.EntryOverhead > listpack.MaxSafeSize
	set := d.d.Set()
	if isLarge && d.db.LoadBig(key, KindZSetTree, set, a) {
		return true
	}
	added = !isLarge && d.db.LoadBytes(key, KindZSetPacked, set.Packed(), a)
	d.drop(set)
	return added
}

func (d *ZSetDraft) drop(set *zset.Set) {
	for step := 0; set.Free(d.db.sp, step); step++ {
	}
}

// ErrBadZSet is what LoadZSet returns for a listpack that is no sorted set.
var ErrBadZSet = errors.New("a member of the sorted set has no valid score or is there twice")

// LoadZSet stores a listpack of members and scores under a key that is missing, as a loader of RDB files does, and reports whether
// the key was missing. lp must be a listpack that listpack.Validate passes; what it holds is checked here. A set in the
// wrong order is put right, and one of more members than the limit becomes large; their lengths are not looked at. So does Redis.
func (db *DB) LoadZSet(key, lp []byte, a Attributes) (added bool, err error) {
	n := listpack.Len(lp)
	if n == 0 || n%2 != 0 {
		return false, ErrBadZSet
	}
	proper, err := checkPacked(lp)
	if err != nil {
		return false, err
	}
	if proper && n/2 <= db.st.Limits.ZSetPackedEntries {
		return db.LoadBytes(key, KindZSetPacked, lp, a), nil
	}
	d := db.NewZSetDraft()
	var buf []byte
	for pos := listpack.First(lp); pos >= 0; {
		m, next := listpack.Read(lp, pos)
		buf = m.Append(buf[:0])
		if !d.Add(buf, zset.PackedScore(lp, pos)) {
			d.Discard()
			return false, ErrBadZSet
		}
		pos = listpack.Next(lp, next)
	}
	return d.Load(key, a), nil
}

// checkPacked reads a listpack of pairs from outside. It is proper if it is sorted and certainly has no member twice.
func checkPacked(lp []byte) (proper bool, err error) {
	var hashes [128]uint64
	var bufs [2][64]byte
	name, last := bufs[0][:0], bufs[1][:0]
	lastScore := math.Inf(-1)
	n := 0
	proper = true
	for pos := listpack.First(lp); pos >= 0; n++ {
		m, next := listpack.Read(lp, pos)
		s, after := listpack.Read(lp, next)
		score := float64(s.Int)
		if !s.IsInt {
			var ok bool
			if score, ok = zset.ParseScore(s.Str); !ok {
				return false, ErrBadZSet
			}
		}
		name = m.Append(name[:0])
		if n == len(hashes) || n > 0 && (score < lastScore || score == lastScore && string(name) <= string(last)) {
			proper = false
		}
		if proper {
			hashes[n] = table.Hash(name)
		}
		name, last, lastScore = last, name, score
		pos = after
	}
	if proper {
		seen := hashes[:n]
		slices.Sort(seen)
		proper = len(slices.Compact(seen)) == n
	}
	return proper, nil
}

// ZSet returns the view of an item whose type is TypeZSet.
func (it Item) ZSet() ZSetView { return zsetView(it.rd, it.e) }
