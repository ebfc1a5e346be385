package store

import (
	"bytes"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/zset"
)

// ZSetView reads a sorted set, also one of a snapshot on another goroutine. The zero value is an empty set.
//
// Ranks count from 0 at the lowest score. Ranges are half open: members from rank from up to, not including, rank to.
type ZSetView struct {
	rd  *arena.Reader
	lp  []byte
	set *zset.Set // nil: the set is lp, or empty when that is nil too
}

// zsetView returns the view of an entry whose type is TypeZSet.
func zsetView(rd *arena.Reader, e table.Entry) ZSetView {
	if Kind(e.Kind()) == KindZSetTree {
		return ZSetView{rd: rd, set: valueBig(rd, e).(*zset.Set)}
	}
	return ZSetView{rd: rd, lp: valueBytes(rd, e)}
}

// ReadZSet finds a sorted set for reading. ok is false when the key is missing; the set is then empty.
func (db *DB) ReadZSet(key []byte, now int64) (v ZSetView, ok bool, err error) {
	r, ok, err := db.readAs(key, TypeZSet, now)
	if ok {
		v = zsetView(&db.sp.Reader, r.entry())
	}
	return v, ok, err
}

// Len returns the number of members.
func (v *ZSetView) Len() int {
	switch {
	case v.set != nil:
		return v.set.Len()
	case v.lp != nil:
		return zset.PackedLen(v.lp)
	}
	return 0
}

// Packed returns the listpack that the set is, for saving; nil when it is large.
func (v *ZSetView) Packed() []byte { return v.lp }

// Score returns a member's score.
func (v *ZSetView) Score(member []byte) (score float64, ok bool) {
	switch {
	case v.set != nil:
		return v.set.Score(member)
	case v.lp != nil:
		pos, score := zset.PackedFind(v.lp, member)
		return score, pos >= 0
	}
	return 0, false
}

// Rank returns a member's rank and score.
func (v *ZSetView) Rank(member []byte) (rank int, score float64, ok bool) {
	switch {
	case v.set != nil:
		return v.set.Rank(member)
	case v.lp != nil:
		pos, score := zset.PackedFind(v.lp, member)
		if pos < 0 {
			return 0, 0, false
		}
		return zset.PackedRank(v.lp, pos), score, true
	}
	return 0, 0, false
}

// Each calls fn for n members from rank first on, towards higher ranks or, if reverse, towards lower ones. All of them
// must be there. The member is valid until fn returns.
func (v *ZSetView) Each(first, n int, reverse bool, fn func(member []byte, score float64)) {
	var buf []byte
	v.EachValue(first, n, reverse, func(m listpack.Value, score float64) {
		if m.IsInt {
			buf = m.Append(buf[:0])
			m.Str = buf
		}
		fn(m.Str, score)
	})
}

// EachValue is Each for hot paths: a small set shows members that are numbers as numbers, so that nothing is allocated.
func (v *ZSetView) EachValue(first, n int, reverse bool, fn func(m listpack.Value, score float64)) {
	switch {
	case n <= 0:
	case v.set != nil:
		for c := v.set.Tree().At(first); ; {
			e := c.Entry()
			fn(listpack.Value{Str: zset.Member(v.rd, e)}, e.Score)
			if n--; n == 0 {
				return
			}
			if reverse {
				c.Prev()
			} else {
				c.Next()
			}
		}
	default:
		v.eachPacked(first, n, reverse, fn)
	}
}

func (v *ZSetView) eachPacked(first, n int, reverse bool, fn func(m listpack.Value, score float64)) {
	for pos := listpack.Seek(v.lp, 2*first); n > 0; n-- {
		fn(listpack.Get(v.lp, pos), zset.PackedScore(v.lp, pos))
		switch {
		case n == 1:
		case reverse:
			pos = listpack.Prev(v.lp, listpack.Prev(v.lp, pos))
		default:
			pos = listpack.Next(v.lp, listpack.Next(v.lp, pos))
		}
	}
}

// At returns the member at a rank, 0 <= rank < Len.
func (v *ZSetView) At(rank int) (m listpack.Value, score float64) {
	if v.set != nil {
		c := v.set.Tree().At(rank)
		e := c.Entry()
		return listpack.Value{Str: zset.Member(v.rd, e)}, e.Score
	}
	pos := listpack.Seek(v.lp, 2*rank)
	return listpack.Get(v.lp, pos), zset.PackedScore(v.lp, pos)
}

// ScoreRange is an interval of scores.
type ScoreRange struct {
	Min, Max     float64
	MinEx, MaxEx bool // the bound itself is outside
}

func (s ScoreRange) empty() bool { return s.Min > s.Max || s.Min == s.Max && (s.MinEx || s.MaxEx) }

// RanksByScore returns the ranks from <= r < to of the members inside the interval.
func (v *ZSetView) RanksByScore(s ScoreRange) (from, to int) {
	switch {
	case s.empty():
	case v.set != nil:
		from = v.set.Tree().CountBelow(s.Min, s.MinEx)
		to = v.set.Tree().CountBelow(s.Max, !s.MaxEx)
	case v.lp != nil:
		from = zset.PackedCountWhile(v.lp, func(_ listpack.Value, f float64) bool { return f < s.Min || s.MinEx && f == s.Min })
		to = zset.PackedCountWhile(v.lp, func(_ listpack.Value, f float64) bool { return f < s.Max || !s.MaxEx && f == s.Max })
	}
	return from, to
}

// LexBound is one end of an interval of members.
type LexBound struct {
	Inf    int8 // -1: before all members, 1: after all; then the rest says nothing
	Member []byte
	Ex     bool // the bound itself is outside
}

// LexRange is an interval of members; it means something only if all scores are equal.
type LexRange struct{ Min, Max LexBound }

func (l LexRange) empty() bool {
	if l.Min.Inf != 0 || l.Max.Inf != 0 {
		return l.Min.Inf > 0 || l.Max.Inf < 0
	}
	c := bytes.Compare(l.Min.Member, l.Max.Member)
	return c > 0 || c == 0 && (l.Min.Ex || l.Max.Ex)
}

// RanksByLex returns the ranks from <= r < to of the members inside the interval.
func (v *ZSetView) RanksByLex(l LexRange) (from, to int) {
	if l.empty() {
		return 0, 0
	}
	from = v.lexRank(l.Min, l.Min.Ex)
	return from, max(from, v.lexRank(l.Max, !l.Max.Ex))
}

// lexRank returns how many members are below the bound, or equal to it if including.
func (v *ZSetView) lexRank(b LexBound, including bool) int {
	switch {
	case b.Inf < 0:
		return 0
	case b.Inf > 0:
		return v.Len()
	case v.set != nil:
		return v.set.Tree().CountLexBelow(v.rd, b.Member, including)
	case v.lp == nil:
		return 0
	}
	return zset.PackedCountWhile(v.lp, func(m listpack.Value, _ float64) bool {
		c := zset.CompareMember(m, b.Member)
		return c < 0 || including && c == 0
	})
}

// Scan visits about count members from a cursor of an earlier call (0 at first) and returns the next cursor, 0 at the end.
// A small set is visited at once.
func (v *ZSetView) Scan(cursor uint64, count int, fn func(member []byte, score float64)) uint64 {
	if v.set != nil {
		return v.set.Scan(cursor, count, fn)
	}
	v.Each(0, v.Len(), false, fn)
	return 0
}
