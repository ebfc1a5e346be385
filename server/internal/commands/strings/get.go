package strings

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func get(c *command.Ctx) { reply(c, c.Key()) }

func mget(c *command.Ctx) {
	c.Reply.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		if v, ok, err := c.DB.GetString(key, c.Now); ok && err == nil {
			if c.Reply.Bulk(v); c.AbandonLarge(len(v)) {
				return
			}
		} else {
			c.Reply.Null()
		}
	}
}

func strlen(c *command.Ctx) {
	n, err := c.DB.StringLen(c.Key(), c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	c.Reply.Int(int64(n))
}

func getset(c *command.Ctx) {
	if !reply(c, c.Key()) {
		return
	}
	key, v := c.Args[1], c.Args[2]
	c.DB.SetString(key, v, 0, c.Now)
	c.Changed(command.NotifyString, "set", key)
	c.Dirty++
	c.ReplaceStrings("SET", key, v)
}

func getdel(c *command.Ctx) {
	if !reply(c, c.Key()) {
		return
	}
	if c.DB.Delete(c.Key()) {
		c.Changed(command.NotifyGeneric, "del", c.Key())
		c.Dirty++
		c.ReplaceStrings("DEL", c.Key())
	}
}

func getex(c *command.Ctx) {
	o, ok := parseOptions(c, 2, true)
	if !ok {
		return
	}
	key := c.Key()
	v, found, err := c.DB.GetString(key, c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	if !found {
		c.Reply.Null()
		return
	}
	at, ok := o.deadline(c)
	if !ok {
		return
	}
	c.Reply.Bulk(v)
	switch {
	case o.unit != noTime && o.absolute && at <= c.Now && !c.Loading && c.Store.Mode() == store.ExpireDelete:
		c.DB.Delete(key)
		c.Changed(command.NotifyGeneric, "del", key)
		c.Dirty++
		c.ReplaceStrings("DEL", key)
	case o.unit != noTime:
		c.DB.SetExpire(key, at, c.Now)
		c.Changed(command.NotifyGeneric, "expire", key)
		c.Dirty++
		c.ReplaceStrings("PEXPIREAT", key, decimal(at))
	case o.persist && c.DB.Persist(key, c.Now):
		c.Changed(command.NotifyGeneric, "persist", key)
		c.Dirty++
		c.ReplaceStrings("PERSIST", key)
	}
}
