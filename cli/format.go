package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// format is how replies are printed.
type format int

const (
	formatTyped format = iota // (integer) 1, "text": for people
	formatRaw                 // as they are, a line each
	formatCSV
	formatJSON
)

// appendReply appends a whole reply, with what ends it.
func (o *options) appendReply(dst []byte, v *resp.Value) []byte {
	switch o.format {
	case formatRaw:
		return append(o.appendRaw(dst, v), o.replyDelimiter...)
	case formatCSV:
		return append(appendCSV(dst, v), '\n')
	case formatJSON:
		return append(appendJSON(dst, v), '\n')
	}
	return appendTyped(dst, v, "")
}

// appendTyped appends v for people, ending with a line break. indent stands in
// front of every line but the first, for a value within an aggregate.
func appendTyped(dst []byte, v *resp.Value, indent string) []byte {
	if v.IsNull() {
		return append(dst, "(nil)\n"...)
	}
	switch v.Kind {
	case resp.KindError, resp.KindBlobError:
		return fmt.Appendf(dst, "(error) %s\n", v.Text)
	case resp.KindInt:
		return fmt.Appendf(dst, "(integer) %d\n", v.Int)
	case resp.KindDouble:
		return fmt.Appendf(dst, "(double) %s\n", v.Text)
	case resp.KindBigNumber:
		return fmt.Appendf(dst, "(big number) %s\n", v.Text)
	case resp.KindBool:
		return fmt.Appendf(dst, "(%t)\n", v.Int == 1)
	case resp.KindBulk:
		return append(resp.AppendQuoted(dst, v.Text), '\n')
	case resp.KindArray, resp.KindSet, resp.KindPush, resp.KindMap:
		return appendTypedElems(dst, v, indent)
	}
	return append(append(dst, v.Text...), '\n')
}

func appendTypedElems(dst []byte, v *resp.Value, indent string) []byte {
	mark, empty, step := ")", "(empty array)\n", 1
	switch v.Kind {
	case resp.KindSet:
		mark, empty = "~", "(empty set)\n"
	case resp.KindMap:
		mark, empty, step = "#", "(empty hash)\n", 2
	case resp.KindPush:
		mark, empty = ">", "(empty push)\n"
	}
	if len(v.Elems) == 0 {
		return append(dst, empty...)
	}
	width := len(strconv.Itoa(len(v.Elems) / step))
	inner := indent + strings.Repeat(" ", width+2)
	for i := 0; i+step <= len(v.Elems); i += step {
		if i > 0 {
			dst = append(dst, indent...)
		}
		dst = fmt.Appendf(dst, "%*d%s ", width, i/step+1, mark)
		dst = appendTyped(dst, &v.Elems[i], inner)
		if step == 2 {
			dst = append(dst[:len(dst)-1], " => "...)
			dst = appendTyped(dst, &v.Elems[i+1], inner)
		}
	}
	return dst
}

// appendRaw appends v without types.
func (o *options) appendRaw(dst []byte, v *resp.Value) []byte {
	switch v.Kind {
	case resp.KindError, resp.KindBlobError:
		return append(append(dst, v.Text...), '\n')
	case resp.KindBool:
		return fmt.Appendf(dst, "(%t)", v.Int == 1)
	case resp.KindMap:
		for i := 0; i+1 < len(v.Elems); i += 2 {
			if i > 0 {
				dst = append(dst, o.partDelimiter...)
			}
			dst = append(o.appendRaw(dst, &v.Elems[i]), ' ')
			dst = o.appendRaw(dst, &v.Elems[i+1])
		}
		return dst
	case resp.KindArray, resp.KindSet, resp.KindPush:
		for i := range v.Elems {
			if i > 0 {
				dst = append(dst, o.partDelimiter...)
			}
			dst = o.appendRaw(dst, &v.Elems[i])
		}
		return dst
	}
	return append(dst, v.Text...)
}

// appendCSV appends the parts of v, however nested, as one row. Strings are in
// quotes, so that "1" and 1 stay apart.
func appendCSV(dst []byte, v *resp.Value) []byte {
	if v.IsNull() {
		return append(dst, "NULL"...)
	}
	switch v.Kind {
	case resp.KindError, resp.KindBlobError:
		return resp.AppendQuoted(append(dst, "ERROR,"...), v.Text)
	case resp.KindInt, resp.KindDouble, resp.KindBigNumber:
		return append(dst, v.Text...)
	case resp.KindBool:
		return strconv.AppendBool(dst, v.Int == 1)
	case resp.KindArray, resp.KindSet, resp.KindPush, resp.KindMap:
		for i := range v.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCSV(dst, &v.Elems[i])
		}
		return dst
	}
	return resp.AppendQuoted(dst, v.Text)
}

// appendJSON appends v as JSON. An error is an object with the member "error".
// Numbers that JSON lacks (inf, nan) become strings.
func appendJSON(dst []byte, v *resp.Value) []byte {
	if v.IsNull() {
		return append(dst, "null"...)
	}
	switch v.Kind {
	case resp.KindError, resp.KindBlobError:
		return append(appendJSONString(append(dst, `{"error":`...), v.Text), '}')
	case resp.KindInt, resp.KindBigNumber:
		return append(dst, v.Text...)
	case resp.KindDouble:
		if strings.ContainsAny(string(v.Text), "nN") {
			return appendJSONString(dst, v.Text)
		}
		return append(dst, v.Text...)
	case resp.KindBool:
		return strconv.AppendBool(dst, v.Int == 1)
	case resp.KindArray, resp.KindSet, resp.KindPush:
		dst = append(dst, '[')
		for i := range v.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, &v.Elems[i])
		}
		return append(dst, ']')
	case resp.KindMap:
		return appendJSONMap(dst, v)
	}
	return appendJSONString(dst, v.Text)
}

// appendJSONMap appends a map; keys that are no strings become such.
func appendJSONMap(dst []byte, v *resp.Value) []byte {
	dst = append(dst, '{')
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		key := &v.Elems[i]
		text := key.Text
		if text == nil {
			text = appendJSON(nil, key)
		}
		dst = append(appendJSONString(dst, text), ':')
		dst = appendJSON(dst, &v.Elems[i+1])
	}
	return append(dst, '}')
}

// appendJSONString appends s in quotes. Bytes that are no UTF-8 become the
// characters of the same number, so that nothing is lost.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = fmt.Appendf(dst, `\u%04x`, s[0])
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ' || r == 0x7f:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return append(dst, '"')
}

// splitWords cuts a line into words with Redis's quoting rules.
func splitWords(line []byte) ([]string, error) {
	parts, _, err := resp.SplitArgs(nil, nil, line)
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return words, err
}
