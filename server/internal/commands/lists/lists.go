// Package lists is the list family: LPUSH to BLMPOP. Blocking commands run like the others when they find an
// element; else they park the client through Ctx.Block, and the engine runs them again when a key changes.
package lists

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// find is WriteList with the error reply; alive is false after that.
func find(c *command.Ctx, key []byte) (l store.List, ok, alive bool) {
	l, ok, err := c.DB.WriteList(key, c.Now)
	if err != nil {
		c.Fail(command.ErrWrongType)
		return l, false, false
	}
	return l, ok, true
}

// view is ReadList with the error reply; alive is false after that.
func view(c *command.Ctx) (v store.ListView, ok, alive bool) {
	v, ok, err := c.DB.ReadList(c.Key(), c.Now)
	if err != nil {
		c.Fail(command.ErrWrongType)
		return v, false, false
	}
	return v, ok, true
}

func bulk(w *resp.Writer, v listpack.Value) {
	if v.IsInt {
		w.BulkInt(v.Int)
		return
	}
	w.Bulk(v.Str)
}

// number reads argument i, with the error reply.
func number(c *command.Ctx, i int) (int, bool) {
	n, ok := command.ParseInt(c.Args[i])
	if !ok {
		c.Fail(command.ErrNotInteger)
	}
	return int(n), ok
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

// span turns a range of inclusive, possibly negative indexes into a start and a count within length.
func span(start, stop, length int) (from, count int) {
	if start < 0 {
		start = max(start+length, 0)
	}
	if stop < 0 {
		stop += length
	}
	stop = min(stop, length-1)
	if start > stop || start >= length {
		return 0, 0
	}
	return start, stop - start + 1
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
	i, ok := number(c, 2)
	if !ok {
		return
	}
	if i < 0 {
		i += v.Len()
	}
	if cur := v.Cursor(i, false); cur.OK() {
		bulk(c.Reply, cur.Value())
		return
	}
	c.Reply.Null()
}

func lrange(c *command.Ctx) {
	start, ok := number(c, 2)
	if !ok {
		return
	}
	stop, ok := number(c, 3)
	if !ok {
		return
	}
	v, _, alive := view(c)
	if !alive {
		return
	}
	from, count := span(start, stop, v.Len())
	c.Reply.Array(count)
	cur := v.Cursor(from, false)
	for range count {
		bulk(c.Reply, cur.Take())
	}
}
