package pubsub

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

const (
	flags   = command.PubSub | command.Loading | command.Stale
	talking = flags | command.NoScript
	group   = "pubsub"
)

// shardKeys routes shard channels to a node of a cluster as keys are.
func shardKeys(last int) []command.KeySpec {
	return []command.KeySpec{{Access: command.KeyNotKey, Index: 1, LastKey: last, Step: 1}}
}

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	f := family{h}
	channel := command.Arg{Name: "channel", Type: "string"}
	shard := command.Arg{Name: "shardchannel", Type: "string"}
	message := command.Arg{Name: "message", Type: "string"}
	return []*command.Spec{
		{Name: "subscribe", Arity: -2, Flags: talking, Group: group, Since: "2.0.0", Run: f.subscribe(session.Channel),
			Summary: "Subscribes to channels", Complexity: "O(N), N channels", Args: many(channel)},
		{Name: "psubscribe", Arity: -2, Flags: talking, Group: group, Since: "2.0.0", Run: f.subscribe(session.Pattern),
			Summary: "Subscribes to all channels that match patterns", Complexity: "O(N), N patterns of the client",
			Args: []command.Arg{{Name: "pattern", Type: "block", Multiple: true, Args: []command.Arg{{Name: "pattern", Type: "pattern"}}}}},
		{Name: "ssubscribe", Arity: -2, Flags: talking, Group: group, Since: "7.0.0", Keys: shardKeys(-1), Run: f.subscribe(session.ShardChannel),
			Summary: "Subscribes to shard channels", Complexity: "O(N), N shard channels", Args: many(shard)},
		{Name: "unsubscribe", Arity: -1, Flags: talking, Group: group, Since: "2.0.0", Run: f.unsubscribe(session.Channel),
			Summary: "Ends subscriptions to channels", Complexity: "O(N), N subscribers of a channel", Args: optional(many(channel))},
		{Name: "punsubscribe", Arity: -1, Flags: talking, Group: group, Since: "2.0.0", Run: f.unsubscribe(session.Pattern),
			Summary: "Ends subscriptions to patterns", Complexity: "O(N+M), N subscribers of a pattern, M patterns",
			Args: optional(many(command.Arg{Name: "pattern", Type: "pattern"}))},
		{Name: "sunsubscribe", Arity: -1, Flags: talking, Group: group, Since: "7.0.0", Keys: shardKeys(-1), Run: f.unsubscribe(session.ShardChannel),
			Summary: "Ends subscriptions to shard channels", Complexity: "O(N), N subscribers of a shard channel", Args: optional(many(shard))},
		{Name: "publish", Arity: 3, Flags: flags | command.Fast | command.MayReplicate, Group: group, Since: "2.0.0", Run: f.publish,
			Summary: "Sends a message to a channel", Complexity: "O(N+M), N subscribers of the channel, M patterns", Args: []command.Arg{channel, message}},
		{Name: "spublish", Arity: 3, Flags: flags | command.Fast | command.MayReplicate, Group: group, Since: "7.0.0", Keys: shardKeys(0), Run: f.publishShard,
			Summary: "Sends a message to a shard channel", Complexity: "O(N), N subscribers of the shard channel", Args: []command.Arg{shard, message}},
		{Name: "pubsub", Arity: -2, Group: group, Since: "2.8.0", Summary: "Tells of channels and subscribers", Complexity: "Depends on subcommand.", Subs: f.introspection()},
	}
}

// many and optional mark the arguments of a command that takes any number of one kind.
func many(a command.Arg) []command.Arg {
	a.Multiple = true
	return []command.Arg{a}
}

func optional(args []command.Arg) []command.Arg {
	args[0].Optional = true
	return args
}

// introspection declares the subcommands of PUBSUB.
func (f family) introspection() []*command.Spec {
	pattern := []command.Arg{{Name: "pattern", Type: "pattern", Optional: true}}
	return []*command.Spec{
		{Name: "channels", Arity: -2, Flags: flags, Since: "2.8.0", Run: f.topics(session.Channel), Args: pattern,
			Summary: "Lists channels that have subscribers", Complexity: "O(N), N channels"},
		{Name: "help", Arity: 2, Flags: command.Loading | command.Stale, Since: "6.2.0", Run: help, Summary: "Lists the subcommands", Complexity: "O(1)"},
		{Name: "numpat", Arity: 2, Flags: flags, Since: "2.8.0", Run: func(c *command.Ctx) { c.Reply.Int(int64(f.h.Patterns())) },
			Summary: "Counts the different patterns that have subscribers", Complexity: "O(1)"},
		{Name: "numsub", Arity: -2, Flags: flags, Since: "2.8.0", Run: f.subscribers(session.Channel), Args: optional(many(command.Arg{Name: "channel", Type: "string"})),
			Summary: "Counts the subscribers of channels", Complexity: "O(N), N channels asked for"},
		{Name: "shardchannels", Arity: -2, Flags: flags, Since: "7.0.0", Run: f.topics(session.ShardChannel), Args: pattern,
			Summary: "Lists shard channels that have subscribers", Complexity: "O(N), N shard channels"},
		{Name: "shardnumsub", Arity: -2, Flags: flags, Since: "7.0.0", Run: f.subscribers(session.ShardChannel), Args: optional(many(command.Arg{Name: "shardchannel", Type: "string"})),
			Summary: "Counts the subscribers of shard channels", Complexity: "O(N), N shard channels asked for"},
	}
}
