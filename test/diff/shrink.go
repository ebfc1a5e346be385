package diff

import (
	"slices"
	"time"
)

// shrinkFor bounds the search for a shorter series.
const shrinkFor = 30 * time.Second

// shrink looks for few steps after which the last one still fails, on emptied servers, and for the few of its calls that matter. It returns nil
// when nothing fails again: what differed depends on the moment.
func (s *session) shrink(history []step, fails func(last *step) bool) []step {
	deadline := time.Now().Add(shrinkFor)
	again := func(steps []step) bool {
		if time.Now().After(deadline) {
			return false
		}
		s.wipe()
		for i := range steps[:len(steps)-1] {
			s.play(&steps[i])
		}
		return fails(&steps[len(steps)-1])
	}
	found := slices.Clone(smallest(history, again))
	if found == nil {
		return nil
	}
	last := &found[len(found)-1]
	for i := len(last.calls) - 1; i >= 0 && len(last.calls) > 1; i-- {
		all := last.calls
		if last.calls = slices.Concat(all[:i], all[i+1:]); !again(found) {
			last.calls = all
		}
	}
	return found
}

// smallest finds the shortest end of a history that fails, of four times the length of the one before, then leaves out parts of it, half of it
// first. The last step stays.
func smallest[S any](history []S, fails func([]S) bool) []S {
	var found []S
	for n := 1; found == nil && n < 4*len(history); n *= 4 {
		if end := history[max(0, len(history)-n):]; fails(end) {
			found = end
		}
	}
	for size := len(found) / 2; size > 0; size /= 2 {
		for i := len(found) - 1 - size; i >= 0; i -= size {
			if without := slices.Concat(found[:i], found[i+size:]); fails(without) {
				found = without
			}
		}
	}
	return found
}
