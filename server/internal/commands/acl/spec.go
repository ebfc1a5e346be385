package acl

import "github.com/lockstep-db/lockstep/server/internal/command"

// Commands declares the family: arity, flags and arguments are those of Redis 7.0.
func Commands(h Host) []*command.Spec {
	f := family{h}
	const open = command.NoScript | command.Loading | command.Stale
	const admin = open | command.Admin
	text := func(name string) command.Arg { return command.Arg{Name: name, Type: "string"} }
	channels := "6.2.0|Users have patterns of channels."
	return []*command.Spec{{
		Name: "acl", Arity: -2, Group: "server", Since: "6.0.0",
		Summary:    "A container for commands about users and what they may do.",
		Complexity: "Depends on the subcommand",
		Subs: []*command.Spec{
			{Name: "cat", Arity: -2, Flags: open, Since: "6.0.0", Summary: "Lists the categories of commands, or the commands of one.", Complexity: "O(N), N commands",
				Args: []command.Arg{{Name: "categoryname", Type: "string", Optional: true}}, Run: f.cat},
			{Name: "deluser", Arity: -3, Flags: admin, Since: "6.0.0", Summary: "Removes users and closes their connections.", Complexity: "O(N), N connections",
				Args: []command.Arg{{Name: "username", Type: "string", Multiple: true}}, Run: f.deluser},
			{Name: "dryrun", Arity: -4, Flags: admin, Since: "7.0.0", Summary: "Tells whether a user may run a command, without running it.", Complexity: "O(1)",
				Args: []command.Arg{text("username"), text("command"), {Name: "arg", Type: "string", Optional: true, Multiple: true}}, Run: f.dryrun},
			{Name: "genpass", Arity: -2, Flags: open, Since: "6.0.0", Summary: "Draws a password that cannot be guessed.", Complexity: "O(1)",
				Args: []command.Arg{{Name: "bits", Type: "integer", Optional: true}}, Run: genpass},
			{Name: "getuser", Arity: 3, Flags: admin, Since: "6.0.0", Summary: "Shows the rules of a user.", Complexity: "O(N), N rules",
				History: []string{channels, "7.0.0|Users have selectors; patterns are shown as rules instead of lists."},
				Args:    []command.Arg{text("username")}, Run: f.getuser},
			{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "6.0.0", Summary: "Shows the subcommands.", Complexity: "O(1)", Run: help},
			{Name: "list", Arity: 2, Flags: admin, Since: "6.0.0", Summary: "Lists all users with rules that make them.", Complexity: "O(N), N users", Run: f.list},
			{Name: "load", Arity: 2, Flags: admin, Since: "6.0.0", Summary: "Replaces all users by those of the ACL file.", Complexity: "O(N), N users", Run: f.load},
			{Name: "log", Arity: -2, Flags: admin, Since: "6.0.0", Summary: "Lists the latest calls and logins that were refused.", Complexity: "O(N), N entries shown",
				Args: []command.Arg{{Name: "operation", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "count", Type: "integer"}, {Name: "reset", Type: "pure-token", Token: "RESET"}}}},
				Run:  f.log},
			{Name: "save", Arity: 2, Flags: admin, Since: "6.0.0", Summary: "Writes all users to the ACL file.", Complexity: "O(N), N users", Run: f.save},
			{Name: "setuser", Arity: -3, Flags: admin, Since: "6.0.0", Summary: "Changes the rules of a user, or makes one.", Complexity: "O(N), N rules",
				History: []string{channels, "7.0.0|Users have selectors, and patterns of keys for reading and for writing."},
				Args:    []command.Arg{text("username"), {Name: "rule", Type: "string", Optional: true, Multiple: true}}, Run: f.setuser},
			{Name: "users", Arity: 2, Flags: admin, Since: "6.0.0", Summary: "Lists the names of all users.", Complexity: "O(N), N users", Run: f.users},
			{Name: "whoami", Arity: 2, Flags: open, Since: "6.0.0", Summary: "Returns the name of the connection's user.", Complexity: "O(1)", Run: whoami},
		},
	}}
}
