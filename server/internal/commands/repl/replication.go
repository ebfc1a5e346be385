package repl

import "github.com/lockstep-db/lockstep/server/internal/command"

// replicationSpec is REPLICATION, a container of our own: Redis has nothing of the kind.
func (f family) replicationSpec() *command.Spec {
	const flags = command.Admin | command.NoScript | command.Loading | command.Stale
	const since = "7.0.0"
	return &command.Spec{Name: "replication", Arity: -2, Group: "server", Own: true, Since: since, Summary: "Commands about synchronisations, an extension", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Group: "server", Since: since, Complexity: "O(1)", Summary: "Lists the subcommands", Run: func(c *command.Ctx) {
				c.Help("REPLICATION", "HISTORY [<count>]", "    Return the last <count> synchronizations with replicas and masters, the newest",
					"    first (default: 10, -1 means all that are kept).", "RESET", "    Forget them.")
			}},
			{Name: "history", Arity: -2, Flags: flags, Group: "server", Since: since, Complexity: "O(N) with the number of entries", Summary: "Answers the last synchronisations: why, how long, how many bytes",
				Tips: []string{"request_policy:all_nodes", "nondeterministic_output"}, Args: []command.Arg{{Name: "count", Type: "integer", Optional: true}}, Run: f.history},
			{Name: "reset", Arity: 2, Flags: flags, Group: "server", Since: since, Complexity: "O(1)", Summary: "Forgets the synchronisations that HISTORY answers",
				Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, Run: func(c *command.Ctx) {
					f.h.ResetHistory()
					c.Reply.OK()
				}},
		}}
}

func (f family) history(c *command.Ctx) {
	n, ok := c.EntryCount()
	if !ok {
		return
	}
	f.h.History(c.Reply, int(min(n, 1<<20)))
}
