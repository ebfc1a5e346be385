package resp

import (
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/tidwall/redcon"
)

// Writer appends replies to Buf. It never fails: the caller owns Buf, its limit
// and its delivery.
type Writer struct {
	Buf []byte
	// Proto is the protocol version that the client asked for with HELLO, 2 or 3.
	// Any value below 3 means 2.
	Proto int
}

// SimpleString appends +s. s must hold no line break.
func (w *Writer) SimpleString(s string) { w.Buf = redcon.AppendString(w.Buf, s) }

// OK appends +OK.
func (w *Writer) OK() { w.Buf = append(w.Buf, "+OK\r\n"...) }

// Error appends an error reply. s begins with the code ("ERR no such key").
// Line breaks at its ends are dropped and those inside become spaces, as they
// would end the reply early.
func (w *Writer) Error(s string) {
	s = strings.Trim(s, "\r\n")
	w.Buf = append(w.Buf, '-')
	at := len(w.Buf)
	w.Buf = append(w.Buf, s...)
	for i, c := range w.Buf[at:] {
		if c == '\r' || c == '\n' {
			w.Buf[at+i] = ' '
		}
	}
	w.Buf = append(w.Buf, '\r', '\n')
}

// Int appends an integer reply.
func (w *Writer) Int(n int64) { w.Buf = redcon.AppendInt(w.Buf, n) }

// Uint appends an integer reply. Values above MaxInt64 do not fit what most
// clients parse; Redis has the same limit.
func (w *Writer) Uint(n uint64) { w.Buf = redcon.AppendUint(w.Buf, n) }

// Bulk appends a bulk string.
func (w *Writer) Bulk(b []byte) {
	// Most are short, and a range reply is made of hundreds: their header needs no
	// formatting.
	if len(b) < 100 {
		w.Buf = appendShortBulk(w.Buf, b)
		return
	}
	w.Buf = redcon.AppendBulk(w.Buf, b)
}

// appendShortBulk appends a bulk string of less than 100 bytes.
func appendShortBulk(dst, b []byte) []byte {
	return append(append(bulkHeader(dst, len(b)), b...), '\r', '\n')
}

// bulkHeader appends the header of a bulk string of n < 100 bytes.
func bulkHeader(dst []byte, n int) []byte {
	if n < 10 {
		return append(dst, '$', byte('0'+n), '\r', '\n')
	}
	return append(dst, '$', byte('0'+n/10), byte('0'+n%10), '\r', '\n')
}

// BulkString appends a bulk string.
func (w *Writer) BulkString(s string) { w.Buf = redcon.AppendBulkString(w.Buf, s) }

// BulkInt appends an integer as a bulk string.
func (w *Writer) BulkInt(n int64) {
	var digits [20]byte
	w.Bulk(strconv.AppendInt(digits[:0], n, 10))
}

// Null appends the absent value: $-1 in RESP2, _ in RESP3.
func (w *Writer) Null() { w.null("$-1\r\n") }

// NullArray appends the absent array: *-1 in RESP2, _ in RESP3.
func (w *Writer) NullArray() { w.null("*-1\r\n") }

func (w *Writer) null(resp2 string) {
	if w.Proto >= 3 {
		resp2 = "_\r\n"
	}
	w.Buf = append(w.Buf, resp2...)
}

// Array appends the header of an array; n values must follow.
func (w *Writer) Array(n int) { w.Buf = redcon.AppendArray(w.Buf, n) }

// Map appends the header of a map of n pairs; 2n values must follow. RESP2 sees
// an array of 2n.
func (w *Writer) Map(n int) { w.Buf = w.appendMap(w.Buf, n) }

func (w *Writer) appendMap(dst []byte, n int) []byte {
	if w.Proto >= 3 {
		return appendPrefix(dst, '%', int64(n))
	}
	return redcon.AppendArray(dst, 2*n)
}

// Set appends the header of a set; n values must follow. RESP2 sees an array.
func (w *Writer) Set(n int) { w.aggregate('~', n) }

// Push appends the header of an out-of-band message; n values must follow.
// RESP2 sees an array.
func (w *Writer) Push(n int) { w.aggregate('>', n) }

func (w *Writer) aggregate(kind byte, n int) {
	if w.Proto < 3 {
		kind = '*'
	}
	w.Buf = appendPrefix(w.Buf, kind, int64(n))
}

