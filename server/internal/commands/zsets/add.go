package zsets

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// addOptions are the words of ZADD before the first score.
type addOptions struct {
	flags   store.AddFlags
	changed bool // CH: reply the number of changes, not of additions
}

// parseAdd reads the options; first is the index of the first score.
func parseAdd(args [][]byte) (o addOptions, first int) {
	for first = 2; first < len(args); first++ {
		switch a := args[first]; {
		case command.Is(a, "NX"):
			o.flags |= store.AddNX
		case command.Is(a, "XX"):
			o.flags |= store.AddXX
		case command.Is(a, "GT"):
			o.flags |= store.AddGT
		case command.Is(a, "LT"):
			o.flags |= store.AddLT
		case command.Is(a, "INCR"):
			o.flags |= store.AddIncr
		case command.Is(a, "CH"):
			o.changed = true
		default:
			return o, first
		}
	}
	return o, first
}

// problem returns the error text of options that exclude each other, or of a wrong number of arguments after them.
func (o addOptions) problem(rest int) string {
	has := func(f store.AddFlags) bool { return o.flags&f == f }
	switch {
	case rest == 0 || rest%2 != 0:
		return command.ErrSyntax
	case has(store.AddNX | store.AddXX):
		return "ERR XX and NX options at the same time are not compatible"
	case has(store.AddGT|store.AddNX) || has(store.AddLT|store.AddNX) || has(store.AddGT|store.AddLT):
		return "ERR GT, LT, and/or NX options at the same time are not compatible"
	case has(store.AddIncr) && rest > 2:
		return "ERR INCR option supports a single increment-element pair"
	}
	return ""
}

func zadd(c *command.Ctx) {
	o, first := parseAdd(c.Args)
	elements := c.Args[first:]
	if p := o.problem(len(elements)); p != "" {
		c.Fail(p)
		return
	}
	add(c, o, elements)
}

func zincrby(c *command.Ctx) { add(c, addOptions{flags: store.AddIncr}, c.Args[2:]) }

// add adds pairs of score and member. All scores are read before anything is changed.
func add(c *command.Ctx, o addOptions, elements [][]byte) {
	var buf [16]float64
	scores := buf[:0]
	for i := 0; i < len(elements); i += 2 {
		f, ok := command.ParseFloat(elements[i])
		if !ok {
			c.Fail(command.ErrNotFloat)
			return
		}
		scores = append(scores, f)
	}
	z, _, alive := find(c, c.Key())
	if !alive {
		return
	}
	var added, updated int64
	var last store.AddResult
	var score float64
	for i, f := range scores {
		switch score, last = z.Add(elements[2*i+1], f, o.flags); last {
		case store.AddNew:
			added++
		case store.AddUpdated:
			updated++
		}
	}
	event := "zadd"
	switch isIncr := o.flags&store.AddIncr != 0; {
	case last == store.AddNaN: // only with INCR, which takes one pair
		c.Fail("ERR resulting score is not a number (NaN)")
		return
	case isIncr && last == store.AddNothing:
		c.Reply.Null()
	case isIncr:
		event = "zincr"
		c.Reply.Double(score)
	case o.changed:
		c.Reply.Int(added + updated)
	default:
		c.Reply.Int(added)
	}
	if added+updated > 0 {
		c.Dirty += added + updated
		c.Changed(command.NotifyZSet, event, c.Key())
	}
}
