package command

import (
	"bytes"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// Scan is the part that HSCAN, SSCAN and ZSCAN share: cursor, options and the shape of the reply. Call ParseScanCursor, find the
// key, then Scan.Parse: with a missing key Redis does not look at the options.
type Scan struct {
	Cursor  uint64
	Count   int    // how many elements to visit, about
	Pattern []byte // nil: all
	found   resp.Writer
	n       int
}

// ParseScanCursor reads the cursor argument, with the error reply. Redis reads it with C's strtoul: nothing is 0, a negative
// number is taken modulo 2^64, and a NUL ends the text.
func (c *Ctx) ParseScanCursor(arg []byte) (cursor uint64, ok bool) {
	arg, _, _ = bytes.Cut(arg, []byte{0})
	digits, negative := string(arg), false
	if len(arg) > 0 {
		if negative = arg[0] == '-'; negative || arg[0] == '+' {
			digits = digits[1:]
		}
		var err error
		if cursor, err = strconv.ParseUint(digits, 10, 64); err != nil {
			c.Fail(ErrInvalidCur)
			return 0, false
		}
	}
	if negative {
		cursor = -cursor
	}
	return cursor, true
}

// EmptyScan replies the end of a scan that found nothing.
func (c *Ctx) EmptyScan() {
	c.Reply.Array(2)
	c.Reply.BulkString("0")
	c.Reply.Array(0)
}

// ParseScan reads MATCH and COUNT from argument from on, with the error reply.
func (c *Ctx) ParseScan(cursor uint64, from int) (s Scan, ok bool) {
	s = Scan{Cursor: cursor, Count: 10, found: resp.Writer{Proto: c.Reply.Proto}}
	for i := from; i < len(c.Args); i += 2 {
		switch {
		case i+1 == len(c.Args):
			c.Fail(ErrSyntax)
			return s, false
		case Is(c.Args[i], "COUNT"):
			n, ok := ParseInt(c.Args[i+1])
			if !ok {
				c.Fail(ErrNotInteger)
				return s, false
			}
			if n < 1 {
				c.Fail(ErrSyntax)
				return s, false
			}
			s.Count = int(min(n, 1<<30))
		case Is(c.Args[i], "MATCH"):
			if s.Pattern = c.Args[i+1]; string(s.Pattern) == "*" {
				s.Pattern = nil
			}
		default:
			c.Fail(ErrSyntax)
			return s, false
		}
	}
	return s, true
}

// Matches reports whether the element is asked for.
func (s *Scan) Matches(element []byte) bool {
	return s.Pattern == nil || Match(s.Pattern, element, false)
}

// Element takes one element, or part of one, into the reply.
func (s *Scan) Element(b []byte) {
	s.found.Bulk(b)
	s.n++
}

// Reply writes the next cursor and the elements.
func (s *Scan) Reply(w *resp.Writer, next uint64) {
	var digits [20]byte
	w.Array(2)
	w.Bulk(strconv.AppendUint(digits[:0], next, 10))
	w.Array(s.n)
	w.Raw(s.found.Buf)
}