// Attribute appends the header of n attribute pairs, which precede the reply
// they describe. RESP2 has no attributes: the caller must not send any there.
func (w *Writer) Attribute(n int) {
	if w.Proto < 3 {
		panic("BUG: attribute sent to a RESP2 client")
	}
	w.Buf = appendPrefix(w.Buf, '|', int64(n))
}

// Double appends f in number.FormatDouble's text: a bulk string in RESP2, a
// double in RESP3.
func (w *Writer) Double(f float64) {
	var text [32]byte
	w.double(number.FormatDouble(text[:0], f))
}

// HumanDouble appends f without exponent and without trailing zeros, as Redis
// prints coordinates and long doubles: a bulk string in RESP2, a double in RESP3.
func (w *Writer) HumanDouble(f float64) {
	var text [64]byte
	w.double(number.FormatHuman(text[:0], f))
}

func (w *Writer) double(text []byte) {
	if w.Proto < 3 {
		w.Bulk(text)
		return
	}
	w.line(',', text)
}

// Bool appends #t or #f in RESP3, 1 or 0 in RESP2.
func (w *Writer) Bool(b bool) {
	switch {
	case w.Proto >= 3 && b:
		w.Buf = append(w.Buf, "#t\r\n"...)
	case w.Proto >= 3:
		w.Buf = append(w.Buf, "#f\r\n"...)
	case b:
		w.Buf = append(w.Buf, ":1\r\n"...)
	default:
		w.Buf = append(w.Buf, ":0\r\n"...)
	}
}

// BigNumber appends the decimal digits s: a big number in RESP3, a bulk string
// in RESP2.
func (w *Writer) BigNumber(s string) {
	if w.Proto < 3 {
		w.BulkString(s)
		return
	}
	w.Buf = append(w.Buf, '(')
	w.Buf = append(w.Buf, s...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Verbatim appends s with its three-letter format ("txt", "mkd") in RESP3, as a
// plain bulk string in RESP2. A format of another length is cut or padded with
// spaces, since its length is part of the grammar.
func (w *Writer) Verbatim(format, s string) {
	if w.Proto < 3 {
		w.BulkString(s)
		return
	}
	w.Buf = appendPrefix(w.Buf, '=', int64(len(s)+4))
	for i := range 3 {
		c := byte(' ')
		if i < len(format) {
			c = format[i]
		}
		w.Buf = append(w.Buf, c)
	}
	w.Buf = append(w.Buf, ':')
	w.Buf = append(w.Buf, s...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Raw appends bytes that are replies already.
func (w *Writer) Raw(b []byte) { w.Buf = append(w.Buf, b...) }

// Len returns the length of Buf: the mark of what is written next.
func (w *Writer) Len() int { return len(w.Buf) }

// InsertArray puts the header of an array of n values in front of what was
// written since mark, for a caller that learns the count only afterwards. The
// bytes since mark are moved once; mark is an earlier result of Len.
func (w *Writer) InsertArray(mark, n int) {
	var head [24]byte
	w.insert(mark, redcon.AppendArray(head[:0], n))
}

// InsertMap is InsertArray for a map of n pairs.
func (w *Writer) InsertMap(mark, n int) {
	var head [24]byte
	w.insert(mark, w.appendMap(head[:0], n))
}

// InsertSet is InsertArray for a set of n values.
func (w *Writer) InsertSet(mark, n int) {
	var head [24]byte
	kind := byte('~')
	if w.Proto < 3 {
		kind = '*'
	}
	w.insert(mark, appendPrefix(head[:0], kind, int64(n)))
}

func (w *Writer) insert(mark int, head []byte) {
	end := len(w.Buf)
	w.Buf = append(w.Buf, head...)
	copy(w.Buf[mark+len(head):], w.Buf[mark:end])
	copy(w.Buf[mark:], head)
}

func (w *Writer) line(kind byte, text []byte) {
	w.Buf = append(w.Buf, kind)
	w.Buf = append(w.Buf, text...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// appendPrefix appends a header such as %2\r\n. redcon has the same for its own
// types only.
func appendPrefix(dst []byte, kind byte, n int64) []byte {
	if uint64(n) < 10 {
		return append(dst, kind, byte('0'+n), '\r', '\n')
	}
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}
