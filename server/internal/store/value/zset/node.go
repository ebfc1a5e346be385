package zset

import (
	"bytes"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

const (
	leafCap   = 63 // with the 8-byte header a leaf fills Go's 1024-byte size class
	branchCap = 31 // and a branch the 1280-byte one
	leafMin   = leafCap / 3
	branchMin = branchCap / 3
	maxDepth  = 16 // of branches; at branchMin children each that is 10^16 leaves
)

// Entry is an element's place in the order.
type Entry struct {
	Score float64 // never NaN
	Ref   uint64  // handle of the member, the block of its table entry
}

// member returns the bytes of the member that ref names, a view.
func member(r *arena.Reader, ref uint64) []byte { return table.At(r, arena.Handle(ref)).Key() }

// compare orders e relative to (score, member): negative, zero or positive.
func compare(r *arena.Reader, e Entry, score float64, name []byte) int {
	switch {
	case e.Score < score:
		return -1
	case e.Score > score:
		return 1
	}
	return bytes.Compare(member(r, e.Ref), name)
}

type leaf struct {
	epoch uint32
	n     int32
	e     [leafCap]Entry // e[:n] is in order; the rest is garbage
}

// child is a slot for a subtree. Exactly one of leaf and branch is set, except
// in the root slot of an empty tree, where neither is.
type child struct {
	least  Entry // the first entry below; meaningless while count is 0
	count  int   // entries below
	leaf   *leaf
	branch *branch
}

type branch struct {
	epoch uint32
	n     int32
	kid   [branchCap]child // kid[:n] is in order; the rest is zero
}

// search returns the position of the first entry that is not less than (score, member).
func (l *leaf) search(r *arena.Reader, score float64, name []byte) int {
	lo, hi := 0, int(l.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if compare(r, l.e[mid], score, name) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// search returns the child in which (score, member) is or belongs: the last one
// whose least entry is not greater, or the first.
func (b *branch) search(r *arena.Reader, score float64, name []byte) int {
	lo, hi := 1, int(b.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if compare(r, b.kid[mid].least, score, name) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// own makes the node in slot c changeable, cloning it if a snapshot may read it.
// c itself must be in a node that is already owned.
func (c *child) own(sp *arena.Space) {
	switch {
	case c.leaf != nil:
		if sp.Frozen(c.leaf.epoch) {
			l := &leaf{epoch: sp.Epoch(), n: c.leaf.n}
			copy(l.e[:], c.leaf.e[:c.leaf.n])
			c.leaf = l
		}
	case c.branch != nil:
		if sp.Frozen(c.branch.epoch) {
			b := &branch{epoch: sp.Epoch(), n: c.branch.n}
			copy(b.kid[:], c.branch.kid[:c.branch.n])
			c.branch = b
		}
	}
}

func (c *child) full() bool {
	if c.leaf != nil {
		return c.leaf.n == leafCap
	}
	return c.branch.n == branchCap
}

// refresh recomputes what the slot says about its node from the node itself.
func (c *child) refresh() {
	if l := c.leaf; l != nil {
		c.count = int(l.n)
		if l.n > 0 {
			c.least = l.e[0]
		}
		return
	}
	c.count = 0
	for i := range c.branch.kid[:c.branch.n] {
		c.count += c.branch.kid[i].count
	}
	if c.branch.n > 0 {
		c.least = c.branch.kid[0].least
	}
}

// items returns the number of entries of a leaf or of children of a branch, and the
// bounds that a node other than the root keeps.
func (c *child) items() (n, minimum, capacity int) {
	if c.leaf != nil {
		return int(c.leaf.n), leafMin, leafCap
	}
	return int(c.branch.n), branchMin, branchCap
}

// openSlot makes room for one child at i; b must be owned and not full.
func (b *branch) openSlot(i int) {
	copy(b.kid[i+1:b.n+1], b.kid[i:b.n])
	b.kid[i] = child{}
	b.n++
}

func (b *branch) closeSlot(i int) {
	copy(b.kid[i:], b.kid[i+1:b.n])
	b.n--
	b.kid[b.n] = child{} // a pointer left behind would keep a dead node alive
}

// shift moves k items from the end of a to the front of b, or -k from the front of b
// to the end of a. Both are owned slots of the same level with room for it.
func shift(a, b *child, k int) {
	switch {
	case a.leaf != nil:
		l, r := a.leaf, b.leaf
		an, bn := int(l.n), int(r.n)
		if k >= 0 {
			copy(r.e[k:], r.e[:bn])
			copy(r.e[:k], l.e[an-k:an])
		} else {
			copy(l.e[an:], r.e[:-k])
			copy(r.e[:], r.e[-k:bn])
		}
		l.n, r.n = int32(an-k), int32(bn+k)
	default:
		l, r := a.branch, b.branch
		an, bn := int(l.n), int(r.n)
		if k >= 0 {
			copy(r.kid[k:], r.kid[:bn])
			copy(r.kid[:k], l.kid[an-k:an])
			clear(l.kid[an-k : an])
		} else {
			copy(l.kid[an:], r.kid[:-k])
			copy(r.kid[:], r.kid[-k:bn])
			clear(r.kid[bn+k : bn])
		}
		l.n, r.n = int32(an-k), int32(bn+k)
	}
	a.refresh()
	b.refresh()
}

// absorb appends the items of b, which a snapshot may still read, to the owned a.
func (a *child) absorb(b *child) {
	if a.leaf != nil {
		copy(a.leaf.e[a.leaf.n:], b.leaf.e[:b.leaf.n])
		a.leaf.n += b.leaf.n
	} else {
		copy(a.branch.kid[a.branch.n:], b.branch.kid[:b.branch.n])
		a.branch.n += b.branch.n
	}
	a.count += b.count
}
