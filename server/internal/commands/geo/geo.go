package geo

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// geoadd is ZADD with places for scores, and is propagated as that.
func geoadd(c *command.Ctx) {
	flags, changes, first := parseAdd(c.Args)
	rest := c.Args[first:]
	if len(rest)%3 != 0 || flags == store.AddNX|store.AddXX {
		c.Fail(command.ErrSyntax)
		return
	}
	effect := append([][]byte{[]byte("zadd")}, c.Args[1:first]...)
	scores := make([]float64, 0, len(rest)/3)
	for ; len(rest) > 0; rest = rest[3:] {
		p, ok := parsePoint(c, rest[0], rest[1])
		if !ok {
			return
		}
		scores = append(scores, p.score())
		effect = append(effect, strconv.AppendInt(nil, int64(p.score()), 10), rest[2])
	}
	if len(scores) == 0 {
		c.Fail(command.ErrSyntax)
		return
	}
	z, _, err := c.DB.WriteZSet(c.Key(), c.Now)
	if err != nil {
		c.Fail(command.ErrWrongType)
		return
	}
	var added, updated int64
	for i, score := range scores {
		switch _, result := z.Add(c.Args[first+3*i+2], score, flags); result {
		case store.AddNew:
			added++
		case store.AddUpdated:
			updated++
		}
	}
	if added+updated > 0 {
		c.Dirty += added + updated
		c.Changed(command.NotifyZSet, "zadd", c.Key())
		c.Replace(effect...)
	}
	if changes {
		added += updated
	}
	c.Reply.Int(added)
}

// parseAdd reads the options of GEOADD; first is the index of the first longitude.
func parseAdd(args [][]byte) (flags store.AddFlags, changes bool, first int) {
	for first = 2; first < len(args); first++ {
		switch {
		case command.Is(args[first], "NX"):
			flags |= store.AddNX
		case command.Is(args[first], "XX"):
			flags |= store.AddXX
		case command.Is(args[first], "CH"):
			changes = true
		default:
			return flags, changes, first
		}
	}
	return flags, changes, first
}

// eachMember calls f with the place of every member that is asked for; ok is false for one that is not there.
func eachMember(c *command.Ctx, f func(p point, ok bool)) {
	v, found, err := c.DB.ReadZSet(c.Key(), c.Now)
	if err != nil {
		c.Fail(command.ErrWrongType)
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		var score float64
		ok := found
		if ok {
			score, ok = v.Score(member)
		}
		f(pointOf(score), ok)
	}
}

func geohash(c *command.Ctx) {
	eachMember(c, func(p point, ok bool) {
		if ok {
			c.Reply.BulkString(p.hashText())
		} else {
			c.Reply.Null()
		}
	})
}

func geopos(c *command.Ctx) {
	eachMember(c, func(p point, ok bool) {
		if ok {
			writePoint(c, p)
		} else {
			c.Reply.NullArray()
		}
	})
}

func geodist(c *command.Ctx) {
	unit := 1.0
	switch n := len(c.Args); {
	case n > 5:
		c.Fail(command.ErrSyntax)
		return
	case n == 5:
		var ok bool
		if unit, ok = parseUnit(c, c.Args[4]); !ok {
			return
		}
	}
	v, found, err := c.DB.ReadZSet(c.Key(), c.Now)
	if err != nil {
		c.Fail(command.ErrWrongType)
		return
	}
	if !found {
		c.Reply.Null()
		return
	}
	a, ok1 := v.Score(c.Args[2])
	b, ok2 := v.Score(c.Args[3])
	if !ok1 || !ok2 {
		c.Reply.Null()
		return
	}
	writeDistance(c, distance(pointOf(a), pointOf(b))/unit)
}
