package ziplist

import (
	"encoding/binary"
	"math"
)

// New returns an empty ziplist with room for capacity bytes in all.
func New(capacity int) []byte {
	zl := make([]byte, EmptySize, max(capacity, EmptySize))
	zl[0], zl[4], zl[headerSize] = EmptySize, headerSize, endMark
	return zl
}

// AppendString adds s at the tail as a string, even if it looks like an integer. The whole must stay below 4 GiB.
func AppendString(zl, s []byte) []byte {
	zl = appendPrevLen(zl)
	switch n := len(s); {
	case n < 1<<6:
		zl = append(zl, byte(n))
	case n < 1<<14:
		zl = append(zl, 0x40|byte(n>>8), byte(n))
	default:
		zl = binary.BigEndian.AppendUint32(append(zl, 0x80), uint32(n))
	}
	return finish(append(zl, s...))
}

// AppendInt adds an integer at the tail, in the shortest form.
func AppendInt(zl []byte, n int64) []byte {
	zl = appendPrevLen(zl)
	switch {
	case n >= 0 && n <= 12:
		zl = append(zl, 0xF1+byte(n))
	case n >= math.MinInt8 && n <= math.MaxInt8:
		zl = append(zl, 0xFE, byte(n))
	case n >= math.MinInt16 && n <= math.MaxInt16:
		zl = binary.LittleEndian.AppendUint16(append(zl, 0xC0), uint16(n))
	case n >= -1<<23 && n < 1<<23:
		zl = append(zl, 0xF0, byte(n), byte(n>>8), byte(n>>16))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		zl = binary.LittleEndian.AppendUint32(append(zl, 0xD0), uint32(n))
	default:
		zl = binary.LittleEndian.AppendUint64(append(zl, 0xE0), uint64(n))
	}
	return finish(zl)
}

// appendPrevLen starts an entry in the place of the end mark and points zltail at it.
func appendPrevLen(zl []byte) []byte {
	end := len(zl) - 1
	last := end - int(binary.LittleEndian.Uint32(zl[4:])) // 0 in an empty ziplist: its tail is the end mark
	binary.LittleEndian.PutUint32(zl[4:], uint32(end))
	if last < bigPrevLen {
		return append(zl[:end], byte(last))
	}
	return binary.LittleEndian.AppendUint32(append(zl[:end], bigPrevLen), uint32(last))
}

// finish puts the end mark back and counts the new entry.
func finish(zl []byte) []byte {
	zl = append(zl, endMark)
	binary.LittleEndian.PutUint32(zl, uint32(len(zl)))
	if n := binary.LittleEndian.Uint16(zl[8:]); n != countUnknown {
		binary.LittleEndian.PutUint16(zl[8:], n+1)
	}
	return zl
}
