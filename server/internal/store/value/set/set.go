// Package set is a large set: a table of the keyspace's own kind (package table) with members as keys and no values.
// A small set of integers is a bare intset (encoding/intset) in the key's entry; Redis 7.0 has no third form.
package set

import (
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Set is the root that a database keeps (arena.Big).
type Set struct{ t *table.Table }

var _ arena.Big = (*Set)(nil)

// New returns an empty set in sp with room for n members.
func New(sp *arena.Space, n int) *Set {
	s := &Set{table.New(sp)}
	s.t.Reserve(n)
	return s
}

// FromInts returns a set with the members of an intset.
func FromInts(sp *arena.Space, is []byte) *Set {
	n := intset.Len(is)
	s := New(sp, n)
	var buf [20]byte
	for i := range n {
		s.Add(strconv.AppendInt(buf[:0], intset.Get(is, i), 10))
	}
	return s
}

// Len returns the number of members.
func (s *Set) Len() int { return s.t.Len() }

// Has reports whether the member is there.
func (s *Set) Has(member []byte) bool { return s.t.Has(member) }

// Add adds a member and reports whether it was missing.
func (s *Set) Add(member []byte) bool {
	r, ok := s.t.Find(member)
	if !ok {
		s.t.Add(&r, member, nil)
	}
	return !ok
}

// Delete removes a member and reports whether it was there.
func (s *Set) Delete(member []byte) bool { return s.t.Delete(member) }

// Each calls fn for every member, in no particular order, until it returns false. r is the space's reader, or that
// of a snapshot's view. fn must not change the set.
func (s *Set) Each(r *arena.Reader, fn func(member []byte) bool) {
	s.t.Each(r, func(e table.Entry) bool { return fn(e.Key()) })
}

// Scan visits about count members from a cursor of an earlier call (0 at first) and returns the next one, 0 at the
// end. Members that are there all the time are visited at least once.
func (s *Set) Scan(cursor uint64, count int, fn func(member []byte)) uint64 {
	return s.t.Scan(cursor, count, func(e table.Entry) { fn(e.Key()) })
}

// Random returns a member chosen at random from a set that is not empty: a view.
func (s *Set) Random() []byte { return s.t.Random().Key() }

// Free implements arena.Big.
func (s *Set) Free(_ *arena.Space, step int) (more bool) { return s.t.Free(step, nil) }

// Clone implements arena.Big.
func (s *Set) Clone(*arena.Space) arena.Big { return &Set{s.t.Clone()} }

// Copy implements arena.Big.
func (s *Set) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	c := New(to, s.Len())
	s.Each(from, func(member []byte) bool {
		c.Add(member)
		return true
	})
	return c
}

// Memory implements arena.Big.
func (s *Set) Memory() int { return s.t.Memory() }
