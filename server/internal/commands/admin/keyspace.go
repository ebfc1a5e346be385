package admin

import "github.com/lockstep-db/lockstep/server/internal/command"

func (f family) keyspaceSpecs() []*command.Spec {
	mode := []command.Arg{{Name: "async", Type: "oneof", Optional: true, Args: []command.Arg{
		{Name: "async", Type: "pure-token", Token: "ASYNC", Since: "4.0.0"}, {Name: "sync", Type: "pure-token", Token: "SYNC", Since: "6.2.0"}}}}
	return []*command.Spec{
		{Name: "dbsize", Arity: 1, Flags: command.ReadOnly | command.Fast, Cats: command.CatKeyspace, Group: "server", Since: "1.0.0",
			Run: func(c *command.Ctx) { c.Reply.Int(int64(c.DB.Len())) }, Summary: "Answers the number of keys of the database", Complexity: "O(1)",
			Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"}},
		{Name: "flushdb", Arity: -1, Flags: command.Write, Cats: command.CatKeyspace | command.CatDangerous, Group: "server", Since: "1.0.0", Run: f.flushDB, Args: mode,
			Summary: "Empties the database", Complexity: "O(1)", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{Name: "flushall", Arity: -1, Flags: command.Write, Cats: command.CatKeyspace | command.CatDangerous, Group: "server", Since: "1.0.0", Run: f.flushAll, Args: mode,
			Summary: "Empties all databases", Complexity: "O(1)", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}},
		{Name: "swapdb", Arity: 3, Flags: command.Write | command.Fast, Cats: command.CatKeyspace | command.CatDangerous, Group: "server", Since: "4.0.0", Run: f.swapDB,
			Summary: "Exchanges two databases", Complexity: "O(1)", Args: []command.Arg{{Name: "index1", Type: "integer"}, {Name: "index2", Type: "integer"}}},
	}
}

// flushMode reads ASYNC or SYNC. Both take no time here: the memory goes back in slices either way.
func flushMode(c *command.Ctx) (async, ok bool) {
	switch {
	case len(c.Args) == 1:
		return false, true
	case len(c.Args) == 2 && command.Is(c.Args[1], "ASYNC"):
		return true, true
	case len(c.Args) == 2 && command.Is(c.Args[1], "SYNC"):
		return false, true
	}
	c.Fail(command.ErrSyntax)
	return false, false
}

func (f family) flushDB(c *command.Ctx) {
	if _, ok := flushMode(c); !ok {
		return
	}
	c.Dirty += int64(f.h.Empty(c.DB.Index())) + 1 // an empty database is flushed on replicas too
	c.Reply.OK()
}

func (f family) flushAll(c *command.Ctx) {
	async, ok := flushMode(c)
	if !ok {
		return
	}
	c.Dirty += int64(f.h.Empty(-1)) + 1
	f.h.FlushAll(async)
	c.Reply.OK()
}

func (f family) swapDB(c *command.Ctx) {
	a, ok := command.ParseInt(c.Args[1])
	if !ok || a != int64(int32(a)) {
		c.Fail("ERR invalid first DB index")
		return
	}
	b, ok := command.ParseInt(c.Args[2])
	if !ok || b != int64(int32(b)) {
		c.Fail("ERR invalid second DB index")
		return
	}
	n := int64(c.Store.Databases())
	if a < 0 || a >= n || b < 0 || b >= n {
		c.Fail(command.ErrDBRange)
		return
	}
	c.Dirty++
	if a != b {
		f.h.TouchDB(int(a), int(b))
		f.h.TouchDB(int(b), int(a))
		c.Store.Swap(int(a), int(b))
		f.h.Swapped(int(a), int(b))
	}
	c.Reply.OK()
}
