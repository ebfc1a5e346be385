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
	last := len(c.Args) - 1
	deadline, problem := command.Timeout(c.Args[last], c.Now, false)
	if problem != "" {
		c.Fail(problem)
		return
	}
	keys := c.Args[1:last]
	for _, key := range keys {
		z, ok, alive := find(c, key)
		if !alive {
			return
		}
		if !ok {
			continue
		}
		c.Reply.Array(3)
		c.Reply.Bulk(key)
		popped(c, &z, key, e, 1, flat)
		c.Replace(e.name, key)
		return
	}
	c.Block(command.Block{Keys: keys, Deadline: deadline, OnExpiry: command.NilArray, Type: store.TypeZSet})
}

func zmpop(c *command.Ctx) {
	multiPop(c, 1, func([][]byte, int64) { c.Reply.NullArray() })
}

func bzmpop(c *command.Ctx) {
	multiPop(c, 2, func(keys [][]byte, deadline int64) {
		c.Block(command.Block{Keys: keys, Deadline: deadline, OnExpiry: command.NilArray, Type: store.TypeZSet})
	})
}

// multiPop runs "numkeys key... MIN|MAX [COUNT n]" from argument at on. none is called when all keys are missing;
// the argument before, if it is not the name, is the time to wait, which is read last.
func multiPop(c *command.Ctx, at int, none func(keys [][]byte, deadline int64)) {
	keys, e, count, ok := parseMultiPop(c, at)
	if !ok {
		return
	}
	var deadline int64
	if at > 1 {
		var problem string
		if deadline, problem = command.Timeout(c.Args[1], c.Now, false); problem != "" {
			c.Fail(problem)
			return
		}
	}
	for _, key := range keys {
		z, ok, alive := find(c, key)
		if !alive {
			return
		}
		if !ok {
			continue
		}
		n := int(min(count, int64(z.Len())))
		c.Reply.Array(2)
		c.Reply.Bulk(key)
		c.Reply.Array(n)
		popped(c, &z, key, e, n, nested)
		var digits [20]byte
		c.Replace(e.name, key, strconv.AppendInt(digits[:0], int64(n), 10))
		return
	}
	none(keys, deadline)
}

func parseMultiPop(c *command.Ctx, at int) (keys [][]byte, e end, count int64, ok bool) {
	n, ok := command.ParseInt(c.Args[at])
	if !ok || n < 1 {
		c.Fail("ERR numkeys should be greater than 0")
		return nil, e, 0, false
	}
	if n >= int64(len(c.Args)-at-1) {
		c.Fail(command.ErrSyntax)
		return nil, e, 0, false
	}
	where := at + 1 + int(n)
	keys = c.Args[at+1 : where]
	isMax := command.Is(c.Args[where], "MAX")
	if !isMax && !command.Is(c.Args[where], "MIN") {
		c.Fail(command.ErrSyntax)
		return nil, e, 0, false
	}
	rest := c.Args[where+1:]
	if len(rest) == 0 {
		return keys, endOf(isMax), 1, true
	}
	if len(rest) < 2 || !command.Is(rest[0], "COUNT") {
		c.Fail(command.ErrSyntax)
		return nil, e, 0, false
	}
	if count, ok = command.ParseInt(rest[1]); !ok || count < 1 {
		c.Fail("ERR count should be greater than 0")
		return nil, e, 0, false
	}
	if len(rest) > 2 {
		c.Fail(command.ErrSyntax)
		return nil, e, 0, false
	}
	return keys, endOf(isMax), count, true
}
