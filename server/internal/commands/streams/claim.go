package streams

import (
	"bytes"
	"math"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// propagateClaim propagates that an entry is pending as p says, by an XCLAIM that asks nothing.
func propagateClaim(c *command.Ctx, key, group []byte, g *store.StreamGroup, p store.StreamPending) {
	c.ReplaceStrings("XCLAIM", key, group, []byte(p.Consumer), []byte("0"), idText(p.ID), []byte("TIME"), intText(p.Delivered),
		[]byte("RETRYCOUNT"), intText(int64(p.Deliveries)), []byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), idText(g.LastID))
}

// propagateGroup propagates how far a group has read.
func propagateGroup(c *command.Ctx, key, group []byte, g *store.StreamGroup) {
	c.ReplaceStrings("XGROUP", []byte("SETID"), key, group, idText(g.LastID), []byte("ENTRIESREAD"), intText(g.Read))
}

// claim is the part that XCLAIM and XAUTOCLAIM share: a consumer takes over entries.
type claim struct {
	c          *command.Ctx
	key, group []byte
	consumer   string
	v          store.StreamView
	g          *store.GroupEdit
	touched    bool // the consumer was noted, and made if it was missing

	minIdle   int64
	delivered int64 // Unix ms
	retries   int64 // -1: one more than there were
	justID    bool
}

func newClaim(c *command.Ctx, minIdle int64) claim {
	return claim{c: c, key: bytes.Clone(c.Args[1]), group: bytes.Clone(c.Args[2]), consumer: string(c.Args[3]), minIdle: max(minIdle, 0), delivered: c.Now, retries: -1}
}

// drop ends that a deleted entry is pending.
func (k *claim) drop(p store.StreamPending) {
	propagateClaim(k.c, k.key, k.group, k.g.Group, p)
	k.c.Dirty++
	k.g.Acknowledge(p.ID)
}

// idle reports whether an entry has been idle for long enough.
func (k *claim) idle(p store.StreamPending) bool {
	return k.minIdle == 0 || k.c.Now-p.Delivered >= k.minIdle
}

// take gives an entry to the consumer and replies it.
func (k *claim) take(p store.StreamPending) {
	if !k.touched {
		k.touched = true
		if k.g.Touch(k.consumer, k.c.Now) {
			consumerMade(k.c, k.key)
		}
	}
	p.Consumer, p.Delivered = k.consumer, k.delivered
	switch {
	case k.retries >= 0:
		p.Deliveries = uint64(k.retries)
	case !k.justID:
		p.Deliveries++
	}
	k.g.Assign(p)
	if k.justID {
		replyID(k.c, p.ID)
	} else {
		single(k.c, k.v, p.ID)
	}
	propagateClaim(k.c, k.key, k.group, k.g.Group, p)
	k.c.Dirty++
}

// find finds the group, with the error reply.
func (k *claim) find() bool {
	s, found, alive := write(k.c, k.key)
	if !alive {
		return false
	}
	k.c.DB.CountLookup(k.key, found)
	if !found || s.View().Group(k.group) == nil {
		k.c.Fail(noGroup(k.key, k.group))
		return false
	}
	k.g = s.Group(k.group) // may clone what a snapshot sees: the view comes after it
	k.v = s.View()
	return true
}

// claimOptions are the words of XCLAIM behind the IDs.
type claimOptions struct {
	delivered int64
	retries   int64
	force     bool
	justID    bool
	last      store.StreamID
}

func parseClaim(c *command.Ctx, args [][]byte) (o claimOptions, ok bool) {
	o.delivered, o.retries = -1, -1
	for i := 0; i < len(args); i++ {
		word, more, ok := args[i], i+1 < len(args), true
		switch {
		case command.Is(word, "FORCE"):
			o.force = true
		case command.Is(word, "JUSTID"):
			o.justID = true
		case command.Is(word, "IDLE") && more:
			i++
			if o.delivered, ok = integer(c, args[i], "ERR Invalid IDLE option argument for XCLAIM"); ok {
				o.delivered = c.Now - o.delivered
			}
		case command.Is(word, "TIME") && more:
			i++
			o.delivered, ok = integer(c, args[i], "ERR Invalid TIME option argument for XCLAIM")
		case command.Is(word, "RETRYCOUNT") && more:
			i++
			o.retries, ok = integer(c, args[i], "ERR Invalid RETRYCOUNT option argument for XCLAIM")
		case command.Is(word, "LASTID") && more:
			i++
			o.last, ok = idArg(c, args[i])
		default:
			c.Fail("ERR Unrecognized XCLAIM option '" + string(word) + "'")
			return o, false
		}
		if !ok {
			return o, false
		}
	}
	if o.delivered < 0 || o.delivered > c.Now {
		o.delivered = c.Now
	}
	return o, true
}

