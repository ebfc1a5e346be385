package zset

import "github.com/lockstep-db/lockstep/server/internal/store/arena"

// path is a way from the root to one entry.
type path struct {
	depth int // number of branches
	step  [maxDepth]struct {
		b *branch
		i int // which child of b
	}
	leaf *leaf
	pos  int // which entry of leaf
}

// seek finds (score, member) and reports whether it is there.
func (p *path) seek(t *Tree, r *arena.Reader, score float64, name []byte) bool {
	c := &t.root
	for c.branch != nil {
		c = p.push(c.branch, c.branch.search(r, score, name))
	}
	if c.leaf == nil {
		return false
	}
	p.leaf, p.pos = c.leaf, c.leaf.search(r, score, name)
	return p.pos < int(c.leaf.n) && compare(r, c.leaf.e[p.pos], score, name) == 0
}

// seekRank goes to the entry at rank r, 0 <= r < Len.
func (p *path) seekRank(t *Tree, r int) {
	c := &t.root
	for b := c.branch; b != nil; b = c.branch {
		i := 0
		for r >= b.kid[i].count {
			r -= b.kid[i].count
			i++
		}
		c = p.push(b, i)
	}
	p.leaf, p.pos = c.leaf, r
}

func (p *path) push(b *branch, i int) *child {
	p.step[p.depth].b, p.step[p.depth].i = b, i
	p.depth++
	return &b.kid[i]
}

// slot returns the slot of the node at depth d: the root's for 0, the leaf's for p.depth.
func (p *path) slot(t *Tree, d int) *child {
	if d == 0 {
		return &t.root
	}
	s := &p.step[d-1]
	return &s.b.kid[s.i]
}

// own makes every node of the path changeable.
func (p *path) own(t *Tree, sp *arena.Space) {
	for d := range p.depth {
		c := p.slot(t, d)
		c.own(sp)
		p.step[d].b = c.branch
	}
	c := p.slot(t, p.depth)
	c.own(sp)
	p.leaf = c.leaf
}

// settle makes the slots along an owned path true again after the leaf lost k entries
// or got another first one.
func (p *path) settle(t *Tree, k int) {
	for d := p.depth; d >= 0; d-- {
		c := p.slot(t, d)
		c.count -= k
		switch {
		case d == p.depth && c.leaf.n > 0:
			c.least = c.leaf.e[0]
		case d < p.depth:
			c.least = c.branch.kid[0].least
		}
	}
}

// remove deletes k entries at the end of an owned path. All of them are in its leaf.
func (p *path) remove(t *Tree, sp *arena.Space, k int) {
	l := p.leaf
	copy(l.e[p.pos:], l.e[p.pos+k:l.n])
	l.n -= int32(k)
	// A leaf that lost all its entries keeps a stale least entry in its slot and, if it
	// was the first child, in the slots above, until fill replaces both below.
	p.settle(t, k)
	for d := p.depth; d > 0; d-- {
		c := p.slot(t, d)
		if n, minimum, _ := c.items(); n >= minimum {
			break
		}
		p.fill(t, sp, d)
	}
	t.shrink()
}

// fill brings the node at depth d back to its minimum, from a neighbour or by merging
// with one, which it has: only a root can have a single child, and shrink replaces
// such a root. Counts and least entries above do not change by that, except that an empty
// first child is replaced by its neighbour.
func (p *path) fill(t *Tree, sp *arena.Space, d int) {
	b, i := p.step[d-1].b, p.step[d-1].i
	if i == int(b.n)-1 {
		i--
	}
	x, y := &b.kid[i], &b.kid[i+1]
	xn, _, capacity := x.items()
	yn, _, _ := y.items()
	if xn+yn <= capacity*3/4 || xn == 0 || yn == 0 {
		x.own(sp)
		if xn == 0 {
			*x = *y
		} else if yn > 0 {
			x.absorb(y)
		}
		if y.leaf != nil {
			t.leaves--
		} else {
			t.branches--
		}
		b.closeSlot(i + 1)
	} else {
		b.rebalance(sp, i)
	}
	for ; d > 0; d-- {
		c := p.slot(t, d-1)
		c.least = c.branch.kid[0].least
	}
}

// shrink drops roots that have one child left, and the last empty leaf.
func (t *Tree) shrink() {
	for t.root.branch != nil && t.root.branch.n == 1 {
		t.root = t.root.branch.kid[0]
		t.branches--
	}
	if t.root.count == 0 {
		*t = Tree{}
	}
}
