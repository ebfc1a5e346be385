package hashes

import (
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

func hincrby(c *command.Ctx) {
	by, ok := command.ParseInt(c.Args[3])
	if !ok {
		c.Fail(command.ErrNotInteger)
		return
	}
	h, _, alive := find(c)
	if !alive {
		return
	}
	v := h.View()
	n := int64(0)
	if old, exists := v.Get(c.Args[2]); exists {
		if n, ok = integer(old); !ok {
			c.Fail("ERR hash value is not an integer")
			return
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		c.Fail(command.ErrOverflow)
		return
	}
	var digits [20]byte
	h.Set(c.Args[2], strconv.AppendInt(digits[:0], n+by, 10))
	c.Reply.Int(n + by)
	c.Dirty++
	c.Changed(command.NotifyHash, "hincrby", c.Key())
}

func integer(v listpack.Value) (int64, bool) {
	if v.IsInt {
		return v.Int, true
	}
	return command.ParseInt(v.Str)
}

func hincrbyfloat(c *command.Ctx) {
	by, ok := number.ParseLongDouble(c.Args[3])
	if !ok {
		c.Fail(command.ErrNotFloat)
		return
	}
	if _, finite := (number.LongDouble{}).Add(by); !finite {
		c.Fail("ERR value is NaN or Infinity")
		return
	}
	h, _, alive := find(c)
	if !alive {
		return
	}
	v := h.View()
	var buf [64]byte
	var n number.LongDouble
	if old, exists := v.Get(c.Args[2]); exists {
		if n, ok = number.ParseLongDouble(old.Append(buf[:0])); !ok {
			c.Fail("ERR hash value is not a float")
			return
		}
	}
	if n, ok = n.Add(by); !ok {
		c.Fail(command.ErrNaN)
		return
	}
	text := n.Append(buf[:0])
	h.Set(c.Args[2], text)
	c.Reply.Bulk(text)
	c.Dirty++
	c.Changed(command.NotifyHash, "hincrbyfloat", c.Key())
	// A replica whose floating point differs must not compute it again.
	c.ReplaceStrings("HSET", c.Key(), c.Args[2], text)
}
