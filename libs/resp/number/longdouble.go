package number

import (
	"math"
	"math/big"
	"strings"
)

const (
	// longDoublePrec is the mantissa of x86's 80-bit format, in bits.
	longDoublePrec = 64
	// Exponents of the largest and the smallest value, for a mantissa in
	// [0.5, 1) as big.Float has it.
	maxLongDoubleExp = 16384
	minLongDoubleExp = -16444
	// maxLongDoubleText bounds the text that is read, in bytes: Redis copies it
	// to a buffer of this size. The largest value has 4,933 digits.
	maxLongDoubleText = 5 * 1024
)

// LongDouble is a number with the precision and range of x86's 80-bit long
// double. The zero value is 0. Values are immutable.
type LongDouble struct {
	f *big.Float // nil: 0
}

// LongDoubleOf returns f, which is exact in the wider format. f must not be NaN.
func LongDoubleOf(f float64) LongDouble {
	return LongDouble{newFloat().SetFloat64(f)}
}

// ParseLongDouble reads what Redis's INCRBYFLOAT takes: a decimal or
// hexadecimal number or an infinity ("inf", "-Infinity"), with nothing before
// or behind it. It reports false for other texts, for NaN, and for numbers out
// of the format's range.
func ParseLongDouble(text []byte) (LongDouble, bool) {
	if len(text) == 0 || len(text) >= maxLongDoubleText {
		return LongDouble{}, false
	}
	s := string(text)
	if sign, ok := parseInf(s); ok {
		return LongDouble{newFloat().SetInf(sign < 0)}, true
	}
	if !isNumber(s) {
		return LongDouble{}, false
	}
	f, _, err := newFloat().Parse(s, 0)
	if err != nil || f.IsInf() {
		return LongDouble{}, false
	}
	exp := f.MantExp(nil)
	if f.Sign() != 0 && (exp > maxLongDoubleExp || exp < minLongDoubleExp) {
		return LongDouble{}, false
	}
	return LongDouble{f}, true
}

// Add returns x+y rounded to the format, and false when that is not a finite
// number: Redis then answers "increment would produce NaN or Infinity".
func (x LongDouble) Add(y LongDouble) (LongDouble, bool) {
	a, b := x.float(), y.float()
	if a.IsInf() || b.IsInf() {
		return LongDouble{}, false
	}
	sum := newFloat().Add(a, b)
	if sum.MantExp(nil) > maxLongDoubleExp {
		return LongDouble{}, false
	}
	return LongDouble{sum}, true
}

// Append appends x with at most 17 digits after the point and without
// exponent, trailing zeros, or the sign of a zero (C's %.17Lf, trimmed).
func (x LongDouble) Append(dst []byte) []byte {
	f := x.float()
	if f.IsInf() {
		return FormatDouble(dst, math.Inf(f.Sign()))
	}
	at := len(dst)
	return trimZeros(f.Append(dst, 'f', 17), at)
}

// Float64 returns the nearest float64.
func (x LongDouble) Float64() float64 {
	f, _ := x.float().Float64()
	return f
}

func (x LongDouble) float() *big.Float {
	if x.f == nil {
		return newFloat()
	}
	return x.f
}

func newFloat() *big.Float { return new(big.Float).SetPrec(longDoublePrec) }

// parseInf reads C's spellings of infinity and returns its sign.
func parseInf(s string) (sign int, ok bool) {
	sign = 1
	if s[0] == '-' {
		sign = -1
	}
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	return sign, strings.EqualFold(s, "inf") || strings.EqualFold(s, "infinity")
}

// isNumber reports whether s is a C floating constant: Go's own parsers take
// underscores and binary or octal prefixes too, and ask for an exponent in
// hexadecimal ones.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	digit, mark := isDecimal, byte('e')
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		s, digit, mark = s[2:], isHex, 'p'
	}
	whole := span(s, digit)
	s = s[whole:]
	fraction := 0
	if s != "" && s[0] == '.' {
		fraction = span(s[1:], digit)
		s = s[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if s == "" {
		return true
	}
	if s[0]|0x20 != mark {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return s != "" && span(s, isDecimal) == len(s)
}

// span counts the leading bytes of s in the class.
func span(s string, class func(byte) bool) int {
	for i := range len(s) {
		if !class(s[i]) {
			return i
		}
	}
	return len(s)
}

func isDecimal(c byte) bool { return c-'0' < 10 }

func isHex(c byte) bool { return isDecimal(c) || (c|0x20)-'a' < 6 }
