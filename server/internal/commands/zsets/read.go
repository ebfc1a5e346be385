package zsets

import (
	"strconv"

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
	cursor, ok := parseCursor(c.Args[2])
	if !ok {
		c.Fail(command.ErrInvalidCur)
		return
	}
	v, ok, alive := view(c, c.Key())
	if !alive {
		return
	}
	if !ok { // the options are not even looked at, as in Redis
		c.Reply.Array(2)
		c.Reply.BulkString("0")
		c.Reply.Array(0)
		return
	}
	pattern, limit := []byte(nil), int64(10)
	for i := 3; i < len(c.Args); i += 2 {
		switch {
		case i+1 < len(c.Args) && command.Is(c.Args[i], "COUNT"):
			if limit, ok = integer(c, c.Args[i+1]); !ok {
				return
			}
			if limit < 1 {
				c.Fail(command.ErrSyntax)
				return
			}
		case i+1 < len(c.Args) && command.Is(c.Args[i], "MATCH"):
			pattern = c.Args[i+1]
		default:
			c.Fail(command.ErrSyntax)
			return
		}
	}
	scanReply(c, &v, cursor, int(min(limit, 1<<30)), pattern)
}

// scanReply writes the next cursor, which is known only after the members, in front of them.
func scanReply(c *command.Ctx, v *store.ZSetView, cursor uint64, limit int, pattern []byte) {
	n := 0
	w := *c.Reply
	w.Buf = nil
	next := v.Scan(cursor, limit, func(member []byte, f float64) {
		if pattern == nil || command.Match(pattern, member, false) {
			n++
			w.Bulk(member)
			var text [32]byte
			w.Bulk(number.FormatDouble(text[:0], f))
		}
	})
	c.Reply.Array(2)
	var digits [20]byte
	c.Reply.Bulk(strconv.AppendUint(digits[:0], next, 10))
	c.Reply.Array(2 * n)
	c.Reply.Raw(w.Buf)
}
