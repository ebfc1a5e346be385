package streams

import (
	"bytes"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// reading is a call of XREAD or XREADGROUP.
type reading struct {
	ofGroup         bool // XREADGROUP
	block           bool
	deadline        int64
	count           int64 // 0: all
	group, consumer []byte
	noAck           bool
	keys            [][]byte
	args            [][]byte // the IDs as they were given
	ids             []store.StreamID
}

// isNew reports whether the i-th stream is read for what is new to the group (">").
func (r *reading) isNew(i int) bool { return r.ofGroup && r.ids[i] == store.MaxStreamID }

func xread(c *command.Ctx)      { readStreams(c, false) }
func xreadgroup(c *command.Ctx) { readStreams(c, true) }

func readStreams(c *command.Ctx, ofGroup bool) {
	r := reading{ofGroup: ofGroup}
	if !r.parse(c) || !r.resolve(c) {
		return
	}
	c.NoPropagate()
	mark, n := c.Reply.Len(), 0
	for i := range r.keys {
		if c.Passes(r.keys[i]) || !r.serve(c, i) {
			continue
		}
		if n++; c.Woken != nil {
			break // named twice, it is read from where it was named first
		}
	}
	switch {
	case n > 0 && c.Reply.Proto >= 3:
		c.Reply.InsertMap(mark, n)
	case n > 0:
		c.Reply.InsertArray(mark, n)
	case r.block:
		r.park(c)
	default:
		c.Reply.NullArray()
	}
}

// parse reads the options, with the error reply.
func (r *reading) parse(c *command.Ctx) bool {
	for i := 1; i < len(c.Args); i++ {
		word, more, ok := c.Args[i], len(c.Args)-i-1, true
		switch {
		case command.Is(word, "BLOCK") && more > 0:
			i++
			ok = r.parseBlock(c, c.Args[i])
		case command.Is(word, "COUNT") && more > 0:
			i++
			r.count, ok = integer(c, c.Args[i], "")
			r.count = max(r.count, 0)
		case command.Is(word, "STREAMS") && more > 0:
			return r.parseStreams(c, c.Args[i+1:])
		case command.Is(word, "GROUP") && more >= 2:
			if ok = r.ofGroup; !ok {
				c.Fail("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
			}
			r.group, r.consumer = c.Args[i+1], c.Args[i+2]
			i += 2
		case command.Is(word, "NOACK"):
			if ok = r.ofGroup; !ok {
				c.Fail("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
			}
			r.noAck = true
		default:
			c.Fail(command.ErrSyntax)
			return false
		}
		if !ok {
			return false
		}
	}
	c.Fail(command.ErrSyntax)
	return false
}

func (r *reading) parseBlock(c *command.Ctx, arg []byte) bool {
	if c.InScript {
		c.Fail("ERR " + string(c.Args[0]) + " command is not allowed with BLOCK option from scripts")
		return false
	}
	deadline, msg := command.Timeout(arg, c.Now, true)
	if msg != "" {
		c.Fail(msg)
		return false
	}
	r.block, r.deadline = true, deadline
	return true
}

func (r *reading) parseStreams(c *command.Ctx, args [][]byte) bool {
	if len(args)%2 != 0 {
		c.Fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
		return false
	}
	if r.ofGroup && r.group == nil {
		c.Fail("ERR Missing GROUP option for XREADGROUP")
		return false
	}
	r.keys, r.args = args[:len(args)/2], args[len(args)/2:]
	return true
}

// resolve finds what the IDs mean, and checks the streams and groups, with the error reply.
func (r *reading) resolve(c *command.Ctx) bool {
	r.ids = make([]store.StreamID, len(r.keys))
	for i, key := range r.keys {
		if c.Passes(key) {
			continue
		}
		v, found, alive := read(c, key)
		if !alive {
			return false
		}
		if r.ofGroup && (!found || v.Group(r.group) == nil) {
			c.Fail("NOGROUP No such key '" + string(key) + "' or consumer group '" + string(r.group) + "' in XREADGROUP with GROUP option")
			return false
		}
		msg := ""
		switch arg := string(r.args[i]); {
		case arg == "$" && r.ofGroup:
			msg = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, " +
				"or use the > ID to get new messages. The $ ID would just return an empty result set."
		case arg == "$":
			if found {
				r.ids[i] = v.LastID
			}
		case arg == ">" && !r.ofGroup:
			msg = "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
		case arg == ">":
			r.ids[i] = store.MaxStreamID
		default:
			var ok bool
			if r.ids[i], ok = parseID(r.args[i], 0); !ok {
				msg = errID
			}
		}
		if msg != "" {
			c.Fail(msg)
			return false
		}
	}
	return true
}

// serve replies what one stream has, and reports false when it has nothing.
func (r *reading) serve(c *command.Ctx, i int) bool {
	v, found, _ := read(c, r.keys[i])
	if !found {
		return false
	}
	if r.ofGroup {
		return r.serveGroup(c, i, v)
	}
	if v.Len() == 0 || !less(r.ids[i], v.Last()) {
		return false
	}
	r.begin(c, i)
	from, _ := store.NextStreamID(r.ids[i])
	entries(c, v, from, store.MaxStreamID, false, r.count, nil)
	return true
}

// begin replies the stream's name, before its entries.
func (r *reading) begin(c *command.Ctx, i int) {
	if c.Reply.Proto < 3 {
		c.Reply.Array(2)
	}
	c.Reply.Bulk(r.keys[i])
}

func (r *reading) serveGroup(c *command.Ctx, i int, v store.StreamView) bool {
	if r.isNew(i) && (v.Len() == 0 || !less(v.Group(r.group).LastID, v.Last())) {
		return false
	}
	r.begin(c, i)
	s, _, _ := write(c, r.keys[i])
	g := s.Group(r.group)
	v = s.View() // the group may have been cloned
	if g.Touch(string(r.consumer), c.Now) {
		consumerMade(c, r.keys[i])
		if r.noAck {
			c.ReplaceStrings("XGROUP", []byte("CREATECONSUMER"), r.keys[i], r.group, r.consumer)
		}
	}
	if r.isNew(i) {
		r.deliver(c, r.keys[i], v, g)
	} else {
		r.history(c, v, g, r.ids[i])
	}
	c.Dirty++
	return true
}

// deliver replies what is new to the group and makes it pending.
func (r *reading) deliver(c *command.Ctx, key []byte, v store.StreamView, g *store.GroupEdit) {
	from, _ := store.NextStreamID(g.LastID)
	consumer := string(r.consumer)
	entries(c, v, from, store.MaxStreamID, false, r.count, func(id store.StreamID) {
		v.Advance(g, id)
		if r.noAck {
			return
		}
		p := store.StreamPending{ID: id, Delivered: c.Now, Deliveries: 1, Consumer: consumer}
		g.Assign(p)
		propagateClaim(c, key, r.group, g.Group, p)
	})
	if r.noAck {
		propagateGroup(c, key, r.group, g.Group)
	}
}

// history replies entries that the consumer has pending; of deleted ones only the ID.
func (r *reading) history(c *command.Ctx, v store.StreamView, g *store.GroupEdit, after store.StreamID) {
	mark, n := c.Reply.Len(), int64(0)
	var again []store.StreamID // delivered once more
	from, ok := store.NextStreamID(after)
	if ok {
		g.Consumer(r.consumer).EachPending(from, func(id store.StreamID) bool {
			if r.count > 0 && n >= r.count {
				return false
			}
			if single(c, v, id) {
				again = append(again, id)
			} else {
				c.Reply.Array(2)
				replyID(c, id)
				c.Reply.NullArray()
			}
			n++
			return true
		})
	}
	for _, id := range again {
		p, _ := g.Entry(id)
		p.Delivered = c.Now
		p.Deliveries++
		g.Assign(p)
	}
	c.Reply.InsertArray(mark, int(n))
}

// lost is the error of a client that waits for a group which is there no more.
func lost(db *store.DB, key, group []byte, now int64) string {
	if db.Type(key, now) != store.TypeStream { // nobody has asked for it: it is no miss
		return "UNBLOCKED the stream key no longer exists"
	}
	if v, _, _ := db.ReadStream(key, now); v.Group(group) == nil {
		return "NOGROUP the consumer group this client was blocked on no longer exists"
	}
	return ""
}

// park waits for one of the streams. The command runs again when one changes, so "$" is replaced by what it means now.
func (r *reading) park(c *command.Ctx) {
	for i := range r.args {
		if len(r.args[i]) == 1 && r.args[i][0] == '$' {
			r.args[i] = idText(r.ids[i])
		}
	}
	b := command.Block{Keys: r.keys, Deadline: r.deadline, Type: store.TypeStream}
	if r.ofGroup {
		group := bytes.Clone(r.group)
		b.Lost = func(db *store.DB, key []byte, now int64) string { return lost(db, key, group, now) }
	}
	c.Block(b)
}
