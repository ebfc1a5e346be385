// Package pubsub holds the commands of publishing and subscribing. Who has subscribed to what, and the delivery, is the hub's
// (server/internal/pubsub).
package pubsub

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the hub. Subscribe, Unsubscribe and UnsubscribeAll tell the client themselves.
type Host interface {
	Subscribe(s *session.Session, k session.TopicKind, name []byte)
	Unsubscribe(s *session.Session, k session.TopicKind, name []byte)
	UnsubscribeAll(s *session.Session, k session.TopicKind)
	Publish(channel, text []byte) int
	PublishShard(channel, text []byte) int
	Topics(k session.TopicKind, pattern []byte) []string
	Subscribers(k session.TopicKind, name []byte) int
	Patterns() int
}

type family struct{ h Host }

func of(c *command.Ctx) *session.Session { return c.Client.(*session.Session) }

// subscribe returns the handler of SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE. They answer more or less than once, so a caller that
// expects one reply for each command cannot use them; a transaction may, as it always could, except for shard channels.
func (f family) subscribe(k session.TopicKind) func(*command.Ctx) {
	return func(c *command.Ctx) {
		s := of(c)
		if c.DenyBlocking && (k == session.ShardChannel || !s.Has(session.InMulti)) {
			c.Fail("ERR " + strings.ToUpper(c.Spec.Name) + " isn't allowed for a DENY BLOCKING client")
			return
		}
		for _, name := range c.Args[1:] {
			f.h.Subscribe(s, k, name)
		}
	}
}

// unsubscribe returns the handler of UNSUBSCRIBE, PUNSUBSCRIBE or SUNSUBSCRIBE.
func (f family) unsubscribe(k session.TopicKind) func(*command.Ctx) {
	return func(c *command.Ctx) {
		s := of(c)
		if len(c.Args) == 1 {
			f.h.UnsubscribeAll(s, k)
			return
		}
		for _, name := range c.Args[1:] {
			f.h.Unsubscribe(s, k, name)
		}
	}
}

func (f family) publish(c *command.Ctx) {
	n := f.h.Publish(c.Args[1], c.Args[2])
	c.Forward()
	c.Reply.Int(int64(n))
}

func (f family) publishShard(c *command.Ctx) {
	n := f.h.PublishShard(c.Args[1], c.Args[2])
	c.Forward()
	c.Reply.Int(int64(n))
}

// topics returns the handler of PUBSUB CHANNELS or SHARDCHANNELS.
func (f family) topics(k session.TopicKind) func(*command.Ctx) {
	return func(c *command.Ctx) {
		var pattern []byte
		switch len(c.Args) {
		case 2:
		case 3:
			pattern = c.Args[2]
		default:
			c.FailTooMany()
			return
		}
		names := f.h.Topics(k, pattern)
		c.Reply.Array(len(names))
		for _, n := range names {
			c.Reply.BulkString(n)
		}
	}
}

// subscribers returns the handler of PUBSUB NUMSUB or SHARDNUMSUB.
func (f family) subscribers(k session.TopicKind) func(*command.Ctx) {
	return func(c *command.Ctx) {
		c.Reply.Array(2 * (len(c.Args) - 2))
		for _, name := range c.Args[2:] {
			c.Reply.Bulk(name)
			c.Reply.Int(int64(f.h.Subscribers(k, name)))
		}
	}
}

func help(c *command.Ctx) {
	c.Help("PUBSUB",
		"CHANNELS [<pattern>]", "    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT", "    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]", "    Return the number of subscribers for the specified channels, excluding", "    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]", "    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]", "    Return the number of subscribers for the specified shard level channel(s)")
}
