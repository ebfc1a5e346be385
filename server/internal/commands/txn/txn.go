// Package txn holds the commands of transactions: MULTI, EXEC, DISCARD, WATCH and UNWATCH. The engine queues and runs; here
// stand the commands' faces.
package txn

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the engine.
type Host interface {
	Multi(s *session.Session) bool
	Exec(s *session.Session)
	Discard(s *session.Session)
	Watch(s *session.Session, key []byte)
	Unwatch(s *session.Session)
}

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	const flags = command.NoScript | command.Loading | command.Stale
	of := func(c *command.Ctx) *session.Session { return c.Client.(*session.Session) }
	return []*command.Spec{
		{Name: "multi", Arity: 1, Flags: flags | command.Fast | command.AllowBusy, Group: "transactions", Since: "1.2.0",
			Summary: "Opens a transaction", Complexity: "O(1)", Run: func(c *command.Ctx) {
				if h.Multi(of(c)) {
					c.Reply.OK()
				} else {
					c.Fail("ERR MULTI calls can not be nested")
				}
			}},
		{Name: "exec", Arity: 1, Flags: command.NoScript | command.Loading | command.Stale | command.SkipSlowlog, Group: "transactions", Since: "1.2.0",
			Summary: "Runs the queued commands", Complexity: "Depends on commands in the transaction", Run: func(c *command.Ctx) {
				if !of(c).Has(session.InMulti) {
					c.Fail("ERR EXEC without MULTI")
					return
				}
				h.Exec(of(c))
			}},
		{Name: "discard", Arity: 1, Flags: flags | command.Fast | command.AllowBusy, Group: "transactions", Since: "2.0.0",
			Summary: "Drops the queued commands", Complexity: "O(N), when N is the number of queued commands", Run: func(c *command.Ctx) {
				if !of(c).Has(session.InMulti) {
					c.Fail("ERR DISCARD without MULTI")
					return
				}
				h.Discard(of(c))
				c.Reply.OK()
			}},
		{Name: "watch", Arity: -2, Flags: flags | command.Fast | command.AllowBusy, Group: "transactions", Since: "2.2.0", Keys: command.AllKeys(command.KeyRO, 1),
			Summary: "Makes the next EXEC depend on keys staying as they are", Complexity: "O(1) for every key.",
			Args: []command.Arg{{Name: "key", Type: "key", Multiple: true}}, Run: func(c *command.Ctx) {
				s := of(c)
				if s.Has(session.InMulti) {
					c.Fail("ERR WATCH inside MULTI is not allowed")
					return
				}
				if !s.Has(session.DirtyCAS) {
					for _, k := range c.Args[1:] {
						h.Watch(s, k)
					}
				}
				c.Reply.OK()
			}},
		{Name: "unwatch", Arity: 1, Flags: flags | command.Fast | command.AllowBusy, Group: "transactions", Since: "2.2.0",
			Summary: "Forgets the watched keys", Complexity: "O(1)", Run: func(c *command.Ctx) {
				h.Unwatch(of(c))
				c.Reply.OK()
			}},
	}
}
