package persist

import (
	"context"
	"sync/atomic"
	"time"
)

// Pace slows the saving or loading of keys down, for tests of what happens meanwhile (rdb-key-save-delay, key-load-delay). It may be set
// on one goroutine and waited for on others: a change counts at once, also for what is under way. The zero value does not slow down.
type Pace struct{ us atomic.Int64 }

// Set takes the microseconds for each key or, if they are negative, the number of keys for each microsecond.
func (p *Pace) Set(us int) { p.us.Store(int64(us)) }

// Wait waits for so many keys, or until ctx ends.
func (p *Pace) Wait(ctx context.Context, keys int) {
	for slept := time.Duration(0); ; {
		left := min(p.total(keys)-slept, paceStep)
		if left <= 0 {
			return
		}
		select {
		case <-time.After(left):
			slept += left
		case <-ctx.Done():
			return
		}
	}
}

// paceStep is how long a change of the pace may go unnoticed.
const paceStep = 5 * time.Millisecond

func (p *Pace) total(keys int) time.Duration {
	us := time.Duration(p.us.Load())
	if us < 0 {
		return time.Duration(keys) * time.Microsecond / -us
	}
	return time.Duration(keys) * us * time.Microsecond
}