func xclaim(c *command.Ctx) {
	k := newClaim(c, 0)
	if !k.find() {
		return
	}
	minIdle, ok := integer(c, c.Args[4], "ERR Invalid min-idle-time argument for XCLAIM")
	if !ok {
		return
	}
	var ids []store.StreamID
	rest := c.Args[5:]
	for ; len(rest) > 0; rest = rest[1:] {
		id, ok := parseID(rest[0], 0)
		if !ok {
			break
		}
		ids = append(ids, id)
	}
	o, ok := parseClaim(c, rest)
	if !ok {
		return
	}
	k.minIdle, k.delivered, k.retries, k.justID = max(minIdle, 0), o.delivered, o.retries, o.justID
	c.NoPropagate()
	tellGroup := less(k.g.LastID, o.last)
	if tellGroup {
		k.g.LastID = o.last
	}
	mark, n := c.Reply.Len(), 0
	for _, id := range ids {
		p, pending := k.g.Entry(id)
		switch {
		case !k.v.Has(id):
			if pending {
				k.drop(p)
				tellGroup = false
			}
		case pending && !k.idle(p), !pending && !o.force:
		default:
			if !pending {
				p = store.StreamPending{ID: id, Deliveries: 1}
			}
			k.take(p)
			n++
			tellGroup = false // each XCLAIM says it
		}
	}
	if tellGroup {
		propagateGroup(c, k.key, k.group, k.g.Group)
		c.Dirty++
	}
	c.Reply.InsertArray(mark, n)
}

// attempts is how many pending entries XAUTOCLAIM looks at for each that it may claim.
const attempts = 10

func xautoclaim(c *command.Ctx) {
	minIdle, ok := integer(c, c.Args[4], "ERR Invalid min-idle-time argument for XAUTOCLAIM")
	if !ok {
		return
	}
	from, ok := startArg(c, c.Args[5])
	if !ok {
		return
	}
	k := newClaim(c, minIdle)
	count := int64(100)
	for i := 6; i < len(c.Args); i++ {
		switch {
		case command.Is(c.Args[i], "COUNT") && i+1 < len(c.Args):
			i++
			if count, ok = command.ParseInt(c.Args[i]); !ok || count < 1 || count > math.MaxInt64/16 {
				c.Fail("ERR COUNT must be > 0")
				return
			}
		case command.Is(c.Args[i], "JUSTID"):
			k.justID = true
		default:
			c.Fail(command.ErrSyntax)
			return
		}
	}
	if !k.find() {
		return
	}
	c.NoPropagate()
	k.auto(from, count)
}

// auto claims idle entries from an ID on. It collects them first, because claiming changes what is walked over.
func (k *claim) auto(from store.StreamID, count int64) {
	var seen []store.StreamPending
	var next store.StreamID
	left := count // entries that the reply may still have
	k.g.EachPending(from, func(p store.StreamPending) bool {
		if int64(len(seen)) >= count*attempts || left == 0 {
			next = p.ID
			return false
		}
		seen = append(seen, p)
		if !k.v.Has(p.ID) || k.idle(p) {
			left--
		}
		return true
	})
	c := k.c
	c.Reply.Array(3)
	replyID(c, next)
	mark, n := c.Reply.Len(), 0
	var deleted []store.StreamID
	for _, p := range seen {
		switch {
		case !k.v.Has(p.ID):
			k.drop(p)
			deleted = append(deleted, p.ID)
		case k.idle(p):
			k.take(p)
			n++
		}
	}
	c.Reply.InsertArray(mark, n)
	c.Reply.Array(len(deleted))
	for _, id := range deleted {
		replyID(c, id)
	}
}
