package zsets

import (
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// end is where members are popped.
type end struct {
	max   bool
	event string
	name  []byte // of the command that a pop is propagated as
}

func endOf(isMax bool) end {
	if isMax {
		return end{true, "zpopmax", []byte("ZPOPMAX")}
	}
	return end{false, "zpopmin", []byte("ZPOPMIN")}
}

func zpopmin(c *command.Ctx) { pop(c, endOf(false)) }
func zpopmax(c *command.Ctx) { pop(c, endOf(true)) }

func pop(c *command.Ctx, e end) {
	if len(c.Args) > 3 {
		c.Fail(command.ErrSyntax)
		return
	}
	count := int64(1)
	if len(c.Args) == 3 {
		var ok bool
		if count, ok = command.ParseInt(c.Args[2]); !ok || count < 0 {
			c.Fail(command.ErrPositive)
			return
		}
	}
	z, ok, alive := find(c, c.Key())
	switch {
	case !alive:
		return
	case !ok || count == 0:
		c.Reply.Array(0)
		return
	}
	n := int(min(count, int64(z.Len())))
	if len(c.Args) == 3 {
		pairs(c, n)
		popped(c, &z, c.Key(), e, n, pair)
		return
	}
	c.Reply.Array(2)
	popped(c, &z, c.Key(), e, n, flat)
}

// popped replies n members that exist, removes them, and tells of the change.
func popped(c *command.Ctx, z *store.ZSet, key []byte, e end, n int, write func(*command.Ctx, listpack.Value, float64)) {
	v := z.View()
	from := 0
	if e.max {
		from = v.Len() - n
		v.EachValue(v.Len()-1, n, true, func(m listpack.Value, score float64) { write(c, m, score) })
	} else {
		v.EachValue(0, n, false, func(m listpack.Value, score float64) { write(c, m, score) })
	}
	z.RemoveRange(from, from+n)
	removed(c, z, key, e.event, n)
}

func bzpopmin(c *command.Ctx) { blockingPop(c, endOf(false)) }
func bzpopmax(c *command.Ctx) { blockingPop(c, endOf(true)) }

func blockingPop(c *command.Ctx, e end) {
	c.BlockingPop(store.TypeZSet, func(key []byte) bool {
		z, ok, alive := find(c, key)
		if !ok {
			return !alive
		}
		c.Reply.Array(3)
		c.Reply.Bulk(key)
		popped(c, &z, key, e, 1, flat)
		c.Replace(e.name, key)
		return true
	})
}

// ends are the words of ZMPOP.
var ends = command.Ends{First: "MIN", Last: "MAX"}

func zmpop(c *command.Ctx)  { c.MultiPop(ends, popMany) }
func bzmpop(c *command.Ctx) { c.BlockingMultiPop(store.TypeZSet, ends, popMany) }

// popMany is the part of ZMPOP and BZMPOP for one key; it returns false if that is missing.
func popMany(c *command.Ctx, key []byte, isMax bool, count int64) (done bool) {
	z, ok, alive := find(c, key)
	if !ok {
		return !alive
	}
	e := endOf(isMax)
	n := int(min(count, int64(z.Len())))
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Array(n)
	popped(c, &z, key, e, n, nested)
	var digits [20]byte
	c.Replace(e.name, key, strconv.AppendInt(digits[:0], int64(n), 10))
	return true
}
