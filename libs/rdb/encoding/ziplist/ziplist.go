// Package ziplist reads and writes ziplists: the flat encoding that Redis used for small lists, hashes and sorted sets
// before version 7.0 replaced it by listpacks. Here it exists for RDB files only: old ones are read, and written when
// an old RDB version is asked for. Everything works on a plain []byte.
//
//	+---------+---------+---------+---------+-- --+---------+------+
//	| zlbytes | zltail  | zllen   | entry 0 | ... | entry n | 0xFF |
//	| uint32  | uint32  | uint16  |         |     |         |      |
//	+---------+---------+---------+---------+-- --+---------+------+
//
//	zltail  = offset of the last entry (of the end mark when there is none)
//	zllen   = 65535 when there are 65535 entries or more
//	entry   = prevlen, encoding, data
//	prevlen = length of the entry before: one byte below 254, or 0xFE and uint32
//
//	00xxxxxx                      string of x < 64 bytes
//	01xxxxxx yyyyyyyy             string of xy < 16384 bytes, high bits first
//	10______ uint32 big endian    string of so many bytes
//	11000000 int16 | 11110000 int24 | 11010000 int32 | 11100000 int64 | 11111110 int8
//	1111xxxx                      x = 1 to 13: integer x-1
//
// Integers are little endian unless noted. Functions other than Validate trust their input.
package ziplist

import (
	"encoding/binary"
	"fmt"
)

const (
	headerSize   = 10
	endMark      = 0xFF
	bigPrevLen   = 0xFE
	countUnknown = 0xFFFF

	// EmptySize is the length of a ziplist without entries.
	EmptySize = headerSize + 1
)

// Value is one element: an integer when IsInt, else a string that aliases the ziplist.
type Value struct {
	Str   []byte
	Int   int64
	IsInt bool
}

// First returns the position of the first element, or -1 when there is none.
func First(zl []byte) int {
	if zl[headerSize] == endMark {
		return -1
	}
	return headerSize
}

// Read returns the element at pos and the position after it, -1 after the last.
func Read(zl []byte, pos int) (v Value, next int) {
	pos += prevLenSize(zl[pos])
	head, size := entrySize(zl, pos)
	data := zl[pos+head : pos+head+size]
	if enc := zl[pos]; enc < 0xC0 {
		v.Str = data
	} else {
		v = Value{Int: readInt(enc, data), IsInt: true}
	}
	next = pos + head + size
	if zl[next] == endMark {
		next = -1
	}
	return v, next
}

func readInt(enc byte, p []byte) int64 {
	switch enc {
	case 0xC0:
		return int64(int16(binary.LittleEndian.Uint16(p)))
	case 0xD0:
		return int64(int32(binary.LittleEndian.Uint32(p)))
	case 0xE0:
		return int64(binary.LittleEndian.Uint64(p))
	case 0xF0:
		return int64(int32(uint32(p[0])<<8|uint32(p[1])<<16|uint32(p[2])<<24) >> 8)
	case 0xFE:
		return int64(int8(p[0]))
	}
	return int64(enc&0x0F) - 1
}

// entrySize returns the lengths of encoding and data at pos, behind the prevlen; head 0 for an unknown encoding.
func entrySize(zl []byte, pos int) (head, size int) {
	switch enc := zl[pos]; {
	case enc < 0x40:
		return 1, int(enc)
	case enc < 0x80:
		return 2, int(enc&0x3F)<<8 | int(zl[pos+1])
	case enc < 0xC0:
		return 5, int(binary.BigEndian.Uint32(zl[pos+1:]))
	case enc == 0xC0:
		return 1, 2
	case enc == 0xD0:
		return 1, 4
	case enc == 0xE0:
		return 1, 8
	case enc == 0xF0:
		return 1, 3
	case enc == 0xFE:
		return 1, 1
	case enc > 0xF0 && enc < 0xFE:
		return 1, 0
	}
	return 0, 0
}

func prevLenSize(b byte) int {
	if b < bigPrevLen {
		return 1
	}
	return 5
}

// Validate checks bytes from outside, entry by entry, and returns the number of elements. What passes is safe for the
// other functions. Every error names the offset of the fault.
func Validate(zl []byte) (count int, err error) {
	if len(zl) < EmptySize {
		return 0, fmt.Errorf("ziplist: offset 0: %d bytes are less than the %d of an empty one", len(zl), EmptySize)
	}
	if total := binary.LittleEndian.Uint32(zl); uint64(total) != uint64(len(zl)) {
		return 0, fmt.Errorf("ziplist: offset 0: header says %d bytes, have %d", total, len(zl))
	}
	if zl[len(zl)-1] != endMark {
		return 0, fmt.Errorf("ziplist: offset %d: end mark is 0x%02x, want 0xff", len(zl)-1, zl[len(zl)-1])
	}
	last, before := headerSize, 0
	for pos := headerSize; pos < len(zl)-1; count++ {
		size, err := validateEntry(zl, pos, before)
		if err != nil {
			return 0, err
		}
		last, before = pos, size
		pos += size
	}
	if tail := binary.LittleEndian.Uint32(zl[4:]); uint64(tail) != uint64(last) {
		return 0, fmt.Errorf("ziplist: offset 4: header says that the last entry is at %d, found it at %d", tail, last)
	}
	if n := binary.LittleEndian.Uint16(zl[8:]); n != countUnknown && int(n) != count {
		return 0, fmt.Errorf("ziplist: offset 8: header says %d elements, found %d", n, count)
	}
	return count, nil
}

// validateEntry checks the entry at pos < len(zl)-1, which follows one of before bytes, and returns its size.
func validateEntry(zl []byte, pos, before int) (int, error) {
	body := len(zl) - 1
	if zl[pos] == endMark {
		return 0, fmt.Errorf("ziplist: offset %d: end mark before the end", pos)
	}
	prev := prevLenSize(zl[pos])
	if body-pos <= prev {
		return 0, fmt.Errorf("ziplist: offset %d: entry is cut short", pos)
	}
	prevLen := int(zl[pos])
	if prev == 5 {
		prevLen = int(binary.LittleEndian.Uint32(zl[pos+1:]))
	}
	if prevLen != before {
		return 0, fmt.Errorf("ziplist: offset %d: says that the entry before takes %d bytes, it takes %d", pos, prevLen, before)
	}
	at := pos + prev
	if enc := zl[at]; enc >= 0x40 && enc < 0x80 && body-at < 2 || enc >= 0x80 && enc < 0xC0 && body-at < 5 {
		return 0, fmt.Errorf("ziplist: offset %d: entry is cut short", at)
	}
	head, size := entrySize(zl, at)
	if head == 0 {
		return 0, fmt.Errorf("ziplist: offset %d: unknown entry encoding 0x%02x", at, zl[at])
	}
	if size > body-at-head {
		return 0, fmt.Errorf("ziplist: offset %d: entry of %d bytes exceeds the %d left", at, size, body-at-head)
	}
	return prev + head + size, nil
}
