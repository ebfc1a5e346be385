package app

import (
	"math/rand/v2"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What bars reads off the counts is what the library's own list of bars says.
func TestBars(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hist := hdrhistogram.New(1, 1_000_000_000, 2)
	for range 20_000 {
		if err := hist.RecordValue(1 + r.Int64N(1<<r.IntN(30))); err != nil && hist.TotalCount() == 0 {
			t.Fatal(err)
		}
	}
	distribution := hist.Distribution()
	seen := 0
	bars(hist, func(us, n int64) {
		seen++
		limit := int64(1024)
		for (limit+limit>>7-1)/1000 < us {
			limit *= 2
		}
		var below int64
		for _, b := range distribution {
			if b.From <= limit {
				below += b.Count
			}
		}
		if n != below {
			t.Errorf("up to %d us: %d, want %d", us, n, below)
		}
		if n == hist.TotalCount() {
			seen += 100
		}
	})
	if seen < 110 {
		t.Errorf("%d bars, and the last has to count all", seen)
	}
}
