package zset

import "github.com/lockstep-db/lockstep/server/internal/store/arena"

// Rank returns how many entries are before (score, member), and whether it is there itself.
func (t *Tree) Rank(r *arena.Reader, score float64, name []byte) (int, bool) {
	var p path
	found := p.seek(t, r, score, name)
	return p.rank(), found
}

// CountBelow returns how many entries have a score below the given one, or equal to it
// if including. It is the rank of the first entry inside a score bound.
func (t *Tree) CountBelow(score float64, including bool) int {
	return t.partition(func(e Entry) bool { return e.Score < score || including && e.Score == score })
}

// CountLexBelow is CountBelow for members. It has a meaning only if all scores are equal;
// otherwise the result is some rank, as in Redis.
func (t *Tree) CountLexBelow(r *arena.Reader, name []byte, including bool) int {
	return t.partition(func(e Entry) bool {
		c := string(member(r, e.Ref))
		return c < string(name) || including && c == string(name)
	})
}

// partition returns the number of entries for which before holds; they must be a prefix.
func (t *Tree) partition(before func(Entry) bool) int {
	rank, c := 0, &t.root
	for c.branch != nil {
		b := c.branch
		lo, hi := 1, int(b.n)
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if before(b.kid[mid].least) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for i := range lo - 1 {
			rank += b.kid[i].count
		}
		c = &b.kid[lo-1]
	}
	if c.leaf == nil {
		return 0
	}
	lo, hi := 0, int(c.leaf.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if before(c.leaf.e[mid]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return rank + lo
}

func (p *path) rank() int {
	r := p.pos
	for d := range p.depth {
		s := &p.step[d]
		for i := range s.i {
			r += s.b.kid[i].count
		}
	}
	return r
}

// Cursor stands on an entry and walks both ways. A change to its tree ends its validity;
// a cursor over a snapshot's copy of the tree stays valid as long as the snapshot.
type Cursor struct{ p path }

// At returns a cursor on the entry at rank, 0 <= rank < Len.
func (t *Tree) At(rank int) Cursor {
	var c Cursor
	c.p.seekRank(t, rank)
	return c
}

// Entry returns the entry that the cursor stands on.
func (c *Cursor) Entry() Entry { return c.p.leaf.e[c.p.pos] }

// Next steps to the following entry; false means there is none and the cursor stays.
func (c *Cursor) Next() bool {
	p := &c.p
	if p.pos+1 < int(p.leaf.n) {
		p.pos++
		return true
	}
	for d := p.depth - 1; d >= 0; d-- {
		s := &p.step[d]
		if s.i+1 < int(s.b.n) {
			s.i++
			p.descend(d, false)
			return true
		}
	}
	return false
}

// Prev steps to the entry before; false means there is none and the cursor stays.
func (c *Cursor) Prev() bool {
	p := &c.p
	if p.pos > 0 {
		p.pos--
		return true
	}
	for d := p.depth - 1; d >= 0; d-- {
		s := &p.step[d]
		if s.i > 0 {
			s.i--
			p.descend(d, true)
			return true
		}
	}
	return false
}

// descend rebuilds the path below step d along the left edge, or the right one.
func (p *path) descend(d int, right bool) {
	c := &p.step[d].b.kid[p.step[d].i]
	for d++; d < p.depth; d++ {
		i := 0
		if right {
			i = int(c.branch.n) - 1
		}
		p.step[d].b, p.step[d].i = c.branch, i
		c = &c.branch.kid[i]
	}
	p.leaf, p.pos = c.leaf, 0
	if right {
		p.pos = int(c.leaf.n) - 1
	}
}
