package scripting

import (
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

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
