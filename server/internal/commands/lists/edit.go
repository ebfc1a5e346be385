package lists

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

func lset(c *command.Ctx) {
	l, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok {
		c.Fail(command.ErrNoKey)
		return
	}
	i, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	length := int64(l.Len())
	if i < 0 {
		i += length
	}
	if i < 0 || i >= length {
		c.Fail(command.ErrIndexRange)
		return
	}
	l.Set(int(i), c.Args[3])
	c.Reply.OK()
	c.Dirty++
	c.Changed(command.NotifyList, "lset", c.Key())
}

func linsert(c *command.Ctx) {
	after := command.Is(c.Args[2], "AFTER")
	if !after && !command.Is(c.Args[2], "BEFORE") {
		c.Fail(command.ErrSyntax)
		return
	}
	l, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok {
		c.Reply.Int(0)
		return
	}
	v := l.View()
	cur := v.Cursor(0, false)
	pivot := listpack.NewNeedle(c.Args[3])
	index, found := cur.Seek(&pivot, math.MaxInt)
	if !found {
		c.Reply.Int(-1)
		return
	}
	if after {
		index++
	}
	l.Insert(index, c.Args[4])
	c.Reply.Int(int64(l.Len()))
	c.Dirty++
	c.Changed(command.NotifyList, "linsert", c.Key())
}

func lrem(c *command.Ctx) {
	count, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	l, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	n := 0
	if ok {
		n = l.Remove(c.Args[3], int(count))
	}
	c.Reply.Int(int64(n))
	if n > 0 {
		removed(c, &l, c.Key(), "lrem", int64(n))
	}
}

func ltrim(c *command.Ctx) {
	start, stop, ok := c.Span(c.Args[2], c.Args[3])
	if !ok {
		return
	}
	l, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	c.Reply.OK()
	if !ok {
		return
	}
	length := l.Len()
	from, to := command.Clamp(start, stop, length)
	l.Trim(from, to-from)
	// The event comes even if nothing had to go, as in Redis; only Dirty stays then.
	removed(c, &l, c.Key(), "ltrim", int64(length-(to-from)))
}
