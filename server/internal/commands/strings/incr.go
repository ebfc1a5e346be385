package strings

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

func incr(c *command.Ctx) { add(c, 1) }

func decr(c *command.Ctx) { add(c, -1) }

func incrby(c *command.Ctx) {
	if n, ok := c.Int(c.Args[2]); ok {
		add(c, n)
	}
}

func decrby(c *command.Ctx) {
	n, ok := c.Int(c.Args[2])
	switch {
	case !ok:
	case n == math.MinInt64: // has no negative
		c.Fail("ERR decrement would overflow")
	default:
		add(c, -n)
	}
}

func add(c *command.Ctx, delta int64) {
	n, err := c.DB.IncrBy(c.Key(), delta, c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	c.Changed(command.NotifyString, "incrby", c.Key())
	c.Dirty++
	c.Reply.Int(n)
}

// incrbyfloat computes with the precision of x86's long double, as Redis does, so that both give the same digits. It is propagated as
// SET: a replica must not compute it again with another precision.
func incrbyfloat(c *command.Ctx) {
	key := c.Key()
	v, found, err := c.DB.GetStringForWrite(key, c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	var old number.LongDouble
	ok := true
	if found {
		old, ok = number.ParseLongDouble(v)
	}
	delta, ok2 := number.ParseLongDouble(c.Args[2])
	if !ok || !ok2 {
		c.Fail(command.ErrNotFloat)
		return
	}
	sum, ok := old.Add(delta)
	if !ok {
		c.Fail(command.ErrNaN)
		return
	}
	text := sum.Append(nil)
	c.DB.OverwriteString(key, text, c.Now)
	c.Changed(command.NotifyString, "incrbyfloat", key)
	c.Dirty++
	c.Reply.Bulk(text)
	c.ReplaceStrings("SET", key, text, []byte("KEEPTTL"))
}
