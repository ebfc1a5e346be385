package streams

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// described finds the stream of a subcommand of XINFO, with the error reply.
func described(c *command.Ctx) (v store.StreamView, alive bool) {
	v, found, alive := read(c, c.Args[2])
	if alive && !found {
		c.Fail(command.ErrNoKey)
		alive = false
	}
	return v, alive
}

func field(c *command.Ctx, name string, n int64) {
	c.Reply.BulkString(name)
	c.Reply.Int(n)
}

func idField(c *command.Ctx, name string, id store.StreamID) {
	c.Reply.BulkString(name)
	replyID(c, id)
}

func xinfoConsumers(c *command.Ctx) {
	v, alive := described(c)
	if !alive {
		return
	}
	g := v.Group(c.Args[3])
	if g == nil {
		c.Fail("NOGROUP No such consumer group '" + string(c.Args[3]) + "' for key name '" + string(c.Args[2]) + "'")
		return
	}
	c.Reply.Array(len(g.Consumers()))
	for _, m := range g.Consumers() {
		c.Reply.Map(3)
		c.Reply.BulkString("name")
		c.Reply.BulkString(m.Name)
		field(c, "pending", int64(m.Pending()))
		field(c, "idle", max(c.Now-m.Seen, 0))
	}
}

func xinfoGroups(c *command.Ctx) {
	v, alive := described(c)
	if !alive {
		return
	}
	c.Reply.Array(len(v.Groups()))
	for _, g := range v.Groups() {
		c.Reply.Map(6)
		c.Reply.BulkString("name")
		c.Reply.BulkString(g.Name)
		field(c, "consumers", int64(len(g.Consumers())))
		field(c, "pending", int64(g.Pending()))
		idField(c, "last-delivered-id", g.LastID)
		progress(c, v, g)
	}
}

// progress replies how far a group has read, as far as that is known.
func progress(c *command.Ctx, v store.StreamView, g *store.StreamGroup) {
	c.Reply.BulkString("entries-read")
	known(c, g.Read, g.Read != store.UnknownRead)
	c.Reply.BulkString("lag")
	n, ok := v.Lag(g)
	known(c, n, ok)
}

func known(c *command.Ctx, n int64, ok bool) {
	if ok {
		c.Reply.Int(n)
	} else {
		c.Reply.Null()
	}
}

func xinfoStream(c *command.Ctx) {
	full, count := len(c.Args) > 3, int64(10)
	if full && (!command.Is(c.Args[3], "FULL") || len(c.Args) != 4 && (len(c.Args) != 6 || !command.Is(c.Args[4], "COUNT"))) {
		if _, alive := described(c); alive {
			c.FailTooMany()
		}
		return
	}
	v, alive := described(c)
	if !alive {
		return
	}
	if len(c.Args) == 6 {
		var ok bool
		if count, ok = integer(c, c.Args[5], ""); !ok {
			return
		}
		if count < 0 {
			count = 10
		}
	}
	fields := 10
	if full {
		fields = 9
	}
	c.Reply.Map(fields)
	field(c, "length", int64(v.Len()))
	field(c, "radix-tree-keys", int64(v.Nodes()))
	field(c, "radix-tree-nodes", int64(v.RadixNodes()))
	idField(c, "last-generated-id", v.LastID)
	idField(c, "max-deleted-entry-id", v.MaxDeleted)
	field(c, "entries-added", int64(v.Added))
	idField(c, "recorded-first-entry-id", v.First())
	if full {
		describeFully(c, v, count)
		return
	}
	field(c, "groups", int64(len(v.Groups())))
	c.Reply.BulkString("first-entry")
	edge(c, v, v.First())
	c.Reply.BulkString("last-entry")
	edge(c, v, v.Last())
}

// edge replies the first or last entry, null if there is none.
func edge(c *command.Ctx, v store.StreamView, id store.StreamID) {
	if v.Len() == 0 || !single(c, v, id) {
		c.Reply.Null()
	}
}

func describeFully(c *command.Ctx, v store.StreamView, count int64) {
	c.Reply.BulkString("entries")
	entries(c, v, store.StreamID{}, store.MaxStreamID, false, count, nil)
	c.Reply.BulkString("groups")
	c.Reply.Array(len(v.Groups()))
	for _, g := range v.Groups() {
		c.Reply.Map(7)
		c.Reply.BulkString("name")
		c.Reply.BulkString(g.Name)
		idField(c, "last-delivered-id", g.LastID)
		progress(c, v, g)
		field(c, "pel-count", int64(g.Pending()))
		c.Reply.BulkString("pending")
		mark, n := c.Reply.Len(), int64(0)
		g.EachPending(store.StreamID{}, func(p store.StreamPending) bool {
			if count > 0 && n >= count {
				return false
			}
			c.Reply.Array(4)
			replyID(c, p.ID)
			c.Reply.BulkString(p.Consumer)
			c.Reply.Int(p.Delivered)
			c.Reply.Int(int64(p.Deliveries))
			n++
			return true
		})
		c.Reply.InsertArray(mark, int(n))
		c.Reply.BulkString("consumers")
		c.Reply.Array(len(g.Consumers()))
		for _, m := range g.Consumers() {
			describeConsumer(c, g, m, count)
		}
	}
}

func describeConsumer(c *command.Ctx, g *store.StreamGroup, m *store.StreamConsumer, count int64) {
	c.Reply.Map(4)
	c.Reply.BulkString("name")
	c.Reply.BulkString(m.Name)
	field(c, "seen-time", m.Seen)
	field(c, "pel-count", int64(m.Pending()))
	c.Reply.BulkString("pending")
	mark, n := c.Reply.Len(), int64(0)
	m.EachPending(store.StreamID{}, func(id store.StreamID) bool {
		if count > 0 && n >= count {
			return false
		}
		p, _ := g.Entry(id)
		c.Reply.Array(3)
		replyID(c, id)
		c.Reply.Int(p.Delivered)
		c.Reply.Int(int64(p.Deliveries))
		n++
		return true
	})
	c.Reply.InsertArray(mark, int(n))
}

func xinfoHelp(c *command.Ctx) {
	c.Help("XINFO",
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.")
}
