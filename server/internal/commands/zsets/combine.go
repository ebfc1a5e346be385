package zsets

import (
	"cmp"
	"math"
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// operation is what a command of the ZUNION family does with its sources.
type operation uint8

const (
	union operation = iota
	intersect
	subtract
)

var storeEvents = [...]string{union: "zunionstore", intersect: "zinterstore", subtract: "zdiffstore"}

// source is an input: a sorted set, or a set whose members all have the score 1.
type source struct {
	zset   store.ZSetView
	set    store.SetView
	isSet  bool
	weight float64
}

func (s *source) len() int {
	if s.isSet {
		return s.set.Len()
	}
	return s.zset.Len()
}

func (s *source) score(member []byte) (float64, bool) {
	if s.isSet {
		return 1, s.set.Has(member)
	}
	return s.zset.Score(member)
}

// each calls fn for every member until it returns false.
func (s *source) each(fn func(member []byte, score float64) bool) {
	if s.isSet {
		var buf [20]byte
		s.set.Each(func(m listpack.Value) bool {
			if m.IsInt {
				return fn(m.Append(buf[:0]), 1)
			}
			return fn(m.Str, 1)
		})
		return
	}
	more := true
	s.zset.Each(0, s.zset.Len(), false, func(member []byte, score float64) { more = more && fn(member, score) })
}

// combination is a parsed command of the family.
type combination struct {
	op         operation
	sources    []source
	mix        func(old, score float64) float64
	withScores bool
	limit      int64 // of ZINTERCARD, 0: none
}

// mode says which options a command takes beside WEIGHTS and AGGREGATE.
type mode uint8

const (
	replies   mode = iota // WITHSCORES
	stores                // none
	countOnly             // LIMIT only
)

func sum(old, score float64) float64 {
	if f := old + score; !math.IsNaN(f) {
		return f
	}
	return 0 // inf - inf
}

// The comparisons are false for NaN (0 * inf), which then changes nothing, as in Redis.
func least(old, score float64) float64 {
	if score < old {
		return score
	}
	return old
}

func greatest(old, score float64) float64 {
	if score > old {
		return score
	}
	return old
}

// parseCombination reads "numkeys key... options" from argument at on, finds the sources, and writes the error reply.
func parseCombination(c *command.Ctx, at int, op operation, m mode) (k combination, ok bool) {
	n, ok := c.Int(c.Args[at])
	switch {
	case !ok:
		return k, false
	case n < 1:
		c.Fail("ERR at least 1 input key is needed for '" + c.Spec.FullName() + "' command")
		return k, false
	case n > int64(len(c.Args)-at-1):
		c.Fail(command.ErrSyntax)
		return k, false
	}
	keys := c.Args[at+1 : at+1+int(n)]
	k = combination{op: op, mix: sum, sources: make([]source, n)}
	for i, key := range keys {
		if k.sources[i], ok = findSource(c, key); !ok {
			c.Fail(command.ErrWrongType)
			return k, false
		}
	}
	return k, k.parseOptions(c, c.Args[at+1+int(n):], m)
}

func findSource(c *command.Ctx, key []byte) (s source, ok bool) {
	s.weight = 1
	var err error
	if c.DB.Type(key, c.Now) == store.TypeSet {
		s.isSet = true
		s.set, _, err = c.DB.ReadSet(key, c.Now)
	} else {
		s.zset, _, err = c.DB.ReadZSet(key, c.Now)
	}
	return s, err == nil
}

func (k *combination) parseOptions(c *command.Ctx, args [][]byte, m mode) bool {
	weighs := k.op != subtract && m != countOnly
	for len(args) > 0 {
		used := 2
		switch word := args[0]; {
		case weighs && len(args) > len(k.sources) && command.Is(word, "WEIGHTS"):
			for i := range k.sources {
				f, ok := command.ParseFloat(args[1+i])
				if !ok {
					c.Fail("ERR weight value is not a float")
					return false
				}
				k.sources[i].weight = f
			}
			used = 1 + len(k.sources)
		case weighs && len(args) > 1 && command.Is(word, "AGGREGATE"):
			if !k.parseAggregate(args[1]) {
				c.Fail(command.ErrSyntax)
				return false
			}
		case m == replies && command.Is(word, "WITHSCORES"):
			k.withScores, used = true, 1
		case m == countOnly && len(args) > 1 && command.Is(word, "LIMIT"):
			var ok bool
			if k.limit, ok = command.ParseInt(args[1]); !ok || k.limit < 0 {
				c.Fail("ERR LIMIT can't be negative")
				return false
			}
		default:
			c.Fail(command.ErrSyntax)
			return false
		}
		args = args[used:]
	}
	return true
}

func (k *combination) parseAggregate(word []byte) bool {
	switch {
	case command.Is(word, "SUM"):
		k.mix = sum
	case command.Is(word, "MIN"):
		k.mix = least
	case command.Is(word, "MAX"):
		k.mix = greatest
	default:
		return false
	}
	return true
}

// weighted is a score times the weight of its source; 0 where that is no number.
func (s *source) weighted(score float64) float64 {
	if f := s.weight * score; !math.IsNaN(f) {
		return f
	}
	return 0
}

// run puts the result into d. Sources are taken by size, smallest first, so that sums are rounded as Redis rounds them.
func (k *combination) run(d *store.ZSetDraft) {
	switch k.op {
	case union:
		k.sortSources()
		for i := range k.sources {
			s := &k.sources[i]
			s.each(func(member []byte, score float64) bool {
				d.Merge(member, s.weighted(score), k.mix)
				return true
			})
		}
	case intersect:
		k.eachCommon(func(member []byte, score float64) bool { return d.Add(member, score) })
	case subtract:
		k.sources[0].each(func(member []byte, score float64) bool {
			for i := range k.sources[1:] {
				if _, found := k.sources[1+i].score(member); found {
					return true
				}
			}
			return d.Add(member, score)
		})
	}
}

func (k *combination) sortSources() {
	slices.SortStableFunc(k.sources, func(a, b source) int { return cmp.Compare(a.len(), b.len()) })
}

// eachCommon calls fn for every member that is in all sources, until it returns false.
func (k *combination) eachCommon(fn func(member []byte, score float64) bool) {
	k.sortSources()
	first, others := &k.sources[0], k.sources[1:]
	first.each(func(member []byte, score float64) bool {
		score = first.weighted(score)
		for i := range others {
			f, found := others[i].score(member)
			if !found {
				return true
			}
			score = k.mix(score, f*others[i].weight)
		}
		return fn(member, score)
	})
}

func zunion(c *command.Ctx) { combine(c, union) }
func zinter(c *command.Ctx) { combine(c, intersect) }
func zdiff(c *command.Ctx)  { combine(c, subtract) }

func combine(c *command.Ctx, op operation) {
	k, ok := parseCombination(c, 1, op, replies)
	if !ok {
		return
	}
	d := c.DB.NewZSetDraft()
	k.run(d)
	header(c, d.Len(), k.withScores)
	d.Each(func(member []byte, score float64) {
		if k.withScores {
			pair(c, listpack.Value{Str: member}, score)
		} else {
			c.Reply.Bulk(member)
		}
	})
}

func zunionstore(c *command.Ctx) { combineAndStore(c, union) }
func zinterstore(c *command.Ctx) { combineAndStore(c, intersect) }
func zdiffstore(c *command.Ctx)  { combineAndStore(c, subtract) }

func combineAndStore(c *command.Ctx, op operation) {
	k, ok := parseCombination(c, 2, op, stores)
	if !ok {
		return
	}
	d := c.DB.NewZSetDraft()
	k.run(d)
	storeDraft(c, d, c.Key(), storeEvents[op])
}

func zintercard(c *command.Ctx) {
	k, ok := parseCombination(c, 1, intersect, countOnly)
	if !ok {
		return
	}
	n := int64(0)
	k.eachCommon(func([]byte, float64) bool {
		n++
		return n != k.limit
	})
	c.Reply.Int(n)
}
