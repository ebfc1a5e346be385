package streams

import (
	"slices"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// trimming is MAXLEN or MINID of XADD and XTRIM.
type trimming struct {
	store.StreamTrim
	given bool
	arg   int // index of the threshold
}

// addOptions are the words of XADD and XTRIM before the fields.
type addOptions struct {
	trim      trimming
	noCreate  bool
	id        store.StreamID
	idGiven   bool
	seqOpen   bool
	firstRest int // index behind the last option: of the ID, for XADD
}

const errTwoTrims = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"

// parseAdd reads the options, with the error reply.
func parseAdd(c *command.Ctx, isAdd bool) (o addOptions, ok bool) {
	limit, limited := int64(0), false
	i := 2
	for done := false; i < len(c.Args) && !done; i++ {
		switch a, more := c.Args[i], len(c.Args)-i-1; {
		case isAdd && len(a) == 1 && a[0] == '*':
			done = true
		case (command.Is(a, "MAXLEN") || command.Is(a, "MINID")) && more > 0:
			if i, ok = o.trim.parse(c, i); !ok {
				return o, false
			}
		case command.Is(a, "LIMIT") && more > 0:
			i++
			if limit, ok = integer(c, c.Args[i], ""); !ok {
				return o, false
			}
			if limit < 0 {
				c.Fail("ERR The LIMIT argument must be >= 0.")
				return o, false
			}
			limited = true
		case isAdd && command.Is(a, "NOMKSTREAM"):
			o.noCreate = true
		case isAdd:
			if o.id, o.seqOpen, ok = parseOpenID(a, 0); !ok {
				c.Fail(errID)
				return o, false
			}
			o.idGiven, done = true, true
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	o.firstRest = i - 1
	return o, o.trim.finish(c, isAdd, limit, limited)
}

// parse reads MAXLEN or MINID at i and returns the index of its last argument.
func (t *trimming) parse(c *command.Ctx, i int) (last int, ok bool) {
	if t.given {
		c.Fail(errTwoTrims)
		return i, false
	}
	t.given, t.Approx, t.ByID = true, false, command.Is(c.Args[i], "MINID")
	if next := c.Args[i+1]; len(c.Args)-i-1 >= 2 && len(next) == 1 && (next[0] == '~' || next[0] == '=') {
		t.Approx = next[0] == '~'
		i++
	}
	i++
	t.arg = i
	if t.ByID {
		t.MinID, ok = idArg(c, c.Args[i])
		return i, ok
	}
	n, ok := integer(c, c.Args[i], "")
	if ok && n < 0 {
		c.Fail("ERR The MAXLEN argument must be >= 0.")
		ok = false
	}
	t.MaxLen = int(n)
	return i, ok
}

// finish checks what goes together and sets the limit.
func (t *trimming) finish(c *command.Ctx, isAdd bool, limit int64, limited bool) bool {
	switch {
	case limit > 0 && !t.given:
		c.Fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
		return false
	case !isAdd && !t.given:
		c.Fail("ERR syntax error, XTRIM must be called with a trimming strategy")
		return false
	case obeyed(c):
		return true
	case limited && !t.Approx:
		c.Fail("ERR syntax error, LIMIT cannot be used without the special ~ option")
		return false
	case limited:
		t.Limit = int(limit)
	case t.Approx:
		// A hundred nodes: a single call does not take long.
		t.Limit = min(100*c.Store.Limits.StreamNodeEntries, 1_000_000)
		if t.Limit <= 0 {
			t.Limit = 10_000
		}
	}
	return true
}

// exact writes what an approximate trim came to over its arguments in an effect: the same entries must go everywhere. The words lie
// behind the reply, where there is room, until the effect is encoded.
func (t *trimming) exact(c *command.Ctx, effect [][]byte, v store.StreamView) {
	n := len(c.Reply.Buf)
	buf := append(c.Reply.Buf, '=')
	if t.ByID {
		buf = appendID(buf, v.Floor())
	} else {
		buf = strconv.AppendInt(buf, int64(v.Len()), 10)
	}
	effect[t.arg-1], effect[t.arg] = buf[n:n+1], buf[n+1:]
}

func xadd(c *command.Ctx) {
	o, ok := parseAdd(c, true)
	if !ok {
		return
	}
	fields := c.Args[min(o.firstRest+1, len(c.Args)):]
	if len(fields) < 2 || len(fields)%2 != 0 {
		c.Fail(c.Spec.ArityError())
		return
	}
	if o.idGiven && !o.seqOpen && o.id == (store.StreamID{}) {
		c.Fail("ERR The ID specified in XADD must be greater than 0-0")
		return
	}
	key := c.Key()
	s, found, alive := write(c, key)
	if !alive {
		return
	}
	if !found && o.noCreate {
		c.Reply.Null()
		return
	}
	var last store.StreamID
	if found {
		last = s.View().LastID
	}
	id, msg := o.chooseID(last, c.Now)
	if msg == "" && tooLarge(fields) {
		msg = "ERR Elements are too large to be stored"
	}
	if msg != "" {
		c.Fail(msg)
		return
	}
	if !found {
		s.Create()
	}
	s.Add(id, fields)
	c.Changed(command.NotifyStream, "xadd", key)
	c.Dirty++
	trimmed := o.trim.given && s.Trim(o.trim.StreamTrim) > 0
	if trimmed {
		c.Notify(command.NotifyStream, "xtrim", key)
	}
	text := replyID(c, id)
	if o.trim.Approx || !o.idGiven || o.seqOpen {
		var few [16][]byte // as long as they suffice, nothing is allocated
		effect := append(few[:0], c.Args...)
		if o.trim.Approx {
			o.trim.exact(c, effect, s.View())
		}
		effect[o.firstRest] = text
		c.Replace(effect...)
	}
}

// maxFields bounds the bytes of one entry.
const maxFields = 1 << 30

func tooLarge(fields [][]byte) bool {
	n := 0
	for _, f := range fields {
		n += len(f)
	}
	return n > maxFields
}

// chooseID returns the ID of the new entry, or why there is none.
func (o *addOptions) chooseID(last store.StreamID, now int64) (id store.StreamID, msg string) {
	if last == store.MaxStreamID {
		return id, "ERR The stream has exhausted the last possible ID, unable to add more items"
	}
	next, _ := store.NextStreamID(last)
	switch {
	case !o.idGiven:
		if id = (store.StreamID{Ms: uint64(now)}); id.Ms <= last.Ms {
			id = next
		}
		return id, ""
	case o.seqOpen && o.id.Ms == last.Ms:
		id = next // of the same millisecond, or too large
		if id.Ms != last.Ms {
			id = store.StreamID{}
		}
	default:
		id = o.id
	}
	if !less(last, id) {
		return id, "ERR The ID specified in XADD is equal or smaller than the target stream top item"
	}
	return id, ""
}

func xtrim(c *command.Ctx) {
	o, ok := parseAdd(c, false)
	if !ok {
		return
	}
	s, found, alive := write(c, c.Key())
	if !alive {
		return
	}
	if !found {
		c.Reply.Int(0)
		return
	}
	n := s.Trim(o.trim.StreamTrim)
	if n > 0 {
		c.Notify(command.NotifyStream, "xtrim", c.Key())
		c.Modified(c.Key())
		c.Dirty += int64(n)
		if o.trim.Approx {
			effect := slices.Clone(c.Args)
			o.trim.exact(c, effect, s.View())
			c.Replace(effect...)
		}
	}
	c.Reply.Int(int64(n))
}

func xdel(c *command.Ctx) {
	s, found, alive := write(c, c.Key())
	if !alive {
		return
	}
	if !found {
		c.Reply.Int(0)
		return
	}
	ids, ok := idArgs(c, c.Args[2:])
	if !ok {
		return
	}
	n := int64(0)
	for _, id := range ids {
		if s.Delete(id) {
			n++
		}
	}
	if n > 0 {
		c.Changed(command.NotifyStream, "xdel", c.Key())
		c.Dirty += n
	}
	c.Reply.Int(n)
}

func xlen(c *command.Ctx) {
	v, found, alive := read(c, c.Key())
	switch {
	case !alive:
	case !found:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(v.Len()))
	}
}

// setIDOptions are the words of XSETID behind the ID.
type setIDOptions struct {
	added      *uint64
	maxDeleted *store.StreamID
}

func parseSetID(c *command.Ctx, id store.StreamID) (o setIDOptions, ok bool) {
	for i := 3; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case command.Is(c.Args[i], "ENTRIESADDED") && more:
			n, ok := integer(c, c.Args[i+1], "")
			if !ok {
				return o, false
			}
			if n < 0 {
				c.Fail("ERR entries_added must be positive")
				return o, false
			}
			added := uint64(n)
			o.added = &added
		case command.Is(c.Args[i], "MAXDELETEDID") && more:
			del, ok := idArg(c, c.Args[i+1])
			if !ok {
				return o, false
			}
			if less(id, del) {
				c.Fail("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
				return o, false
			}
			if del != (store.StreamID{}) {
				o.maxDeleted = &del
			}
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

func xsetid(c *command.Ctx) {
	id, ok := idArg(c, c.Args[2])
	if !ok {
		return
	}
	o, ok := parseSetID(c, id)
	if !ok {
		return
	}
	s, found, alive := write(c, c.Key())
	if !alive {
		return
	}
	if !found {
		c.Fail(command.ErrNoKey)
		return
	}
	if v := s.View(); v.Len() > 0 {
		if less(id, v.Last()) {
			c.Fail("ERR The ID specified in XSETID is smaller than the target stream top item")
			return
		}
		if o.added != nil && uint64(v.Len()) > *o.added {
			c.Fail("ERR The entries_added specified in XSETID is smaller than the target stream length")
			return
		}
	}
	s.SetID(id, o.added, o.maxDeleted)
	c.Notify(command.NotifyStream, "xsetid", c.Key())
	c.Dirty++
	c.Reply.OK()
}
