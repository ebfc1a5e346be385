// Package zsets is the sorted set family: ZADD to ZSCAN. Every range, by rank, by score or by member, becomes a pair of
// ranks first (parse.go, range.go); what is done with it comes second. Blocking pops run like the others when they find a
// member; else they park the client through Ctx.Block, and the engine runs them again when a key changes.
package zsets

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

const errNotRange = "ERR min or max is not a float"

// find is WriteZSet with the error reply; alive is false after that.
func find(c *command.Ctx, key []byte) (z store.ZSet, ok, alive bool) {
	z, ok, err := c.DB.WriteZSet(key, c.Now)
	return z, ok, c.Check(err)
}

// view is ReadZSet with the error reply; alive is false after that.
func view(c *command.Ctx, key []byte) (v store.ZSetView, ok, alive bool) {
	v, ok, err := c.DB.ReadZSet(key, c.Now)
	return v, ok, c.Check(err)
}

// removed tells that n members are gone, and perhaps the key.
func removed(c *command.Ctx, z *store.ZSet, key []byte, event string, n int) {
	c.Dirty += int64(n)
	c.Changed(command.NotifyZSet, event, key)
	if !z.Exists() {
		c.Notify(command.NotifyGeneric, "del", key)
	}
}

// pairs writes the header of n members with scores: in RESP3 each pair is an array of its own.
func pairs(c *command.Ctx, n int) {
	if c.Reply.Proto < 3 {
		n *= 2
	}
	c.Reply.Array(n)
}

// pair writes one of them.
func pair(c *command.Ctx, m listpack.Value, score float64) {
	if c.Reply.Proto >= 3 {
		c.Reply.Array(2)
	}
	flat(c, m, score)
}

// flat writes a member and its score side by side.
func flat(c *command.Ctx, m listpack.Value, score float64) {
	c.Element(m)
	c.Reply.Double(score)
}

// nested writes a member and its score as an array, whatever the protocol.
func nested(c *command.Ctx, m listpack.Value, score float64) {
	c.Reply.Array(2)
	flat(c, m, score)
}

// emit replies n members from rank first on, in either direction.
func emit(c *command.Ctx, v *store.ZSetView, first, n int, reverse, withScores bool) {
	if !withScores {
		c.Reply.Array(n)
		v.EachValue(first, n, reverse, func(m listpack.Value, _ float64) { c.Element(m) })
		return
	}
	pairs(c, n)
	v.EachValue(first, n, reverse, func(m listpack.Value, score float64) { pair(c, m, score) })
}
