package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Set replaces the element with index 0 <= index < Len.
func (l *List) Set(sp *arena.Space, lim Limits, index int, v []byte) {
	c, i, rest := l.locate(index)
	n := &l.dir[c].chunk.nodes[i]
	if n.plain || lim.IsPlain(len(v)) || n.count > 1 && n.length()+len(v)+overhead > 2*lim.maxSize() {
		l.Insert(sp, lim, index, v)
		l.DeleteRange(sp, index+1, 1)
		return
	}
	// A node may outgrow its limit so, as in Redis, where splitting it would only
	// make two small ones. It stops at twice the limit.
	n = l.begin(sp, c, i)
	n.replace(sp, lim, listpack.Seek(n.bytes(&sp.Reader), rest), v)
	l.done(c, n, 0)
}

// Insert adds v before the element with index 0 <= index <= Len.
func (l *List) Insert(sp *arena.Space, lim Limits, index int, v []byte) {
	if index == 0 {
		l.Push(sp, lim, Head, v)
		return
	}
	if index == l.count {
		l.Push(sp, lim, Tail, v)
		return
	}
	c, i, rest := l.locate(index)
	n := &l.dir[c].chunk.nodes[i]
	switch {
	case !n.plain && lim.Fits(n.length(), n.count, len(v)):
		n = l.begin(sp, c, i)
		n.insert(sp, lim, listpack.Seek(n.bytes(&sp.Reader), rest), v)
		l.done(c, n, 1)
		return
	case rest > 0:
		l.split(sp, c, i, rest)
		c, i, _ = l.locate(index)
	}
	l.insertBetween(sp, lim, c, i, v)
}

// insertBetween adds v before node i of chunk c: to the end of the node before, if it fits there, or as a node.
func (l *List) insertBetween(sp *arena.Space, lim Limits, c, i int, v []byte) {
	pc, pi := c, i-1
	if pi < 0 && c > 0 {
		pc, pi = c-1, len(l.dir[c-1].chunk.nodes)-1
	}
	if pi >= 0 {
		if n := &l.dir[pc].chunk.nodes[pi]; !n.plain && lim.Fits(n.length(), n.count, len(v)) {
			n = l.begin(sp, pc, pi)
			n.push(sp, lim, Tail, v)
			l.done(pc, n, 1)
			return
		}
	}
	l.addNode(sp, c, i, newNode(sp, lim, Tail, v))
}

// split cuts a node before its element with index 0 < rest < count.
func (l *List) split(sp *arena.Space, c, i, rest int) {
	n := l.begin(sp, c, i)
	data := n.bytes(&sp.Reader)
	pos := listpack.Seek(data, rest)
	moved := n.count - rest
	right := listpack.DropFirst(append([]byte(nil), data...), rest)
	n.cut(sp, pos, moved)
	l.done(c, n, -moved)
	l.addNode(sp, c, i+1, packedNode(sp, right, moved))
}

// DeleteRange removes count elements from the one with the given index on; all of them exist.
func (l *List) DeleteRange(sp *arena.Space, index, count int) {
	for count > 0 {
		c, i, rest := l.locate(index)
		n := &l.dir[c].chunk.nodes[i]
		k := min(count, n.count-rest)
		count -= k
		if k == n.count {
			l.removeNode(sp, c, i)
			continue
		}
		n = l.begin(sp, c, i)
		n.cut(sp, listpack.Seek(n.bytes(&sp.Reader), rest), k)
		l.done(c, n, -k)
	}
}
