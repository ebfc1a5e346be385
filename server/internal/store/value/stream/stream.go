// Package stream is a stream: a directory of listpack nodes in the order of their entries' IDs, and consumer groups.
//
//	Stream ─┬─ dir ─┬─ chunk [<=32]node ─┬─ first ID, listpack in the arena
//	        │       └─ ...               └─ ...
//	        └─ groups, by name ── Group ─┬─ pending entries, by ID (a copy-on-write B-tree)
//	                                     └─ consumers, by name ── Consumer ── IDs of its pending entries
//
// A listpack has the form that RDB files have (libs/rdb/encoding/stream): a master entry whose field names the others may
// share, then the entries. So saving copies nodes, and they are what Redis would have made of the same calls. A node is never
// empty: when its last entry that is not deleted goes, the node goes.
//
// An ID is found by binary search over the chunks, then over the nodes of one, then by a walk in the node.
//
// # Snapshots (decision 0001)
//
// Chunks, nodes and groups have the epoch in which they were made; what a snapshot may see is copied before it is changed. Pending entries
// are in trees of tidwall/btree, whose copies share all nodes until they are changed. The root is cloned by its owner.
package stream

import (
	"slices"
	"sort"
	"unsafe"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// ID identifies an entry.
type ID = stream.ID

// MaxID is the greatest ID.
var MaxID = ID{Ms: 1<<64 - 1, Seq: 1<<64 - 1}

// Next returns the ID after id; ok is false after the greatest.
func Next(id ID) (_ ID, ok bool) {
	if id.Seq++; id.Seq == 0 {
		id.Ms++
	}
	return id, id != ID{}
}

// Previous returns the ID before id; ok is false before the least.
func Previous(id ID) (_ ID, ok bool) {
	if id == (ID{}) {
		return id, false
	}
	if id.Seq == 0 {
		id.Ms--
	}
	id.Seq--
	return id, true
}

// Less orders IDs.
func Less(a, b ID) bool { return a.Ms < b.Ms || a.Ms == b.Ms && a.Seq < b.Seq }

// Limits says when a node is full: stream-node-max-bytes and -entries, 0 for none.
type Limits struct{ Bytes, Entries int }

// maxNode bounds a node whatever the configuration says.
const maxNode = 1 << 30

// chunkNodes is the most nodes that a chunk has.
const chunkNodes = 32

// Stream is the root. Its fields must not be changed while a snapshot may see it (arena.Big).
type Stream struct {
	LastID     ID     // of the last entry ever added
	MaxDeleted ID     // greatest ID of a deleted entry
	Added      uint64 // entries ever added

	length int // entries that are there
	blocks int // bytes of all node blocks
	chunks int // bytes of all chunks
	nodes  int
	dir    []*chunk
	groups []*Group // by name
}

type chunk struct {
	epoch uint32
	nodes []node // 1 to chunkNodes
}

// node is a listpack in a block of its own. It holds no Go pointer.
type node struct {
	master ID // of the first entry; the other IDs are relative to it
	block  arena.Handle
	size   int // bytes of the listpack
	cap    int // of the block
	live   int // entries that are not deleted
	dead   int
	epoch  uint32
}

var _ arena.Big = (*Stream)(nil)

// New returns an empty stream.
func New() *Stream { return &Stream{} }

// Len returns the number of entries.
func (s *Stream) Len() int { return s.length }

// Nodes returns the number of listpacks.
func (s *Stream) Nodes() int { return s.nodes }

// data returns the node's listpack, with the free bytes after it as capacity.
func (n *node) data(r *arena.Reader) []byte { return r.Bytes(n.block, n.cap)[:n.size] }

// Clone implements arena.Big: it copies the root and the directories.
func (s *Stream) Clone(*arena.Space) arena.Big {
	c := *s
	c.dir = append(make([]*chunk, 0, len(s.dir)+1), s.dir...)
	c.groups = slices.Clone(s.groups)
	return &c
}

// Free implements arena.Big: a part is a chunk. Groups are on the Go heap.
func (s *Stream) Free(sp *arena.Space, step int) (more bool) {
	if step == 0 {
		for _, g := range s.groups {
			sp.Account(-g.memory())
		}
	}
	if step < len(s.dir) {
		for _, n := range s.dir[step].nodes {
			sp.Free(n.block, n.cap, n.epoch)
		}
		sp.Account(-s.dir[step].memory())
	}
	return step+1 < len(s.dir)
}

// memory is what a chunk takes: most streams are small, and have one node.
func (ch *chunk) memory() int {
	return int(unsafe.Sizeof(*ch)) + cap(ch.nodes)*int(unsafe.Sizeof(node{}))
}

// account notes that a chunk that took old bytes takes now bytes.
func (s *Stream) account(sp *arena.Space, old, now int) {
	s.chunks += now - old
	sp.Account(now - old)
}

// Copy implements arena.Big.
func (s *Stream) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	c := &Stream{LastID: s.LastID, MaxDeleted: s.MaxDeleted, Added: s.Added}
	for _, ch := range s.dir {
		for i := range ch.nodes {
			n := &ch.nodes[i]
			c.addNode(to, makeNode(to, n.master, n.data(from), n.live, n.dead))
		}
	}
	for _, g := range s.groups {
		c.groups = append(c.groups, g.copyTo(to))
	}
	return c
}

