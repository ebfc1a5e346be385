package engine

import "time"

// clock gives the command path its times from one monotonic reading per command: reading the wall clock costs twice as
// much, and a wall clock that jumps must not move deadlines or expiry by surprise between two commands of a turn.
type clock struct {
	base   time.Time // moment of the last resync
	baseNs int64     // its Unix time: whole milliseconds would make us lag behind our clients by up to one
	ns     int64     // monotonic nanoseconds since base, as of the last tick
	ms     int64     // Unix milliseconds, as of the last tick
	spent  int64     // nanoseconds between ticks, summed up: what a resync does not set back
	frozen int       // while it is not 0, ms stands still: a transaction or a script sees one time
}

// resync takes over the wall clock; called by cron.
func (c *clock) resync(now time.Time) {
	c.spent += int64(now.Sub(c.base)) - c.ns
	c.base, c.baseNs, c.ns = now, now.UnixNano(), 0
	c.ms = c.baseNs / 1e6
}

// tick reads the monotonic clock.
func (c *clock) tick() {
	ns := int64(time.Since(c.base))
	c.spent += ns - c.ns
	c.ns = ns
	if c.frozen == 0 {
		c.ms = (c.baseNs + ns) / 1e6
	}
}

// freeze stops ms until the matching thaw.
func (c *clock) freeze() { c.frozen++ }

func (c *clock) thaw() { c.frozen-- }
