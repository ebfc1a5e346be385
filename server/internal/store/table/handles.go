package table

import "github.com/lockstep-db/lockstep/server/internal/store/arena"

// EachHandle calls fn with the block of every entry, for an owner that keeps handles of its own (a sorted set's order).
// See EachIn.
func (t *Table) EachHandle(fn func(arena.Handle)) {
	for i, s := range t.dir {
		if i > 0 && t.dir[i-1] == s {
			continue
		}
		for _, w := range s.words() {
			if w != 0 {
				fn(handleOf(w))
			}
		}
	}
}
