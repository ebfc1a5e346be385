package list

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// node is a listpack, or one plain element, in a block of its own. It holds no Go
// pointer, so that the collector does not scan chunks' arrays.
type node struct {
	block arena.Handle
	off   int // where the data begin in the block; of a compressed node, how many bytes they are without compression
	size  int // bytes of the data in the block, off+size <= cap unless compressed
	cap   int // usable bytes of the block
	count int // elements; 1 if plain
	epoch uint32
	plain bool
	form  form
}

// bytes returns the listpack or plain element of a node that is not compressed, with the free bytes after it as capacity.
func (n *node) bytes(r *arena.Reader) []byte {
	return r.Bytes(n.block, n.cap)[n.off : n.off+n.size]
}

// data is bytes for reading any node: those of a compressed one are a copy.
func (n *node) data(r *arena.Reader) []byte {
	if n.form == compressed {
		return n.expanded(r, nil)
	}
	return n.bytes(r)
}

// setData takes over what an edit of old, which was n.bytes, has made. The edit must have stayed in the block.
func (n *node) setData(old, edited []byte) {
	if &old[0] != &edited[0] {
		panic("BUG: an edit left the node's block")
	}
	n.size = len(edited)
}

// minBlock is the smallest block of a listpack node that grows.
const minBlock = 128

// newNode makes a node with the one element v. The free space is on the side of
// the end at which it will grow.
func newNode(sp *arena.Space, lim Limits, end End, v []byte) node {
	if lim.IsPlain(len(v)) {
		return plainNode(sp, v)
	}
	size := listpack.EmptySize + listpack.EntrySize(v)
	n := node{size: size, count: 1, epoch: sp.Epoch()}
	n.cap = arena.Cap(max(minBlock, size))
	n.block = sp.Alloc(n.cap)
	if end == Head {
		n.off = n.cap - size
	}
	buf := sp.Bytes(n.block, n.cap)
	listpack.Append(listpack.Init(buf[n.off:]), v)
	return n
}

func plainNode(sp *arena.Space, v []byte) node {
	n := node{size: len(v), count: 1, epoch: sp.Epoch(), plain: true}
	n.cap = arena.Cap(max(len(v), 1))
	n.block = sp.Alloc(n.cap)
	copy(sp.Bytes(n.block, n.cap), v)
	return n
}

// packedNode makes a node of a copy of lp, which has count > 0 elements.
func packedNode(sp *arena.Space, lp []byte, count int) node {
	n := node{size: len(lp), count: count, epoch: sp.Epoch()}
	n.cap = arena.Cap(len(lp))
	n.block = sp.Alloc(n.cap)
	copy(sp.Bytes(n.block, n.cap), lp)
	return n
}

// push adds v at one end of an owned node that is not plain.
func (n *node) push(sp *arena.Space, lim Limits, end End, v []byte) {
	n.reserve(sp, lim, end, len(v)+listpack.EntryOverhead)
	n.count++
	if end == Head {
		to := n.off + n.size
		n.off = listpack.PrependAt(sp.Bytes(n.block, to), n.off, v)
		n.size = to - n.off
		return
	}
	data := n.bytes(&sp.Reader)
	n.setData(data, listpack.Append(data, v))
}

// insert adds v before the element at pos of an owned node that is not plain.
func (n *node) insert(sp *arena.Space, lim Limits, pos int, v []byte) {
	n.reserve(sp, lim, Tail, len(v)+listpack.EntryOverhead)
	data := n.bytes(&sp.Reader)
	data, _ = listpack.Insert(data, pos, v)
	n.size = len(data)
	n.count++
}

// dropFirst removes count elements from the head of an owned node that has more.
func (n *node) dropFirst(data []byte, count int) {
	left := listpack.DropFirst(data, count)
	n.off += len(data) - len(left)
	n.size = len(left)
	n.count -= count
}

// cut removes count elements from pos on of an owned node that has more.
func (n *node) cut(sp *arena.Space, pos, count int) {
	data := n.bytes(&sp.Reader)
	if pos == listpack.First(data) {
		n.dropFirst(data, count)
	} else {
		n.setData(data, listpack.DeleteRange(data, pos, count))
		n.count -= count
	}
	n.shrink(sp)
}

// replace overwrites the element at pos of an owned node that is not plain.
func (n *node) replace(sp *arena.Space, lim Limits, pos int, v []byte) {
	if more := listpack.EntrySize(v) - listpack.SizeAt(n.bytes(&sp.Reader), pos); more > 0 {
		n.reserve(sp, lim, Tail, more)
	}
	data := n.bytes(&sp.Reader)
	edited, _ := listpack.Replace(data, pos, v)
	n.setData(data, edited)
	n.shrink(sp)
}

// shrink gives back free space when it is most of the block.
func (n *node) shrink(sp *arena.Space) {
	if n.cap > minBlock && n.size < n.cap/4 {
		size := arena.Cap(max(minBlock, 2*n.size))
		n.move(sp, size, (size-n.size)/2)
	}
}

// reserve makes at least need bytes of free space at one end.
func (n *node) reserve(sp *arena.Space, lim Limits, end End, need int) {
	free, here := n.cap-n.size, n.off
	if end == Tail {
		here = free - n.off
	}
	if here >= need {
		return
	}
	if free >= need && free >= n.cap/8 {
		// Enough, but on the other side. Leaving half of the rest there keeps
		// pushes at both ends in turns from moving the data every time.
		side := need + (free-need)/2
		if end == Tail {
			side = free - side
		}
		block := sp.Bytes(n.block, n.cap)
		copy(block[side:], block[n.off:n.off+n.size])
		n.off = side
		return
	}
	size := arena.Cap(max(minBlock, n.size+need, min(grown(n.cap), lim.maxSize())))
	off := 0
	if end == Head {
		off = size - n.size
	}
	n.move(sp, size, off)
}

// grown returns how large a block of n bytes becomes: doubled at first, then by a quarter, since a node that holds most of a
// list is often left as it is.
func grown(n int) int {
	if n < 1<<10 {
		return 2 * n
	}
	return n + n/4
}

// move puts the data into a new block, at off.
func (n *node) move(sp *arena.Space, size, off int) {
	block := sp.Alloc(size)
	copy(sp.Bytes(block, size)[off:], n.bytes(&sp.Reader))
	sp.Free(n.block, n.cap, n.epoch)
	n.block, n.cap, n.off, n.epoch = block, size, off, sp.Epoch()
}

// pack gives back free space that a node inside the list will hardly use.
func (n *node) pack(sp *arena.Space) {
	if size := arena.Cap(max(n.size, 1)); size < n.cap-n.cap/8 {
		n.move(sp, size, 0)
	}
}
