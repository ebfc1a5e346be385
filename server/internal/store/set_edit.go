package store

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/set"
)

// Set is a set of a database, found or still missing, for reading and changing. It must not be used after a change of
// its key made without it. A set that loses its last member is deleted at once; Add creates it anew.
type Set struct {
	r   ref
	key []byte
}

// maxInts bounds set-max-intset-entries, as in Redis.
const maxInts = 1 << 30

// WriteSet finds a set for changes. ok is false when the key is missing.
func (db *DB) WriteSet(key []byte, now int64) (s Set, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeSet, now)
	return Set{r, key}, ok, err
}

// View returns the set for reading, until the next change.
func (s *Set) View() SetView {
	if !s.r.found() {
		return SetView{}
	}
	return setView(&s.r.db.sp.Reader, s.r.entry())
}

// Exists reports whether the key is there.
func (s *Set) Exists() bool { return s.r.found() }

// Len returns the number of members.
func (s *Set) Len() int {
	v := s.View()
	return v.Len()
}

// Add adds a member and reports whether it was missing. member must not be a view of the set.
func (s *Set) Add(member []byte) bool {
	db := s.r.db
	switch s.r.kind() {
	case KindSetTable:
		if s.r.big().(*set.Set).Has(member) { // do not clone for nothing
			return false
		}
		return s.r.ownBig().(*set.Set).Add(member)
	case KindSetInts:
		return s.addToInts(member)
	}
	n, ok := listpack.ParseInt(member)
	if !ok || db.st.Limits.SetIntEntries < 1 {
		big := set.New(db.sp, 0)
		big.Add(member)
		s.r.createBig(s.key, KindSetTable, big)
		return true
	}
	var buf [16]byte
	is, _ := intset.Add(append(buf[:0], 2, 0, 0, 0, 0, 0, 0, 0), n)
	s.r.create(s.key, KindSetInts, is)
	return true
}

func (s *Set) addToInts(member []byte) bool {
	db, is := s.r.db, s.r.bytes()
	n, ok := listpack.ParseInt(member)
	if ok {
		if _, found := intset.Find(is, n); found {
			return false
		}
		if intset.Len(is) < min(db.st.Limits.SetIntEntries, maxInts) {
			is, _ = intset.Add(db.room(s.r.edit(), intset.Grown(is, n)-len(is)), n)
			s.r.setBytes(KindSetInts, is)
			return true
		}
	}
	big := set.FromInts(db.sp, is)
	big.Add(member)
	s.r.setBig(KindSetTable, big)
	return true
}

// Delete removes a member and reports whether it was there. member may be a view of the set.
func (s *Set) Delete(member []byte) bool {
	switch s.r.kind() {
	case KindSetTable:
		if !s.r.big().(*set.Set).Has(member) {
			return false
		}
		big := s.r.ownBig().(*set.Set)
		big.Delete(member)
		if big.Len() == 0 {
			s.r.remove()
		}
		return true
	case KindSetInts:
		n, ok := listpack.ParseInt(member)
		return ok && s.deleteInt(n)
	}
	return false
}

// DeleteValue is Delete for a member that a view of the set has handed out.
func (s *Set) DeleteValue(m listpack.Value) bool {
	switch {
	case !m.IsInt:
		return s.Delete(m.Str)
	case s.r.kind() == KindSetInts:
		return s.deleteInt(m.Int)
	}
	var buf [20]byte
	return s.Delete(m.Append(buf[:0]))
}

func (s *Set) deleteInt(n int64) bool {
	if _, found := intset.Find(s.r.bytes(), n); !found {
		return false
	}
	is, _ := intset.Remove(s.r.edit(), n)
	if intset.Len(is) == 0 {
		s.r.remove()
	} else {
		s.r.setBytes(KindSetInts, is)
	}
	return true
}

// Pack makes a table of integers, within the limit of their number, an intset again.
func (s *Set) Pack() {
	v := s.View()
	if s.r.kind() != KindSetTable || v.Len() > min(s.r.db.st.Limits.SetIntEntries, maxInts) {
		return
	}
	is := []byte{2, 0, 0, 0, 0, 0, 0, 0}
	ints := true
	var buf [20]byte
	v.Each(func(m listpack.Value) bool {
		n, ok := listpack.ParseInt(m.Append(buf[:0]))
		if ints = ok; ok {
			is, _ = intset.Add(is, n)
		}
		return ok
	})
	if ints {
		s.r.setBytes(KindSetInts, is)
	}
}

// Clear deletes the set.
func (s *Set) Clear() {
	if s.r.found() {
		s.r.remove()
	}
}
