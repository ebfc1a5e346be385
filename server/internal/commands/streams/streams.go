// Package streams is the stream family: XADD to XINFO.
//
//	streams.go  IDs and their spelling, errors
//	add.go      XADD, XTRIM, XDEL, XSETID, XLEN
//	range.go    XRANGE, XREVRANGE; how entries are replied
//	read.go     XREAD, XREADGROUP
//	group.go    XGROUP
//	pending.go  XACK, XPENDING
//	claim.go    XCLAIM, XAUTOCLAIM
//	info.go     XINFO
//
// What depends on the time, on what is idle or on who asks first is propagated by its effects: XADD with the ID it chose and the length it
// trimmed to, deliveries and claims as XCLAIM of single entries (R41).
package streams

import (
	"bytes"
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

const errID = "ERR Invalid stream ID specified as stream command argument"

// parseID reads an ID that stands for one entry: "ms" or "ms-seq". A missing sequence is seq.
func parseID(arg []byte, seq uint64) (id store.StreamID, ok bool) {
	id, open, ok := parseOpenID(arg, seq)
	return id, ok && !open
}

// parseOpenID is parseID that takes "ms-*" too: open says that the sequence is to be chosen.
func parseOpenID(arg []byte, seq uint64) (id store.StreamID, open, ok bool) {
	ms, rest, found := bytes.Cut(arg, []byte{'-'})
	id.Seq = seq
	if id.Ms, ok = parseUint(ms); !ok {
		return id, false, false
	}
	switch {
	case !found:
	case len(rest) == 1 && rest[0] == '*':
		id.Seq, open = 0, true
	default:
		id.Seq, ok = parseUint(rest)
	}
	return id, open, ok
}

func parseUint(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b), 10, 64)
	return n, err == nil
}

// parseAnyID is parseID that takes "-" and "+", the least and the greatest ID, too.
func parseAnyID(arg []byte, seq uint64) (store.StreamID, bool) {
	if len(arg) == 1 && arg[0] == '-' {
		return store.StreamID{}, true
	}
	if len(arg) == 1 && arg[0] == '+' {
		return store.MaxStreamID, true
	}
	return parseID(arg, seq)
}

// idArg reads an argument as an ID, with the error reply.
func idArg(c *command.Ctx, arg []byte) (store.StreamID, bool) {
	id, ok := parseID(arg, 0)
	if !ok {
		c.Fail(errID)
	}
	return id, ok
}

// idArgs reads several.
func idArgs(c *command.Ctx, args [][]byte) ([]store.StreamID, bool) {
	ids := make([]store.StreamID, len(args))
	for i, a := range args {
		var ok bool
		if ids[i], ok = idArg(c, a); !ok {
			return nil, false
		}
	}
	return ids, true
}

// rangeArgs reads the ends of a range; "(" before an ID excludes it.
func rangeArgs(c *command.Ctx, start, end []byte) (from, to store.StreamID, ok bool) {
	if from, ok = startArg(c, start); !ok {
		return
	}
	exclusive := len(end) > 1 && end[0] == '('
	if exclusive {
		to, ok = parseID(end[1:], math.MaxUint64)
	} else {
		to, ok = parseAnyID(end, math.MaxUint64)
	}
	if !ok {
		c.Fail(errID)
		return
	}
	if exclusive {
		if to, ok = store.PreviousStreamID(to); !ok {
			c.Fail("ERR invalid end ID for the interval")
		}
	}
	return
}

func startArg(c *command.Ctx, start []byte) (from store.StreamID, ok bool) {
	exclusive := len(start) > 1 && start[0] == '('
	if exclusive {
		from, ok = parseID(start[1:], 0)
	} else {
		from, ok = parseAnyID(start, 0)
	}
	if !ok {
		c.Fail(errID)
		return
	}
	if exclusive {
		if from, ok = store.NextStreamID(from); !ok {
			c.Fail("ERR invalid start ID for the interval")
		}
	}
	return
}

// integer reads an integer, with the error reply; msg replaces the usual one.
func integer(c *command.Ctx, arg []byte, msg string) (int64, bool) {
	n, ok := command.ParseInt(arg)
	if !ok {
		if msg == "" {
			msg = command.ErrNotInteger
		}
		c.Fail(msg)
	}
	return n, ok
}

// appendID appends an ID as clients write it.
func appendID(b []byte, id store.StreamID) []byte {
	b = append(strconv.AppendUint(b, id.Ms, 10), '-')
	return strconv.AppendUint(b, id.Seq, 10)
}

// replyID replies with an ID and returns its text in the reply, valid until more is added to that.
func replyID(c *command.Ctx, id store.StreamID) []byte {
	var buf [41]byte
	text := appendID(buf[:0], id)
	c.Reply.Bulk(text)
	end := len(c.Reply.Buf) - len("\r\n")
	return c.Reply.Buf[end-len(text) : end]
}

func idText(id store.StreamID) []byte { return appendID(nil, id) }

func intText(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// read is ReadStream with the error reply; alive is false after that.
func read(c *command.Ctx, key []byte) (v store.StreamView, found, alive bool) {
	v, found, err := c.DB.ReadStream(key, c.Now)
	return v, found, c.Check(err)
}

// write is WriteStream with the error reply; alive is false after that.
func write(c *command.Ctx, key []byte) (s store.Stream, found, alive bool) {
	s, found, err := c.DB.WriteStream(key, c.Now)
	return s, found, c.Check(err)
}

// less orders IDs.
func less(a, b store.StreamID) bool { return a.Compare(b) < 0 }

// obeyed reports whether a call comes from a master or a file, whose limits were applied already.
func obeyed(c *command.Ctx) bool { return c.FromMaster || c.Loading }
