package streams

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func noGroup(key, group []byte) string {
	return "NOGROUP No such key '" + string(key) + "' or consumer group '" + string(group) + "'"
}

func xack(c *command.Ctx) {
	s, found, alive := write(c, c.Key())
	if !alive {
		return
	}
	c.DB.CountLookup(c.Key(), found)
	if !found || s.View().Group(c.Args[2]) == nil {
		c.Reply.Int(0)
		return
	}
	ids, ok := idArgs(c, c.Args[3:])
	if !ok {
		return
	}
	g := s.Group(c.Args[2])
	n := int64(0)
	for _, id := range ids {
		if g.Acknowledge(id) {
			n++
		}
	}
	c.Dirty += n
	c.Reply.Int(n)
}

// pendingQuery is XPENDING with a range.
type pendingQuery struct {
	from, to store.StreamID
	count    int64
	minIdle  int64 // ms
	consumer []byte
}

func parsePending(c *command.Ctx) (q pendingQuery, ok bool) {
	args := c.Args[3:]
	if command.Is(args[0], "IDLE") {
		if q.minIdle, ok = integer(c, args[1], ""); !ok {
			return q, false
		}
		if len(c.Args) < 8 {
			c.Fail(command.ErrSyntax)
			return q, false
		}
		args = args[2:]
	}
	if q.count, ok = integer(c, args[2], ""); !ok {
		return q, false
	}
	if q.from, q.to, ok = rangeArgs(c, args[0], args[1]); !ok {
		return q, false
	}
	if len(args) > 3 {
		q.consumer = args[3]
	}
	return q, true
}

func xpending(c *command.Ctx) {
	summary := len(c.Args) == 3
	if !summary && (len(c.Args) < 6 || len(c.Args) > 9) {
		c.Fail(command.ErrSyntax)
		return
	}
	var q pendingQuery
	if !summary {
		var ok bool
		if q, ok = parsePending(c); !ok {
			return
		}
	}
	v, found, alive := read(c, c.Key())
	if !alive {
		return
	}
	var g *store.StreamGroup
	if found {
		g = v.Group(c.Args[2])
	}
	switch {
	case g == nil:
		c.Fail(noGroup(c.Key(), c.Args[2]))
	case summary:
		summarize(c, g)
	default:
		q.reply(c, g)
	}
}

// summarize replies how many entries are pending, the first and the last, and how many each consumer has.
func summarize(c *command.Ctx, g *store.StreamGroup) {
	c.Reply.Array(4)
	c.Reply.Int(int64(g.Pending()))
	if g.Pending() == 0 {
		c.Reply.Null()
		c.Reply.Null()
		c.Reply.NullArray()
		return
	}
	first, last := g.EdgePending()
	replyID(c, first)
	replyID(c, last)
	mark, n := c.Reply.Len(), 0
	for _, m := range g.Consumers() {
		if m.Pending() > 0 {
			c.Reply.Array(2)
			c.Reply.BulkString(m.Name)
			c.Reply.BulkInt(int64(m.Pending()))
			n++
		}
	}
	c.Reply.InsertArray(mark, n)
}

func (q *pendingQuery) reply(c *command.Ctx, g *store.StreamGroup) {
	mark, n := c.Reply.Len(), int64(0)
	show := func(p store.StreamPending) bool {
		if less(q.to, p.ID) || n >= q.count {
			return false
		}
		idle := max(c.Now-p.Delivered, 0)
		if q.minIdle != 0 && c.Now-p.Delivered < q.minIdle {
			return true
		}
		c.Reply.Array(4)
		replyID(c, p.ID)
		c.Reply.BulkString(p.Consumer)
		c.Reply.Int(idle)
		c.Reply.Int(int64(p.Deliveries))
		n++
		return true
	}
	if q.consumer == nil {
		g.EachPending(q.from, show)
	} else if m := g.Consumer(q.consumer); m != nil {
		m.EachPending(q.from, func(id store.StreamID) bool {
			p, _ := g.Entry(id)
			return show(p)
		})
	}
	c.Reply.InsertArray(mark, int(n))
}
