package stream

import "github.com/lockstep-db/lockstep/server/internal/store/arena"

// A stream counts the entries ever added, a group those that it has read. Both count from the first entry ever, so the difference is
// how many the group has not read, as long as none of these were deleted. A count that is not known is UnknownRead; it is known again when
// the group reaches a place of which the distance can be told.
const UnknownRead = -1

// hasHoles reports whether an entry from an ID on was deleted, of those that are not trimmed away.
func (s *Stream) hasHoles(r *arena.Reader, from ID) bool {
	if s.length == 0 || s.MaxDeleted == (ID{}) || Less(s.MaxDeleted, s.First(r)) {
		return false
	}
	return !Less(s.MaxDeleted, from)
}

// distance returns how many entries were ever added up to an ID, or UnknownRead.
func (s *Stream) distance(r *arena.Reader, id ID) int64 {
	added := int64(s.Added)
	switch {
	case added == 0:
		return 0
	case s.length == 0 && !Less(s.LastID, id), id == s.LastID:
		return added
	case Less(s.LastID, id):
		return UnknownRead
	}
	first := s.First(r)
	if s.MaxDeleted != (ID{}) && !Less(s.MaxDeleted, first) {
		return UnknownRead
	}
	switch id.Compare(first) {
	case -1:
		return added - int64(s.length)
	case 0:
		return added - int64(s.length) + 1
	}
	return UnknownRead
}

// Lag returns how many entries a group has not read; known is false where that cannot be told.
func (s *Stream) Lag(r *arena.Reader, g *Group) (n int64, known bool) {
	if s.Added == 0 {
		return 0, true
	}
	if g.Read != UnknownRead && !s.hasHoles(r, g.LastID) {
		return int64(s.Added) - g.Read, true
	}
	if n := s.distance(r, g.LastID); n != UnknownRead {
		return int64(s.Added) - n, true
	}
	return 0, false
}

// Advance notes that a group, which may be changed, has read an entry beyond its last one.
func (s *Stream) Advance(r *arena.Reader, g *Group, id ID) {
	if g.Read != UnknownRead && !s.hasHoles(r, id) {
		g.Read++
	} else if s.Added > 0 {
		g.Read = s.distance(r, id)
	}
	g.LastID = id
}
