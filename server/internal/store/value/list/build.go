package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// AppendPacked adds a copy of the listpack lp, which must have elements and be
// valid, as one node at the tail, whatever its size.
func (l *List) AppendPacked(sp *arena.Space, lp []byte) {
	l.appendNode(sp, packedNode(sp, lp, listpack.Len(lp)))
}

// AppendPlain adds a copy of v as one plain node at the tail.
func (l *List) AppendPlain(sp *arena.Space, v []byte) {
	l.appendNode(sp, plainNode(sp, v))
}

func (l *List) appendNode(sp *arena.Space, n node) {
	c, i := l.endNode(Tail)
	l.addNode(sp, max(c, 0), i+min(len(l.dir), 1), n)
	l.settleEnds(sp)
}

// EachNode calls f with the data of each node, from head to tail: a listpack, or
// the bytes of one element if plain. It stops when f returns false. The data must
// not be changed and are valid until f returns.
func (l *List) EachNode(r *arena.Reader, f func(data []byte, plain bool) bool) {
	var buf []byte
	for _, s := range l.dir {
		for i := range s.chunk.nodes {
			n := &s.chunk.nodes[i]
			var data []byte
			if n.form == compressed {
				buf = n.expanded(r, buf)
				data = buf
			} else {
				data = n.data(r)
			}
			if !f(data, n.plain) {
				return
			}
		}
	}
}

// Copy implements arena.Big. The copy is not compressed: see CompressBeyond.
func (l *List) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	c := New(to)
	l.EachNode(from, func(data []byte, plain bool) bool {
		if plain {
			c.AppendPlain(to, data)
		} else {
			c.AppendPacked(to, data)
		}
		return true
	})
	return c
}
