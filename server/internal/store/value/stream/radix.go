package stream

import "math/bits"

// RadixNodes returns how many nodes Redis's radix tree of this stream has, which XINFO tells: a tree over the 16 bytes of the nodes' first IDs
// in which one node stands for a run of bytes without a choice, one for each choice, and one for each end.
//
//	"aaaa...1x" "aaaa...2y":   run "aaaa..."  ->  choice 1|2  ->  run "x" -> end
//	                                                           ->  run "y" -> end       6 nodes
//
// The IDs are in order, so that the choices follow from how many bytes neighbours share: open holds the depths of those above the
// present ID.
func (s *Stream) RadixNodes() int {
	if s.nodes == 0 {
		return 1
	}
	count, previous, first := 0, ID{}, true
	open := make([]int, 0, keySize+1)
	for _, c := range s.dir {
		for i := range c.nodes {
			if id := c.nodes[i].master; first {
				previous, first = id, false
			} else {
				count += end(open, shared(previous, id))
				open, count = closeChoices(open, shared(previous, id), count)
				previous = id
			}
		}
	}
	count += end(open, -1)
	_, count = closeChoices(open, -1, count)
	return count
}

const keySize = 16

// shared returns how many leading bytes two IDs have in common.
func shared(a, b ID) int {
	if x := a.Ms ^ b.Ms; x != 0 {
		return bits.LeadingZeros64(x) / 8
	}
	return 8 + bits.LeadingZeros64(a.Seq^b.Seq)/8
}

// end counts an end and the run before it, below the deepest choice: an open one, or that of the next ID.
func end(open []int, next int) int {
	above := next
	if n := len(open); n > 0 {
		above = max(above, open[n-1])
	}
	return 1 + run(above, keySize)
}

// run is 1 if there are bytes between a choice at one depth and what is at a lower one.
func run(above, depth int) int {
	if depth > above+1 {
		return 1
	}
	return 0
}

// closeChoices counts the choices that end before the next ID, each with the run before it, and opens that of the next.
func closeChoices(open []int, next, count int) ([]int, int) {
	for len(open) > 0 && open[len(open)-1] > next {
		depth := open[len(open)-1]
		open = open[:len(open)-1]
		above := next
		if n := len(open); n > 0 {
			above = max(above, open[n-1])
		}
		count += 1 + run(above, depth)
	}
	if next >= 0 && (len(open) == 0 || open[len(open)-1] < next) {
		open = append(open, next)
	}
	return open, count
}
