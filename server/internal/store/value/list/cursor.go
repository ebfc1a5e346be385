package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Cursor walks over a list, or over a bare listpack, in one direction. It is
// valid until the next change, unless that was made through the cursor.
//
//	for cur := l.Cursor(r, from, false); cur.OK(); cur.Next() { use(cur.Value()) }
type Cursor struct {
	list     *List // nil for a bare listpack
	reader   *arena.Reader
	c, i     int
	data     []byte // of the node
	pos      int    // in data, -1: the walk is over
	plain    bool
	backward bool
}

// Cursor returns a cursor at the element with the given index. It is over at once if there is none.
func (l *List) Cursor(r *arena.Reader, index int, backward bool) Cursor {
	cur := Cursor{list: l, reader: r, pos: -1, backward: backward}
	if index < 0 || index >= l.count {
		return cur
	}
	var rest int
	cur.c, cur.i, rest = l.locate(index)
	cur.load()
	if !cur.plain {
		cur.pos = listpack.Seek(cur.data, rest)
	}
	return cur
}

// PackedCursor is Cursor for a list that is a bare listpack.
func PackedCursor(lp []byte, index int, backward bool) Cursor {
	cur := Cursor{data: lp, pos: -1, backward: backward}
	if index >= 0 {
		cur.pos = listpack.Seek(lp, index)
	}
	return cur
}

// load reads node (c, i) and stands on its first or last element.
func (cur *Cursor) load() {
	n := &cur.list.dir[cur.c].chunk.nodes[cur.i]
	cur.data, cur.plain = n.data(cur.reader), n.plain
	switch {
	case cur.plain:
		cur.pos = 0
	case cur.backward:
		cur.pos = listpack.Last(cur.data)
	default:
		cur.pos = listpack.First(cur.data)
	}
}

// OK reports whether the cursor stands on an element.
func (cur *Cursor) OK() bool { return cur.pos >= 0 }

// Value returns the element, which aliases the list.
func (cur *Cursor) Value() listpack.Value {
	if cur.plain {
		return listpack.Value{Str: cur.data}
	}
	return listpack.Get(cur.data, cur.pos)
}

// Take returns the element and goes one on. The cursor must walk forwards. It is the quick way to read many.
func (cur *Cursor) Take() (v listpack.Value) {
	if cur.plain {
		v.Str, cur.pos = cur.data, -1
	} else {
		v, cur.pos = listpack.Read(cur.data, cur.pos)
	}
	if cur.pos < 0 {
		cur.nextNode()
	}
	return v
}

// Packed returns the listpack that the cursor stands in and its position there; nil when the element is plain, or there is none.
func (cur *Cursor) Packed() (lp []byte, pos int) {
	if cur.plain || cur.pos < 0 {
		return nil, -1
	}
	return cur.data, cur.pos
}

// Resume takes a cursor that walks forwards on to a position in the listpack that Packed returned, -1: behind its end.
func (cur *Cursor) Resume(pos int) {
	if cur.pos = pos; pos < 0 {
		cur.nextNode()
	}
}

// Next goes one element on, in the cursor's direction.
func (cur *Cursor) Next() {
	switch {
	case cur.plain:
		cur.pos = -1
	case cur.backward:
		cur.pos = listpack.Prev(cur.data, cur.pos)
	default:
		cur.pos = listpack.Next(cur.data, cur.pos)
	}
	if cur.pos < 0 {
		cur.nextNode()
	}
}

// turn goes to the next node in the cursor's direction.
func (cur *Cursor) turn() bool {
	dir := cur.list.dir
	if cur.backward {
		if cur.i--; cur.i < 0 {
			if cur.c--; cur.c < 0 {
				return false
			}
			cur.i = len(dir[cur.c].chunk.nodes) - 1
		}
		return true
	}
	if cur.i++; cur.i == len(dir[cur.c].chunk.nodes) {
		cur.c++
		cur.i = 0
	}
	return cur.c < len(dir)
}

// Delete removes the element and goes to the next one in the cursor's direction.
// The list must be changeable and the cursor made with the space's own reader.
func (cur *Cursor) Delete(sp *arena.Space) {
	l := cur.list
	if n := &l.dir[cur.c].chunk.nodes[cur.i]; n.count > 1 {
		cur.deleteInNode(sp)
		return
	}
	chunks := len(l.dir)
	l.removeNode(sp, cur.c, cur.i)
	if cur.backward {
		// What is before the place has not moved, whether the chunk went or not.
		cur.pos = -1
		if cur.turn() {
			cur.load()
		}
		return
	}
	if len(l.dir) == chunks && cur.i == len(l.dir[cur.c].chunk.nodes) {
		cur.c, cur.i = cur.c+1, 0
	}
	cur.pos = -1
	if cur.c < len(l.dir) {
		cur.load()
	}
}

func (cur *Cursor) deleteInNode(sp *arena.Space) {
	l, pos := cur.list, cur.pos
	next := -1
	if cur.backward {
		next = listpack.Prev(cur.data, pos)
	} else if listpack.Next(cur.data, pos) >= 0 {
		next = pos // where what follows moves to
	}
	n := l.begin(sp, cur.c, cur.i)
	n.cut(sp, pos, 1)
	l.done(cur.c, n, -1)
	cur.data = n.bytes(cur.reader)
	if cur.pos = next; next < 0 && cur.turn() {
		cur.load()
	}
}

// Seek goes on to the next element that the needle matches, looking at up to limit elements from the present one on. It
// returns how many it passed over, and whether it stands on a match.
func (cur *Cursor) Seek(s *listpack.Needle, limit int) (passed int, found bool) {
	for cur.pos >= 0 && passed < limit {
		switch {
		case cur.plain:
			found = s.Equal(cur.data)
		case cur.backward:
			found = s.At(cur.data, cur.pos)
		default:
			at, n := s.Find(cur.data, cur.pos, limit-passed)
			passed += n
			if cur.pos = at; at >= 0 {
				return passed, true
			}
			cur.nextNode()
			continue
		}
		if found {
			return passed, true
		}
		passed++
		cur.Next()
	}
	return passed, false
}

// nextNode goes to the first element of the next node in the cursor's direction.
func (cur *Cursor) nextNode() {
	if cur.list != nil && cur.turn() {
		cur.load()
	}
}
