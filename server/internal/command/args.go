package command

import (
	"math"
	"strings"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// What many handlers do with their arguments and values, and the error replies that belong to it.

// Check reports whether an operation of the store went well, and replies with its error if not: all of them have Redis's texts.
func (c *Ctx) Check(err error) bool {
	if err != nil {
		c.Fail(err.Error())
	}
	return err == nil
}

// Int reads an integer, with the error reply.
func (c *Ctx) Int(arg []byte) (int64, bool) {
	n, ok := ParseInt(arg)
	if !ok {
		c.Fail(ErrNotInteger)
	}
	return n, ok
}

// Span reads two inclusive indexes, with the error reply.
func (c *Ctx) Span(first, last []byte) (start, stop int64, ok bool) {
	if start, ok = c.Int(first); !ok {
		return 0, 0, false
	}
	stop, ok = c.Int(last)
	return start, stop, ok
}

// Clamp turns inclusive indexes, negative ones counting from the end, into a half-open interval within n elements.
func Clamp(start, stop int64, n int) (from, to int) {
	length := int64(n)
	if start < 0 {
		start = max(start+length, 0)
	}
	if stop < 0 {
		stop += length
	}
	stop = min(stop, length-1)
	if start > stop || start >= length {
		return 0, 0
	}
	return int(start), int(stop) + 1
}

// EntryCount reads the optional count of a command that lists entries of a log, which is argument 2: 10 without one, and -1 is all.
// It writes the error reply.
func (c *Ctx) EntryCount() (n int64, ok bool) {
	switch {
	case len(c.Args) == 2:
		return 10, true
	case len(c.Args) > 3:
		c.FailTooMany()
		return 0, false
	}
	n, ok = ParseInt(c.Args[2])
	switch {
	case !ok || n < -1:
		c.Fail("ERR count should be greater than or equal to -1")
		return 0, false
	case n == -1:
		n = math.MaxInt64
	}
	return n, true
}

// Element replies with an element of a collection.
func (c *Ctx) Element(v listpack.Value) {
	if v.IsInt {
		c.Reply.BulkInt(v.Int)
		return
	}
	c.Reply.Bulk(v.Str)
}

// FailTooMany writes the error of a subcommand whose arguments do not fit, where the table does not bound them.
func (c *Ctx) FailTooMany() {
	sub := c.Args[1]
	c.Fail("ERR unknown subcommand or wrong number of arguments for '" + string(sub[:min(len(sub), 128)]) + "'. Try " + strings.ToUpper(c.Spec.Parent.Name) + " HELP.")
}
