package engine

import "time"

// clock gives the command path its times from one monotonic reading per command: reading the wall clock costs twice as
// much, and a wall clock that jumps must not move deadlines or expiry by surprise between two commands of a turn.
type clock struct {
	base   time.Time // moment of the last resync
	baseMs int64     // its Unix time
	ns     int64     // monotonic nanoseconds since base, as of the last tick
	ms     int64     // Unix milliseconds, as of the last tick
}

// resync takes over the wall clock; called by cron.
func (c *clock) resync(now time.Time) {
	c.base, c.baseMs, c.ns = now, now.UnixMilli(), 0
	c.ms = c.baseMs
}

// tick reads the monotonic clock and returns the nanoseconds since the previous tick.
func (c *clock) tick() int64 {
	ns := int64(time.Since(c.base))
	d := ns - c.ns
	c.ns = ns
	c.ms = c.baseMs + ns/1e6
	return d
}
