package engine

import (
	"testing"
	"time"
)

// The time spent goes on over a resync, even one to a wall clock that was set back.
func TestSpentGoesOnOverResync(t *testing.T) {
	var c clock
	c.resync(time.Now())
	start := c.spent
	c.tick()
	c.resync(c.base.Add(time.Second))
	if d := c.spent - start; d != int64(time.Second) {
		t.Errorf("spent %v over a resync after one second", time.Duration(d))
	}
	c.base = c.base.Add(-time.Minute)
	c.tick()
	if d := time.Duration(c.spent - start); d < 59*time.Second {
		t.Errorf("spent %v, want some minute", d)
	}
}
