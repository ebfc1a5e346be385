package lists

import (
	"bytes"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func lmove(c *command.Ctx) {
	if from, to, ok := parseEnds(c); ok && !move(c, from, to) {
		c.Reply.Null()
	}
}

func rpoplpush(c *command.Ctx) {
	if !move(c, store.Tail, store.Head) {
		c.Reply.Null()
	}
}

func blmove(c *command.Ctx) {
	from, to, ok := parseEnds(c)
	if !ok {
		return
	}
	if blockingMove(c, from, to, 5) {
		c.ReplaceStrings("LMOVE", c.Args[1:5]...)
	}
}

func brpoplpush(c *command.Ctx) {
	if blockingMove(c, store.Tail, store.Head, 3) {
		c.ReplaceStrings("RPOPLPUSH", c.Args[1:3]...)
	}
}

func parseEnds(c *command.Ctx) (from, to store.End, ok bool) {
	if from, ok = parseEnd(c, 3); !ok {
		return from, to, false
	}
	to, ok = parseEnd(c, 4)
	return from, to, ok
}

// blockingMove reports whether an element was moved; the timeout is argument at.
func blockingMove(c *command.Ctx, from, to store.End, at int) (moved bool) {
	deadline, problem := command.Timeout(c.Args[at], c.Now, false)
	if problem != "" {
		c.Fail(problem)
		return false
	}
	before := c.Dirty
	if !move(c, from, to) {
		c.Block(command.Block{Keys: c.Args[1:2], Deadline: deadline, OnExpiry: command.NilBulk, Type: store.TypeList})
	}
	return c.Dirty != before
}

// move takes an element from one list to another, or the same, and replies it, or an error. It returns false, with
// no reply, when the source is missing.
func move(c *command.Ctx, from, to store.End) (done bool) {
	source, target := c.Args[1], c.Args[2]
	src, ok, alive := find(c, source)
	if !alive {
		return true
	}
	if !ok {
		return false
	}
	var buf [128]byte
	v := src.End(from).Append(buf[:0])
	dst := &src
	if !bytes.Equal(source, target) {
		other, _, alive := find(c, target)
		if !alive {
			return true
		}
		dst = &other
	}
	// Push before Drop: a list of one element that is its own target must not be deleted in between.
	if dst != &src || from != to {
		dst.Push(to, v)
		src.Drop(from)
	}
	c.Reply.Bulk(v)
	c.Changed(command.NotifyList, pushEvent(to), target)
	removed(c, &src, source, popEvent(from), 1)
	return true
}
