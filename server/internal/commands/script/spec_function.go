package script

import "github.com/lockstep-db/lockstep/server/internal/command"

func (f family) functionSpec() *command.Spec {
	const changes = command.NoScript | command.Write
	shards := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	flush := about(sub("flush", -2, "7.0.0", "Deletes all libraries", changes, f.functionFlush), "O(N), N functions", shards, flushModes(""))
	return &command.Spec{Name: "function", Arity: -2, Group: group, Since: "7.0.0", Summary: "Commands about libraries of functions", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("load", -3, "7.0.0", "Makes a library of its source", changes|command.DenyOOM, f.functionLoad), "O(1), beside compiling it", shards,
				command.Arg{Name: "replace", Type: "pure-token", Token: "REPLACE", Optional: true}, command.Arg{Name: "function-code", Type: "string"}),
			about(sub("delete", 3, "7.0.0", "Deletes a library", changes, f.functionDelete), "", shards, command.Arg{Name: "library-name", Type: "string"}),
			about(sub("dump", 2, "7.0.0", "Packs all libraries into one payload", command.NoScript, f.functionDump), "O(N), N functions", nil),
			flush,
			sub("help", 2, "7.0.0", "Lists the subcommands", command.Loading|command.Stale, f.functionHelp),
			about(sub("kill", 2, "7.0.0", "Ends the function under way", command.NoScript|command.AllowBusy, f.kill(false)), "", oneSucceeds()),
			about(sub("list", -2, "7.0.0", "Lists libraries and their functions", command.NoScript, f.functionList), "O(N), N functions",
				[]string{"nondeterministic_output_order"},
				command.Arg{Name: "library-name-pattern", Type: "string", Token: "LIBRARYNAME", Optional: true},
				command.Arg{Name: "withcode", Type: "pure-token", Token: "WITHCODE", Optional: true}),
			about(sub("restore", -3, "7.0.0", "Takes libraries out of a payload", changes|command.DenyOOM, f.functionRestore), "O(N), N functions in the payload", shards,
				command.Arg{Name: "serialized-value", Type: "string"},
				command.Arg{Name: "policy", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "flush", Type: "pure-token", Token: "FLUSH"},
					{Name: "append", Type: "pure-token", Token: "APPEND"}, {Name: "replace", Type: "pure-token", Token: "REPLACE"}}}),
			about(sub("stats", 2, "7.0.0", "Describes the function under way and the engines", command.NoScript|command.AllowBusy, f.functionStats), "",
				[]string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}),
		}}
}
