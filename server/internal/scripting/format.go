package scripting

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// spec is one conversion of a format, as C's printf has it: %[flags][width][.precision]verb.
type spec struct {
	minus, plus, space, alt, zero bool
	width, precision              int // precision -1: none given
	verb                          byte
}

// stringFormat is string.format.
func stringFormat(L *lua.LState) int {
	format, arg := checkString(L, 1), 1
	var b []byte
	for i := 0; i < len(format); {
		c := format[i]
		if i++; c != '%' {
			b = append(b, c)
			continue
		}
		if i < len(format) && format[i] == '%' {
			b = append(b, '%')
			i++
			continue
		}
		if arg++; arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		var s spec
		s, i = readSpec(L, format, i)
		b = s.append(L, b, arg)
		checkLength(L, len(b))
	}
	L.Push(lua.LString(b))
	return 1
}

// readSpec reads a conversion behind its % at position i.
func readSpec(L *lua.LState, f string, i int) (s spec, next int) {
	s.precision = -1
	start := i
	for ; i < len(f) && strings.IndexByte("-+ #0", f[i]) >= 0; i++ {
		switch f[i] {
		case '-':
			s.minus = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		}
	}
	if i-start > 5 {
		fail(L, "invalid format (repeated flags)")
	}
	s.width, i = twoDigits(f, i)
	if i < len(f) && f[i] == '.' {
		s.precision, i = twoDigits(f, i+1)
	}
	if i < len(f) && isDigit(f[i]) {
		fail(L, "invalid format (width or precision too long)")
	}
	if i < len(f) {
		s.verb = f[i]
	}
	return s, i + 1
}

func twoDigits(f string, i int) (n, next int) {
	for k := 0; k < 2 && i < len(f) && isDigit(f[i]); k++ {
		n = n*10 + int(f[i]-'0')
		i++
	}
	return n, i
}

// append converts an argument.
func (s spec) append(L *lua.LState, b []byte, arg int) []byte {
	switch s.verb {
	case 'c':
		c := byte(truncate(checkNumber(L, arg)))
		if out := s.pad([]byte{c}, 0); c != 0 || s.width > 1 && !s.minus {
			return append(b, cut(out)...)
		}
		return b
	case 'd', 'i':
		return append(b, s.integer(truncate(checkNumber(L, arg)))...)
	case 'o', 'u', 'x', 'X':
		return append(b, s.unsigned(unsignedOf(checkNumber(L, arg)))...)
	case 'e', 'E', 'f', 'g', 'G':
		return append(b, s.float(checkNumber(L, arg))...)
	case 'q':
		return appendQuoted(b, checkString(L, arg))
	case 's':
		text := checkString(L, arg)
		if s.precision < 0 && len(text) >= 100 {
			return append(b, text...)
		}
		text, _, _ = strings.Cut(text, "\x00")
		if s.precision >= 0 && len(text) > s.precision {
			text = text[:s.precision]
		}
		return append(b, s.pad([]byte(text), 0)...)
	}
	option := "%"
	if s.verb != 0 {
		option += string(rune(s.verb))
	}
	fail(L, "invalid option '%s' to 'format'", option)
	return b
}

// cut drops what follows a zero byte: the formatted item is a C string.
func cut(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// unsignedOf converts as C does for a double that is cast to an unsigned long.
func unsignedOf(n float64) uint64 {
	if n >= 1<<63 && n < 1<<64 {
		return uint64(n)
	}
	return uint64(truncate(n))
}

// pad fills text up to the width; zeros go behind the first prefix bytes.
func (s spec) pad(text []byte, prefix int) []byte {
	n := s.width - len(text)
	if n <= 0 {
		return text
	}
	if s.minus {
		return append(text, bytes.Repeat([]byte{' '}, n)...)
	}
	if s.zero && prefix >= 0 && strings.IndexByte("cs", s.verb) < 0 {
		fill := bytes.Repeat([]byte{'0'}, n)
		return append(append(append([]byte(nil), text[:prefix]...), fill...), text[prefix:]...)
	}
	return append(bytes.Repeat([]byte{' '}, n), text...)
}

func (s spec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s spec) integer(n int64) []byte {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	return s.digits(s.sign(n < 0), strconv.FormatUint(u, 10), u == 0)
}

func (s spec) unsigned(n uint64) []byte {
	base, prefix := 10, ""
	switch s.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if s.alt && n != 0 {
			prefix = "0" + string(s.verb)
		}
	}
	text := strconv.FormatUint(n, base)
	if s.verb == 'X' {
		text = strings.ToUpper(text)
	}
	if s.verb == 'o' && s.alt && n != 0 {
		text = "0" + text
	}
	return s.digits(prefix, text, n == 0)
}

// digits applies precision and width of an integer.
func (s spec) digits(prefix, text string, isZero bool) []byte {
	if s.precision >= 0 {
		if s.zero = false; isZero && s.precision == 0 {
			text = ""
			if s.verb == 'o' && s.alt {
				text = "0"
			}
		}
		if n := s.precision - len(text); n > 0 {
			text = strings.Repeat("0", n) + text
		}
	}
	return s.pad([]byte(prefix+text), len(prefix))
}

func (s spec) float(n float64) []byte {
	upper := s.verb == 'E' || s.verb == 'G'
	if math.IsInf(n, 0) || math.IsNaN(n) {
		text := s.sign(math.Signbit(n)) + strings.TrimPrefix(string(appendSpecial(nil, n)), "-")
		if upper {
			text = strings.ToUpper(text)
		}
		return s.pad([]byte(text), -1)
	}
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	verb := s.verb | 0x20
	text := strconv.AppendFloat(nil, math.Abs(n), verb, precision, 64)
	if s.alt {
		text = withPoint(text, verb, precision, n)
	}
	if upper {
		text = bytes.ToUpper(text)
	}
	sign := s.sign(math.Signbit(n))
	return s.pad(append([]byte(sign), text...), len(sign))
}

// withPoint is the flag #: the point stays, and with %g the zeros at the end.
func withPoint(text []byte, verb byte, precision int, n float64) []byte {
	mantissa, exponent, hasExponent := bytes.Cut(text, []byte("e"))
	mantissa = bytes.Clone(mantissa)
	if !bytes.Contains(mantissa, []byte(".")) {
		mantissa = append(mantissa, '.')
	}
	if verb == 'g' {
		have := len(bytes.TrimLeft(bytes.ReplaceAll(mantissa, []byte("."), nil), "0"))
		if n == 0 {
			have = 1
		}
		for ; have < max(precision, 1); have++ {
			mantissa = append(mantissa, '0')
		}
	}
	if hasExponent {
		mantissa = append(append(mantissa, 'e'), exponent...)
	}
	return mantissa
}

// appendQuoted writes a string as Lua source.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
