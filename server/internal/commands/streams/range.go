package streams

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func xrange(c *command.Ctx)    { rangeOf(c, c.Args[2], c.Args[3], false) }
func xrevrange(c *command.Ctx) { rangeOf(c, c.Args[3], c.Args[2], true) }

func rangeOf(c *command.Ctx, start, end []byte, reverse bool) {
	from, to, ok := rangeArgs(c, start, end)
	if !ok {
		return
	}
	count := int64(-1)
	for i := 4; i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "COUNT") || i+1 == len(c.Args) {
			c.Fail(command.ErrSyntax)
			return
		}
		if count, ok = integer(c, c.Args[i+1], ""); !ok {
			return
		}
		count = max(count, 0)
	}
	v, found, alive := read(c, c.Key())
	switch {
	case !alive:
	case !found:
		c.Reply.Array(0)
	case count == 0:
		c.Reply.NullArray()
	default:
		entries(c, v, from, to, reverse, max(count, 0), nil)
	}
}

// entries replies an array of the entries between two IDs, count at most (0: all), and calls each for every one of them.
func entries(c *command.Ctx, v store.StreamView, from, to store.StreamID, reverse bool, count int64, each func(id store.StreamID)) (n int64) {
	mark := c.Reply.Len()
	v.Range(from, to, reverse, func(e *store.StreamEntry) bool {
		entry(c, e)
		if each != nil {
			each(e.ID)
		}
		n++
		return count == 0 || n < count
	})
	c.Reply.InsertArray(mark, int(n))
	return n
}

// entry replies one.
func entry(c *command.Ctx, e *store.StreamEntry) {
	c.Reply.Array(2)
	replyID(c, e.ID)
	c.Reply.Array(2 * len(e.Fields))
	for i := range e.Fields {
		c.Reply.Bulk(e.Fields[i])
		c.Reply.Bulk(e.Values[i])
	}
}

// single replies the entry of an ID and reports whether there is one.
func single(c *command.Ctx, v store.StreamView, id store.StreamID) (found bool) {
	v.Range(id, id, false, func(e *store.StreamEntry) bool {
		entry(c, e)
		found = true
		return false
	})
	return found
}
