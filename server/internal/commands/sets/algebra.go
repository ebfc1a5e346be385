package sets

import (
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// operation calls yield for each member of the result, once.
type operation func(c *command.Ctx, sets []store.SetView, yield func(m listpack.Value))

func sinter(c *command.Ctx)      { reply(c, inter) }
func sunion(c *command.Ctx)      { reply(c, union) }
func sdiff(c *command.Ctx)       { reply(c, diff) }
func sinterstore(c *command.Ctx) { keep(c, inter, "sinterstore", none) }
func sunionstore(c *command.Ctx) { keep(c, union, "sunionstore", largest) }
func sdiffstore(c *command.Ctx)  { keep(c, diff, "sdiffstore", none) }

// none and largest are lower bounds for the number of members of a result.
func none([]store.SetView) int { return 0 }

func largest(sets []store.SetView) (n int) {
	for i := range sets {
		n = max(n, sets[i].Len())
	}
	return n
}

// lookup finds all sets before anything else: a key of another type is an error even where it would not matter.
func lookup(c *command.Ctx, keys [][]byte) (sets []store.SetView, alive bool) {
	sets = make([]store.SetView, 0, len(keys))
	for _, key := range keys {
		v, _, alive := view(c, key)
		if !alive {
			return nil, false
		}
		sets = append(sets, v)
	}
	return sets, true
}

// reply answers with the result.
func reply(c *command.Ctx, op operation) {
	sets, alive := lookup(c, c.Args[1:])
	if !alive {
		return
	}
	mark, n := c.Reply.Len(), 0
	op(c, sets, func(m listpack.Value) {
		c.Element(m)
		n++
	})
	c.Reply.InsertSet(mark, n)
}

// keep stores the result under the first key.
func keep(c *command.Ctx, op operation, event string, least func([]store.SetView) int) {
	sets, alive := lookup(c, c.Args[2:])
	if !alive {
		return
	}
	result := c.DB.NewSetDraft(least(sets))
	op(c, sets, func(m listpack.Value) { result.AddValue(m) })
	n := result.Len()
	existed := result.Store(c.Key())
	c.Reply.Int(int64(n))
	switch {
	case n > 0:
		c.Dirty++
		c.Changed(command.NotifySet, event, c.Key())
	case existed:
		c.Dirty++
		c.Changed(command.NotifyGeneric, "del", c.Key())
	}
}

// inter walks the smallest set and asks the others, the smaller ones first.
func inter(_ *command.Ctx, sets []store.SetView, yield func(m listpack.Value)) {
	intersect(sets, func(m listpack.Value) bool {
		yield(m)
		return true
	})
}

// intersect calls yield for the members of the intersection until it returns false.
func intersect(sets []store.SetView, yield func(m listpack.Value) bool) {
	slices.SortStableFunc(sets, func(a, b store.SetView) int { return a.Len() - b.Len() })
	others := sets[1:]
	sets[0].Each(func(m listpack.Value) bool {
		for i := range others {
			if !others[i].HasValue(m) {
				return true
			}
		}
		return yield(m)
	})
}

// fewSets is the number of sets up to which asking all earlier sets for a member is cheaper than gathering members in
// a table.
const fewSets = 4

// union shows a member when no earlier set has it.
func union(c *command.Ctx, sets []store.SetView, yield func(m listpack.Value)) {
	if len(sets) > fewSets {
		seen := c.DB.NewSetDraft(0)
		defer seen.Discard()
		for i := range sets {
			sets[i].Each(func(m listpack.Value) bool {
				if seen.AddValue(m) {
					yield(m)
				}
				return true
			})
		}
		return
	}
	for i := range sets {
		sets[i].Each(func(m listpack.Value) bool {
			for j := range sets[:i] {
				if sets[j].HasValue(m) {
					return true
				}
			}
			yield(m)
			return true
		})
	}
}

// diff asks all other sets for the members of the first, or, when they have fewer members than that takes questions,
// removes theirs from a copy of it: the choice that Redis makes, which shows in the time only.
func diff(c *command.Ctx, sets []store.SetView, yield func(m listpack.Value)) {
	asking, removing := sets[0].Len()*len(sets)/2, 0 // asking can stop at the first hit
	for i := range sets {
		removing += sets[i].Len()
	}
	others := sets[1:]
	if asking <= removing {
		slices.SortStableFunc(others, func(a, b store.SetView) int { return b.Len() - a.Len() })
		sets[0].Each(func(m listpack.Value) bool {
			for i := range others {
				if others[i].HasValue(m) {
					return true
				}
			}
			yield(m)
			return true
		})
		return
	}
	rest := c.DB.NewSetDraft(sets[0].Len())
	defer rest.Discard()
	sets[0].Each(func(m listpack.Value) bool {
		rest.AddValue(m)
		return true
	})
	for i := range others {
		others[i].Each(func(m listpack.Value) bool {
			rest.DeleteValue(m)
			return true
		})
	}
	v := rest.View()
	v.Each(func(m listpack.Value) bool {
		yield(m)
		return true
	})
}

func sintercard(c *command.Ctx) {
	keys, limit, ok := parseCard(c)
	if !ok {
		return
	}
	sets, alive := lookup(c, keys)
	if !alive {
		return
	}
	n := int64(0)
	intersect(sets, func(listpack.Value) bool {
		n++
		return n != limit
	})
	c.Reply.Int(n)
}

// parseCard reads "numkeys key... [LIMIT n]"; limit 0 is none.
func parseCard(c *command.Ctx) (keys [][]byte, limit int64, ok bool) {
	n, ok := command.ParseInt(c.Args[1])
	if !ok || n < 1 {
		c.Fail("ERR numkeys should be greater than 0")
		return nil, 0, false
	}
	if n > int64(len(c.Args)-2) {
		c.Fail("ERR Number of keys can't be greater than number of args")
		return nil, 0, false
	}
	keys = c.Args[2 : 2+n]
	for rest := c.Args[2+n:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) == 1 || !command.Is(rest[0], "LIMIT") {
			c.Fail(command.ErrSyntax)
			return nil, 0, false
		}
		if limit, ok = command.ParseInt(rest[1]); !ok || limit < 0 {
			c.Fail("ERR LIMIT can't be negative")
			return nil, 0, false
		}
	}
	return keys, limit, true
}
