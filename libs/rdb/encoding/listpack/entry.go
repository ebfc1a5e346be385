package listpack

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// Value is one element: an integer when IsInt, else a string that aliases the listpack.
type Value struct {
	Str   []byte
	Int   int64
	IsInt bool
}

// Append appends the element as a client sees it: integers in decimal.
func (v Value) Append(dst []byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(dst, v.Int, 10)
	}
	return append(dst, v.Str...)
}

// Size returns the length of what Append appends.
func (v Value) Size() int {
	if !v.IsInt {
		return len(v.Str)
	}
	var buf [20]byte
	return len(strconv.AppendInt(buf[:0], v.Int, 10))
}

// Equal says whether a client would see exactly b.
func (v Value) Equal(b []byte) bool {
	if !v.IsInt {
		return bytes.Equal(v.Str, b)
	}
	n, ok := ParseInt(b)
	return ok && n == v.Int
}

// ParseInt reads b as an integer if it is one in canonical form, that is if
// printing the integer gives back b: no spaces, signs of plus, leading zeros or
// minus zero. These are the strings that Redis stores as integers.
func ParseInt(b []byte) (n int64, ok bool) {
	digits := b
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	if digits[0] == '0' {
		return 0, len(b) == 1
	}
	var u uint64 // 19 digits cannot overflow it
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		}
		u = u*10 + uint64(c)
	}
	if negative {
		return -int64(u), u <= -math.MinInt64
	}
	return int64(u), u <= math.MaxInt64
}

// Get returns the element at pos.
func Get(lp []byte, pos int) Value {
	v, _ := Read(lp, pos)
	return v
}

// Read returns the element at pos and the position after it, -1 after the last.
func Read(lp []byte, pos int) (v Value, next int) {
	n := 0 // length of encoding and data
	switch b := lp[pos]; {
	case b < 0x80:
		v, n = Value{Int: int64(b), IsInt: true}, 1
	case b < 0xC0:
		n = 1 + int(b&0x3F)
		v.Str = lp[pos+1 : pos+n]
	default:
		v, n = readWide(lp, pos)
	}
	next = pos + n + backlenSize(n)
	if lp[next] == endMark {
		next = -1
	}
	return v, next
}

// Short is Read for a string of less than 64 bytes, which most elements are: it is small enough to become part of the caller's
// loop. next is pos when the element is another one, and not -1 after the last: it stands on the end then, see AtEnd.
func Short(lp []byte, pos int) (s []byte, next int) {
	b := lp[pos]
	if b-0x80 >= 0x40 {
		return nil, pos
	}
	end := pos + 1 + int(b&0x3F)
	return lp[pos+1 : end], end + 1
}

// AtEnd says whether pos is behind the last element.
func AtEnd(lp []byte, pos int) bool { return lp[pos] == endMark }

// readWide decodes the entries whose encoding takes more than one byte.
func readWide(lp []byte, pos int) (v Value, n int) {
	p := lp[pos:]
	integer := func(i int64, n int) (Value, int) { return Value{Int: i, IsInt: true}, n }
	switch b := p[0]; {
	case b < 0xE0:
		// 13 bits: shift the sign up to the top of an int16 and back.
		return integer(int64(int16(uint16(b)<<11|uint16(p[1])<<3)>>3), 2)
	case b < 0xF0:
		n = 2 + int(b&0x0F)<<8 + int(p[1])
		return Value{Str: p[2:n:n]}, n
	case b == 0xF0:
		n = 5 + int(binary.LittleEndian.Uint32(p[1:]))
		return Value{Str: p[5:n:n]}, n
	case b == 0xF1:
		return integer(int64(int16(binary.LittleEndian.Uint16(p[1:]))), 3)
	case b == 0xF2:
		return integer(int64(int32(uint32(p[1])<<8|uint32(p[2])<<16|uint32(p[3])<<24)>>8), 4)
	case b == 0xF3:
		return integer(int64(int32(binary.LittleEndian.Uint32(p[1:]))), 5)
	case b == 0xF4:
		return integer(int64(binary.LittleEndian.Uint64(p[1:])), 9)
	}
	panic("BUG: listpack entry with unknown encoding was not validated")
}

// EntrySize returns how many bytes v would take as an entry, backlen included.
func EntrySize(v []byte) int {
	if n, ok := ParseInt(v); ok {
		size, _ := intSize(n)
		return size + 1
	}
	n := len(v) + stringHead(len(v))
	return n + backlenSize(n)
}

