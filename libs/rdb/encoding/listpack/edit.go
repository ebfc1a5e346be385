package listpack

import (
	"encoding/binary"
	"slices"
)

// Append adds v at the tail, as an integer if ParseInt takes it.
func Append(lp, v []byte) []byte {
	e := encode(v)
	return splice(lp, len(lp)-1, 0, &e, 1)
}

// AppendInt adds an integer at the tail.
func AppendInt(lp []byte, n int64) []byte {
	e := encodeInt(n)
	return splice(lp, len(lp)-1, 0, &e, 1)
}

// AppendValue adds an element of another listpack at the tail.
func AppendValue(lp []byte, v Value) []byte {
	if v.IsInt {
		return AppendInt(lp, v.Int)
	}
	return Append(lp, v.Str)
}

// Extension adds several elements at the tail of a listpack, whose header and end mark are written once, by Done. Until then it is none.
type Extension struct {
	lp    []byte
	count int
}

// Extend begins to add elements to lp.
func Extend(lp []byte) Extension { return Extension{lp: lp[:len(lp)-1]} }

// Int adds an integer.
func (x *Extension) Int(n int64) {
	if n >= 0 && n <= 127 { // most are
		x.lp = append(x.lp, byte(n), 1)
		x.count++
		return
	}
	e := encodeInt(n)
	x.add(&e)
}

// Bytes adds v, as an integer if ParseInt takes it.
func (x *Extension) Bytes(v []byte) {
	e := encode(v)
	x.add(&e)
}

func (x *Extension) add(e *encoded) {
	n, size := len(x.lp), e.size()
	x.lp = slices.Grow(x.lp, size)[:n+size]
	e.put(x.lp[n:])
	x.count++
}

// Done returns the listpack.
func (x *Extension) Done() []byte {
	lp := append(x.lp, endMark)
	setHeader(lp, x.count)
	return lp
}

// Prepend adds v at the head.
func Prepend(lp, v []byte) []byte {
	e := encode(v)
	return splice(lp, headerSize, 0, &e, 1)
}

// Insert adds v before the element at pos (or before the end mark, at
// len(lp)-1) and returns the position of the new element.
func Insert(lp []byte, pos int, v []byte) ([]byte, int) {
	e := encode(v)
	return splice(lp, pos, 0, &e, 1), pos
}

// Replace overwrites the element at pos and returns its position, which stays.
func Replace(lp []byte, pos int, v []byte) ([]byte, int) {
	e := encode(v)
	return splice(lp, pos, entrySizeAt(lp, pos), &e, 0), pos
}

// ReplaceInt overwrites the element at pos with an integer.
func ReplaceInt(lp []byte, pos int, n int64) ([]byte, int) {
	e := encodeInt(n)
	return splice(lp, pos, entrySizeAt(lp, pos), &e, 0), pos
}

// Delete removes the element at pos and returns the position of the one that
// followed it, -1 if it was the last.
func Delete(lp []byte, pos int) ([]byte, int) {
	lp = cut(lp, pos, pos+entrySizeAt(lp, pos), 1)
	if lp[pos] == endMark {
		return lp, -1
	}
	return lp, pos
}

// DeleteRange removes up to count elements from pos on.
func DeleteRange(lp []byte, pos, count int) []byte {
	end, n := pos, 0
	for ; n < count && lp[end] != endMark; n++ {
		end += entrySizeAt(lp, end)
	}
	if n == 0 {
		return lp
	}
	return cut(lp, pos, end, n)
}

// Merge appends the elements of b to a.
func Merge(a, b []byte) []byte {
	na, nb := binary.LittleEndian.Uint16(a[4:]), binary.LittleEndian.Uint16(b[4:])
	a = append(a[:len(a)-1], b[headerSize:]...)
	// Either may be countUnknown, and then the sum is too.
	binary.LittleEndian.PutUint16(a[4:], uint16(min(int(na)+int(nb), countUnknown)))
	setHeader(a, 0)
	return a
}

// splice puts e in the place of the oldSize bytes at pos and counts delta more elements.
func splice(lp []byte, pos, oldSize int, e *encoded, delta int) []byte {
	newSize, n := e.size(), len(lp)
	if diff := newSize - oldSize; diff > 0 {
		// The new element may alias lp (a list that pushes its own element):
		// growing leaves the old bytes alone or moves them under the alias, so
		// callers that do so copy first.
		lp = slices.Grow(lp, diff)[:n+diff]
		copy(lp[pos+newSize:], lp[pos+oldSize:n])
	} else if diff < 0 {
		copy(lp[pos+newSize:], lp[pos+oldSize:])
		lp = lp[:n+diff]
	}
	e.put(lp[pos:])
	setHeader(lp, delta)
	return lp
}

// cut removes the bytes [from, to), which hold count elements.
func cut(lp []byte, from, to, count int) []byte {
	n := copy(lp[from:], lp[to:])
	lp = lp[:from+n]
	setHeader(lp, -count)
	return lp
}

// PrependAt adds v before the first element of the listpack buf[start:],
// writing into the free bytes before start instead of moving what follows, and
// returns the new start. There must be EntrySize(v) bytes before start.
func PrependAt(buf []byte, start int, v []byte) int {
	e := encode(v)
	from := start - e.size()
	copy(buf[from:], buf[start:start+headerSize])
	e.put(buf[from+headerSize:])
	setHeader(buf[from:], 1)
	return from
}

// DropFirst removes count elements, of which there are as many, from the head
// without moving what follows: the result is a suffix of lp.
func DropFirst(lp []byte, count int) []byte {
	pos := headerSize
	for range count {
		pos += entrySizeAt(lp, pos)
	}
	copy(lp[pos-headerSize:], lp[:headerSize])
	lp = lp[pos-headerSize:]
	setHeader(lp, -count)
	return lp
}
