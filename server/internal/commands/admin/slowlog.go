package admin

import "github.com/lockstep-db/lockstep/server/internal/command"

func (f family) slowlogSpec() *command.Spec {
	return &command.Spec{Name: "slowlog", Arity: -2, Group: "server", Since: "2.2.12", Summary: "Commands about the slow log", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("get", -2, "2.2.12", "Answers the newest entries", command.Admin|command.Loading|command.Stale, f.slowlogGet),
				[]string{"request_policy:all_nodes", "nondeterministic_output"}, []command.Arg{{Name: "count", Type: "integer", Optional: true}}, "4.0.0|Entries tell the client's address and name."),
			sub("help", 2, "6.2.0", "Lists the subcommands", command.Loading|command.Stale, func(c *command.Ctx) {
				c.Help("SLOWLOG", "GET [<count>]", "    Return top <count> entries from the slowlog (default: 10, -1 mean all).", "    Entries are made of:",
					"    id, timestamp, time in microseconds, arguments array, client IP and port,", "    client name",
					"LEN", "    Return the length of the slowlog.", "RESET", "    Reset the slowlog.")
			}),
			about(sub("len", 2, "2.2.12", "Answers the number of entries", command.Admin|command.Loading|command.Stale, func(c *command.Ctx) { c.Reply.Int(int64(f.h.SlowLog().Len())) }),
				[]string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"}, nil),
			about(sub("reset", 2, "2.2.12", "Forgets all entries", command.Admin|command.Loading|command.Stale, func(c *command.Ctx) {
				f.h.SlowLog().Reset()
				c.Reply.OK()
			}), []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, nil),
		}}
}

func (f family) slowlogGet(c *command.Ctx) {
	n, ok := c.EntryCount()
	if !ok {
		return
	}
	log := f.h.SlowLog()
	n = min(n, int64(log.Len()))
	c.Reply.Array(int(n))
	log.Each(int(n), func(id, unix, us int64, args []string, addr, name string) {
		c.Reply.Array(6)
		c.Reply.Int(id)
		c.Reply.Int(unix)
		c.Reply.Int(us)
		c.Reply.Array(len(args))
		for _, a := range args {
			c.Reply.BulkString(a)
		}
		c.Reply.BulkString(addr)
		c.Reply.BulkString(name)
	})
}
