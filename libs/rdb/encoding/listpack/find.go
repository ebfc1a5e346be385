package listpack

import "bytes"

// Find returns the position of the first element equal to v, from pos on, or
// -1. After each element compared, skip elements are passed over: with 1 it
// searches the fields of field-value pairs. A negative pos finds nothing, so
// that Find(lp, First(lp), ...) works on an empty listpack.
func Find(lp []byte, pos int, v []byte, skip int) int {
	if pos < 0 {
		return -1
	}
	wanted, isInt := ParseInt(v)
	left := 0 // elements to pass over before the next comparison
	for lp[pos] != endMark {
		if left > 0 {
			left--
		} else {
			if matches(lp, pos, v, wanted, isInt) {
				return pos
			}
			left = skip
		}
		pos += entrySizeAt(lp, pos)
	}
	return -1
}

// matches compares the element at pos with v, which is the integer wanted if isInt.
func matches(lp []byte, pos int, v []byte, wanted int64, isInt bool) bool {
	switch b := lp[pos]; {
	case b < 0x80:
		return isInt && int64(b) == wanted
	case b < 0xC0:
		n := int(b & 0x3F)
		return n == len(v) && string(lp[pos+1:pos+1+n]) == string(v)
	}
	e, _ := readWide(lp, pos)
	if e.IsInt {
		return isInt && e.Int == wanted
	}
	return bytes.Equal(e.Str, v)
}
