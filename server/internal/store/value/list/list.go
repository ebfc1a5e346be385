// Package list is a large list: a counted directory of listpack nodes.
//
//	List ── dir ─┬─ slot{count, chunk} ── chunk [<=32]node ─┬─ listpack in the arena
//	             ├─ slot{...}                               ├─ listpack
//	             └─ ...                                     └─ plain element
//
//	node block   | free | listpack or one plain element | free |
//	             0      off                      off+size      cap
//
// A node has free space on both sides, so that pushing and popping at either end
// touches a few bytes of one block. The size at which a node is full is
// list-max-listpack-size, by the rules of Redis 7.0, so that nodes are what Redis
// would write to an RDB file and saving is a copy. An element too large to share
// a node is kept plain, without a listpack around it. Nodes further than
// list-compress-depth from both ends are compressed, see compress.go.
//
// An index is found by adding up the counts of the slots, then of one chunk's
// nodes, then by a walk in the node: for a million elements of 100 bytes that is
// 390 additions in a row of memory, 32, and half of 80 steps.
//
// A small list is no List but a bare listpack in the key's entry (package store).
//
// # Snapshots (decision 0001)
//
// The root, each chunk and each node have the epoch in which they were made. A
// root that a snapshot may see is cloned by its owner (Clone) before any change;
// chunks and nodes are copied here, by own. Reading needs only an arena.Reader and
// is safe on other goroutines as long as their view lives.
package list

import (
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// End is one of the two ends of a list.
type End uint8

const (
	Head End = iota
	Tail
)

// Limits says when a node is full.
type Limits struct {
	// Fill is list-max-listpack-size: above 0 the elements of a node (which then
	// has at most 8 KiB too), -1 to -5 the size of a node, 4 KiB doubled each.
	Fill int
	// Plain is the length from which an element is kept plain; 0 stands for 1 GiB.
	Plain int
}

const (
	safetySize   = 8 << 10 // of nodes limited by count
	overhead     = 8       // Redis's estimate of what an element takes beside its bytes
	defaultPlain = 1 << 30
	maxFill      = 1 << 15 // Redis keeps the setting in 16 bits
)

// maxSize returns the largest size of a node that still takes elements.
func (lim Limits) maxSize() int {
	if lim.Fill >= 0 {
		return safetySize
	}
	return 4 << 10 << (min(-lim.Fill, 5) - 1)
}

// Fits reports whether a listpack of the given size and count may take one more element of n bytes.
func (lim Limits) Fits(size, count, n int) bool {
	if lim.IsPlain(n) || size+n+overhead > lim.maxSize() {
		return false
	}
	return lim.Fill < 0 || count < min(lim.Fill, maxFill)
}

// IsPlain reports whether an element of n bytes is kept without a listpack.
func (lim Limits) IsPlain(n int) bool {
	if lim.Plain > 0 {
		return n >= lim.Plain
	}
	return n >= defaultPlain
}

// chunkNodes is the most nodes that a chunk has. A chunk is what the first change
// after a snapshot copies beside the node: 32 nodes of 48 bytes.
const chunkNodes = 32

// List is the root. Its fields must not be changed while a snapshot may see it (arena.Big).
type List struct {
	epoch  uint32
	count  int // elements
	nodes  int
	blocks int // bytes of all node blocks
	dir    []slot
	depth  int         // nodes at each end that are not compressed; 0: none is
	comp   *Compressor // set if depth > 0
}

// slot is a chunk and its number of elements. No chunk in a directory is empty.
type slot struct {
	count int
	chunk *chunk
}

type chunk struct {
	epoch uint32
	nodes []node // 1 to chunkNodes
}

// New returns an empty list, born in the present epoch.
func New(sp *arena.Space) *List {
	return &List{epoch: sp.Epoch()}
}

// Len returns the number of elements.
func (l *List) Len() int { return l.count }

// Epoch returns the epoch of the root.
func (l *List) Epoch() uint32 { return l.epoch }

// Nodes returns the number of nodes.
func (l *List) Nodes() int { return l.nodes }

// Memory implements arena.Big.
func (l *List) Memory() int {
	const nodeSize = int(unsafe.Sizeof(node{}))
	n := int(unsafe.Sizeof(*l)) + l.blocks + cap(l.dir)*int(unsafe.Sizeof(slot{}))
	for _, s := range l.dir {
		n += int(unsafe.Sizeof(*s.chunk)) + cap(s.chunk.nodes)*nodeSize
	}
	return n
}

// Clone implements arena.Big: it copies the root and the directory.
func (l *List) Clone(sp *arena.Space) arena.Big {
	c := *l
	c.epoch = sp.Epoch()
	c.dir = append(make([]slot, 0, len(l.dir)+1), l.dir...)
	return &c
}

// Free implements arena.Big: a part is a chunk.
func (l *List) Free(sp *arena.Space, step int) (more bool) {
	if step < len(l.dir) {
		for _, n := range l.dir[step].chunk.nodes {
			sp.Free(n.block, n.cap, n.epoch)
		}
		sp.Account(-chunkBytes)
	}
	return step+1 < len(l.dir)
}
