package admin

import "github.com/lockstep-db/lockstep/server/internal/command"

// moduleSpec declares MODULE. Modules of Redis are shared libraries that call its C functions: we have no such functions, so each
// library fails to load and none is loaded. Who may try is enable-module-command's business, as in Redis.
func (f family) moduleSpec() *command.Spec {
	const flags = command.Admin | command.NoScript | command.NoAsyncLoading | command.Protected
	path := command.Arg{Name: "path", Type: "string"}
	return &command.Spec{Name: "module", Arity: -2, Group: "server", Since: "4.0.0", Summary: "Commands about modules", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			sub("help", 2, "5.0.0", "Lists the subcommands", command.Loading|command.Stale, moduleHelp),
			about(sub("list", 2, "4.0.0", "Lists the modules, of which there are none", command.Admin|command.NoScript, func(c *command.Ctx) { c.Reply.Array(0) }),
				[]string{"nondeterministic_output_order"}, nil),
			about(sub("load", -3, "4.0.0", "Would load a module", flags, f.moduleLoad), nil,
				[]command.Arg{path, {Name: "arg", Type: "string", Optional: true, Multiple: true}}),
			about(sub("loadex", -3, "7.0.0", "Would load a module with its configuration", flags, f.moduleLoad), nil,
				[]command.Arg{path,
					{Name: "configs", Type: "block", Token: "CONFIG", Optional: true, Multiple: true, MultiTok: true, Args: []command.Arg{{Name: "name", Type: "string"}, {Name: "value", Type: "string"}}},
					{Name: "args", Type: "block", Token: "ARGS", Optional: true, Multiple: true, Args: []command.Arg{{Name: "arg", Type: "string"}}}}),
			about(sub("unload", 3, "4.0.0", "Would unload a module", flags, func(c *command.Ctx) { c.Fail("ERR Error unloading module: no such module with that name") }), nil,
				[]command.Arg{{Name: "name", Type: "string"}}),
		}}
}

func moduleHelp(c *command.Ctx) {
	c.Help("MODULE", "LIST", "    Return a list of loaded modules.",
		"LOAD <path> [<arg> ...]", "    Load a module library from <path>, passing to it any optional arguments.",
		"LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]", "    Load a module library from <path>, while passing it module configurations and optional arguments.",
		"UNLOAD <name>", "    Unload a module.")
}

// moduleLoad says where Redis says it, in the log, why the module was not loaded.
func (f family) moduleLoad(c *command.Ctx) {
	f.h.Log("Module " + string(c.Args[2]) + " failed to load: modules are not supported")
	c.Fail("ERR Error loading the extension. Please check the server logs.")
}
