package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// HasPreamble reports whether a file that begins with these bytes begins with an RDB. Five bytes decide.
func HasPreamble(head []byte) bool { return bytes.HasPrefix(head, []byte("REDIS")) }

// SyntaxError says where and why a file is not a sequence of records.
type SyntaxError struct {
	Offset int64 // of the piece that is wrong: the line or the argument
	// Reason has the words of redis-check-aof; it is empty when the file just ends before a line that must follow.
	Reason string
	// Err wraps io.ErrUnexpectedEOF when the file ends too early: it can be cut, and nothing behind the cut is lost that had
	// been whole. Every other fault is corruption.
	Err error
}

func (e *SyntaxError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = "unexpected end of file"
	}
	return fmt.Sprintf("aof: offset %d: %s", e.Offset, reason)
}

func (e *SyntaxError) Unwrap() error { return e.Err }

// Truncated reports whether an error says that the file ends too early, rather than that it is wrong.
func Truncated(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

// Record is one command or annotation. Its slices are valid until the next call of Next.
type Record struct {
	Start int64    // offset of its first byte
	Raw   []byte   // all of its bytes; Start + len(Raw) is the next record's Start
	Args  [][]byte // nil for an annotation
	Multi bool     // it is part of a transaction: from MULTI to EXEC, both included
	spans []span   // of the arguments in Raw
}

type span struct{ from, to int }

// Copy returns a copy of r whose bytes are appended to buf and whose arguments to args, for whoever lets the scanner run ahead.
func (r *Record) Copy(buf []byte, args [][]byte) (Record, []byte, [][]byte) {
	at, first := len(buf), len(args)
	buf = append(buf, r.Raw...)
	c := Record{Start: r.Start, Raw: buf[at:len(buf):len(buf)], Multi: r.Multi}
	for _, sp := range r.spans {
		args = append(args, c.Raw[sp.from:sp.to:sp.to])
	}
	if r.Args != nil {
		c.Args = args[first:len(args):len(args)]
	}
	return c, buf, args
}
