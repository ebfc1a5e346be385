package store

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

const (
	expectFrom    = 4 // elements of one command from which their size is added up in advance
	usualOverhead = 3 // of an entry of a listpack
)

// Push adds elements at one end, one after the other, and returns the new length.
func (l *List) Push(end End, elements ...[]byte) (length int) {
	if l.r.kind() != KindListNodes {
		if elements = l.pushPacked(end, elements); len(elements) == 0 {
			return listpack.Len(l.r.bytes())
		}
	}
	nodes, lim := l.nodes(), l.limits()
	if len(elements) > expectFrom {
		n := 0
		for _, v := range elements {
			n += len(v) + usualOverhead
		}
		nodes.Expect(l.r.db.sp, lim, end, n)
	}
	for _, v := range elements {
		nodes.Push(l.r.db.sp, lim, end, v)
	}
	return nodes.Len()
}

// pushPacked adds elements to a list that is a bare listpack, or missing, and returns those that do not fit.
func (l *List) pushPacked(end End, elements [][]byte) (rest [][]byte) {
	var buf [128]byte
	lp := listpack.Init(buf[:])
	if l.r.found() {
		if !l.fitsPacked(l.r.bytes(), len(elements[0])) {
			return elements
		}
		lp = l.r.edit()
	}
	n := 0
	for ; n < len(elements) && l.fitsPacked(lp, len(elements[n])); n++ {
		lp = l.r.db.room(lp, len(elements[n])+listpack.EntryOverhead)
		if end == Head {
			lp = listpack.Prepend(lp, elements[n])
		} else {
			lp = listpack.Append(lp, elements[n])
		}
	}
	if n > 0 {
		l.store(lp)
	}
	return elements[n:]
}

// store keeps the edited listpack of a list that is one, or that is missing.
func (l *List) store(lp []byte) {
	if l.r.found() {
		l.r.setBytes(KindListPacked, lp)
	} else {
		l.r.create(l.key, KindListPacked, lp)
	}
}

// Drop removes the first or last element of a list that exists.
func (l *List) Drop(end End) {
	if l.r.kind() == KindListNodes {
		nodes := l.r.ownBig().(*list.List)
		nodes.Drop(l.r.db.sp, end)
		l.shrunk(nodes.Len())
		return
	}
	lp := l.r.edit()
	pos := listpack.First(lp)
	if end == Tail {
		pos = listpack.Last(lp)
	}
	l.storeOrRemove(listpack.DeleteRange(lp, pos, 1))
}

func (l *List) storeOrRemove(lp []byte) {
	if len(lp) == listpack.EmptySize {
		l.r.remove()
		return
	}
	l.r.setBytes(KindListPacked, lp)
}

// Set replaces the element with index 0 <= index < Len.
func (l *List) Set(index int, v []byte) {
	if l.r.kind() == KindListPacked && l.fitsPacked(l.r.bytes(), len(v)) {
		lp := l.r.db.room(l.r.edit(), len(v)+listpack.EntryOverhead)
		lp, _ = listpack.Replace(lp, listpack.Seek(lp, index), v)
		l.r.setBytes(KindListPacked, lp)
		return
	}
	nodes := l.nodes()
	nodes.Set(l.r.db.sp, l.limits(), index, v)
	nodes.Settle(l.r.db.sp)
}

// Insert adds v before the element with index 0 <= index <= Len.
func (l *List) Insert(index int, v []byte) {
	if l.r.kind() == KindListPacked && l.fitsPacked(l.r.bytes(), len(v)) {
		lp := l.r.db.room(l.r.edit(), len(v)+listpack.EntryOverhead)
		pos := listpack.Seek(lp, index)
		if pos < 0 {
			pos = len(lp) - 1
		}
		lp, _ = listpack.Insert(lp, pos, v)
		l.r.setBytes(KindListPacked, lp)
		return
	}
	nodes := l.nodes()
	nodes.Insert(l.r.db.sp, l.limits(), index, v)
	nodes.Settle(l.r.db.sp)
}

// Trim keeps count elements from index start on, all of which exist, and removes the others. 0 deletes the list.
func (l *List) Trim(start, count int) {
	length := l.Len()
	switch {
	case count == 0:
		l.r.remove()
	case count == length:
	case l.r.kind() == KindListNodes:
		nodes := l.r.ownBig().(*list.List)
		nodes.DeleteRange(l.r.db.sp, start+count, length-start-count)
		nodes.DeleteRange(l.r.db.sp, 0, start)
		nodes.Settle(l.r.db.sp)
	default:
		lp := l.r.edit()
		if start+count < length {
			lp = listpack.DeleteRange(lp, listpack.Seek(lp, start+count), length-start-count)
		}
		lp = listpack.DeleteRange(lp, listpack.First(lp), start)
		l.r.setBytes(KindListPacked, lp)
	}
}

// Remove removes elements equal to v: the first count of them, the last -count, or all when count is 0. It returns
// their number.
func (l *List) Remove(v []byte, count int) (removed int) {
	backward := count < 0
	if backward {
		count = -count
	}
	if count <= 0 { // all; also the least int, which has no positive counterpart
		count = l.Len()
	}
	if l.r.kind() == KindListPacked {
		return l.removePacked(v, count, backward)
	}
	nodes := l.r.ownBig().(*list.List)
	from := 0
	if backward {
		from = nodes.Len() - 1
	}
	needle := listpack.NewNeedle(v)
	for cur := nodes.Cursor(&l.r.db.sp.Reader, from, backward); removed < count; removed++ {
		if _, found := cur.Seek(&needle, math.MaxInt); !found {
			break
		}
		cur.Delete(l.r.db.sp)
	}
	nodes.Settle(l.r.db.sp)
	l.shrunk(nodes.Len())
	return removed
}

func (l *List) removePacked(v []byte, count int, backward bool) (removed int) {
	if lp := l.r.bytes(); listpack.Find(lp, listpack.First(lp), v, 0) < 0 {
		return 0
	}
	lp := l.r.edit()
	pos := listpack.First(lp)
	if backward {
		pos = listpack.Last(lp)
	}
	for pos >= 0 && removed < count {
		at := pos
		if backward {
			pos = listpack.Prev(lp, pos)
		} else if pos = listpack.Find(lp, pos, v, 0); pos < 0 {
			break
		} else {
			at = pos
		}
		if listpack.Get(lp, at).Equal(v) {
			next := -1
			lp, next = listpack.Delete(lp, at)
			removed++
			if !backward {
				pos = next
			}
		}
	}
	l.storeOrRemove(lp)
	return removed
}
