// Package intset reads and edits intsets: Redis's sorted array of distinct
// integers, the encoding of small sets of integers in memory and in RDB files.
// Everything here works on a plain []byte and does no I/O.
//
//	+----------+----------+-------------------------------+
//	| width    | count    | count integers of width bytes |
//	| uint32   | uint32   | ascending, no duplicates      |
//	+----------+----------+-------------------------------+
//
// All little endian; width is 2, 4 or 8. Adding an integer that needs more
// rewrites all of them in the larger width; removing never shrinks the width.
//
// Editing functions have the semantics of append. Functions other than Validate
// trust their input: run Validate(is, true) on bytes from outside first.
package intset

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

const headerSize = 8

// New returns an empty intset.
func New() []byte {
	return []byte{2, 0, 0, 0, 0, 0, 0, 0}
}

// Len returns the number of integers.
func Len(is []byte) int { return int(binary.LittleEndian.Uint32(is[4:])) }

// Width returns the bytes each integer takes: 2, 4 or 8.
func Width(is []byte) int { return int(is[0]) }

// Get returns the integer with rank i, 0 <= i < Len.
func Get(is []byte, i int) int64 { return get(is, i, int(is[0])) }

func get(is []byte, i, width int) int64 {
	p := is[headerSize+i*width:]
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(p)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(p)))
	}
	return int64(binary.LittleEndian.Uint64(p))
}

func put(is []byte, i, width int, v int64) {
	p := is[headerSize+i*width:]
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(p, uint32(v))
	default:
		binary.LittleEndian.PutUint64(p, uint64(v))
	}
}

func widthOf(v int64) int {
	switch {
	case v >= math.MinInt16 && v <= math.MaxInt16:
		return 2
	case v >= math.MinInt32 && v <= math.MaxInt32:
		return 4
	}
	return 8
}

// Find returns the rank of v, or the rank at which it would be added.
func Find(is []byte, v int64) (pos int, ok bool) {
	width, n := int(is[0]), Len(is)
	// Ascending insertion is the common way to build one.
	if n == 0 || v > get(is, n-1, width) {
		return n, false
	}
	low, high := 0, n
	for low < high {
		middle := int(uint(low+high) >> 1)
		if get(is, middle, width) < v {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, get(is, low, width) == v
}

// Grown returns the length in bytes that is would have at most after Add(is, v).
func Grown(is []byte, v int64) int {
	return headerSize + (Len(is)+1)*max(Width(is), widthOf(v))
}

// Add adds v and reports whether it was missing.
func Add(is []byte, v int64) ([]byte, bool) {
	width, n := int(is[0]), Len(is)
	if widthOf(v) > width {
		return widen(is, v), true
	}
	pos, found := Find(is, v)
	if found {
		return is, false
	}
	is = slices.Grow(is, width)[:len(is)+width]
	at := headerSize + pos*width
	copy(is[at+width:], is[at:headerSize+n*width])
	put(is, pos, width, v)
	binary.LittleEndian.PutUint32(is[4:], uint32(n+1))
	return is, true
}

// widen adds v, which needs more bytes than is has: it is below or above all others.
func widen(is []byte, v int64) []byte {
	old, width, n := int(is[0]), widthOf(v), Len(is)
	size := headerSize + (n+1)*width
	is = slices.Grow(is, size-len(is))[:size]
	shift := 0
	if v < 0 {
		shift = 1
	}
	// From the tail, so that nothing is overwritten before it is read.
	for i := n - 1; i >= 0; i-- {
		put(is, i+shift, width, get(is, i, old))
	}
	put(is, n*(1-shift), width, v)
	is[0] = byte(width)
	binary.LittleEndian.PutUint32(is[4:], uint32(n+1))
	return is
}

// Remove removes v and reports whether it was there.
func Remove(is []byte, v int64) ([]byte, bool) {
	width, n := int(is[0]), Len(is)
	pos, found := Find(is, v)
	if !found {
		return is, false
	}
	at := headerSize + pos*width
	copy(is[at:], is[at+width:headerSize+n*width])
	is = is[:headerSize+(n-1)*width]
	binary.LittleEndian.PutUint32(is[4:], uint32(n-1))
	return is, true
}

// Validate checks bytes from outside. A shallow check looks at the header and
// the size, which is all that the other functions need to stay in bounds; a deep
// one also at the order, without which they would give wrong answers.
func Validate(is []byte, deep bool) error {
	if len(is) < headerSize {
		return fmt.Errorf("intset: offset 0: %d bytes are less than the header's %d", len(is), headerSize)
	}
	width := binary.LittleEndian.Uint32(is)
	if width != 2 && width != 4 && width != 8 {
		return fmt.Errorf("intset: offset 0: integers of %d bytes, want 2, 4 or 8", width)
	}
	count := binary.LittleEndian.Uint32(is[4:])
	if want := headerSize + uint64(count)*uint64(width); want != uint64(len(is)) {
		return fmt.Errorf("intset: offset 4: %d integers take %d bytes, have %d", count, want, len(is))
	}
	if count == 0 {
		return fmt.Errorf("intset: offset 4: holds no integer")
	}
	if !deep {
		return nil
	}
	for i := 1; i < int(count); i++ {
		if a, b := get(is, i-1, int(width)), get(is, i, int(width)); a >= b {
			return fmt.Errorf("intset: offset %d: %d follows %d, not ascending", headerSize+i*int(width), b, a)
		}
	}
	return nil
}
