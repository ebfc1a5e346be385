package lists

import (
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// posQuery is what LPOS asks for.
type posQuery struct {
	rank     int64 // which match is the first to report, 1 is the first one
	backward bool
	count    int64 // matches to report, 0: all; -1: one, not as an array
	limit    int64 // elements to compare, 0: all
}

func lpos(c *command.Ctx) {
	q, ok := parsePos(c)
	if !ok {
		return
	}
	v, ok, alive := view(c)
	if !alive {
		return
	}
	many := q.count >= 0
	if !ok {
		if many {
			c.Reply.Array(0)
		} else {
			c.Reply.Null()
		}
		return
	}
	length := v.Len()
	from := 0
	if q.backward {
		from = length - 1
	}
	left := math.MaxInt
	if q.limit > 0 {
		left = int(q.limit)
	}
	mark, found := c.Reply.Len(), 0
	needle := listpack.NewNeedle(c.Args[2])
	index := 0 // in the direction of the walk
	for cur := v.Cursor(from, q.backward); ; cur.Next() {
		passed, ok := cur.Seek(&needle, left)
		if !ok {
			break
		}
		index += passed
		left -= passed + 1
		if q.rank--; q.rank <= 0 {
			found++
			if q.backward {
				c.Reply.Int(int64(length - 1 - index))
			} else {
				c.Reply.Int(int64(index))
			}
			if q.count != 0 && int64(found) >= q.count {
				break
			}
		}
		index++
	}
	if many {
		c.Reply.InsertArray(mark, found)
	} else if found == 0 {
		c.Reply.Null()
	}
}

func parsePos(c *command.Ctx) (q posQuery, ok bool) {
	q = posQuery{rank: 1, count: -1}
	fail := func(text string) (posQuery, bool) {
		c.Fail(text)
		return q, false
	}
	for i := 3; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			return fail(command.ErrSyntax)
		}
		name := c.Args[i]
		isRank, isCount := command.Is(name, "RANK"), command.Is(name, "COUNT")
		if !isRank && !isCount && !command.Is(name, "MAXLEN") {
			return fail(command.ErrSyntax)
		}
		n, ok := command.ParseInt(c.Args[i+1])
		switch {
		case !ok && isRank:
			return fail(command.ErrNotInteger)
		case isRank && n == 0:
			return fail("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")
		case isRank:
			q.rank, q.backward = n, n < 0
		case isCount && (!ok || n < 0):
			return fail("ERR COUNT can't be negative")
		case isCount:
			q.count = n
		case !ok || n < 0:
			return fail("ERR MAXLEN can't be negative")
		default:
			q.limit = n
		}
	}
	if q.backward {
		q.rank = -max(q.rank, -math.MaxInt64)
	}
	return q, true
}
