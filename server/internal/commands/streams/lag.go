package streams

import "github.com/lockstep-db/lockstep/server/internal/store"

// A stream counts the entries ever added, a group those that it has read. Both count from the first entry ever, so the difference is
// how many the group has not read, as long as none of these were deleted. A count that is not known is unknownRead; it is known again when
// the group reaches a place of which the distance can be told.
const unknownRead = -1

// hasHoles reports whether an entry from an ID on was deleted, of those that are not trimmed away.
func hasHoles(v store.StreamView, from store.StreamID) bool {
	if v.Len() == 0 || v.MaxDeleted == (store.StreamID{}) || less(v.MaxDeleted, v.First()) {
		return false
	}
	return !less(v.MaxDeleted, from)
}

// distance returns how many entries were ever added up to an ID, or unknownRead.
func distance(v store.StreamView, id store.StreamID) int64 {
	added := int64(v.Added)
	switch {
	case added == 0:
		return 0
	case v.Len() == 0 && !less(v.LastID, id), id == v.LastID:
		return added
	case less(v.LastID, id):
		return unknownRead
	}
	first := v.First()
	if v.MaxDeleted != (store.StreamID{}) && !less(v.MaxDeleted, first) {
		return unknownRead
	}
	switch id.Compare(first) {
	case -1:
		return added - int64(v.Len())
	case 0:
		return added - int64(v.Len()) + 1
	}
	return unknownRead
}

// lag returns how many entries a group has not read; known is false where that cannot be told.
func lag(v store.StreamView, g *store.StreamGroup) (n int64, known bool) {
	if v.Added == 0 {
		return 0, true
	}
	if g.Read != unknownRead && !hasHoles(v, g.LastID) {
		return int64(v.Added) - g.Read, true
	}
	if n := distance(v, g.LastID); n != unknownRead {
		return int64(v.Added) - n, true
	}
	return 0, false
}

// advance notes that a group has read an entry beyond its last one.
func advance(v store.StreamView, g *store.StreamGroup, id store.StreamID) {
	if g.Read != unknownRead && !hasHoles(v, id) {
		g.Read++
	} else if v.Added > 0 {
		g.Read = distance(v, id)
	}
	g.LastID = id
}
