package zsets

import (
	"math"
	"math/rand/v2"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func zrandmember(c *command.Ctx) {
	if len(c.Args) == 2 {
		if v, ok, alive := view(c, c.Key()); alive && ok {
			m, _ := v.At(rand.IntN(v.Len()))
			c.Element(m)
		} else if alive {
			c.Reply.Null()
		}
		return
	}
	count, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	if count == math.MinInt64 { // has no positive counterpart
		c.Fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return
	}
	withScores := false
	if len(c.Args) > 3 {
		if len(c.Args) > 4 || !command.Is(c.Args[3], "WITHSCORES") {
			c.Fail(command.ErrSyntax)
			return
		}
		withScores = true
	}
	if withScores && (count < -math.MaxInt64/2 || count > math.MaxInt64/2) { // the reply has twice as many
		c.Fail(command.ErrOutOfRange)
		return
	}
	v, ok, alive := view(c, c.Key())
	switch {
	case !alive:
	case !ok || count == 0:
		c.Reply.Array(0)
	case count < 0:
		repeated(c, &v, int(-count), withScores)
	case count >= int64(v.Len()):
		emit(c, &v, 0, v.Len(), false, withScores)
	default:
		distinct(c, &v, int(count), withScores)
	}
}

// writeAt replies the member at a rank.
func writeAt(c *command.Ctx, v *store.ZSetView, rank int, withScores bool) {
	m, f := v.At(rank)
	if withScores {
		pair(c, m, f)
	} else {
		c.Element(m)
	}
}

func header(c *command.Ctx, n int, withScores bool) {
	if withScores {
		pairs(c, n)
	} else {
		c.Reply.Array(n)
	}
}

// repeated replies n members; each may come several times.
func repeated(c *command.Ctx, v *store.ZSetView, n int, withScores bool) {
	header(c, n, withScores)
	for i := range n {
		if c.Abandon(i) {
			return
		}
		writeAt(c, v, rand.IntN(v.Len()), withScores)
	}
}

// distinct replies n of the members, n < Len, each at most once. A rank is as good as a member: what is drawn is a set of
// ranks (Floyd's algorithm, Bentley 1987), which costs O(n) whatever part of the set n is.
func distinct(c *command.Ctx, v *store.ZSetView, n int, withScores bool) {
	header(c, n, withScores)
	length := v.Len()
	drawn := make(map[int]struct{}, n)
	for last := length - n; last < length; last++ {
		r := rand.IntN(last + 1)
		if _, ok := drawn[r]; ok {
			r = last
		}
		drawn[r] = struct{}{}
	}
	for r := range drawn {
		writeAt(c, v, r, withScores)
	}
}
