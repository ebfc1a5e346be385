package stream

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Trim says what of a stream is to go.
type Trim struct {
	MaxLen int // entries that stay, when ByID is false
	MinID  ID  // entries below go, when ByID is true
	ByID   bool
	Approx bool // only whole nodes go
	Limit  int  // entries that go at most, with Approx; 0: any number
}

// Trim removes the oldest entries and returns how many.
func (s *Stream) Trim(sp *arena.Space, t Trim) (removed int) {
	for s.length > 0 && (t.ByID || s.length > t.MaxLen) {
		n := &s.dir[0].nodes[0]
		if t.Limit > 0 && t.Approx && removed+n.live > t.Limit {
			break
		}
		if s.nodeGoes(sp, n, t) {
			removed += n.live
			s.removeNode(sp, 0, 0)
			continue
		}
		if !t.Approx {
			removed += s.trimNode(sp, t)
		}
		break
	}
	return removed
}

// nodeGoes reports whether all of the first node is to go.
func (s *Stream) nodeGoes(sp *arena.Space, n *node, t Trim) bool {
	if t.ByID {
		return Less(s.lastOf(sp, n), t.MinID)
	}
	return s.length-n.live >= t.MaxLen
}

// lastOf returns the last ID in a node, deleted or not.
func (s *Stream) lastOf(sp *arena.Space, n *node) ID {
	w := walk{bare: true}
	w.end(n, &sp.Reader)
	w.previous()
	return w.e.ID
}

// trimNode marks entries of the first node as deleted, of which some stay.
func (s *Stream) trimNode(sp *arena.Space, t Trim) (removed int) {
	n, lp := s.edit(sp, 0, 0, 2*listpack.EntryOverhead)
	w := walk{bare: true}
	w.begin(n, &sp.Reader)
	for w.next() {
		if w.e.Deleted {
			continue
		}
		if t.ByID && !Less(w.e.ID, t.MinID) || !t.ByID && s.length-removed <= t.MaxLen {
			break
		}
		// Flags are small numbers, one byte each: the element is overwritten in place.
		flags := listpack.Get(lp, w.at).Int
		lp, _ = listpack.ReplaceInt(lp, w.at, flags|flagDeleted)
		removed++
	}
	if removed > 0 {
		n.store(sp, n.count(lp, -removed))
		s.length -= removed
	}
	return removed
}
