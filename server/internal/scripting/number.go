package scripting

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Lua's numbers are C's doubles, printed with printf's formats. Go's library prints them in its own way, hence this file.

// appendNumber appends n as Lua 5.1 shows numbers: printf's "%.14g".
func appendNumber(b []byte, n float64) []byte { return appendG(b, n, 14, 1e14) }

// appendArgument appends n as redis.call passes numbers on: printf's "%.17g", which loses nothing.
func appendArgument(b []byte, n float64) []byte { return appendG(b, n, 17, 1e15) }

// appendG appends printf's "%.<precision>g". Integers below small need no formatting.
func appendG(b []byte, n float64, precision int, small float64) []byte {
	if i := int64(n); float64(i) == n && math.Abs(n) < small && (i != 0 || !math.Signbit(n)) {
		return strconv.AppendInt(b, i, 10)
	}
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return appendSpecial(b, n)
	}
	return strconv.AppendFloat(b, n, 'g', precision, 64)
}

// appendSpecial appends an infinity or NaN as C prints it.
func appendSpecial(b []byte, n float64) []byte {
	if math.Signbit(n) {
		b = append(b, '-')
	}
	if math.IsNaN(n) {
		return append(b, "nan"...)
	}
	return append(b, "inf"...)
}

func numberText(n lua.LNumber) string {
	var buf [32]byte
	return string(appendNumber(buf[:0], float64(n)))
}

// textOf is lua_tolstring: the text of a string or a number.
func textOf(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return numberText(v), true
	}
	return "", false
}

// numberOf is lua_tonumber: a number, or a string that reads as one.
func numberOf(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// parseNumber reads a number as Lua 5.1 does with C's strtod: spaces around it, hexadecimal, inf and nan.
func parseNumber(s string) (float64, bool) {
	s = strings.Trim(s, " \f\n\r\t\v")
	if s == "" || strings.ContainsAny(s, "_") {
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > -1<<53 && n < 1<<53 && (n != 0 || s[0] != '-') {
		return float64(n), true
	}
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		return parseHex(s, digits[2:])
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && (!math.IsInf(f, 0) || !isRange(err)) {
		return 0, false
	}
	return f, true
}

func isRange(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// parseHex reads hexadecimal numbers of any length, with fraction and exponent as C99 has them.
func parseHex(s, digits string) (float64, bool) {
	if !strings.ContainsAny(digits, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || isRange(err)
}

// numberPrefix reads the longest number at the front of s, as C's strtod does.
func numberPrefix(s string) (n float64, length int) {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	low := strings.ToLower(s[i:min(len(s), i+8)])
	for _, w := range []string{"infinity", "inf", "nan"} {
		if strings.HasPrefix(low, w) {
			return specialNumber(w, i > 0 && s[0] == '-'), i + len(w)
		}
	}
	start, digit := i, isDigit
	hex := len(low) > 2 && low[0] == '0' && low[1] == 'x' && (isHex(low[2]) || low[2] == '.')
	if hex {
		start, digit = i+2, isHex
	}
	i = start
	digits := 0
	for dot := false; i < len(s); i++ {
		if s[i] == '.' && !dot {
			dot = true
			continue
		}
		if !digit(s[i]) {
			break
		}
		digits++
	}
	if digits == 0 {
		return 0, 0
	}
	i += exponent(s[i:], hex)
	text := s[:i]
	if hex && !strings.ContainsAny(text, "pP") {
		text += "p0"
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !isRange(err) {
		return 0, 0
	}
	return n, i
}

// exponent is the length of an exponent at the front of s.
func exponent(s string, hex bool) int {
	mark := byte('e')
	if hex {
		mark = 'p'
	}
	if s == "" || s[0]|0x20 != mark {
		return 0
	}
	i := 1
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

func specialNumber(word string, negative bool) float64 {
	n := math.Inf(1)
	if word == "nan" {
		n = math.NaN()
	}
	if negative {
		return -n
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
