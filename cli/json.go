package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// appendJSON appends v as JSON. An error is an object with the member "error".
// Numbers that JSON lacks (inf, nan) become strings.
func (o *options) appendJSON(dst []byte, v *resp.Value) []byte {
	if v.IsNull() {
		return append(dst, "null"...)
	}
	switch v.Kind {
	case resp.KindError, resp.KindBlobError:
		return append(o.appendJSONString(append(dst, `{"error":`...), v.Text), '}')
	case resp.KindInt, resp.KindBigNumber:
		return append(dst, v.Text...)
	case resp.KindDouble:
		if strings.ContainsAny(string(v.Text), "nN") {
			return o.appendJSONString(dst, v.Text)
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
			dst = o.appendJSON(dst, &v.Elems[i])
		}
		return append(dst, ']')
	case resp.KindMap:
		return o.appendJSONMap(dst, v)
	}
	return o.appendJSONString(dst, v.Text)
}

// appendJSONMap appends a map; keys that are no strings become such.
func (o *options) appendJSONMap(dst []byte, v *resp.Value) []byte {
	dst = append(dst, '{')
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if i > 0 {
			dst = append(dst, ',')
		}
		key := &v.Elems[i]
		text := key.Text
		if text == nil {
			text = o.appendJSON(nil, key)
		}
		dst = append(o.appendJSONString(dst, text), ':')
		dst = o.appendJSON(dst, &v.Elems[i+1])
	}
	return append(dst, '}')
}

// appendJSONString appends s in quotes. Bytes that are no UTF-8 become the
// characters of the same number, so that nothing is lost and all is JSON; under
// the name redis-cli they stay as they are.
func (o *options) appendJSONString(dst, s []byte) []byte {
	if o.format == formatQuotedJSON {
		quoted := resp.AppendQuoted(nil, s)
		s = quoted[1 : len(quoted)-1]
	}
	dst = append(dst, '"')
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && size == 1 && !o.asRedis:
			dst = fmt.Appendf(dst, `\u%04x`, s[0])
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case r < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, s[:size]...)
		}
		s = s[size:]
	}
	return append(dst, '"')
}
