// Package lists is the list family: LPUSH to BLMPOP. Blocking commands run like the others when they find an
// element; else they park the client through Ctx.Block, and the engine runs them again when a key changes.
package lists

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

// find is WriteList with the error reply; alive is false after that.
func find(c *command.Ctx, key []byte) (l store.List, ok, alive bool) {
	l, ok, err := c.DB.WriteList(key, c.Now)
	return l, ok, c.Check(err)
}

// view is ReadList with the error reply; alive is false after that.
func view(c *command.Ctx) (v store.ListView, ok, alive bool) {
	v, ok, err := c.DB.ReadList(c.Key(), c.Now)
	return v, ok, c.Check(err)
}

// parseEnd reads LEFT or RIGHT, with the error reply.
func parseEnd(c *command.Ctx, i int) (store.End, bool) {
	switch {
	case command.Is(c.Args[i], "LEFT"):
		return store.Head, true
	case command.Is(c.Args[i], "RIGHT"):
		return store.Tail, true
	}
	c.Fail(command.ErrSyntax)
	return store.Head, false
}

func pushEvent(end store.End) string {
	if end == store.Head {
		return "lpush"
	}
	return "rpush"
}

func popEvent(end store.End) string {
	if end == store.Head {
		return "lpop"
	}
	return "rpop"
}

func push(c *command.Ctx, end store.End, mustExist bool) {
	l, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok && mustExist {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(int64(l.Push(end, c.Args[2:]...)))
	c.Dirty += int64(len(c.Args) - 2)
	c.Changed(command.NotifyList, pushEvent(end), c.Key())
}

func lpush(c *command.Ctx)  { push(c, store.Head, false) }
func rpush(c *command.Ctx)  { push(c, store.Tail, false) }
func lpushx(c *command.Ctx) { push(c, store.Head, true) }
func rpushx(c *command.Ctx) { push(c, store.Tail, true) }

func llen(c *command.Ctx) {
	if v, _, alive := view(c); alive {
		c.Reply.Int(int64(v.Len()))
	}
}

func lindex(c *command.Ctx) {
	v, ok, alive := view(c)
	if !alive {
		return
	}
	if !ok {
		c.Reply.Null()
		return
	}
	i, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	if i < 0 {
		i += int64(v.Len())
	}
	if cur := v.Cursor(int(i), false); cur.OK() {
		c.Element(cur.Value())
		return
	}
	c.Reply.Null()
}

func lrange(c *command.Ctx) {
	start, stop, ok := c.Span(c.Args[2], c.Args[3])
	if !ok {
		return
	}
	v, _, alive := view(c)
	if !alive {
		return
	}
	from, to := command.Clamp(start, stop, v.Len())
	c.Reply.Array(to - from)
	cur := v.Cursor(from, false)
	elements(c, &cur, to-from)
}

// elements replies with count elements from the cursor on, which walks forwards.
func elements(c *command.Ctx, cur *list.Cursor, count int) {
	for count > 0 {
		lp, pos := cur.Packed()
		if lp == nil {
			c.Element(cur.Take())
			count--
			continue
		}
		out := c.Reply.Buf
		for count > 0 && pos >= 0 {
			var n int
			if out, pos, n = appendShort(out, lp, pos, count); n == 0 {
				var v listpack.Value
				v, pos = listpack.Read(lp, pos)
				c.Reply.Buf = out
				c.Element(v)
				out, n = c.Reply.Buf, 1
			}
			count -= n
		}
		c.Reply.Buf = out
		cur.Resume(pos)
	}
}
