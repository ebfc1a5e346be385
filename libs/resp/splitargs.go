package resp

import "errors"

// ErrUnbalancedQuotes is returned for a line with an open quote, or with a
// closing quote that something other than a space follows.
var ErrUnbalancedQuotes = errors.New("unbalanced quotes in request")

// SplitArgs cuts a line into words, with the quoting rules that Redis has for
// inline requests, its config file and its command line client, and appends
// them to dst:
//
//	"a\n\x41"  escapes \n \r \t \b \a \xHH; any other \c is c
//	'a\n'      as it stands; only \' is an escape
//
// A quote may open inside a word (foo"bar" is foobar) but must end it. Words are
// slices of text, which is grown by at most len(line) bytes; the grown slice is
// returned for the next call.
func SplitArgs(dst [][]byte, text, line []byte) (words [][]byte, grown []byte, err error) {
	if free := cap(text) - len(text); free < len(line) {
		// Words are not moved afterwards: unquoting never makes a line longer.
		text = append(make([]byte, 0, len(text)+len(line)), text...)
	}
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return dst, text, nil
		}
		at := len(text)
		if text, line, err = appendWord(text, line); err != nil {
			return dst, text, err
		}
		dst = append(dst, text[at:len(text):len(text)])
	}
}

// appendWord appends the first word of line to dst and returns what follows it.
func appendWord(dst, line []byte) (grown, rest []byte, err error) {
	for len(line) > 0 {
		switch c := line[0]; c {
		case ' ', '\n', '\r', '\t':
			return dst, line[1:], nil
		case '"', '\'':
			if c == '"' {
				dst, line, err = appendDoubleQuoted(dst, line[1:])
			} else {
				dst, line, err = appendSingleQuoted(dst, line[1:])
			}
			if err == nil && len(line) > 0 && !isSpace(line[0]) {
				err = ErrUnbalancedQuotes
			}
			return dst, line, err
		default:
			dst, line = append(dst, c), line[1:]
		}
	}
	return dst, nil, nil
}

func appendDoubleQuoted(dst, line []byte) (grown, rest []byte, err error) {
	for len(line) > 0 {
		c := line[0]
		switch {
		case c == '"':
			return dst, line[1:], nil
		case c == '\\' && len(line) > 3 && line[1] == 'x' && hexValue(line[2]) >= 0 && hexValue(line[3]) >= 0:
			dst = append(dst, byte(hexValue(line[2])<<4|hexValue(line[3])))
			line = line[4:]
		case c == '\\' && len(line) > 1:
			dst = append(dst, unescape(line[1]))
			line = line[2:]
		default:
			dst, line = append(dst, c), line[1:]
		}
	}
	return dst, nil, ErrUnbalancedQuotes
}

func appendSingleQuoted(dst, line []byte) (grown, rest []byte, err error) {
	for len(line) > 0 {
		c := line[0]
		switch {
		case c == '\'':
			return dst, line[1:], nil
		case c == '\\' && len(line) > 1 && line[1] == '\'':
			dst, line = append(dst, '\''), line[2:]
		default:
			dst, line = append(dst, c), line[1:]
		}
	}
	return dst, nil, ErrUnbalancedQuotes
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

// AppendQuoted appends s in double quotes, so that SplitArgs reads it back:
// Redis prints keys and arguments this way.
func AppendQuoted(dst, s []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\a':
			dst = append(dst, '\\', 'a')
		case '\b':
			dst = append(dst, '\\', 'b')
		default:
			if c >= ' ' && c <= '~' {
				dst = append(dst, c)
			} else {
				dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
			}
		}
	}
	return append(dst, '"')
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
