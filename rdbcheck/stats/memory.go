package stats

import (
	"math/bits"

	"github.com/lockstep-db/lockstep/libs/rdb"
)

// Memory estimates what keys take in Redis 7.0 on a 64-bit machine with jemalloc: the number that MEMORY USAGE gives,
// from the structures that it documents. It is an estimate; another server or version will differ.
//
//	key     = dictEntry (24) + sds of the name + robj (16) [ + entry among those that expire (24) + value (8) ]
//	string  = nothing for an integer | within the robj up to 44 bytes | sds
//	listpack, intset = the bytes
//	list    = quicklist (40) + for each node: node (32) + listpack
//	table   = dict (56) + 8 for each bucket, a power of two + 24 for each entry + sds of each string
//	zset    = table + skiplist: list (32) + for each member: node (24) + 1.33 levels (16 each)
//	stream  = stream (104) + for each node: radix tree (260) + listpack; groups and consumers with a radix tree each

const (
	dictEntry = 24
	robj      = 16
	dictSize  = 56
)

// alloc returns the size class of jemalloc for n bytes: multiples of 8 to 16, of 16 to 128, then four classes for each
// power of two.
func alloc(n int64) int64 {
	switch {
	case n <= 0:
		return 0
	case n <= 8:
		return 8
	case n <= 128:
		return (n + 15) &^ 15
	}
	step := int64(1) << (bits.Len64(uint64(n-1)) - 3)
	return (n + step - 1) &^ (step - 1)
}

// sds returns what a string of n bytes takes, with its header and its zero.
func sds(n int64) int64 {
	switch {
	case n < 1<<5:
		return alloc(n + 2)
	case n < 1<<8:
		return alloc(n + 4)
	case n < 1<<16:
		return alloc(n + 6)
	case n < 1<<32:
		return alloc(n + 10)
	}
	return alloc(n + 18)
}

// buckets returns what the table of a dict with n entries takes.
func buckets(n int64) int64 {
	size := int64(4)
	for size < n {
		size *= 2
	}
	return 8 * size
}

// measure is the sum over a value, fed element by element.
type measure struct {
	elements int64
	bytes    int64 // of members and values
	largest  int64 // member and value together
	longest  int64 // member or value
	pieces   int64 // sds of members and values
	nodes    int64 // memory of the nodes of a list
}

func (m *measure) element(member, value int) {
	m.elements++
	n := int64(member + value)
	m.bytes += n
	m.largest = max(m.largest, n)
	m.longest = max(m.longest, int64(member), int64(value))
	m.pieces += sds(int64(member))
}

// keyMemory is what a key takes beside its value.
func keyMemory(it *rdb.Item) int64 {
	n := int64(dictEntry+robj) + sds(int64(len(it.Key)))
	if it.ExpireMs >= 0 {
		n += dictEntry + 8
	}
	return n
}

// valueMemory is what the value takes beside its robj.
func (m *measure) valueMemory(v *rdb.Value) int64 {
	switch v.Kind {
	case rdb.KindString:
		switch n := int64(len(v.Str)); {
		case v.IsInt:
			return 0
		case n <= 44:
			return alloc(robj+3+n+1) - robj
		default:
			return sds(n)
		}
	case rdb.KindListpack, rdb.KindZiplist, rdb.KindZipmap, rdb.KindIntset:
		if v.Type.Object() == rdb.List {
			return 40 + 32 + alloc(int64(len(v.Blob)))
		}
		return m.flat(v)
	case rdb.KindNodes:
		return 40 + m.nodes
	case rdb.KindRaw:
		if v.Stream != nil {
			return streamMemory(v)
		}
		return alloc(int64(len(v.Raw)))
	}
	return m.table(v)
}

// The limits up to which Redis keeps a collection in one piece, with its own defaults.
const (
	mostHash, mostIntset, mostZset = 512, 512, 128
	longestPiece                   = 64
)

// packed says that a collection is kept in one piece.
func (m *measure) packed(v *rdb.Value) bool {
	switch v.Type.Object() {
	case rdb.Hash:
		return m.elements <= mostHash && m.longest <= longestPiece
	case rdb.Zset:
		return m.elements <= mostZset && m.longest <= longestPiece
	case rdb.Set:
		return v.Kind == rdb.KindIntset && m.elements <= mostIntset || v.Kind == rdb.KindListpack
	}
	return false
}

// flat is a small collection; one that is too large for the limits becomes a table when it is loaded.
func (m *measure) flat(v *rdb.Value) int64 {
	if m.packed(v) {
		return alloc(int64(len(v.Blob)))
	}
	return m.table(v)
}

// table is a collection of strings in a hash table, a list of nodes or a skip list; a small one is packed when it is loaded.
func (m *measure) table(v *rdb.Value) int64 {
	const node = 54 // of a skip list, with the 1.33 levels of the mean and jemalloc's classes
	object, n := v.Type.Object(), m.elements
	switch {
	case object == rdb.List:
		return 40 + (m.bytes/(8<<10)+1)*(32+7) + alloc(m.bytes+n*3)
	case m.packed(v):
		return alloc(7 + m.bytes + n*6)
	}
	entries := dictSize + buckets(n) + n*dictEntry + m.pieces
	if object == rdb.Zset {
		return 16 + entries + 32 + 24 + 32*16 + n*node
	}
	return entries
}

// radixTree is what Redis reckons for a tree of n IDs.
func radixTree(n int64) int64 {
	nodes := n + 2
	if n < 2 {
		nodes = n + 1
	}
	return 16*n + 244*nodes
}

func streamMemory(v *rdb.Value) int64 {
	s := v.Stream
	n := int64(104) + radixTree(int64(len(s.Nodes)))
	for _, node := range s.Nodes {
		n += alloc(int64(len(node.Listpack)))
	}
	for _, g := range s.Groups {
		n += 32 + radixTree(int64(len(g.Pending))) + int64(len(g.Pending))*24
		for _, c := range g.Consumers {
			n += 32 + int64(len(c.Name)) + radixTree(int64(c.Pending))
		}
	}
	return n
}
