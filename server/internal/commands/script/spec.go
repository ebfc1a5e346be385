package script

import "github.com/lockstep-db/lockstep/server/internal/command"

const (
	group    = "scripting"
	writing  = command.NoScript | command.SkipMonitor | command.MayReplicate | command.NoMandatoryKeys | command.Stale
	readOnly = command.NoScript | command.SkipMonitor | command.ReadOnly | command.NoMandatoryKeys | command.Stale
)

// callSpecs declares the commands that run scripts.
func (f family) callSpecs() []*command.Spec {
	return []*command.Spec{
		call("eval", "2.6.0", "script", "Runs a script", false, f.eval(false, false), f.evalFlags(false)),
		call("evalsha", "2.6.0", "sha1", "Runs a cached script, named by its SHA1", false, f.eval(true, false), f.evalFlags(true)),
		call("eval_ro", "7.0.0", "script", "Runs a script that may only read", true, f.eval(false, true), f.evalFlags(false)),
		call("evalsha_ro", "7.0.0", "sha1", "Runs a cached script that may only read", true, f.eval(true, true), f.evalFlags(true)),
		call("fcall", "7.0.0", "function", "Runs a function", false, f.call(false), f.lua.CallFlags),
		call("fcall_ro", "7.0.0", "function", "Runs a function that may only read", true, f.call(true), f.lua.CallFlags),
	}
}

// call declares one of them; ro marks the variants that may only read.
func call(name, since, what, summary string, ro bool, run func(*command.Ctx), flags func([][]byte, command.Flags) command.Flags) *command.Spec {
	s := &command.Spec{Name: name, Arity: -3, Flags: writing, Cats: command.CatScripting, Group: group, Since: since, Summary: summary,
		Complexity: "Depends on the script.", Run: run,
		Keys: []command.KeySpec{command.NumKeys(command.KeyRW|command.KeyAccessData|command.KeyUpdate, 2)},
		Args: []command.Arg{{Name: what, Type: "string"}, {Name: "numkeys", Type: "integer"}, {Name: "key", Type: "key", Optional: true, Multiple: true},
			{Name: "arg", Type: "string", Optional: true, Multiple: true}}}
	if ro {
		s.Flags = readOnly
		s.Keys[0].Access = command.KeyRO | command.KeyAccessData
	}
	if name != "evalsha" && name != "evalsha_ro" {
		s.Keys[0].Notes = "A script may do anything with its keys."
	}
	s.CallFlags = func(args [][]byte) command.Flags { return flags(args, s.Flags) }
	return s
}

func (f family) evalFlags(bySHA bool) func([][]byte, command.Flags) command.Flags {
	return func(args [][]byte, of command.Flags) command.Flags { return f.lua.EvalFlags(args, bySHA, of) }
}

// sub declares a subcommand of this family.
func sub(name string, arity int, since, summary string, flags command.Flags, run func(*command.Ctx)) *command.Spec {
	return &command.Spec{Name: name, Arity: arity, Flags: flags, Cats: command.CatScripting, Since: since, Summary: summary, Complexity: "O(1)", Group: group, Run: run}
}

// about adds to a declaration what only COMMAND tells of it.
func about(s *command.Spec, complexity string, tips []string, args ...command.Arg) *command.Spec {
	if complexity != "" {
		s.Complexity = complexity
	}
	s.Tips, s.Args = tips, args
	return s
}

func allNodes() []string {
	return []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
}
func oneSucceeds() []string {
	return []string{"request_policy:all_shards", "response_policy:one_succeeded"}
}

func flushModes(since string) command.Arg {
	return command.Arg{Name: "async", Type: "oneof", Optional: true, Since: since, Args: []command.Arg{
		{Name: "async", Type: "pure-token", Token: "ASYNC"}, {Name: "sync", Type: "pure-token", Token: "SYNC"}}}
}

func (f family) scriptSpec() *command.Spec {
	flush := about(sub("flush", -2, "2.6.0", "Empties the cache of scripts", command.NoScript, f.flush), "O(N), N cached scripts", allNodes(), flushModes("6.2.0"))
	return &command.Spec{Name: "script", Arity: -2, Group: group, Since: "2.6.0", Summary: "Commands about the cache of scripts", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("load", 3, "2.6.0", "Caches a script without running it", command.NoScript|command.Stale, f.load), "O(N), N bytes of the script", allNodes(),
				command.Arg{Name: "script", Type: "string"}),
			about(sub("exists", -3, "2.6.0", "Tells which scripts are cached", command.NoScript, f.exists), "O(N), N scripts asked about",
				[]string{"request_policy:all_shards", "response_policy:agg_logical_and"}, command.Arg{Name: "sha1", Type: "string", Multiple: true}),
			flush,
			about(sub("kill", 2, "2.6.0", "Ends the script under way", command.NoScript|command.AllowBusy, f.kill(true)), "", oneSucceeds()),
			about(sub("debug", 3, "3.2.0", "Sets the debug mode of scripts", command.NoScript, func(c *command.Ctx) { f.debug.SetMode(c) }), "", nil,
				command.Arg{Name: "mode", Type: "oneof", Args: []command.Arg{{Name: "yes", Type: "pure-token", Token: "YES"}, {Name: "sync", Type: "pure-token", Token: "SYNC"},
					{Name: "no", Type: "pure-token", Token: "NO"}}}),
			sub("help", 2, "5.0.0", "Lists the subcommands", command.Loading|command.Stale, f.help),
		}}
}
