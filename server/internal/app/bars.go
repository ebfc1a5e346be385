package app

import "github.com/HdrHistogram/hdrhistogram-go"

// bars emits the cumulative counts of a command's histogram (ns, from 1 on, two significant digits) up to powers of two of 1,024 ns, where
// they rise. Bars are named by their ends, in us.
func bars(hist *hdrhistogram.Histogram, emit func(us, n int64)) {
	total := hist.TotalCount()
	counts := hist.Export().Counts // one copy: the library's own iterators allocate for each of thousands of bars
	var below, last int64
	i := 0
	for power := 10; below < total && power < 62; power++ {
		limit := int64(1) << power
		// Values below 256 have bars of their own; each power of two from 2^8 on has 128 bars.
		for end := min((power-6)*128+1, len(counts)); i < end; i++ {
			below += counts[i]
		}
		if below > last {
			// The bar that begins at the limit is counted, so the name is its end: limit + limit/128 - 1.
			emit((limit+limit>>7-1)/1000, below)
		}
		last = below
	}
}
