package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Expect makes room for about n bytes of elements that are going to be pushed at one end of a list that has a node.
func (l *List) Expect(sp *arena.Space, lim Limits, end End, n int) {
	c, i := l.endNode(end)
	if c < 0 || l.dir[c].chunk.nodes[i].plain {
		return
	}
	if n = min(n, lim.maxSize()-l.dir[c].chunk.nodes[i].length()); n > 0 {
		node := l.begin(sp, c, i)
		node.reserve(sp, lim, end, n)
		l.done(c, node, 0)
	}
}

// Push adds v at one end.
func (l *List) Push(sp *arena.Space, lim Limits, end End, v []byte) {
	c, i := l.endNode(end)
	if c < 0 {
		l.addNode(sp, 0, 0, newNode(sp, lim, end, v))
		return
	}
	if n := &l.dir[c].chunk.nodes[i]; !n.plain && lim.Fits(n.length(), n.count, len(v)) {
		n = l.begin(sp, c, i)
		n.push(sp, lim, end, v)
		l.done(c, n, 1)
		return
	}
	l.packNode(sp, c, i)
	if end == Tail {
		i++
	}
	l.addNode(sp, c, i, newNode(sp, lim, end, v))
	l.settleEnds(sp)
}

// End returns the first or last element of a list that has one. It is valid until the next change.
func (l *List) End(r *arena.Reader, end End) listpack.Value {
	c, i := l.endNode(end)
	n := &l.dir[c].chunk.nodes[i]
	data := n.data(r)
	switch {
	case n.plain:
		return listpack.Value{Str: data}
	case end == Head:
		return listpack.Get(data, listpack.First(data))
	}
	return listpack.Get(data, listpack.Last(data))
}

// Drop removes the first or last element of a list that has one.
func (l *List) Drop(sp *arena.Space, end End) {
	c, i := l.endNode(end)
	if l.dir[c].chunk.nodes[i].count == 1 {
		l.removeNode(sp, c, i)
		l.settleEnds(sp)
		return
	}
	n := l.begin(sp, c, i)
	data := n.bytes(&sp.Reader)
	pos := listpack.First(data)
	if end == Tail {
		pos = listpack.Last(data)
	}
	n.cut(sp, pos, 1)
	l.done(c, n, -1)
}

// endNode returns the position of the first or last node; c is -1 if there is none.
func (l *List) endNode(end End) (c, i int) {
	c = len(l.dir) - 1
	if end == Head {
		return min(c, 0), 0
	}
	if c >= 0 {
		i = len(l.dir[c].chunk.nodes) - 1
	}
	return c, i
}