// SizeAt returns how many bytes the entry at pos takes, backlen included.
func SizeAt(lp []byte, pos int) int { return entrySizeAt(lp, pos) }

// entrySizeAt returns the length of the entry at pos, backlen included.
func entrySizeAt(lp []byte, pos int) int {
	if b := lp[pos]; b < 0xC0 { // nearly all
		if b < 0x80 {
			return 2
		}
		return int(b&0x3F) + 2
	}
	n := encodedSizeAt(lp, pos)
	return n + backlenSize(n)
}

// encodedSizeAt returns the length of encoding and data of the entry at pos, 0
// for an encoding that does not exist.
func encodedSizeAt(lp []byte, pos int) int {
	switch b := lp[pos]; {
	case b < 0x80:
		return 1
	case b < 0xC0:
		return 1 + int(b&0x3F)
	case b < 0xE0:
		return 2
	case b < 0xF0:
		return 2 + int(b&0x0F)<<8 + int(lp[pos+1])
	case b == 0xF0:
		return 5 + int(binary.LittleEndian.Uint32(lp[pos+1:]))
	case b <= 0xF3:
		return int(b-0xF1) + 3
	case b == 0xF4:
		return 9
	}
	return 0
}

func stringHead(n int) int {
	switch {
	case n < 64:
		return 1
	case n < 4096:
		return 2
	}
	return 5
}

// intSize returns the length of encoding and data of an integer, and the
// encoding byte of those that have a byte of their own.
func intSize(n int64) (size int, encoding byte) {
	switch {
	case n >= 0 && n <= 127:
		return 1, 0
	case n >= -4096 && n <= 4095:
		return 2, 0xC0
	case n >= math.MinInt16 && n <= math.MaxInt16:
		return 3, 0xF1
	case n >= -1<<23 && n < 1<<23:
		return 4, 0xF2
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return 5, 0xF3
	}
	return 9, 0xF4
}

// encoded is an entry about to be written: head, then str, then the backlen.
type encoded struct {
	head    [9]byte
	headLen int
	str     []byte
}

func encode(v []byte) encoded {
	if n, ok := ParseInt(v); ok {
		return encodeInt(n)
	}
	e := encoded{str: v, headLen: stringHead(len(v))}
	switch e.headLen {
	case 1:
		e.head[0] = 0x80 | byte(len(v))
	case 2:
		e.head[0], e.head[1] = 0xE0|byte(len(v)>>8), byte(len(v))
	default:
		e.head[0] = 0xF0
		binary.LittleEndian.PutUint32(e.head[1:], uint32(len(v)))
	}
	return e
}

func encodeInt(n int64) (e encoded) {
	size, encoding := intSize(n)
	e.headLen = size
	switch size {
	case 1:
		e.head[0] = byte(n)
	case 2:
		e.head[0], e.head[1] = encoding|byte(n>>8)&0x1F, byte(n)
	default:
		// Little endian: the bytes beyond the encoding's width lie past headLen.
		e.head[0] = encoding
		binary.LittleEndian.PutUint64(e.head[1:], uint64(n))
	}
	return e
}

func (e *encoded) size() int {
	n := e.headLen + len(e.str)
	return n + backlenSize(n)
}

// put writes the entry at the start of dst, which has room for it.
func (e *encoded) put(dst []byte) {
	n := copy(dst, e.head[:e.headLen])
	n += copy(dst[n:], e.str)
	putBacklen(dst[n:], n)
}

// backlenSize returns how many bytes the backlen of n takes. The bounds are
// Redis's, which give up the largest value of each width but the first: 16383
// would fit two bytes and takes three.
func backlenSize(n int) int {
	switch {
	case n <= 127:
		return 1
	case n < 1<<14-1:
		return 2
	case n < 1<<21-1:
		return 3
	case n < 1<<28-1:
		return 4
	}
	return 5
}

func putBacklen(dst []byte, n int) {
	if n <= 127 {
		dst[0] = byte(n)
		return
	}
	for i := backlenSize(n) - 1; i >= 0; i-- {
		dst[i] = byte(n)&0x7F | 0x80
		n >>= 7
	}
	dst[0] &= 0x7F
}

// backlenBefore decodes the backlen that ends at pos: the length of encoding
// and data of the entry before, and the width of the backlen itself. Width 0
// says that it is malformed.
func backlenBefore(lp []byte, pos int) (n, width int) {
	for shift := 0; width < 5 && pos-width > headerSize; shift += 7 {
		width++
		b := lp[pos-width]
		n |= int(b&0x7F) << shift
		if b < 0x80 {
			return n, width
		}
	}
	return 0, 0
}
