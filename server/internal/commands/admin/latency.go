package admin

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// LatencyMonitor is the engine's record of steps that took long, as LATENCY shows it.
type LatencyMonitor interface {
	Series() []LatencySeries
	Reset(event string) int // empty: all events; how many there were
}

// LatencySeries are the spikes of one event, the oldest first, and the worst there ever was, in ms.
type LatencySeries struct {
	Event   string
	Worst   int64
	Samples []LatencySample
}

// LatencySample is the worst spike of a second: Unix time and milliseconds.
type LatencySample struct{ Time, Ms int64 }

func (f family) latencySpec() *command.Spec {
	tips := []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}
	event := command.Arg{Name: "event", Type: "string"}
	return &command.Spec{Name: "latency", Arity: -2, Group: "server", Since: "2.8.13", Summary: "Commands about latencies", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("doctor", 2, "2.8.13", "Explains latency spikes and what may help", adminFlags, f.latencyDoctor), tips, nil),
			about(sub("graph", 3, "2.8.13", "Draws the spikes of an event", adminFlags, f.latencyGraph), tips, []command.Arg{event}),
			sub("help", 2, "2.8.13", "Lists the subcommands", command.Loading|command.Stale, latencyHelp),
			about(sub("histogram", -2, "7.0.0", "Answers the latency distribution of commands", adminFlags, f.latencyHistogram),
				tips, []command.Arg{{Name: "command", Type: "string", Optional: true, Multiple: true}}),
			about(sub("history", 3, "2.8.13", "Answers the spikes of an event", adminFlags, f.latencyHistory), tips, []command.Arg{event}),
			about(sub("latest", 2, "2.8.13", "Answers the last spike of each event", adminFlags, f.latencyLatest), tips, nil),
			about(sub("reset", -2, "2.8.13", "Forgets the spikes of some events or all", adminFlags, f.latencyReset),
				[]string{"request_policy:all_nodes", "response_policy:all_succeeded"}, []command.Arg{{Name: "event", Type: "string", Optional: true, Multiple: true}}),
		}}
}

func latencyHelp(c *command.Ctx) {
	c.Help("LATENCY", "DOCTOR", "    Return a human readable latency analysis report.",
		"GRAPH <event>", "    Return an ASCII latency graph for the <event> class.",
		"HISTORY <event>", "    Return time-latency samples for the <event> class.",
		"LATEST", "    Return the latest latency samples for all events.",
		"RESET [<event> ...]", "    Reset latency data of one or more <event> classes.", "    (default: reset all data for all event classes)",
		"HISTOGRAM [COMMAND ...]", "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
		"    If no commands are specified then all histograms are replied.")
}

// series finds the spikes of an event.
func (f family) series(event []byte) (LatencySeries, bool) {
	for _, s := range f.h.LatencyMonitor().Series() {
		if s.Event == string(event) {
			return s, true
		}
	}
	return LatencySeries{}, false
}

func (f family) latencyHistory(c *command.Ctx) {
	s, _ := f.series(c.Args[2])
	c.Reply.Array(len(s.Samples))
	for _, p := range s.Samples {
		c.Reply.Array(2)
		c.Reply.Int(p.Time)
		c.Reply.Int(p.Ms)
	}
}

func (f family) latencyLatest(c *command.Ctx) {
	all := f.h.LatencyMonitor().Series()
	c.Reply.Array(len(all))
	for _, s := range all {
		last := s.Samples[len(s.Samples)-1]
		c.Reply.Array(4)
		c.Reply.BulkString(s.Event)
		c.Reply.Int(last.Time)
		c.Reply.Int(last.Ms)
		c.Reply.Int(s.Worst)
	}
}

func (f family) latencyGraph(c *command.Ctx) {
	s, ok := f.series(c.Args[2])
	if !ok {
		c.Fail("ERR No samples available for event '" + string(c.Args[2]) + "'")
		return
	}
	c.Reply.Verbatim("txt", string(drawSeries(s, c.Now/1000)))
}

func (f family) latencyReset(c *command.Ctx) {
	m, n := f.h.LatencyMonitor(), 0
	if len(c.Args) == 2 {
		n = m.Reset("")
	}
	for _, event := range c.Args[2:] {
		if len(event) > 0 { // to the monitor an empty name means all
			n += m.Reset(strings.ToLower(string(event)))
		}
	}
	c.Reply.Int(int64(n))
}

func (f family) latencyDoctor(c *command.Ctx) {
	c.Reply.Verbatim("txt", diagnose(f.h.LatencyMonitor().Series(), c.Now/1000, f.setting))
}

// setting is the value of a directive.
func (f family) setting(name string) string {
	if v := f.h.ConfigGet([]string{name}); len(v) == 2 {
		return v[1]
	}
	return ""
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
