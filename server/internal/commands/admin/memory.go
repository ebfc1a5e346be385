package admin

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

func (f family) memorySpec() *command.Spec {
	everywhere := []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}
	usage := about(sub("usage", -3, "4.0.0", "Estimates the memory of a key", command.ReadOnly, f.memoryUsage), nil,
		[]command.Arg{{Name: "key", Type: "key"}, {Name: "count", Type: "integer", Token: "SAMPLES", Optional: true}})
	usage.Keys = []command.KeySpec{{Access: command.KeyRO, Index: 2}}
	return &command.Spec{Name: "memory", Arity: -2, Group: "server", Since: "4.0.0", Summary: "Commands about memory", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("doctor", 2, "4.0.0", "Says what looks wrong with memory", 0, func(c *command.Ctx) {
				c.Reply.Verbatim("txt", examine(f.h.Memory(), int64(f.h.Clients())))
			}), everywhere, nil),
			sub("help", 2, "4.0.0", "Lists the subcommands", command.Loading|command.Stale, func(c *command.Ctx) {
				c.Help("MEMORY", "DOCTOR", "    Return memory problems reports.", "MALLOC-STATS", "    Return internal statistics report from the memory allocator.",
					"PURGE", "    Attempt to purge dirty pages for reclamation by the allocator.", "STATS", "    Return information about the memory usage of the server.",
					"USAGE <key> [SAMPLES <count>]", "    Return memory in bytes used by <key> and its value. Nested values are",
					"    sampled up to <count> times (default: 5, 0 means sample all).")
			}),
			about(sub("malloc-stats", 2, "4.0.0", "Describes the allocator's state", 0, func(c *command.Ctx) {
				var text string
				for _, s := range f.h.Memory() {
					text += s.text("")
				}
				c.Reply.Verbatim("txt", text)
			}), everywhere, nil),
			about(sub("purge", 2, "4.0.0", "Gives free memory back to the system", 0, func(c *command.Ctx) {
				if c.DenyBlocking {
					f.h.Purge(nil)
					c.Reply.OK()
					return
				}
				f.h.Purge(c.Client.(*session.Session))
			}), []string{"request_policy:all_shards", "response_policy:all_succeeded"}, nil),
			about(sub("stats", 2, "4.0.0", "Answers where memory goes", 0, func(c *command.Ctx) { writeStats(c, f.h.Memory()) }), everywhere, nil),
			usage,
		}}
}

func (f family) memoryUsage(c *command.Ctx) {
	for i := 3; i < len(c.Args); i++ { // our figure is exact: SAMPLES is checked and has no effect
		if !command.Is(c.Args[i], "SAMPLES") || i+1 >= len(c.Args) {
			c.Fail(command.ErrSyntax)
			return
		}
		i++
		v, ok := command.ParseInt(c.Args[i])
		if !ok {
			c.Fail(command.ErrNotInteger)
			return
		}
		if v < 0 {
			c.Fail(command.ErrSyntax)
			return
		}
	}
	n, ok := c.DB.MemoryUsage(c.Args[2], c.Now)
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Int(int64(n))
}

func writeStats(c *command.Ctx, stats []Stat) {
	c.Reply.Map(len(stats))
	for _, s := range stats {
		c.Reply.BulkString(s.Name)
		switch {
		case s.Sub != nil:
			writeStats(c, s.Sub)
		case s.Float:
			c.Reply.Double(s.Ratio)
		default:
			c.Reply.Int(s.Value)
		}
	}
}
