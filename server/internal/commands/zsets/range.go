package zsets

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// kind says what the bounds of a range are.
type kind uint8

const (
	byAny kind = iota // ZRANGE before its options are read: by rank
	byRank
	byScore
	byLex
)

// bounds is the parsed range of one of the kinds.
type bounds struct {
	by          kind
	start, stop int64 // byRank: inclusive, negative from the end
	scores      store.ScoreRange
	lex         store.LexRange
}

// parseBounds reads the two arguments of a range, low before high. problem is the error text or empty.
func parseBounds(by kind, low, high []byte) (b bounds, problem string) {
	b.by = by
	ok := false
	switch by {
	case byScore:
		if b.scores, ok = parseScores(low, high); !ok {
			return b, errNotRange
		}
	case byLex:
		if b.lex, ok = parseLex(low, high); !ok {
			return b, "ERR min or max not valid string range item"
		}
	default:
		if b.start, ok = command.ParseInt(low); ok {
			b.stop, ok = command.ParseInt(high)
		}
		if !ok {
			return b, command.ErrNotInteger
		}
	}
	return b, ""
}

// ranks returns the ranks from <= r < to of the members inside the bounds.
func (b *bounds) ranks(v *store.ZSetView) (from, to int) {
	switch b.by {
	case byScore:
		return v.RanksByScore(b.scores)
	case byLex:
		return v.RanksByLex(b.lex)
	}
	return command.Clamp(b.start, b.stop, v.Len())
}

// query is a command of the ZRANGE family.
type query struct {
	bounds
	reverse       bool
	withScores    bool
	offset, limit int64 // limit below 0: none
}

// parseQuery reads "min max options...". by and reverse are what the command's name says already; a store takes no WITHSCORES. It
// writes the error reply.
func parseQuery(c *command.Ctx, args [][]byte, by kind, reverse, isStore bool) (q query, ok bool) {
	q.reverse, q.limit = reverse, -1
	dirFree := by == byAny // only ZRANGE and ZRANGESTORE take BYSCORE, BYLEX and REV
	for i := 2; i < len(args); i++ {
		switch a := args[i]; {
		case !isStore && command.Is(a, "WITHSCORES"):
			q.withScores = true
		case i+2 < len(args) && command.Is(a, "LIMIT"):
			if q.offset, ok = c.Int(args[i+1]); !ok {
				return q, false
			}
			if q.limit, ok = c.Int(args[i+2]); !ok {
				return q, false
			}
			i += 2
		case dirFree && !q.reverse && command.Is(a, "REV"):
			q.reverse = true
		case by == byAny && command.Is(a, "BYSCORE"):
			by = byScore
		case by == byAny && command.Is(a, "BYLEX"):
			by = byLex
		default:
			c.Fail(command.ErrSyntax)
			return q, false
		}
	}
	if by == byAny {
		by, q.offset = byRank, 0 // a LIMIT of -1 is let through, and means nothing
	}
	problem := ""
	switch {
	case q.limit != -1 && by == byRank:
		problem = "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
	case q.withScores && by == byLex:
		problem = "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
	case q.reverse && by != byRank:
		q.bounds, problem = parseBounds(by, args[1], args[0]) // from high to low
	default:
		q.bounds, problem = parseBounds(by, args[0], args[1])
	}
	if problem != "" {
		c.Fail(problem)
	}
	return q, problem == ""
}

// resolve returns the rank of the first member in the query's direction and the number of members.
func (q *query) resolve(v *store.ZSetView) (first, n int) {
	from, to := q.ranks(v)
	if q.reverse && q.by == byRank { // ranks count from the other end
		from, to = v.Len()-to, v.Len()-from
	}
	n = to - from
	skip := int64(0)
	switch {
	case q.offset < 0 || q.offset >= int64(n):
		return 0, 0
	case q.offset > 0:
		skip = q.offset
	}
	n -= int(skip)
	if q.limit >= 0 {
		n = int(min(int64(n), q.limit))
	}
	if q.reverse {
		return to - 1 - int(skip), n
	}
	return from + int(skip), n
}

func zrange(c *command.Ctx)           { rangeReply(c, byAny, false) }
func zrevrange(c *command.Ctx)        { rangeReply(c, byRank, true) }
func zrangebyscore(c *command.Ctx)    { rangeReply(c, byScore, false) }
func zrevrangebyscore(c *command.Ctx) { rangeReply(c, byScore, true) }
func zrangebylex(c *command.Ctx)      { rangeReply(c, byLex, false) }
func zrevrangebylex(c *command.Ctx)   { rangeReply(c, byLex, true) }

func rangeReply(c *command.Ctx, by kind, reverse bool) {
	q, ok := parseQuery(c, c.Args[2:], by, reverse, false)
	if !ok {
		return
	}
	v, ok, alive := view(c, c.Key())
	switch {
	case !alive:
	case !ok:
		c.Reply.Array(0)
	default:
		first, n := q.resolve(&v)
		emit(c, &v, first, n, q.reverse, q.withScores)
	}
}

func zrangestore(c *command.Ctx) {
	q, ok := parseQuery(c, c.Args[3:], byAny, false, true)
	if !ok {
		return
	}
	v, _, alive := view(c, c.Args[2])
	if !alive {
		return
	}
	d := c.DB.NewZSetDraft()
	if first, n := q.resolve(&v); n > 0 {
		v.Each(first, n, q.reverse, func(member []byte, score float64) { d.Add(member, score) })
	}
	storeDraft(c, d, c.Key(), "zrangestore")
}

// storeDraft ends a command that stores a result, and replies its size.
func storeDraft(c *command.Ctx, d *store.ZSetDraft, key []byte, event string) {
	n := d.Len()
	existed := d.Store(key)
	c.Reply.Int(int64(n))
	switch {
	case n > 0:
		c.Dirty++
		c.Changed(command.NotifyZSet, event, key)
	case existed:
		c.Dirty++
		c.Changed(command.NotifyGeneric, "del", key)
	}
}

func zcount(c *command.Ctx)    { count(c, byScore) }
func zlexcount(c *command.Ctx) { count(c, byLex) }

func count(c *command.Ctx, by kind) {
	b, problem := parseBounds(by, c.Args[2], c.Args[3])
	if problem != "" {
		c.Fail(problem)
		return
	}
	if v, _, alive := view(c, c.Key()); alive {
		from, to := b.ranks(&v)
		c.Reply.Int(int64(to - from))
	}
}
