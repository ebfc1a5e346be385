package arena

import "math/bits"

const (
	fineLimit = 128     // up to here classes are 8 bytes apart
	maxBlock  = 1 << 20 // above it a block gets a mapping of its own
	classes   = 16 + 8*13 + 1
)

// classOf returns the size class of a block of n bytes, 0 < n <= maxBlock.
func classOf(n int) int {
	if n <= fineLimit {
		return (n + 7) >> 3
	}
	b := bits.Len(uint(n - 1))
	return 16 + (b-8)*8 + ((n-1)>>(b-4) - 7)
}

// classSize returns the usable bytes of a block of class c.
func classSize(c int) int {
	if c <= 16 {
		return c * 8
	}
	c -= 17
	return (9 + c%8) << (4 + c/8)
}

// slabUnits returns how many units a slab of blocks of the given size takes: the fewest that waste no more
// than 1/32 of the slab at its end, or the least wasteful number.
func slabUnits(size int) int {
	best, bestWaste := 0, 1.0
	for u := 1; u <= maxBlock/unitSize; u++ {
		if u*unitSize < size {
			continue
		}
		waste := float64(u*unitSize%size) / float64(u*unitSize)
		if waste <= 1.0/32 {
			return u
		}
		if waste < bestWaste {
			best, bestWaste = u, waste
		}
	}
	return best
}

// Cap returns the usable size of a block that is asked for with n bytes.
func Cap(n int) int {
	if n > maxBlock {
		return (n + pageSize - 1) &^ (pageSize - 1)
	}
	return classSize(classOf(n))
}
