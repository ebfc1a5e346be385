package geo

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/store"
)

// hit is a member inside of a shape.
type hit struct {
	member []byte // a copy
	score  float64
	at     point
	metres float64 // from the middle
}

// search returns the members inside of the shape in the order of the cells; with limit > 0 it stops as soon as it has so many.
func search(v *store.ZSetView, s *shape, limit int) (hits []hit) {
	for _, c := range s.cells() {
		from, to := c.scores()
		first, end := v.RanksByScore(store.ScoreRange{Min: from, Max: to, MaxEx: true})
		for ; first < end && (limit == 0 || len(hits) < limit); first += chunk {
			v.Each(first, min(chunk, end-first), false, func(member []byte, score float64) {
				if limit > 0 && len(hits) >= limit {
					return
				}
				p := pointOf(score)
				if metres, ok := s.contains(p); ok {
					hits = append(hits, hit{bytes.Clone(member), score, p, metres})
				}
			})
		}
	}
	return hits
}

// chunk is how many members are visited before search looks whether it has enough.
const chunk = 256

// sortHits orders by distance; equal ones stay as they were found.
func sortHits(hits []hit, descending bool) {
	slices.SortStableFunc(hits, func(a, b hit) int {
		if descending {
			a, b = b, a
		}
		return cmp.Compare(a.metres, b.metres)
	})
}
