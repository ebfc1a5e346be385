package command

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"
)

// Is reports whether arg equals the upper-case word, ignoring ASCII case.
func Is(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i := 0; i < len(arg); i++ {
		c := arg[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// ParseInt reads a signed 64-bit decimal exactly as Redis's string2ll does: no spaces, no plus sign, no leading zeros, no "-0".
func ParseInt(b []byte) (int64, bool) {
	n := len(b)
	if n == 0 || n > 20 {
		return 0, false
	}
	if n == 1 && b[0] == '0' {
		return 0, true
	}
	i, neg := 0, false
	if b[0] == '-' {
		i, neg = 1, true
	}
	if i == n || b[i] < '1' || b[i] > '9' {
		return 0, false
	}
	var v uint64
	for ; i < n; i++ {
		d := b[i] - '0'
		if d > 9 || v > (math.MaxUint64-uint64(d))/10 {
			return 0, false
		}
		v = v*10 + uint64(d)
	}
	if neg {
		if v > 1<<63 {
			return 0, false
		}
		return -int64(v), true
	}
	return int64(v), v <= math.MaxInt64
}

// maxFloatText bounds the text of a float: DBL_MAX written out has 309 digits.
const maxFloatText = 5 << 10

// ParseFloat reads a float as Redis's getDoubleFromObject does: no surrounding space, inf and infinity in any case,
// NaN refused, hexadecimal accepted, and what is too small to be told from 0 is refused like what is too large.
func ParseFloat(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > maxFloatText || isSpace(b[0]) {
		return 0, false
	}
	for _, c := range b {
		if c == '_' || c == 0 { // Go's digit separators are not Redis's
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(unsafe.String(&b[0], len(b)), 64)
	if err != nil {
		if ne, ok := err.(*strconv.NumError); !ok || ne.Err != strconv.ErrRange || math.IsInf(f, 0) {
			return parseHexFloat(b)
		}
	}
	if math.IsNaN(f) || f == 0 && Underflows(b) {
		return 0, false
	}
	return f, true
}

// Underflows reports whether the text of a number that is read as 0 has other digits, too.
func Underflows(b []byte) bool {
	hex := bytes.ContainsAny(b, "xX")
	for _, c := range b {
		switch {
		case c >= '1' && c <= '9', hex && (c|0x20) >= 'a' && (c|0x20) <= 'f':
			return true
		case c|0x20 == 'e' || c|0x20 == 'p':
			return false
		}
	}
	return false
}

// parseHexFloat accepts C's hexadecimal floats without an exponent ("0x1A"), which Go refuses.
func parseHexFloat(b []byte) (float64, bool) {
	s := string(b)
	t := s
	if t[0] == '-' || t[0] == '+' {
		t = t[1:]
	}
	if len(t) < 3 || t[0] != '0' || t[1]|0x20 != 'x' {
		return 0, false
	}
	f, err := strconv.ParseFloat(s+"p0", 64)
	return f, err == nil && !math.IsNaN(f)
}

func isSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

// Timeout reads the timeout of a blocking command: seconds with fraction, or milliseconds when ms. It returns the deadline in
// Unix milliseconds, 0 for none; errText is Redis's error or empty.
func Timeout(arg []byte, now int64, ms bool) (deadline int64, errText string) {
	var v float64
	if ms {
		n, ok := ParseInt(arg)
		if !ok {
			return 0, "ERR timeout is not an integer or out of range"
		}
		v = float64(n)
	} else {
		f, ok := ParseFloat(arg)
		switch {
		case ok:
			v = math.Ceil(f * 1000)
		case tiny(arg):
			v = 1
		default:
			return 0, "ERR timeout is not a float or out of range"
		}
	}
	if v > math.MaxInt64 || math.IsInf(v, 0) {
		return 0, "ERR timeout is out of range"
	}
	if v < 0 {
		return 0, "ERR timeout is negative"
	}
	if v == 0 {
		return 0, ""
	}
	if v > float64(math.MaxInt64-now) {
		return 0, "ERR timeout is out of range"
	}
	return now + int64(v), ""
}

// tiny reports whether a number is above 0, but too small for a float64: Redis reads times as long double.
func tiny(arg []byte) bool {
	f, err := strconv.ParseFloat(string(arg), 64)
	return err == nil && f == 0 && !math.Signbit(f) && Underflows(arg)
}
