package zsets

import (
	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func zcard(c *command.Ctx) {
	if v, _, alive := view(c, c.Key()); alive {
		c.Reply.Int(int64(v.Len()))
	}
}

func score(c *command.Ctx, v *store.ZSetView, member []byte) {
	if f, ok := v.Score(member); ok {
		c.Reply.Double(f)
	} else {
		c.Reply.Null()
	}
}

func zscore(c *command.Ctx) {
	if v, _, alive := view(c, c.Key()); alive {
		score(c, &v, c.Args[2])
	}
}

func zmscore(c *command.Ctx) {
	v, _, alive := view(c, c.Key())
	if !alive {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		score(c, &v, member)
	}
}

func zrank(c *command.Ctx)    { rank(c, false) }
func zrevrank(c *command.Ctx) { rank(c, true) }

func rank(c *command.Ctx, reverse bool) {
	v, _, alive := view(c, c.Key())
	if !alive {
		return
	}
	r, _, ok := v.Rank(c.Args[2])
	switch {
	case !ok:
		c.Reply.Null()
	case reverse:
		c.Reply.Int(int64(v.Len() - 1 - r))
	default:
		c.Reply.Int(int64(r))
	}
}

func zscan(c *command.Ctx) {
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
	var text [32]byte
	next := v.Scan(s.Cursor, s.Count, func(member []byte, f float64) {
		if s.Matches(member) {
			s.Element(member)
			s.Element(number.FormatDouble(text[:0], f))
		}
	})
	s.Reply(c.Reply, next)
}
