// Package command holds the commands about commands: COMMAND and its subcommands. All that they tell is read from the command
// table.
//
// A command as COMMAND INFO shows it, ten fields; aggregates are sets and maps in RESP3 and arrays in RESP2:
//
//	name arity {flags} first-key last-key key-step {ACL categories} {tips} {key specifications} [subcommands]
package command

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Host is what these commands need of the engine.
type Host interface {
	Table() *command.Table
}

type family struct{ h Host }

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	f := family{h}
	const flags = command.Loading | command.Stale
	names := []command.Arg{{Name: "command-name", Type: "string", Optional: true, Multiple: true}}
	order := []string{"nondeterministic_output_order"}
	return []*command.Spec{{
		Name: "command", Arity: -1, Flags: flags, Cats: command.CatConnection, Group: "server", Since: "2.8.13", Tips: order,
		Summary: "Describes all commands", Complexity: "O(N), N commands", Run: f.all,
		Subs: []*command.Spec{
			{Name: "count", Arity: 2, Flags: flags, Cats: command.CatConnection, Since: "2.8.13", Summary: "Counts the commands", Complexity: "O(1)", Run: f.count},
			{Name: "docs", Arity: -2, Flags: flags, Cats: command.CatConnection, Since: "7.0.0", Tips: order, Args: names,
				Summary: "Documents commands", Complexity: "O(N), N commands", Run: f.docs},
			{Name: "getkeys", Arity: -4, Flags: flags, Cats: command.CatConnection, Since: "2.8.13",
				Summary: "Finds the keys in a call", Complexity: "O(N), N arguments of the call", Run: f.getKeys},
			{Name: "getkeysandflags", Arity: -4, Flags: flags, Cats: command.CatConnection, Since: "7.0.0",
				Summary: "Finds the keys in a call, and what the call does with them", Complexity: "O(N), N arguments of the call", Run: f.getKeysAndFlags},
			{Name: "help", Arity: 2, Flags: flags, Cats: command.CatConnection, Since: "5.0.0", Summary: "Lists the subcommands", Complexity: "O(1)", Run: help},
			{Name: "info", Arity: -2, Flags: flags, Cats: command.CatConnection, Since: "2.8.13", Tips: order, Args: names,
				History: []string{"7.0.0|Without names it describes all commands."},
				Summary: "Describes commands", Complexity: "O(N), N commands", Run: f.info},
			{Name: "list", Arity: -2, Flags: flags, Cats: command.CatConnection, Since: "7.0.0", Tips: order, Summary: "Lists the names of commands", Complexity: "O(N), N commands", Run: f.list,
				Args: []command.Arg{{Name: "filterby", Type: "oneof", Token: "FILTERBY", Optional: true, Args: []command.Arg{
					{Name: "module-name", Type: "string", Token: "MODULE"},
					{Name: "category", Type: "string", Token: "ACLCAT"},
					{Name: "pattern", Type: "pattern", Token: "PATTERN"}}}}},
		},
	}}
}

func help(c *command.Ctx) {
	c.Help("COMMAND",
		"(no subcommand)", "    Describe all commands.",
		"COUNT", "    Count the commands of this server.",
		"DOCS [<command-name> ...]", "    Document the named commands, or all.",
		"GETKEYS <full-command>", "    Find the keys in a call.",
		"GETKEYSANDFLAGS <full-command>", "    Find the keys in a call and what it does with them.",
		"INFO [<command-name> ...]", "    Describe the named commands, or all.",
		"LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]", "    List the names of commands.")
}

func (f family) count(c *command.Ctx) { c.Reply.Int(int64(f.h.Table().Len())) }

func (f family) all(c *command.Ctx) { f.describe(c, nil) }

func (f family) info(c *command.Ctx) { f.describe(c, c.Args[2:]) }

// describe replies with an entry for each name, or for all commands without names.
func (f family) describe(c *command.Ctx, names [][]byte) {
	t := f.h.Table()
	if len(names) == 0 {
		c.Reply.Array(t.Len())
		for _, s := range t.Commands() {
			writeInfo(c.Reply, s)
		}
		return
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		if s := t.LookupFull(name); s != nil {
			writeInfo(c.Reply, s)
		} else {
			c.Reply.Null()
		}
	}
}

// list replies with names of commands and subcommands: all, or those that a filter keeps.
func (f family) list(c *command.Ctx) {
	keep := func(*command.Spec) bool { return true }
	switch {
	case len(c.Args) == 2:
	case len(c.Args) != 5 || !command.Is(c.Args[2], "FILTERBY"):
		c.Fail(command.ErrSyntax)
		return
	case command.Is(c.Args[3], "MODULE"):
		keep = func(*command.Spec) bool { return false } // no command comes from a module
	case command.Is(c.Args[3], "ACLCAT"):
		want := command.ParseCategory(c.Args[4])
		keep = func(s *command.Spec) bool { return s.Categories()&want != 0 }
	case command.Is(c.Args[3], "PATTERN"):
		pattern := c.Args[4]
		keep = func(s *command.Spec) bool { return command.Match(pattern, []byte(s.FullName()), false) }
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	var names []string
	for _, s := range f.h.Table().Commands() {
		if keep(s) {
			names = append(names, s.FullName())
		}
		for _, sub := range s.Subs {
			if keep(sub) {
				names = append(names, sub.FullName())
			}
		}
	}
	c.Reply.Array(len(names))
	for _, n := range names {
		c.Reply.BulkString(n)
	}
}
