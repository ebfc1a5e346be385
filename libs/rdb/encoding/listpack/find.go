package listpack

import "bytes"

// Needle is a string to look for, prepared once for many comparisons.
type Needle struct {
	str   []byte
	n     int64
	isInt bool
}

// NewNeedle returns the needle for v, which it aliases.
func NewNeedle(v []byte) Needle {
	n, ok := ParseInt(v)
	return Needle{v, n, ok}
}

// At reports whether the element at pos is what is looked for.
func (s *Needle) At(lp []byte, pos int) bool {
	e := Get(lp, pos)
	if e.IsInt {
		return s.isInt && e.Int == s.n
	}
	return bytes.Equal(e.Str, s.str)
}

// Equal reports whether b is what is looked for.
func (s *Needle) Equal(b []byte) bool { return bytes.Equal(b, s.str) }

// Find looks at up to limit elements from pos >= 0 on. It returns the position of the first that matches, -1 if none does, and how many it
// passed over before.
func (s *Needle) Find(lp []byte, pos, limit int) (at, passed int) {
	for ; passed < limit && lp[pos] != endMark; passed++ {
		match, size := s.compare(lp, pos)
		if match {
			return pos, passed
		}
		pos += size
	}
	return -1, passed
}

// compare is At that also returns the size of the entry. The two encodings that
// nearly all elements have come first.
func (s *Needle) compare(lp []byte, pos int) (match bool, size int) {
	b := lp[pos]
	if b < 0x80 {
		return s.isInt && int64(b) == s.n, 2
	}
	if b < 0xC0 {
		n := int(b & 0x3F)
		return n == len(s.str) && string(lp[pos+1:pos+1+n]) == string(s.str), n + 2
	}
	return s.At(lp, pos), entrySizeAt(lp, pos)
}

// Find returns the position of the first element equal to v, from pos on, or
// -1. After each element compared, skip elements are passed over: with 1 it
// searches the fields of field-value pairs. A negative pos finds nothing, so
// that Find(lp, First(lp), ...) works on an empty listpack.
func Find(lp []byte, pos int, v []byte, skip int) int {
	if pos < 0 {
		return -1
	}
	s := NewNeedle(v)
	for lp[pos] != endMark {
		match, size := s.compare(lp, pos)
		if match {
			return pos
		}
		pos += size
		for range skip {
			if lp[pos] == endMark {
				break
			}
			pos += entrySizeAt(lp, pos)
		}
	}
	return -1
}
