// Package zipmap reads zipmaps: the flat encoding of small hashes in Redis before version 2.6. Here it exists to read
// RDB files of that age (type 9); nothing writes it.
//
//	+-------+-----+-------+-----+------+-------+---------+-- --+------+
//	| zmlen | len | field | len | free | value | garbage | ... | 0xFF |
//	| 1     |     |       |     | 1    |       | free    |     | 1    |
//	+-------+-----+-------+-----+------+-------+---------+-- --+------+
//
//	zmlen = number of pairs, or 254 and more for "walk to know"
//	len   = one byte below 254, or 0xFE and uint32 little endian
//	free  = unused bytes behind the value
//
// Functions other than Validate trust their input.
package zipmap

import (
	"encoding/binary"
	"fmt"
)

const (
	endMark = 0xFF
	bigLen  = 0xFE
)

// First returns the position of the first pair, or -1 when there is none.
func First(zm []byte) int {
	if zm[1] == endMark {
		return -1
	}
	return 1
}

// Read returns the pair at pos, aliasing zm, and the position after it, -1 after the last.
func Read(zm []byte, pos int) (field, value []byte, next int) {
	n, width := readLen(zm, pos)
	pos += width
	field = zm[pos : pos+n]
	pos += n
	n, width = readLen(zm, pos)
	free := int(zm[pos+width])
	pos += width + 1
	value = zm[pos : pos+n]
	next = pos + n + free
	if zm[next] == endMark {
		next = -1
	}
	return field, value, next
}

func readLen(zm []byte, pos int) (n, width int) {
	if b := zm[pos]; b < bigLen {
		return int(b), 1
	}
	return int(binary.LittleEndian.Uint32(zm[pos+1:])), 5
}

// Validate checks bytes from outside, pair by pair, and returns the number of pairs. What passes is safe for the other
// functions. It does not look for duplicate fields. Every error names the offset of the fault.
func Validate(zm []byte) (pairs int, err error) {
	if len(zm) < 2 {
		return 0, fmt.Errorf("zipmap: offset 0: %d bytes are less than the 2 of an empty one", len(zm))
	}
	pos := 1
	for pos < len(zm) && zm[pos] != endMark {
		if pos, err = skip(zm, pos, 0); err != nil {
			return 0, err
		}
		if pos < len(zm) && zm[pos] == endMark {
			return 0, fmt.Errorf("zipmap: offset %d: field without a value", pos)
		}
		if pos, err = skip(zm, pos, 1); err != nil {
			return 0, err
		}
		pairs++
	}
	if pos != len(zm)-1 {
		return 0, fmt.Errorf("zipmap: offset %d: end mark expected at %d", min(pos, len(zm)), len(zm)-1)
	}
	if zm[0] < bigLen && int(zm[0]) != pairs {
		return 0, fmt.Errorf("zipmap: offset 0: header says %d pairs, found %d", zm[0], pairs)
	}
	return pairs, nil
}

// skip returns the position behind the string at pos, whose length is followed by freeBytes bytes (0 or 1) that count unused ones.
func skip(zm []byte, pos, freeBytes int) (int, error) {
	width := 1
	if pos < len(zm) && zm[pos] >= bigLen {
		width = 5
	}
	if len(zm)-pos < width+freeBytes {
		return 0, fmt.Errorf("zipmap: offset %d: length is cut short", pos)
	}
	n, _ := readLen(zm, pos)
	if width > 1 && n < bigLen {
		return 0, fmt.Errorf("zipmap: offset %d: length %d in the long form", pos, n)
	}
	at := pos + width
	if freeBytes == 1 {
		n += int(zm[at])
		at++
	}
	if n > len(zm)-at {
		return 0, fmt.Errorf("zipmap: offset %d: string of %d bytes exceeds the %d left", pos, n, len(zm)-at)
	}
	return at + n, nil
}
