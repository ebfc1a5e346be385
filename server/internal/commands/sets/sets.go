// Package sets is the set family: SADD to SSCAN.
package sets

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// find is WriteSet with the error reply; alive is false after that.
func find(c *command.Ctx, key []byte) (s store.Set, ok, alive bool) {
	s, ok, err := c.DB.WriteSet(key, c.Now)
	return s, ok, c.Check(err)
}

// view is ReadSet with the error reply; alive is false after that.
func view(c *command.Ctx, key []byte) (v store.SetView, ok, alive bool) {
	v, ok, err := c.DB.ReadSet(key, c.Now)
	return v, ok, c.Check(err)
}

func boolean(w *resp.Writer, b bool) {
	if b {
		w.Int(1)
		return
	}
	w.Int(0)
}

func sadd(c *command.Ctx) {
	s, _, alive := find(c, c.Key())
	if !alive {
		return
	}
	added := int64(0)
	for _, m := range c.Args[2:] {
		if s.Add(m) {
			added++
		}
	}
	c.Reply.Int(added)
	if added > 0 {
		c.Dirty += added
		c.Changed(command.NotifySet, "sadd", c.Key())
	}
}

func srem(c *command.Ctx) {
	s, _, alive := find(c, c.Key())
	if !alive {
		return
	}
	removed := int64(0)
	for _, m := range c.Args[2:] {
		if !s.Exists() {
			break
		}
		if s.Delete(m) {
			removed++
		}
	}
	c.Reply.Int(removed)
	if removed > 0 {
		c.Dirty += removed
		shrunk(c, &s, c.Key(), "srem")
	}
}

// shrunk tells that members are gone, and perhaps the key.
func shrunk(c *command.Ctx, s *store.Set, key []byte, event string) {
	c.Changed(command.NotifySet, event, key)
	if !s.Exists() {
		c.Notify(command.NotifyGeneric, "del", key)
	}
}

func smove(c *command.Ctx) {
	source, target, m := c.Args[1], c.Args[2], c.Args[3]
	src, ok, alive := find(c, source)
	if !alive {
		return
	}
	if !ok {
		c.Reply.Int(0)
		return
	}
	dst, _, alive := find(c, target)
	if !alive {
		return
	}
	if string(source) == string(target) {
		v := src.View()
		boolean(c.Reply, v.Has(m))
		return
	}
	if !src.Delete(m) {
		c.Reply.Int(0)
		return
	}
	c.Dirty++
	shrunk(c, &src, source, "srem")
	if dst.Add(m) {
		c.Dirty++
		c.Changed(command.NotifySet, "sadd", target)
	}
	c.Reply.Int(1)
}

func sismember(c *command.Ctx) {
	if v, _, alive := view(c, c.Key()); alive {
		boolean(c.Reply, v.Has(c.Args[2]))
	}
}

func smismember(c *command.Ctx) {
	v, _, alive := view(c, c.Key())
	if !alive {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, m := range c.Args[2:] {
		boolean(c.Reply, v.Has(m))
	}
}

func scard(c *command.Ctx) {
	if v, _, alive := view(c, c.Key()); alive {
		c.Reply.Int(int64(v.Len()))
	}
}

func smembers(c *command.Ctx) {
	if v, _, alive := view(c, c.Key()); alive {
		c.Reply.Set(v.Len())
		members(c, &v)
	}
}

// members replies all members one by one.
func members(c *command.Ctx, v *store.SetView) {
	v.Each(func(m listpack.Value) bool {
		c.Element(m)
		return true
	})
}

func sscan(c *command.Ctx) {
	cursor, ok := c.ParseScanCursor(c.Args[2])
	if !ok {
		return
	}
	v, ok, alive := view(c, c.Key())
	if !alive {
		return
	}
	if !ok {
		c.EmptyScan()
		return
	}
	s, ok := c.ParseScan(cursor, 3)
	if !ok {
		return
	}
	var buf []byte
	next := v.Scan(s.Cursor, s.Count, func(m listpack.Value) {
		if buf = m.Append(buf[:0]); s.Matches(buf) {
			s.Element(buf)
		}
	})
	s.Reply(c.Reply, next)
}
