package persist

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	for _, tc := range []struct {
		us, keys int
		want     time.Duration
	}{
		{0, 1000, 0},
		{100, 512, 51_200 * time.Microsecond},
		{1_000_000, 3, 3 * time.Second},
		{-100, 512, 5120 * time.Nanosecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			var p Pace
			p.Set(tc.us)
			start := time.Now()
			p.Wait(context.Background(), tc.keys)
			if got := time.Since(start); got != tc.want {
				t.Errorf("%d for %d keys: waited %v, want %v", tc.us, tc.keys, got, tc.want)
			}
		})
	}
}

// A wait of hours ends soon after the pace is changed, and at once with its context.
func TestPaceChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pace
		p.Set(1_000_000)
		start := time.Now()
		time.AfterFunc(time.Second, func() { p.Set(0) })
		p.Wait(context.Background(), 10_000)
		if got := time.Since(start); got > time.Second+paceStep {
			t.Errorf("waited %v after the change", got-time.Second)
		}
		p.Set(1_000_000)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start = time.Now()
		p.Wait(ctx, 10_000)
		if got := time.Since(start); got != time.Second {
			t.Errorf("waited %v, want until the context ends", got)
		}
	})
}
