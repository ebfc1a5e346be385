package repl

import "slices"

// Cursor reads a [Backlog] from a place of its own: one for each replica, one for the AOF. What it has not passed yet is
// not dropped.
type Cursor struct {
	log   *Backlog // nil when closed or detached
	block *block   // the block that the next byte is in, or will be in
	used  int      // bytes of that block that are behind us
}

// Attach returns a cursor whose next byte is at. It reports false when that byte is not held; the byte at End is, it
// has only not been written yet.
func (b *Backlog) Attach(at Offset) (*Cursor, bool) {
	if !b.Recording() || at < b.blocks[b.first].start || at > b.End() {
		return nil, false
	}
	x := b.find(at)
	x.refs++
	c := &Cursor{log: b, block: x, used: int(at - x.start)}
	b.cursors = append(b.cursors, c)
	return c, true
}

// Tap opens the backlog at the offset at unless it is recording, without a window for partial syncs, and returns a
// cursor at its end. That is how the AOF writer reads the stream of a node that has no replicas.
func (b *Backlog) Tap(at Offset) *Cursor {
	if !b.Recording() {
		b.begin(at)
	}
	c, _ := b.Attach(b.End())
	return c
}

// Next returns the unread bytes that lie in one piece. It is empty when the cursor is at the end, or detached.
// The bytes stay valid and unchanged until [Cursor.Advance] passes them or the cursor is closed.
func (c *Cursor) Next() []byte {
	if c.block == nil {
		return nil
	}
	c.hop()
	return c.block.data[c.used:]
}

// hop moves to the next block when this one is used up and complete.
func (c *Cursor) hop() {
	for c.used == len(c.block.data) && c.block.next != nil {
		c.block.refs--
		c.block = c.block.next
		c.block.refs++
		c.used = 0
		c.log.trim()
	}
}

// Advance passes n bytes of what [Cursor.Next] returned.
func (c *Cursor) Advance(n int) {
	if c.block == nil {
		return
	}
	if n < 0 || n > len(c.block.data)-c.used {
		panic("BUG: cursor advanced beyond what it was given")
	}
	c.used += n
	c.hop()
}

// Offset returns the next byte to read. It is 0 for a detached cursor.
func (c *Cursor) Offset() Offset {
	if c.block == nil {
		return 0
	}
	return c.block.start + Offset(c.used)
}

// Lag returns how many bytes are unread.
func (c *Cursor) Lag() int64 {
	if c.block == nil {
		return 0
	}
	return int64(c.log.End() - c.Offset())
}

// Detached says that the backlog was closed or opened elsewhere under the cursor: the bytes are gone.
func (c *Cursor) Detached() bool { return c.block == nil }

// Close gives up the place. A write of bytes from [Cursor.Next] must not be under way: their memory may be filled anew.
func (c *Cursor) Close() {
	if c.block == nil {
		return
	}
	log := c.log
	c.block.refs--
	c.block, c.log = nil, nil
	i := slices.Index(log.cursors, c)
	log.cursors = slices.Delete(log.cursors, i, i+1)
	log.trim()
}
