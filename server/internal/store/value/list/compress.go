package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/lzf"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// form is how a node's data are kept:
//
//	loose --compress--> compressed
//	  |  ^                  |
//	  |  '--begin, loosen---'
//	  '--compress--> stiff --begin--> loose
//
// compress touches only nodes that are depth or more nodes away from both ends. What is changed becomes loose, so a walk from an end
// to the middle may stop at the first node that is not.
type form uint8

const (
	loose      form = iota
	stiff           // as it is: compression saves nothing
	compressed      // LZF
)

// Compressor is what the lists of a store are compressed with. It serves the goroutine that changes them; readers need none.
type Compressor struct {
	lzf lzf.Compressor
	buf []byte
}

const (
	compressFrom = 48 // bytes of the smallest node that is tried, as in Redis
	compressSave = 8  // bytes that must be won
)

// CompressBeyond makes the list keep all but the first and the last depth nodes compressed, 0: none, from now on.
func (l *List) CompressBeyond(sp *arena.Space, depth int, c *Compressor) {
	l.depth, l.comp = depth, c
	l.Settle(sp)
}

// length returns the bytes of the data without compression.
func (n *node) length() int {
	if n.form == compressed {
		return n.off
	}
	return n.size
}

// expanded returns the data of a compressed node, in buf if there is room.
func (n *node) expanded(r *arena.Reader, buf []byte) []byte {
	if cap(buf) < n.off {
		buf = make([]byte, n.off)
	}
	buf = buf[:n.off]
	n.expandInto(buf, r)
	return buf
}

func (n *node) expandInto(dst []byte, r *arena.Reader) {
	if err := lzf.Decompress(dst, r.Bytes(n.block, n.cap)[:n.size]); err != nil {
		panic("BUG: list: a node that was compressed here: " + err.Error())
	}
}

// loosen makes a node one that may be changed.
func (n *node) loosen(sp *arena.Space) {
	if n.form == compressed {
		size := arena.Cap(n.off)
		block := sp.Alloc(size)
		n.expandInto(sp.Bytes(block, size)[:n.off], &sp.Reader)
		sp.Free(n.block, n.cap, n.epoch)
		n.block, n.cap, n.size, n.off, n.epoch = block, size, n.off, 0, sp.Epoch()
	}
	n.form = loose
}

// compress compresses a loose node. The memory of one that a snapshot shares goes later; those are the few that were near the ends then.
func (l *List) compress(sp *arena.Space, c, i int) {
	n := &l.dir[c].chunk.nodes[i]
	if n.form != loose {
		return
	}
	packed := l.comp.pack(n.bytes(&sp.Reader))
	n = &l.ownChunk(sp, c).nodes[i]
	size := arena.Cap(max(len(packed), 1))
	if packed == nil || size >= n.cap {
		n.form = stiff
		return
	}
	block := sp.Alloc(size)
	copy(sp.Bytes(block, size), packed)
	sp.Free(n.block, n.cap, n.epoch)
	l.blocks += size - n.cap
	n.block, n.cap, n.off, n.size, n.epoch, n.form = block, size, n.size, len(packed), sp.Epoch(), compressed
}

// pack returns data compressed, until the next call; nil if that does not pay.
func (c *Compressor) pack(data []byte) []byte {
	if len(data) < compressFrom {
		return nil
	}
	if room := len(data) - compressSave; cap(c.buf) < room {
		c.buf = make([]byte, room)
	}
	n, ok := c.lzf.Compress(c.buf[:len(data)-compressSave], data)
	if !ok {
		return nil
	}
	return c.buf[:n]
}

// expand expands a node that is compressed.
func (l *List) expand(sp *arena.Space, c, i int) {
	if l.dir[c].chunk.nodes[i].form == compressed {
		l.done(c, l.begin(sp, c, i), 0)
	}
}

// settleEnds keeps the nodes at both ends as they have to be after nodes were added or removed there.
func (l *List) settleEnds(sp *arena.Space) {
	if l.depth == 0 {
		return
	}
	middle := max(l.nodes-2*l.depth, 0) // nodes that are to be compressed
	ends := min(l.depth, l.nodes)
	for _, backward := range [2]bool{false, true} {
		p := l.place(backward)
		for range ends {
			l.expand(sp, p.c, p.i)
			p.step(l, backward)
		}
		for range middle {
			if l.dir[p.c].chunk.nodes[p.i].form != loose {
				break
			}
			l.compress(sp, p.c, p.i)
			p.step(l, backward)
		}
	}
}

// Settle compresses and expands what has to be after changes anywhere in the list.
func (l *List) Settle(sp *arena.Space) {
	if l.depth == 0 {
		return
	}
	l.settleEnds(sp)
	at, end := 0, l.nodes-l.depth
	for c := range l.dir {
		for i := range l.dir[c].chunk.nodes {
			if at >= l.depth && at < end {
				l.compress(sp, c, i)
			}
			at++
		}
	}
}

// Compressed reports whether nodes are compressed when there are enough of them.
func (l *List) Compressed() bool { return l.depth > 0 }

// place is the position of a node.
type place struct{ c, i int }

// place returns the first node, or the last.
func (l *List) place(backward bool) place {
	if !backward {
		return place{}
	}
	c, i := l.endNode(Tail)
	return place{c, i}
}

// step goes on to the next node, which may not be there.
func (p *place) step(l *List, backward bool) {
	if backward {
		if p.i--; p.i < 0 {
			if p.c--; p.c >= 0 {
				p.i = len(l.dir[p.c].chunk.nodes) - 1
			}
		}
		return
	}
	if p.i++; p.i == len(l.dir[p.c].chunk.nodes) {
		p.c, p.i = p.c+1, 0
	}
}
