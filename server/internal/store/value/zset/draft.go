package zset

import (
	"bytes"
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Draft gathers the members of a sorted set that is not stored yet: one that is loaded, or the result of ZUNION. It costs
// a dictionary; the order is built when all are there, on the way if they happen to come in order.
type Draft struct {
	sp      *arena.Space
	dict    *table.Table
	longest int // bytes of the longest member
	total   int // bytes of all members

	sorted  Builder // while they come in order
	isMixed bool    // they do not
	last    Entry
}

// NewDraft returns an empty draft whose members live in sp.
func NewDraft(sp *arena.Space) *Draft { return &Draft{sp: sp, dict: table.New(sp)} }

// Len returns the number of members.
func (d *Draft) Len() int { return d.dict.Len() }

// Longest returns the length of the longest member, Total that of all together.
func (d *Draft) Longest() int { return d.longest }
func (d *Draft) Total() int   { return d.total }

// Add adds a member. It reports false, and changes nothing, if the member is there already.
func (d *Draft) Add(name []byte, score float64) bool {
	r, ok := d.dict.Find(name)
	if ok {
		return false
	}
	v := encodeScore(score)
	d.dict.Add(&r, name, v[:])
	d.longest = max(d.longest, len(name))
	d.total += len(name)
	d.follow(Entry{score, uint64(r.Handle())}, name)
	return true
}

// follow keeps the order while members come sorted, either way.
func (d *Draft) follow(e Entry, name []byte) {
	if d.isMixed {
		return
	}
	if n := d.Len(); n > 1 {
		c := compare(&d.sp.Reader, d.last, e.Score, name)
		if n == 2 {
			d.sorted.descending = c > 0
		}
		if (c > 0) != d.sorted.descending {
			d.isMixed, d.sorted = true, Builder{}
			return
		}
	}
	d.sorted.Add(d.sp, e)
	d.last = e
}

// Merge adds a member, or if it is there gives it the score that mix makes of its present one and the new one.
func (d *Draft) Merge(name []byte, score float64, mix func(old, score float64) float64) {
	if d.Add(name, score) {
		return
	}
	r, _ := d.dict.Find(name)
	v := encodeScore(mix(ScoreOf(d.dict.Entry(r)), score))
	d.dict.SetValue(&r, v[:])
	d.isMixed, d.sorted = true, Builder{}
}

// Has reports whether a member is there.
func (d *Draft) Has(name []byte) bool { return d.dict.Has(name) }

// Delete removes a member.
func (d *Draft) Delete(name []byte) {
	if d.dict.Delete(name) {
		d.isMixed, d.sorted = true, Builder{}
	}
}

// Set returns the finished set. The draft must not be used any more.
func (d *Draft) Set() *Set {
	s := &Set{sp: d.sp, dict: d.dict}
	if d.isMixed {
		d.sort()
	}
	s.tree = d.sorted.Tree(d.sp)
	s.account()
	return s
}

func (d *Draft) sort() {
	r := &d.sp.Reader
	all := make([]Entry, 0, d.Len())
	d.dict.EachHandle(func(h arena.Handle) {
		all = append(all, Entry{ScoreOf(table.At(r, h)), uint64(h)})
	})
	slices.SortFunc(all, func(a, b Entry) int {
		switch {
		case a.Score < b.Score:
			return -1
		case a.Score > b.Score:
			return 1
		}
		return bytes.Compare(member(r, a.Ref), member(r, b.Ref))
	})
	for _, e := range all {
		d.sorted.Add(d.sp, e)
	}
}

// Discard gives the memory of a draft back that becomes no set.
func (d *Draft) Discard() {
	for step := 0; d.dict.Free(step, nil); step++ {
	}
}
