package conn

import (
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

const (
	always = command.NoScript | command.Loading | command.Stale
	first  = always | command.Fast | command.NoAuth | command.AllowBusy // may be what a connection begins with
	client = "connection"
)

// Commands returns the family.
func Commands(h Host, t Tracking) []*command.Spec {
	f := family{h, t}
	return []*command.Spec{
		{Name: "ping", Arity: -1, Flags: command.Fast, Group: client, Since: "1.0.0", Run: f.ping,
			Summary: "Answers PONG, or the message it was given", Complexity: "O(1)", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Args: []command.Arg{{Name: "message", Type: "string", Optional: true}}},
		{Name: "echo", Arity: 2, Flags: command.Loading | command.Stale | command.Fast, Group: client, Since: "1.0.0", Run: f.echo,
			Summary: "Answers with its argument", Complexity: "O(1)", Args: []command.Arg{{Name: "message", Type: "string"}}},
		{Name: "select", Arity: 2, Flags: command.Loading | command.Stale | command.Fast, Group: client, Since: "1.0.0", Run: f.selectDB,
			Summary: "Chooses the database of this connection", Complexity: "O(1)", Args: []command.Arg{{Name: "index", Type: "integer"}}},
		{Name: "auth", Arity: -2, Flags: first, Group: client, Since: "1.0.0", Run: f.auth,
			Summary: "Authenticates the connection", Complexity: "O(N), N passwords of the user",
			Args: []command.Arg{{Name: "username", Type: "string", Optional: true, Since: "6.0.0"}, {Name: "password", Type: "string"}}},
		{Name: "hello", Arity: -1, Flags: first, Group: client, Since: "6.0.0", Run: f.hello,
			Summary: "Greets the server: protocol version, authentication, name", Complexity: "O(1)", History: []string{"6.2.0|Without arguments it tells the state of the connection."},
			Args: []command.Arg{{Name: "arguments", Type: "block", Optional: true, Args: []command.Arg{
				{Name: "protover", Type: "integer"},
				{Name: "username_password", Type: "block", Token: "AUTH", Optional: true, Args: []command.Arg{{Name: "username", Type: "string"}, {Name: "password", Type: "string"}}},
				{Name: "clientname", Type: "string", Token: "SETNAME", Optional: true}}}}},
		{Name: "quit", Arity: -1, Flags: first, Group: client, Since: "1.0.0", Run: f.quit, Summary: "Closes the connection", Complexity: "O(1)"},
		{Name: "reset", Arity: 1, Flags: first, Group: client, Since: "6.2.0", Run: f.reset, Summary: "Brings the connection back to the state of a new one", Complexity: "O(1)"},
		{Name: "client", Arity: -2, Group: client, Since: "2.4.0", Summary: "Commands about client connections", Complexity: "Depends on subcommand.",
			Subs: slices.Concat(f.ownSpecs(), f.managingSpecs(), f.trackingSpecs())},
	}
}

// sub declares a subcommand of CLIENT.
func sub(name string, arity int, since, summary string, flags command.Flags, run func(*command.Ctx), args ...command.Arg) *command.Spec {
	return &command.Spec{Name: name, Arity: arity, Flags: always | flags, Cats: command.CatConnection, Group: client, Since: since, Summary: summary,
		Complexity: "O(1)", Args: args, Run: run}
}

// tokens declares alternatives that are words: lower-case names, upper-case tokens.
func tokens(names ...string) []command.Arg {
	var out []command.Arg
	for _, n := range names {
		out = append(out, command.Arg{Name: n, Type: "pure-token", Token: strings.ToUpper(n)})
	}
	return out
}

// ownSpecs declares the subcommands of CLIENT about the caller's own connection.
func (f family) ownSpecs() []*command.Spec {
	help := sub("help", 2, "5.0.0", "Lists the subcommands", 0, help)
	help.Flags = command.Loading | command.Stale
	info := sub("info", 2, "6.2.0", "Describes this connection", 0, f.info)
	info.Tips = []string{"nondeterministic_output"}
	return []*command.Spec{
		sub("getname", 2, "2.6.9", "Answers the name of the connection", 0, f.getName),
		help,
		sub("id", 2, "5.0.0", "Answers the ID of the connection", 0, func(c *command.Ctx) { c.Reply.Int(of(c).ID) }),
		info,
		sub("no-evict", 3, "7.0.0", "Exempts this connection from client eviction", command.Admin, f.noEvict,
			command.Arg{Name: "enabled", Type: "oneof", Args: tokens("on", "off")}),
		sub("no-touch", 3, "7.2.0", "Lets the commands of this connection leave the keys' times of access as they are", 0, f.noTouch,
			command.Arg{Name: "enabled", Type: "oneof", Args: tokens("on", "off")}),
		sub("reply", 3, "3.2.0", "Switches replies on and off", 0, f.replyMode,
			command.Arg{Name: "on_off_skip", Type: "oneof", Args: tokens("on", "off", "skip")}),
		sub("setname", 3, "2.6.9", "Names the connection", 0, f.setName, command.Arg{Name: "connection-name", Type: "string"}),
	}
}

// managingSpecs declares the subcommands of CLIENT about all connections.
func (f family) managingSpecs() []*command.Spec {
	kill := sub("kill", -3, "2.4.0", "Closes connections", command.Admin, f.kill,
		command.Arg{Name: "filter", Type: "oneof", Args: []command.Arg{
			{Name: "ip:port", Type: "string", Deprecated: "2.8.12"},
			{Name: "new-format", Type: "oneof", Multiple: true, Args: killFilters()}}})
	kill.Complexity = "O(N), N connections"
	list := sub("list", -2, "2.4.0", "Lists the connections", command.Admin, f.list,
		command.Arg{Name: "normal_master_replica_pubsub", Type: "oneof", Token: "TYPE", Optional: true, Since: "5.0.0", Args: tokens("normal", "master", "replica", "pubsub")},
		command.Arg{Name: "id", Type: "block", Token: "ID", Optional: true, Since: "6.2.0", Args: []command.Arg{{Name: "client-id", Type: "integer", Multiple: true}}})
	list.Complexity, list.Tips = "O(N), N connections", []string{"nondeterministic_output"}
	list.History = []string{"2.8.12|Field `id`.", "6.0.0|Field `user`.", "6.2.0|Fields `argv-mem`, `tot-mem`, `laddr` and `redir`.",
		"7.0.0|Fields `resp`, `multi-mem`, `rbs` and `rbp`.", "7.0.3|Field `ssub`."}
	unpause := sub("unpause", 2, "6.2.0", "Ends CLIENT PAUSE", command.Admin, f.unpause)
	unpause.Complexity = "O(N), N paused connections"
	return []*command.Spec{
		kill, list,
		sub("pause", -3, "2.9.50", "Suspends the commands of clients for a time", command.Admin, f.pause,
			command.Arg{Name: "timeout", Type: "integer"},
			command.Arg{Name: "mode", Type: "oneof", Optional: true, Since: "6.2.0", Args: tokens("write", "all")}),
		sub("unblock", -3, "5.0.0", "Ends the wait of a blocked client", command.Admin, f.unblock,
			command.Arg{Name: "client-id", Type: "integer"},
			command.Arg{Name: "timeout_error", Type: "oneof", Optional: true, Args: tokens("timeout", "error")}),
		unpause,
	}
}

// killFilters declares what CLIENT KILL can select by.
func killFilters() []command.Arg {
	types := tokens("normal", "master", "slave", "replica", "pubsub")
	types[1].Since, types[3].Since = "3.2.0", "5.0.0"
	return []command.Arg{
		{Name: "client-id", Type: "integer", Token: "ID", Optional: true, Since: "2.8.12"},
		{Name: "normal_master_slave_pubsub", Type: "oneof", Token: "TYPE", Optional: true, Since: "2.8.12", Args: types},
		{Name: "username", Type: "string", Token: "USER", Optional: true},
		{Name: "ip:port", Type: "string", Token: "ADDR", Optional: true},
		{Name: "ip:port", Type: "string", Token: "LADDR", Optional: true, Since: "6.2.0"},
		{Name: "yes/no", Type: "string", Token: "SKIPME", Optional: true},
	}
}
