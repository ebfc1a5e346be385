package list

import (
	"slices"
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

const chunkBytes = int(unsafe.Sizeof(chunk{})+unsafe.Sizeof(slot{})) + chunkNodes*int(unsafe.Sizeof(node{}))

// locate returns the chunk and node of the element with index 0 <= index < Len,
// and its index in the node. It adds up counts from the nearer end.
func (l *List) locate(index int) (c, i, rest int) {
	if index < l.count/2 {
		for index >= l.dir[c].count {
			index -= l.dir[c].count
			c++
		}
	} else {
		before := l.count
		for c = len(l.dir) - 1; ; c-- {
			before -= l.dir[c].count
			if index >= before {
				break
			}
		}
		index -= before
	}
	nodes := l.dir[c].chunk.nodes
	for index >= nodes[i].count {
		index -= nodes[i].count
		i++
	}
	return c, i, index
}

// ownChunk makes chunk c changeable.
func (l *List) ownChunk(sp *arena.Space, c int) *chunk {
	ch := l.dir[c].chunk
	if sp.Frozen(ch.epoch) {
		nodes := append(make([]node, 0, max(cap(ch.nodes), 1)), ch.nodes...)
		ch = &chunk{epoch: sp.Epoch(), nodes: nodes}
		l.dir[c].chunk = ch
	}
	return ch
}

// begin makes a node changeable. After the change, done must be called before any
// other change of the directory.
func (l *List) begin(sp *arena.Space, c, i int) *node {
	n := &l.ownChunk(sp, c).nodes[i]
	l.blocks -= n.cap
	if n.form != loose {
		n.loosen(sp)
	}
	if sp.Frozen(n.epoch) {
		n.move(sp, n.cap, n.off)
	}
	return n
}

// done accounts for a change that begin began and that added delta elements.
func (l *List) done(c int, n *node, delta int) {
	l.blocks += n.cap
	l.dir[c].count += delta
	l.count += delta
}

// packNode gives back what free space a node has, unless a snapshot shares it:
// then that would cost memory.
func (l *List) packNode(sp *arena.Space, c, i int) {
	n := &l.dir[c].chunk.nodes[i]
	if n.form == compressed || sp.Frozen(n.epoch) || n.cap-n.size <= n.cap/8 {
		return
	}
	n = l.begin(sp, c, i)
	n.pack(sp)
	l.done(c, n, 0)
}

// addNode puts n before position i of chunk c (or after its last node), splitting the chunk if it is full.
func (l *List) addNode(sp *arena.Space, c, i int, n node) {
	switch {
	case len(l.dir) == 0:
		l.addChunk(sp, 0, nil)
	case len(l.dir[c].chunk.nodes) == chunkNodes:
		c, i = l.makeRoom(sp, c, i)
	}
	ch := l.ownChunk(sp, c)
	ch.nodes = slices.Insert(ch.nodes, i, n)
	l.nodes++
	l.done(c, &ch.nodes[i], n.count)
}

// makeRoom finds or makes a chunk with room for a node before i of the full chunk c, and returns the place.
func (l *List) makeRoom(sp *arena.Space, c, i int) (int, int) {
	switch {
	case i == chunkNodes: // growing at the tail leaves full chunks behind
		if c+1 == len(l.dir) || len(l.dir[c+1].chunk.nodes) == chunkNodes {
			l.addChunk(sp, c+1, nil)
		}
		return c + 1, 0
	case i == 0:
		if c > 0 && len(l.dir[c-1].chunk.nodes) < chunkNodes {
			return c - 1, len(l.dir[c-1].chunk.nodes)
		}
		l.addChunk(sp, c, nil)
		return c, 0
	}
	ch := l.ownChunk(sp, c)
	l.addChunk(sp, c+1, ch.nodes[chunkNodes/2:])
	ch.nodes = ch.nodes[:chunkNodes/2]
	l.dir[c].count -= l.dir[c+1].count
	if i > chunkNodes/2 {
		return c + 1, i - chunkNodes/2
	}
	return c, i
}

// addChunk puts a chunk with copies of nodes at position c of the directory.
func (l *List) addChunk(sp *arena.Space, c int, nodes []node) {
	s := slot{chunk: &chunk{epoch: sp.Epoch()}}
	if len(nodes) > 0 {
		s.chunk.nodes = append(make([]node, 0, chunkNodes), nodes...)
	}
	for i := range nodes {
		s.count += nodes[i].count
	}
	l.dir = slices.Insert(l.dir, c, s)
	sp.Account(chunkBytes)
}

// removeNode frees a node with all its elements.
func (l *List) removeNode(sp *arena.Space, c, i int) {
	n := l.dir[c].chunk.nodes[i]
	sp.Free(n.block, n.cap, n.epoch)
	l.nodes--
	l.count -= n.count
	l.blocks -= n.cap
	l.dir[c].count -= n.count
	if len(l.dir[c].chunk.nodes) == 1 {
		l.dir = slices.Delete(l.dir, c, c+1)
		sp.Account(-chunkBytes)
		return
	}
	ch := l.ownChunk(sp, c)
	ch.nodes = slices.Delete(ch.nodes, i, i+1)
}
