// Package listpack reads and edits listpacks: Redis's flat encoding of a
// sequence of strings and integers, used for small lists, hashes, sets, sorted
// sets and stream nodes, in memory and in RDB files alike. Everything here works
// on a plain []byte and does no I/O.
//
// The format (Redis's "Listpack specification"), integers little endian:
//
//	+-------------+-------------+---------+-- --+---------+------+
//	| total bytes | elements    | entry 0 | ... | entry n | 0xFF |
//	| uint32      | uint16      |         |     |         |      |
//	+-------------+-------------+---------+-- --+---------+------+
//
//	entry    = encoding, data, backlen
//	elements = 65535 when there are 65535 or more: then one has to count
//
//	0xxxxxxx                      integer 0..127
//	10xxxxxx                      string of x < 64 bytes
//	110xxxxx yyyyyyyy             integer of 13 bits, two's complement, high bits first
//	1110xxxx yyyyyyyy             string of xy < 4096 bytes, high bits first
//	11110000 uint32               string of so many bytes
//	11110001 int16 | 11110010 int24 | 11110011 int32 | 11110100 int64
//
// backlen repeats the length of encoding and data so that a reader can walk
// backwards: 1 to 5 bytes of 7 bits, most significant first, the high bit set in
// all but the first, so that reading from the right knows where to stop.
//
// A position is the byte offset of an entry. Editing functions have the
// semantics of append: they work in place while the capacity suffices, return
// the possibly moved slice, and invalidate every position at or after the edit.
//
// Functions other than Validate trust their input: run Validate(lp, true) on
// bytes from outside before anything else.
package listpack

import "encoding/binary"

const (
	headerSize = 6
	endMark    = 0xFF
	// countUnknown in the header means "walk to know".
	countUnknown = 0xFFFF

	// EmptySize is the length of a listpack without entries.
	EmptySize = headerSize + 1
	// MaxSafeSize is the size above which Redis 7.0 refuses to let a listpack
	// grow (lpSafeToAdd). Callers convert to another encoding before that; the
	// header could not express more than 4 GiB.
	MaxSafeSize = 1 << 30
	// EntryOverhead is the most that an entry takes beside the bytes of its element.
	EntryOverhead = 10
)

// New returns an empty listpack with room for capacity bytes in all.
func New(capacity int) []byte {
	lp := make([]byte, EmptySize, max(capacity, EmptySize))
	lp[0] = EmptySize
	lp[headerSize] = endMark
	return lp
}

// Init makes an empty listpack at the start of buf, which must hold at least
// EmptySize bytes, and returns it with buf's capacity.
func Init(buf []byte) []byte {
	lp := buf[:EmptySize]
	copy(lp, []byte{EmptySize, 0, 0, 0, 0, 0, endMark})
	return lp
}

// Len returns the number of elements. It is O(1) below 65535 elements and a walk above.
func Len(lp []byte) int {
	if n := binary.LittleEndian.Uint16(lp[4:]); n != countUnknown {
		return int(n)
	}
	n := 0
	for pos := headerSize; lp[pos] != endMark; pos += entrySizeAt(lp, pos) {
		n++
	}
	return n
}

// First returns the position of the first element, or -1 when there is none.
func First(lp []byte) int {
	if lp[headerSize] == endMark {
		return -1
	}
	return headerSize
}

// Last returns the position of the last element, or -1 when there is none.
func Last(lp []byte) int { return Prev(lp, len(lp)-1) }

// Next returns the position after the element at pos, or -1 after the last.
func Next(lp []byte, pos int) int {
	pos += entrySizeAt(lp, pos)
	if lp[pos] == endMark {
		return -1
	}
	return pos
}

// Prev returns the position before the element at pos (or before the end mark,
// at len(lp)-1), or -1 before the first.
func Prev(lp []byte, pos int) int {
	if pos <= headerSize {
		return -1
	}
	n, width := backlenBefore(lp, pos)
	return pos - width - n
}

// Seek returns the position of the element with that index; negative indexes
// count from the tail (-1 is the last). It returns -1 when there is none, and
// walks from the nearer end.
func Seek(lp []byte, index int) int {
	n := int(binary.LittleEndian.Uint16(lp[4:]))
	if n != countUnknown {
		if index < 0 {
			index += n
		}
		if index < 0 || index >= n {
			return -1
		}
		if index > n/2 {
			index -= n
		}
	}
	if index < 0 {
		pos := Last(lp)
		for ; index < -1 && pos >= 0; index++ {
			pos = Prev(lp, pos)
		}
		return pos
	}
	pos := First(lp)
	for ; index > 0 && pos >= 0; index-- {
		pos = Next(lp, pos)
	}
	return pos
}

// setHeader writes the total size, and the element count changed by delta.
func setHeader(lp []byte, delta int) {
	binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
	if n := int(binary.LittleEndian.Uint16(lp[4:])); n != countUnknown && delta != 0 {
		binary.LittleEndian.PutUint16(lp[4:], uint16(min(n+delta, countUnknown)))
	}
}
