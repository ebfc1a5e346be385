package hashes

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

func hget(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	if value, ok := v.Get(c.Args[2]); ok {
		c.Element(value)
		return
	}
	c.Reply.Null()
}

func hmget(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		if value, ok := v.Get(field); ok {
			c.Element(value)
		} else {
			c.Reply.Null()
		}
	}
}

func hexists(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	_, ok := v.Get(c.Args[2])
	if ok {
		c.Reply.Int(1)
		return
	}
	c.Reply.Int(0)
}

func hstrlen(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	value, ok := v.Get(c.Args[2])
	if !ok {
		c.Reply.Int(0)
		return
	}
	c.Reply.Int(int64(value.Size()))
}

func hlen(c *command.Ctx) {
	if v, _, alive := view(c); alive {
		c.Reply.Int(int64(v.Len()))
	}
}

func hgetall(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	c.Reply.Map(v.Len())
	v.Each(func(field, value listpack.Value) bool {
		c.Element(field)
		c.Element(value)
		return true
	})
}

func hkeys(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	c.Reply.Array(v.Len())
	v.Each(func(field, _ listpack.Value) bool {
		c.Element(field)
		return true
	})
}

func hvals(c *command.Ctx) {
	v, _, alive := view(c)
	if !alive {
		return
	}
	c.Reply.Array(v.Len())
	v.Each(func(_, value listpack.Value) bool {
		c.Element(value)
		return true
	})
}

func hscan(c *command.Ctx) {
	cursor, ok := c.ParseScanCursor(c.Args[2])
	if !ok {
		return
	}
	v, ok, alive := view(c)
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
	var fbuf, vbuf []byte
	next := v.Scan(s.Cursor, s.Count, func(field, value listpack.Value) {
		if fbuf = field.Append(fbuf[:0]); s.Matches(fbuf) {
			vbuf = value.Append(vbuf[:0])
			s.Element(fbuf)
			s.Element(vbuf)
		}
	})
	s.Reply(c.Reply, next)
}