// Memory implements arena.Big.
func (s *Stream) Memory() int {
	n := int(unsafe.Sizeof(*s)) + s.blocks + s.chunks
	for _, g := range s.groups {
		n += g.memory()
	}
	return n
}

func makeNode(sp *arena.Space, master ID, lp []byte, live, dead int) node {
	n := node{master: master, size: len(lp), cap: arena.Cap(len(lp)), live: live, dead: dead, epoch: sp.Epoch()}
	n.block = sp.Alloc(n.cap)
	copy(sp.Bytes(n.block, n.cap), lp)
	return n
}

// addNode puts a node at the end of the directory.
func (s *Stream) addNode(sp *arena.Space, n node) {
	if len(s.dir) == 0 || len(s.dir[len(s.dir)-1].nodes) == chunkNodes {
		c := &chunk{epoch: sp.Epoch(), nodes: make([]node, 0, 1)}
		s.dir = append(s.dir, c)
		s.account(sp, 0, c.memory())
	}
	c := s.ownChunk(sp, len(s.dir)-1)
	old := c.memory()
	c.nodes = append(c.nodes, n)
	s.account(sp, old, c.memory())
	s.nodes++
	s.blocks += n.cap
	s.length += n.live
}

// ownChunk makes chunk c changeable.
func (s *Stream) ownChunk(sp *arena.Space, c int) *chunk {
	ch := s.dir[c]
	if sp.Frozen(ch.epoch) {
		old := ch.memory()
		ch = &chunk{epoch: sp.Epoch(), nodes: append(make([]node, 0, len(ch.nodes)+1), ch.nodes...)}
		s.dir[c] = ch
		s.account(sp, old, ch.memory())
	}
	return ch
}

// edit makes a node changeable and returns its listpack with room for need more bytes. store takes it back.
func (s *Stream) edit(sp *arena.Space, c, i, need int) (*node, []byte) {
	n := &s.ownChunk(sp, c).nodes[i]
	if size := n.size + need; size > n.cap || sp.Frozen(n.epoch) {
		switch {
		case size <= n.cap:
			size = n.cap
		case size < 1<<10: // it will grow again
			size *= 2
		default:
			size += size / 4
		}
		s.move(sp, n, size)
	}
	return n, n.data(&sp.Reader)
}

// move puts a changeable node into a block of at least size bytes.
func (s *Stream) move(sp *arena.Space, n *node, size int) {
	old := *n
	n.cap = arena.Cap(size)
	n.block = sp.Alloc(n.cap)
	copy(sp.Bytes(n.block, n.cap), old.data(&sp.Reader))
	sp.Free(old.block, old.cap, old.epoch)
	n.epoch = sp.Epoch()
	s.blocks += n.cap - old.cap
}

// pack gives back what the last node will not need any more, if that is much.
func (s *Stream) pack(sp *arena.Space) {
	c := len(s.dir) - 1
	i := len(s.dir[c].nodes) - 1
	if n := &s.dir[c].nodes[i]; arena.Cap(n.size) < n.cap-n.cap/8 {
		s.move(sp, &s.ownChunk(sp, c).nodes[i], n.size)
	}
}

// store takes over what an edit has made of the bytes that edit returned. It must have stayed in the block.
func (n *node) store(sp *arena.Space, lp []byte) {
	if &lp[0] != &sp.Bytes(n.block, n.cap)[0] {
		panic("BUG: an edit left the node's block")
	}
	n.size = len(lp)
}

// removeNode frees a node with all its entries.
func (s *Stream) removeNode(sp *arena.Space, c, i int) {
	n := s.dir[c].nodes[i]
	sp.Free(n.block, n.cap, n.epoch)
	s.length -= n.live
	s.blocks -= n.cap
	s.nodes--
	if len(s.dir[c].nodes) == 1 {
		s.account(sp, s.dir[c].memory(), 0)
		s.dir = slices.Delete(s.dir, c, c+1)
		return
	}
	ch := s.ownChunk(sp, c)
	ch.nodes = slices.Delete(ch.nodes, i, i+1)
}

// locate returns the place of the last node whose first ID is not above id; ok is false when all are above.
func (s *Stream) locate(id ID) (c, i int, ok bool) {
	c = sort.Search(len(s.dir), func(k int) bool { return Less(id, s.dir[k].nodes[0].master) }) - 1
	if c < 0 {
		return 0, 0, false
	}
	nodes := s.dir[c].nodes
	i = sort.Search(len(nodes), func(k int) bool { return Less(id, nodes[k].master) }) - 1
	return c, i, true
}
