package geo

import (
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// run is the way of all searching commands.
func run(c *command.Ctx, f form) {
	q, ok := parseQuery(c, f)
	if !ok {
		return
	}
	var hits []hit
	if q.found {
		limit := 0
		if q.any {
			limit = int(q.count)
		}
		hits = search(&q.set, &q.shape, limit)
	}
	if q.order != asFound {
		sortHits(hits, q.order == descending)
	}
	if q.count > 0 && int64(len(hits)) > q.count {
		hits = hits[:q.count]
	}
	if q.target != nil {
		q.storeHits(c, hits)
		return
	}
	c.Reply.Array(len(hits))
	for i := range hits {
		q.reply(c, &hits[i])
	}
}

// reply writes one member with what was asked for.
func (q *query) reply(c *command.Ctx, h *hit) {
	n := 1
	for _, with := range []bool{q.withDist, q.withHash, q.withCoor} {
		if with {
			n++
		}
	}
	if n > 1 {
		c.Reply.Array(n)
	}
	c.Reply.Bulk(h.member)
	if q.withDist {
		writeDistance(c, h.metres/q.unit)
	}
	if q.withHash {
		c.Reply.Int(int64(h.score))
	}
	if q.withCoor {
		writePoint(c, h.at)
	}
}

func writePoint(c *command.Ctx, p point) {
	c.Reply.Array(2)
	c.Reply.HumanDouble(p.longitude)
	c.Reply.HumanDouble(p.latitude)
}

// writeDistance writes a distance with four digits.
func writeDistance(c *command.Ctx, d float64) {
	var buf [40]byte
	n := int64(math.RoundToEven(d * 1e4))
	b := append(strconv.AppendInt(buf[:0], n/1e4, 10), '.')
	c.Reply.Bulk(append(b, strconv.Itoa(1e4 + int(n%1e4))[1:]...))
}

// storeHits stores the result. Distances are propagated as they are: computed again elsewhere their last digit might differ.
func (q *query) storeHits(c *command.Ctx, hits []hit) {
	d := c.DB.NewZSetDraft()
	effect := [][]byte{[]byte("ZADD"), q.target}
	for _, h := range hits {
		score := h.score
		if q.storeDist {
			score = h.metres / q.unit
			effect = append(effect, number.FormatDouble(nil, score), h.member)
		}
		d.Add(h.member, score)
	}
	existed := d.Store(q.target)
	event := "georadiusstore"
	if q.search {
		event = "geosearchstore"
	}
	switch {
	case len(hits) > 0:
		c.Changed(command.NotifyZSet, event, q.target)
		c.Dirty += int64(len(hits))
		if q.storeDist {
			if existed {
				c.ReplaceStrings("DEL", q.target)
			}
			c.Replace(effect...)
		}
	case existed:
		c.Changed(command.NotifyGeneric, "del", q.target)
		c.Dirty++
	}
	c.Reply.Int(int64(len(hits)))
}
