package zset

import (
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Tree is the order of one sorted set. The zero Tree is empty. A copy of the
// struct is a snapshot of it: valid as long as the nodes' epoch stays frozen.
// Changes are for one goroutine; any number may read old copies meanwhile.
type Tree struct {
	root             child
	leaves, branches int
}

// Len returns the number of entries.
func (t *Tree) Len() int { return t.root.count }

// Memory returns the bytes of the tree's nodes, without the members.
func (t *Tree) Memory() int {
	return t.leaves*int(unsafe.Sizeof(leaf{})) + t.branches*int(unsafe.Sizeof(branch{}))
}

// Insert adds e, whose member is not in the tree yet.
func (t *Tree) Insert(sp *arena.Space, e Entry, name []byte) {
	if t.root.leaf == nil && t.root.branch == nil {
		t.root.leaf = &leaf{epoch: sp.Epoch()}
		t.leaves++
	}
	if t.root.full() {
		t.grow(sp)
	}
	c, last := &t.root, true
	// Least entries change only if e is the least of all, and then along the left edge.
	first := c.count == 0 || compare(&sp.Reader, c.least, e.Score, name) > 0
	for {
		c.own(sp)
		if first || c.count == 0 {
			c.least = e
		}
		c.count++
		if l := c.leaf; l != nil {
			i := l.search(&sp.Reader, e.Score, name)
			copy(l.e[i+1:], l.e[i:l.n])
			l.e[i] = e
			l.n++
			return
		}
		// Full nodes are split on the way down: then a split never climbs back up, and
		// counts can be raised before the entry is in place.
		b := c.branch
		i := b.search(&sp.Reader, e.Score, name)
		if b.kid[i].full() {
			i = t.makeRoom(sp, b, i, e, name, last)
		}
		last = last && i == int(b.n)-1
		c = &b.kid[i]
	}
}

// grow puts a new root above the old one, which is full.
func (t *Tree) grow(sp *arena.Space) {
	b := &branch{epoch: sp.Epoch(), n: 1}
	b.kid[0] = t.root
	t.root = child{least: b.kid[0].least, count: b.kid[0].count, branch: b}
	t.branches++
}

// makeRoom gives b's full child i room for e, by moving items to a neighbour or
// else by a split, and returns the child that e belongs to now. b is owned and not full.
func (t *Tree) makeRoom(sp *arena.Space, b *branch, i int, e Entry, name []byte, last bool) int {
	full := &b.kid[i]
	if l := full.leaf; l != nil {
		switch {
		case last && i == int(b.n)-1 && compare(&sp.Reader, l.e[l.n-1], e.Score, name) < 0:
			// Ascending inserts (time stamps, counters) fill leaves to the brim.
			b.openSlot(i + 1)
			b.kid[i+1].leaf = &leaf{epoch: sp.Epoch()}
			t.leaves++
			return i + 1
		case i > 0 && b.kid[i-1].leaf.n <= leafCap-8:
			b.rebalance(sp, i-1)
			return b.search(&sp.Reader, e.Score, name)
		case i+1 < int(b.n) && b.kid[i+1].leaf.n <= leafCap-8:
			b.rebalance(sp, i)
			return b.search(&sp.Reader, e.Score, name)
		}
	}
	full.own(sp)
	b.openSlot(i + 1)
	full = &b.kid[i]
	right := &b.kid[i+1]
	if full.leaf != nil {
		right.leaf = &leaf{epoch: sp.Epoch()}
		t.leaves++
		shift(full, right, leafCap/2)
	} else {
		right.branch = &branch{epoch: sp.Epoch()}
		t.branches++
		shift(full, right, branchCap/2)
	}
	return b.search(&sp.Reader, e.Score, name)
}

// rebalance evens out b's children i and i+1.
func (b *branch) rebalance(sp *arena.Space, i int) {
	x, y := &b.kid[i], &b.kid[i+1]
	x.own(sp)
	y.own(sp)
	xn, _, _ := x.items()
	yn, _, _ := y.items()
	shift(x, y, (xn-yn)/2)
}

// Update replaces the entry (old, member) by e, which names the same member: another
// score, another handle or both. It reports false, and changes nothing, if old is not there.
func (t *Tree) Update(sp *arena.Space, old float64, e Entry, name []byte) bool {
	var p path
	if !p.seek(t, &sp.Reader, old, name) {
		return false
	}
	l, i := p.leaf, p.pos
	p.own(t, sp)
	inside := i > 0 && i < int(l.n)-1 && l.e[i-1].Score < e.Score && e.Score < l.e[i+1].Score
	if e.Score != old && !inside {
		p.remove(t, sp, 1)
		t.Insert(sp, e, name)
		return true
	}
	p.leaf.e[i] = e
	p.settle(t, 0)
	return true
}

// Delete removes the entry (score, member) and reports whether it was there. The
// member's bytes must still be readable: give them back after this call, not before.
func (t *Tree) Delete(sp *arena.Space, score float64, name []byte) bool {
	var p path
	if !p.seek(t, &sp.Reader, score, name) {
		return false
	}
	p.own(t, sp)
	p.remove(t, sp, 1)
	return true
}

// DeleteRange removes the n entries from rank first on, calling gone with each after it
// has left the tree; gone may give the member's bytes back. first+n must not exceed Len.
func (t *Tree) DeleteRange(sp *arena.Space, first, n int, gone func(Entry)) {
	var run [leafCap]Entry
	for n > 0 {
		var p path
		p.seekRank(t, first)
		p.own(t, sp)
		k := min(n, int(p.leaf.n)-p.pos)
		copy(run[:], p.leaf.e[p.pos:p.pos+k])
		p.remove(t, sp, k)
		for _, e := range run[:k] {
			gone(e)
		}
		n -= k
	}
}
