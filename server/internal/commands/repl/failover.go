package repl

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// FailoverPlan is what FAILOVER asks for.
type FailoverPlan struct {
	Host    string // the target; empty: any replica
	Port    int
	Timeout time.Duration // 0: wait for ever
	Force   bool          // at the time-out, go to a target that has not got all
}

func failoverSpec(run func(*command.Ctx)) *command.Spec {
	return &command.Spec{Name: "failover", Arity: -1, Flags: command.Admin | command.NoScript | command.Stale, Group: "server", Since: "6.2.0", Complexity: "O(1)",
		Args: []command.Arg{
			{Name: "target", Type: "block", Token: "TO", Optional: true, Args: []command.Arg{
				{Name: "host", Type: "string"}, {Name: "port", Type: "integer"}, {Name: "force", Type: "pure-token", Token: "FORCE", Optional: true}}},
			{Name: "abort", Type: "pure-token", Token: "ABORT", Optional: true},
			{Name: "milliseconds", Type: "integer", Token: "TIMEOUT", Optional: true}},
		Summary: "Exchanges the roles of the server and one of its replicas, without losing a write", Run: run}
}

func (f family) failover(c *command.Ctx) {
	msg := ""
	if len(c.Args) == 2 && command.Is(c.Args[1], "ABORT") {
		msg = f.h.AbortFailover()
	} else {
		var p FailoverPlan
		if p, msg = parseFailover(c.Args[1:]); msg == "" {
			msg = f.h.Failover(p)
		}
	}
	if msg != "" {
		c.Fail(msg)
		return
	}
	c.Reply.OK()
}

// parseFailover reads [TO host port] [FORCE] [TIMEOUT ms] in any order, each at most once.
func parseFailover(args [][]byte) (p FailoverPlan, errText string) {
	for i := 0; i < len(args); i++ {
		switch {
		case command.Is(args[i], "TIMEOUT") && i+1 < len(args) && p.Timeout == 0:
			i++
			ms, ok := command.ParseInt(args[i])
			switch {
			case !ok || ms > int64(maxTimeout/time.Millisecond):
				return p, command.ErrNotInteger
			case ms <= 0:
				return p, "ERR FAILOVER timeout must be greater than 0"
			}
			p.Timeout = time.Duration(ms) * time.Millisecond
		case command.Is(args[i], "TO") && i+2 < len(args) && p.Host == "":
			port, ok := command.ParseInt(args[i+2])
			if !ok {
				return p, command.ErrNotInteger
			}
			p.Host, p.Port = string(args[i+1]), int(port)
			i += 2
		case command.Is(args[i], "FORCE") && !p.Force:
			p.Force = true
		default:
			return p, command.ErrSyntax
		}
	}
	return p, ""
}

// maxTimeout is far beyond any use, and far from overflowing.
const maxTimeout = 100 * 365 * 24 * time.Hour
