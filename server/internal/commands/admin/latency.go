package admin

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

func (f family) latencySpec() *command.Spec {
	return &command.Spec{Name: "latency", Arity: -2, Group: "server", Since: "2.8.13", Summary: "Commands about latencies", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			sub("help", 2, "2.8.13", "Lists the subcommands", command.Loading|command.Stale, func(c *command.Ctx) {
				c.Help("LATENCY", "HISTOGRAM [COMMAND ...]", "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
					"    If no commands are specified then all histograms are replied.")
			}),
			about(sub("histogram", -2, "7.0.0", "Answers the latency distribution of commands", adminFlags, f.latencyHistogram),
				[]string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}, []command.Arg{{Name: "command", Type: "string", Optional: true, Multiple: true}}),
		}}
}

// latencyHistogram answers, for each command with calls, the calls and the cumulative counts below powers of two, in microseconds.
func (f family) latencyHistogram(c *command.Ctx) {
	want := map[string]bool{}
	for _, a := range c.Args[2:] {
		want[strings.ToLower(string(a))] = true
	}
	mark, n := c.Reply.Len(), 0
	f.h.Latencies(func(name string, calls int64, cumulative func(func(us, n int64))) {
		parent, _, _ := strings.Cut(name, "|")
		if len(want) > 0 && !want[name] && !want[parent] {
			return
		}
		n++
		c.Reply.BulkString(name)
		c.Reply.Map(2)
		c.Reply.BulkString("calls")
		c.Reply.Int(calls)
		c.Reply.BulkString("histogram_usec")
		inner, k := c.Reply.Len(), 0
		cumulative(func(us, cnt int64) {
			k++
			c.Reply.Int(us)
			c.Reply.Int(cnt)
		})
		c.Reply.InsertMap(inner, k)
	})
	c.Reply.InsertMap(mark, n)
}
