package sets

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func spop(c *command.Ctx) {
	switch len(c.Args) {
	case 2:
		popOne(c)
	case 3:
		popMany(c)
	default:
		c.Fail(command.ErrSyntax)
	}
}

func popOne(c *command.Ctx) {
	s, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok {
		c.Reply.Null()
		return
	}
	popRandom(c, &s)
	c.Dirty++
	shrunk(c, &s, c.Key(), "spop")
}

// popRandom removes a random member, replies it, and propagates its removal by name.
func popRandom(c *command.Ctx, s *store.Set) {
	v := s.View()
	m := v.Random()
	var buf [20]byte
	name := m.Str
	if m.IsInt {
		name = m.Append(buf[:0])
	}
	c.Reply.Bulk(name)
	c.ReplaceStrings("SREM", c.Key(), name)
	s.DeleteValue(m)
}

func popMany(c *command.Ctx) {
	n, ok := command.ParseInt(c.Args[2])
	if !ok || n < 0 {
		c.Fail(command.ErrPositive)
		return
	}
	s, ok, alive := find(c, c.Key())
	if !alive {
		return
	}
	if !ok || n == 0 {
		c.Reply.Set(0)
		return
	}
	size := int64(s.Len())
	if n >= size {
		v := s.View()
		c.Reply.Set(int(size))
		members(c, &v)
		s.Clear()
		c.Dirty += size
		c.ReplaceStrings("DEL", c.Key())
		shrunk(c, &s, c.Key(), "spop")
		return
	}
	c.Reply.Set(int(n))
	for range n {
		popRandom(c, &s)
	}
	if 5*(size-n) <= n { // then Redis makes a new set of the few that are left
		s.Pack()
	}
	c.Dirty += n
	shrunk(c, &s, c.Key(), "spop")
}

func srandmember(c *command.Ctx) {
	switch len(c.Args) {
	case 2:
		v, ok, alive := view(c, c.Key())
		switch {
		case !alive:
		case !ok:
			c.Reply.Null()
		default:
			c.Element(v.Random())
		}
	case 3:
		randomMembers(c)
	default:
		c.Fail(command.ErrSyntax)
	}
}

// randomMembers runs SRANDMEMBER with a count: different members if it is positive, else as many as asked for.
func randomMembers(c *command.Ctx) {
	n, ok := command.ParseInt(c.Args[2])
	if !ok {
		c.Fail(command.ErrNotInteger)
		return
	}
	if n == math.MinInt64 {
		c.Fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return
	}
	v, ok, alive := view(c, c.Key())
	if !alive {
		return
	}
	size := int64(v.Len())
	switch {
	case !ok || n == 0:
		c.Reply.Array(0)
	case n < 0:
		c.Reply.Array(int(-n))
		for i := range -n {
			if c.Abandon(int(i)) {
				return
			}
			c.Element(v.Random())
		}
	case n >= size:
		c.Reply.Array(int(size))
		members(c, &v)
	default:
		c.Reply.Array(int(n))
		v.Sample(int(n), func(m listpack.Value) { c.Element(m) })
	}
}
