package scripting

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

func (m *machine) jsonDecode(L *lua.LState, o *jsonOptions) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	v, err := decodeJSON(L, o, checkString(L, 1))
	if err != nil {
		fail(L, "%s", err.Error())
	}
	L.Push(v)
	return 1
}

// token is a part of a JSON text; its text is what messages call it.
type token string

const (
	objectBegin token = "T_OBJ_BEGIN"
	objectEnd   token = "T_OBJ_END"
	arrayBegin  token = "T_ARR_BEGIN"
	arrayEnd    token = "T_ARR_END"
	stringToken token = "T_STRING"
	numberToken token = "T_NUMBER"
	boolToken   token = "T_BOOLEAN"
	nullToken   token = "T_NULL"
	colon       token = "T_COLON"
	comma       token = "T_COMMA"
	theEnd      token = "T_END"
	// The others are errors, and say which.
	badToken  token = "invalid token"
	badNumber token = "invalid number"
	badEscape token = "invalid escape code"
	badUTF16  token = "invalid unicode escape code"
	openText  token = "unexpected end of string"
)

// jsonDecoder reads a text. The text ends at its first zero byte.
type jsonDecoder struct {
	L     *lua.LState
	o     *jsonOptions
	s     string
	at    int
	depth int

	kind  token // of the token read last
	index int   // where it, or the fault in it, stands
	text  []byte
	value lua.LValue
}

func decodeJSON(L *lua.LState, o *jsonOptions, s string) (lua.LValue, error) {
	if len(s) >= 2 && (s[0] == 0 || s[1] == 0) {
		return nil, errors.New("JSON parser does not support UTF-16 or UTF-32")
	}
	d := &jsonDecoder{L: L, o: o, s: s}
	d.next()
	v, err := d.parse()
	if err != nil {
		return nil, err
	}
	if d.next(); d.kind != theEnd {
		return nil, d.expected("the end")
	}
	return v, nil
}

func (d *jsonDecoder) expected(what string) error {
	return fmt.Errorf("Expected %s but found %s at character %d", what, d.kind, d.index+1)
}

// peek is the byte at an offset from the place of reading, 0 behind the end.
func (d *jsonDecoder) peek(i int) byte {
	if d.at+i < len(d.s) {
		return d.s[d.at+i]
	}
	return 0
}

// next reads a token.
func (d *jsonDecoder) next() {
	for {
		switch d.peek(0) {
		case ' ', '\t', '\n', '\r':
			d.at++
			continue
		}
		break
	}
	d.index = d.at
	c := d.peek(0)
	if k := punctuation(c); k != "" {
		d.kind = k
		d.at++
		return
	}
	rest := d.s[d.at:]
	switch {
	case c == 0:
		d.kind = theEnd
	case c == '"':
		d.readString()
	case c == '-' || c >= '0' && c <= '9':
		if !d.o.decodeInvalid && notJSON(rest) {
			d.kind = badNumber
			return
		}
		d.readNumber()
	case strings.HasPrefix(rest, "true"):
		d.word(boolToken, lua.LTrue, 4)
	case strings.HasPrefix(rest, "false"):
		d.word(boolToken, lua.LFalse, 5)
	case strings.HasPrefix(rest, "null"):
		d.word(nullToken, d.o.null, 4)
	case strings.IndexByte("iInN+", c) >= 0 && d.o.decodeInvalid && notJSON(rest):
		d.readNumber()
	default:
		d.kind = badToken
	}
}

func punctuation(c byte) token {
	switch c {
	case '{':
		return objectBegin
	case '}':
		return objectEnd
	case '[':
		return arrayBegin
	case ']':
		return arrayEnd
	case ',':
		return comma
	case ':':
		return colon
	}
	return ""
}

func (d *jsonDecoder) word(k token, v lua.LValue, n int) {
	d.kind, d.value = k, v
	d.at += n
}

