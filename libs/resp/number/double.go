package number

import (
	"math"
	"strconv"
)

// maxExactInt is the largest integer up to which every integer is a float64.
const maxExactInt = 1 << 53

// FormatDouble appends f as Redis 7.0 prints a score: 17 significant digits
// with trailing zeros dropped (C's %.17g), "inf", "-inf", "nan".
func FormatDouble(dst []byte, f float64) []byte {
	switch {
	case f == math.Trunc(f) && f < maxExactInt && f > -maxExactInt:
		if f == 0 && math.Signbit(f) {
			return append(dst, "-0"...)
		}
		return strconv.AppendInt(dst, int64(f), 10)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// FormatHuman appends f with 17 digits after the point, trailing zeros and a
// bare point dropped (C's %.17Lf, trimmed), as Redis prints coordinates.
func FormatHuman(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return FormatDouble(dst, f)
	}
	at := len(dst)
	return trimZeros(strconv.AppendFloat(dst, f, 'f', 17, 64), at)
}

// trimZeros drops the trailing zeros of the decimal text that begins at at, the
// point too when no digit is left behind it, and the sign of "-0".
func trimZeros(dst []byte, at int) []byte {
	end := len(dst)
	for end > at && dst[end-1] == '0' {
		end--
	}
	if end > at && dst[end-1] == '.' {
		end--
	}
	dst = dst[:end]
	if string(dst[at:]) == "-0" {
		dst = append(dst[:at], '0')
	}
	return dst
}
