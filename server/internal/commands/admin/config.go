package admin

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

func (f family) configSpec() *command.Spec {
	return &command.Spec{Name: "config", Arity: -2, Group: "server", Since: "2.0.0", Summary: "Commands about the configuration", Complexity: "Depends on subcommand.",
		Subs: []*command.Spec{
			about(sub("get", -3, "2.0.0", "Answers the directives that match patterns", adminFlags, f.configGet), nil,
				[]command.Arg{{Name: "parameter", Type: "block", Multiple: true, Args: []command.Arg{{Name: "parameter", Type: "string"}}}}, "7.0.0|More than one pattern."),
			sub("help", 2, "5.0.0", "Lists the subcommands", command.Loading|command.Stale, func(c *command.Ctx) {
				c.Help("CONFIG", "GET <pattern>", "    Return parameters matching the glob-like <pattern> and their values.",
					"SET <directive> <value>", "    Set the configuration <directive> to <value>.",
					"RESETSTAT", "    Reset statistics reported by the INFO command.",
					"REWRITE", "    Rewrite the configuration file.")
			}),
			sub("resetstat", 2, "2.0.0", "Sets the counters of INFO back", adminFlags, func(c *command.Ctx) {
				f.h.ResetStats()
				c.Reply.OK()
			}),
			sub("rewrite", 2, "2.8.0", "Writes the running configuration to its file", adminFlags, f.configRewrite),
			about(sub("set", -4, "2.0.0", "Changes directives, all or none", adminFlags, f.configSet), []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				[]command.Arg{{Name: "parameter_value", Type: "block", Multiple: true, Args: []command.Arg{{Name: "parameter", Type: "string"}, {Name: "value", Type: "string"}}}},
				"7.0.0|More than one directive."),
		}}
}

func strs(args [][]byte) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = string(a)
	}
	return out
}

func (f family) configGet(c *command.Ctx) {
	pairs := f.h.ConfigGet(strs(c.Args[2:]))
	c.Reply.Map(len(pairs) / 2)
	for _, p := range pairs {
		c.Reply.BulkString(p)
	}
}

func (f family) configSet(c *command.Ctx) {
	if len(c.Args)%2 != 0 {
		c.Fail(command.ErrSyntax)
		return
	}
	for i := 2; i < len(c.Args); i += 2 {
		switch strings.ToLower(string(c.Args[i])) {
		case "masteruser", "masterauth", "requirepass", "tls-key-file-pass", "tls-client-key-file-pass":
			c.Redact(i + 1) // the slow log may keep the call
		}
	}
	finish(c, f.h.ConfigSet(strs(c.Args[2:])))
}

func (f family) configRewrite(c *command.Ctx) {
	finish(c, f.h.ConfigRewrite())
}