// notJSON recognizes numbers of C that JSON does not have.
func notJSON(s string) bool {
	if s[0] == '+' {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	if len(s) > 1 && s[0] == '0' {
		return s[1]|0x20 == 'x' || s[1] >= '0' && s[1] <= '9'
	}
	return len(s) >= 3 && (strings.EqualFold(s[:3], "inf") || strings.EqualFold(s[:3], "nan"))
}

func (d *jsonDecoder) readNumber() {
	n, length := numberPrefix(d.s[d.at:])
	if length == 0 {
		d.kind, d.index = badNumber, d.at
		return
	}
	d.word(numberToken, lua.LNumber(n), length)
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

// readString reads a string token into text.
func (d *jsonDecoder) readString() {
	d.at++
	d.text = d.text[:0]
	for {
		c := d.peek(0)
		switch c {
		case '"':
			d.word(stringToken, nil, 1)
			return
		case 0:
			d.fault(openText)
			return
		case '\\':
			if k := d.readEscape(); k != "" {
				d.fault(k)
				return
			}
		default:
			d.text = append(d.text, c)
			d.at++
		}
	}
}

func (d *jsonDecoder) fault(k token) { d.kind, d.index = k, d.at }

func (d *jsonDecoder) readEscape() (fault token) {
	c := d.peek(1)
	if c == 'u' {
		return d.readUnicode()
	}
	const from, to = `"\/btnfr`, "\"\\/\b\t\n\f\r"
	i := strings.IndexByte(from, c)
	if i < 0 {
		return badEscape
	}
	d.text = append(d.text, to[i])
	d.at += 2
	return ""
}

// readUnicode reads \uXXXX, or two of them that are the halves of a code point.
func (d *jsonDecoder) readUnicode() (fault token) {
	n, ok := d.unit(2)
	length := 6
	if ok && n&0xF800 == 0xD800 {
		low, ok2 := d.unit(8)
		if n&0x400 != 0 || d.peek(6) != '\\' || d.peek(7) != 'u' || !ok2 || low&0xFC00 != 0xDC00 {
			return badUTF16
		}
		n, length = (n&0x3FF<<10|low&0x3FF)+0x10000, 12
	}
	if !ok {
		return badUTF16
	}
	d.text = utf8.AppendRune(d.text, n)
	d.at += length
	return ""
}

// unit reads four hexadecimal digits.
func (d *jsonDecoder) unit(from int) (rune, bool) {
	var n rune
	for i := range 4 {
		c := d.peek(from + i)
		if !isHex(c) {
			return 0, false
		}
		v, _ := strconv.ParseUint(string(c), 16, 8)
		n = n<<4 | rune(v)
	}
	return n, true
}

// parse makes a value of the token read last and what belongs to it.
func (d *jsonDecoder) parse() (lua.LValue, error) {
	switch d.kind {
	case stringToken:
		return lua.LString(d.text), nil
	case numberToken, boolToken, nullToken:
		return d.value, nil
	case objectBegin:
		return d.nested(d.object)
	case arrayBegin:
		return d.nested(d.array)
	}
	return nil, d.expected("value")
}

func (d *jsonDecoder) nested(read func(*lua.LTable) error) (lua.LValue, error) {
	if d.depth++; d.depth > d.o.decodeDepth || d.depth > maxNesting/3 {
		return nil, fmt.Errorf("Found too many nested data structures (%d) at character %d", d.depth, d.at)
	}
	t := d.L.CreateTable(0, 0)
	d.next()
	if err := read(t); err != nil {
		return nil, err
	}
	d.depth--
	return t, nil
}

func (d *jsonDecoder) object(t *lua.LTable) error {
	if d.kind == objectEnd {
		return nil
	}
	for {
		if d.kind != stringToken {
			return d.expected("object key string")
		}
		key := string(d.text)
		if d.next(); d.kind != colon {
			return d.expected("colon")
		}
		d.next()
		v, err := d.parse()
		if err != nil {
			return err
		}
		t.RawSetString(key, v)
		switch d.next(); d.kind {
		case objectEnd:
			return nil
		case comma:
		default:
			return d.expected("comma or object end")
		}
		d.next()
	}
}

func (d *jsonDecoder) array(t *lua.LTable) error {
	if d.kind == arrayEnd {
		return nil
	}
	for i := 1; ; i++ {
		v, err := d.parse()
		if err != nil {
			return err
		}
		t.RawSetInt(i, v)
		switch d.next(); d.kind {
		case arrayEnd:
			return nil
		case comma:
		default:
			return d.expected("comma or array end")
		}
		d.next()
	}
}
