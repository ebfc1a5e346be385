package resp

import (
	"strconv"
)

// Kind is the type of a reply: its first byte on the wire.
type Kind byte

// The types of replies. KindNull is RESP3's; in RESP2 an absent value is a bulk
// string or an array without length (see Value.IsNull).
const (
	KindSimpleString Kind = '+'
	KindError        Kind = '-'
	KindInt          Kind = ':'
	KindBulk         Kind = '$'
	KindArray        Kind = '*'
	KindNull         Kind = '_'
	KindDouble       Kind = ','
	KindBool         Kind = '#'
	KindBigNumber    Kind = '('
	KindBlobError    Kind = '!'
	KindVerbatim     Kind = '='
	KindMap          Kind = '%'
	KindSet          Kind = '~'
	KindPush         Kind = '>'
	KindAttribute    Kind = '|'
)

func (k Kind) String() string {
	switch k {
	case KindSimpleString:
		return "simple string"
	case KindError:
		return "error"
	case KindInt:
		return "integer"
	case KindBulk:
		return "bulk string"
	case KindArray:
		return "array"
	case KindNull:
		return "null"
	case KindDouble:
		return "double"
	case KindBool:
		return "boolean"
	case KindBigNumber:
		return "big number"
	case KindBlobError:
		return "blob error"
	case KindVerbatim:
		return "verbatim string"
	case KindMap:
		return "map"
	case KindSet:
		return "set"
	case KindPush:
		return "push"
	case KindAttribute:
		return "attribute"
	}
	return "type " + strconv.QuoteRune(rune(k))
}

// Value is one reply.
type Value struct {
	Kind Kind
	// Absent is set for RESP2's $-1 and *-1.
	Absent bool
	// Int is the value of an integer, and 1 for true.
	Int int64
	// Float is the value of a double.
	Float float64
	// Text holds the bytes of all kinds of strings and errors, and the digits of
	// numbers as they were sent.
	Text []byte
	// Format is the three letters in front of a verbatim string ("txt").
	Format string
	// Elems are the elements of an aggregate; a map alternates keys and values.
	Elems []Value
	// Attributes precede the value they describe: keys and values by turns.
	Attributes []Value
}

// IsNull reports an absent value of either protocol.
func (v *Value) IsNull() bool { return v.Absent || v.Kind == KindNull }

// IsError reports an error reply.
func (v *Value) IsError() bool { return v.Kind == KindError || v.Kind == KindBlobError }

// Err returns the error reply as an error, or nil for other replies.
func (v *Value) Err() error {
	if v.IsError() {
		return ReplyError(v.Text)
	}
	return nil
}

// ReplyError is an error that the server replied: "ERR no such key".
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// Code returns the first word, such as "ERR" or "MOVED".
func (e ReplyError) Code() string {
	for i := range len(e) {
		if e[i] == ' ' {
			return string(e[:i])
		}
	}
	return string(e)
}
