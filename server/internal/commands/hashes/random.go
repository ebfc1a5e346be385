package hashes

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func hrandfield(c *command.Ctx) {
	if len(c.Args) > 2 {
		randomFields(c)
		return
	}
	v, ok, alive := view(c)
	if !alive {
		return
	}
	if !ok {
		c.Reply.Null()
		return
	}
	field, _ := v.Random()
	c.Element(field)
}

// randomFields runs HRANDFIELD with a count: different fields if it is positive, else as many as asked for.
func randomFields(c *command.Ctx) {
	n, withValues, ok := parseRandom(c)
	if !ok {
		return
	}
	v, ok, alive := view(c)
	if !alive {
		return
	}
	if !ok || n == 0 {
		c.Reply.Array(0)
		return
	}
	show := func(field, value listpack.Value) {
		if withValues && c.Reply.Proto >= 3 {
			c.Reply.Array(2)
		}
		c.Element(field)
		if withValues {
			c.Element(value)
		}
	}
	count := n
	if n < 0 {
		count = -n
	} else {
		count = min(n, int64(v.Len()))
	}
	length := count
	if withValues && c.Reply.Proto < 3 {
		length *= 2
	}
	c.Reply.Array(int(length))
	switch {
	case n < 0:
		for i := range count {
			if c.Abandon(int(i)) {
				return
			}
			show(v.Random())
		}
	case count == int64(v.Len()):
		all(&v, show)
	default:
		v.Sample(int(count), show)
	}
}

func all(v *store.HashView, show func(field, value listpack.Value)) {
	v.Each(func(field, value listpack.Value) bool {
		show(field, value)
		return true
	})
}

func parseRandom(c *command.Ctx) (n int64, withValues, ok bool) {
	n, ok = command.ParseInt(c.Args[2])
	switch {
	case !ok:
		c.Fail(command.ErrNotInteger)
		return 0, false, false
	case n == math.MinInt64:
		c.Fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return 0, false, false
	case len(c.Args) > 4 || len(c.Args) == 4 && !command.Is(c.Args[3], "WITHVALUES"):
		c.Fail(command.ErrSyntax)
		return 0, false, false
	}
	withValues = len(c.Args) == 4
	if withValues && (n < -math.MaxInt64/2 || n > math.MaxInt64/2) {
		c.Fail(command.ErrOutOfRange)
		return 0, false, false
	}
	return n, withValues, true
}
