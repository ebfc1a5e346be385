package table

import (
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Buckets returns the number of parts that EachIn can be asked for. Parts have similar sizes and may be read by
// several goroutines at once.
func (t *Table) Buckets() int { return len(t.dir) }

// EachIn calls fn for the entries of the buckets from <= i < to, until it returns false. It may run on any
// goroutine when t belongs to a snapshot whose Reader is r. Nothing may change t meanwhile.
func (t *Table) EachIn(r *arena.Reader, from, to int, fn func(Entry) bool) bool {
	for i := from; i < to; i++ {
		s := t.dir[i]
		if i > 0 && t.dir[i-1] == s { // a segment belongs to the first bucket that points to it
			continue
		}
		for words := s.words(); len(words) > 0; {
			batch := words[:min(warmWords, len(words))]
			words = words[len(batch):]
			if warm(r, batch) == noSum {
				return false
			}
			for _, w := range batch {
				if w != 0 && !fn(At(r, handleOf(w))) {
					return false
				}
			}
		}
	}
	return true
}

// warmWords is how many slots are warmed ahead of a walk.
const warmWords = 32

const cacheLine = 64

// noSum is no sum of so few heads.
const noSum = ^uint64(0)

// warm starts loading the entries of some slots into the CPU's caches, all at once: a walk meets them in the order of their hashes, so
// each is a miss, and fn would wait for every one of them. The sum keeps the compiler from dropping the loads.
func warm(r *arena.Reader, words []uint64) (sum uint64) {
	for _, w := range words {
		if w != 0 {
			sum += uint64(*At(r, handleOf(w)).head())
		}
	}
	for _, w := range words {
		if w != 0 {
			e := At(r, handleOf(w))
			if n := e.Size(); n > cacheLine {
				sum += uint64(*(*byte)(unsafe.Add(e.p, min(n, 3*cacheLine)-1)))
				if n > 2*cacheLine {
					sum += uint64(*(*byte)(unsafe.Add(e.p, cacheLine)))
				}
			}
		}
	}
	return sum
}

// PlaceOf returns where the entries of bucket i begin in the order of the hash: below it, everything is in the buckets before. Behind
// the last bucket it is the greatest number there is.
func (t *Table) PlaceOf(i int) uint64 {
	if i >= len(t.dir) {
		return ^uint64(0)
	}
	return uint64(i) << t.shift
}

// Each calls fn for every entry until it returns false. See EachIn.
func (t *Table) Each(r *arena.Reader, fn func(Entry) bool) bool {
	return t.EachIn(r, 0, len(t.dir), fn)
}

// Free returns the blocks of one bucket to the Space, see [arena.Big]: each entry is first shown to drop (if any),
// so that the owner can free what its value refers to.
// The table itself is not changed, and must not be used any more except by snapshots.
func (t *Table) Free(step int, drop func(e Entry)) (more bool) {
	if step >= len(t.dir) {
		return false
	}
	s := t.dir[step]
	if step == 0 || t.dir[step-1] != s {
		for _, w := range s.words() {
			if w == 0 {
				continue
			}
			e := At(&t.sp.Reader, handleOf(w))
			if drop != nil {
				drop(e)
			}
			t.sp.Free(handleOf(w), e.Size(), s.born(w))
		}
		s.free(t.sp)
	}
	return step+1 < len(t.dir)
}
