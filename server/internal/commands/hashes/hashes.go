// Package hashes is the hash family: HSET to HSCAN.
package hashes

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// find is WriteHash with the error reply; alive is false after that.
func find(c *command.Ctx) (h store.Hash, ok, alive bool) {
	h, ok, err := c.DB.WriteHash(c.Key(), c.Now)
	return h, ok, c.Check(err)
}

// view is ReadHash with the error reply; alive is false after that.
func view(c *command.Ctx) (v store.HashView, ok, alive bool) {
	v, ok, err := c.DB.ReadHash(c.Key(), c.Now)
	return v, ok, c.Check(err)
}

// setAll stores the pairs that follow the key and returns the number of new fields.
func setAll(c *command.Ctx) (added int64, alive bool) {
	pairs := c.Args[2:]
	if len(pairs)%2 != 0 {
		c.Fail(c.Spec.ArityError())
		return 0, false
	}
	h, _, alive := find(c)
	if !alive {
		return 0, false
	}
	for i := 0; i < len(pairs); i += 2 {
		if h.Set(pairs[i], pairs[i+1]) {
			added++
		}
	}
	c.Dirty += int64(len(pairs) / 2)
	c.Changed(command.NotifyHash, "hset", c.Key())
	return added, true
}

func hset(c *command.Ctx) {
	if added, alive := setAll(c); alive {
		c.Reply.Int(added)
	}
}

func hmset(c *command.Ctx) {
	if _, alive := setAll(c); alive {
		c.Reply.OK()
	}
}

func hsetnx(c *command.Ctx) {
	h, _, alive := find(c)
	if !alive {
		return
	}
	v := h.View()
	if _, exists := v.Get(c.Args[2]); exists {
		c.Reply.Int(0)
		return
	}
	h.Set(c.Args[2], c.Args[3])
	c.Reply.Int(1)
	c.Dirty++
	c.Changed(command.NotifyHash, "hset", c.Key())
}

func hdel(c *command.Ctx) {
	h, ok, alive := find(c)
	if !alive {
		return
	}
	deleted := int64(0)
	for _, field := range c.Args[2:] {
		if !ok || !h.Exists() {
			break
		}
		if h.Delete(field) {
			deleted++
		}
	}
	c.Reply.Int(deleted)
	if deleted == 0 {
		return
	}
	c.Dirty += deleted
	c.Changed(command.NotifyHash, "hdel", c.Key())
	if !h.Exists() {
		c.Notify(command.NotifyGeneric, "del", c.Key())
	}
}
