package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// format is how replies are printed.
type format int

const (
	formatTyped format = iota // (integer) 1, "text": for people
	formatRaw                 // as they are, a line each
	formatCSV
	formatJSON
	formatQuotedJSON // strings within JSON are quoted and escaped as for people
)

// appendReply appends a whole reply, with what ends it.
func (o *options) appendReply(dst []byte, v *resp.Value) []byte {
	switch o.format {
	case formatRaw:
		return append(o.appendRaw(dst, v), o.replyDelimiter...)
	case formatCSV:
		return append(appendCSV(dst, v), '\n')
	case formatJSON, formatQuotedJSON:
		return append(o.appendJSON(dst, v), '\n')
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
		empty = "(empty push)\n"
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
			dst = appendMapValue(dst, &v.Elems[i+1], inner)
		}
	}
	return dst
}

// appendMapValue appends a value behind its key; an aggregate of several lines
// begins on a line of its own.
func appendMapValue(dst []byte, v *resp.Value, indent string) []byte {
	start := len(dst)
	dst = appendTyped(dst, v, indent)
	if len(v.Elems) == 0 || bytes.IndexByte(dst[start:], '\n') == len(dst)-start-1 {
		return dst
	}
	return slices.Insert(dst, start, []byte("\n"+indent)...)
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

// splitWords cuts a line into words with Redis's quoting rules.
func splitWords(line []byte) ([]string, error) {
	parts, _, err := resp.SplitArgs(nil, nil, line)
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return words, err
}
