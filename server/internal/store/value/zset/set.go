package zset

import (
	"encoding/binary"
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Set is a large sorted set: the root that a database keeps (arena.Big).
type Set struct {
	sp        *arena.Space
	dict      *table.Table // member -> score, 8 bytes
	tree      Tree
	accounted int // bytes of tree that Space.Account knows
}

var _ arena.Big = (*Set)(nil)

// New returns an empty set in sp.
func New(sp *arena.Space) *Set { return &Set{sp: sp, dict: table.New(sp)} }

// FromPacked returns a set with the members of a listpack.
func FromPacked(sp *arena.Space, lp []byte) *Set {
	d := NewDraft(sp)
	var buf []byte
	for pos := listpack.First(lp); pos >= 0; {
		v, next := listpack.Read(lp, pos)
		s, after := listpack.Read(lp, next)
		buf = v.Append(buf[:0])
		d.Add(buf, scoreOf(s))
		pos = after
	}
	return d.Set()
}

// Len returns the number of members.
func (s *Set) Len() int { return s.tree.Len() }

// Tree gives access to the order. Only the Set may change it.
func (s *Set) Tree() *Tree { return &s.tree }

func encodeScore(f float64) (b [8]byte) {
	binary.LittleEndian.PutUint64(b[:], math.Float64bits(f))
	return b
}

// ScoreOf returns the score in an entry of a set's dictionary.
func ScoreOf(e table.Entry) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(e.Value()))
}

// Member returns the member of an entry of the order, a view.
func Member(r *arena.Reader, e Entry) []byte { return member(r, e.Ref) }

// Score returns a member's score.
func (s *Set) Score(name []byte) (float64, bool) {
	_, score, ok := s.Find(name)
	return score, ok
}

// Find returns the place of a member, for PutAt and DeleteAt of this set or of its clone, and its score.
func (s *Set) Find(name []byte) (r table.Ref, score float64, ok bool) {
	if r, ok = s.dict.Find(name); ok {
		score = ScoreOf(s.dict.Entry(r))
	}
	return r, score, ok
}

// Put gives a member a score, adding it if it is missing.
func (s *Set) Put(name []byte, score float64) {
	r, _ := s.dict.Find(name)
	s.PutAt(&r, name, score)
}

// PutAt is Put for a place that Find returned, with no other change since.
func (s *Set) PutAt(r *table.Ref, name []byte, score float64) {
	if r.Found() {
		s.rescore(r, score)
	} else {
		v := encodeScore(score)
		s.dict.Add(r, name, v[:])
		s.tree.Insert(s.sp, Entry{score, uint64(r.Handle())}, name)
	}
	s.account()
}

func (s *Set) rescore(r *table.Ref, score float64) {
	e := s.dict.Entry(*r)
	old := ScoreOf(e)
	v := encodeScore(score)
	if s.dict.Mutable(r) {
		s.tree.Update(s.sp, old, Entry{score, uint64(r.Handle())}, e.Key())
		copy(e.Value(), v[:])
		return
	}
	// A snapshot may see the entry: a new one takes its place, in the order too. The old one's bytes are needed until then.
	h, fresh := table.Make(s.sp, table.Shape{Key: e.Key()}, len(v))
	copy(fresh.Value(), v[:])
	s.tree.Update(s.sp, old, Entry{score, uint64(h)}, e.Key())
	s.dict.Replace(r, h, false)
}

// Delete removes a member and reports whether it was there.
func (s *Set) Delete(name []byte) bool {
	r, ok := s.dict.Find(name)
	if ok {
		s.DeleteAt(&r)
	}
	return ok
}

// DeleteAt removes the member that Find found, with no other change since.
func (s *Set) DeleteAt(r *table.Ref) {
	e := s.dict.Entry(*r)
	s.tree.Delete(s.sp, ScoreOf(e), e.Key())
	s.dict.Remove(r)
	s.account()
}

// DeleteRange removes the n members from rank first on.
func (s *Set) DeleteRange(first, n int) {
	s.tree.DeleteRange(s.sp, first, n, func(e Entry) {
		r, ok := s.dict.Find(member(&s.sp.Reader, e.Ref))
		if !ok {
			panic("BUG: zset: member of the order is not in the dictionary")
		}
		s.dict.Remove(&r)
	})
	s.account()
}

// Rank returns how many members are before the given one.
func (s *Set) Rank(name []byte) (rank int, score float64, ok bool) {
	r, ok := s.dict.Find(name)
	if !ok {
		return 0, 0, false
	}
	e := s.dict.Entry(r)
	score = ScoreOf(e)
	rank, _ = s.tree.Rank(&s.sp.Reader, score, e.Key())
	return rank, score, true
}

// Scan visits about count members; see table.Table.Scan.
func (s *Set) Scan(c table.Cursor, count int, fn func(name []byte, score float64)) table.Cursor {
	return s.dict.Scan(c, count, func(e table.Entry) { fn(e.Key(), ScoreOf(e)) })
}

// Packed returns the members as a listpack.
func (s *Set) Packed() []byte {
	lp := listpack.New(16 * s.Len())
	if s.Len() == 0 {
		return lp
	}
	var text [32]byte
	for c := s.tree.At(0); ; {
		e := c.Entry()
		lp = listpack.Append(lp, member(&s.sp.Reader, e.Ref))
		lp = listpack.Append(lp, AppendScore(text[:0], e.Score))
		if !c.Next() {
			return lp
		}
	}
}

// account tells the Space how much the tree has grown.
func (s *Set) account() {
	if n := s.tree.Memory(); n != s.accounted {
		s.sp.Account(n - s.accounted)
		s.accounted = n
	}
}

// Free implements arena.Big. The nodes of the tree are the garbage collector's.
func (s *Set) Free(sp *arena.Space, step int) (more bool) {
	if step == 0 {
		sp.Account(-s.accounted)
	}
	return s.dict.Free(step, nil)
}

// Clone implements arena.Big.
func (s *Set) Clone(*arena.Space) arena.Big {
	c := *s
	c.dict = s.dict.Clone()
	return &c
}

// Copy implements arena.Big.
func (s *Set) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	d := NewDraft(to)
	if s.Len() > 0 {
		for c := s.tree.At(0); ; {
			e := c.Entry()
			d.Add(member(from, e.Ref), e.Score)
			if !c.Next() {
				break
			}
		}
	}
	return d.Set()
}

// Memory implements arena.Big.
func (s *Set) Memory() int { return s.dict.Memory() + s.tree.Memory() + 96 }
