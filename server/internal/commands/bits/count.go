package bits

import (
	"encoding/binary"
	"math/bits"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// span is a part of a string in bits, both ends included. It is empty when from > to.
type span struct{ from, to int }

// parseUnit reads BYTE or BIT; perUnit is how many bits that is.
func parseUnit(c *command.Ctx, arg []byte) (perUnit int64, ok bool) {
	switch {
	case command.Is(arg, "BIT"):
		return 1, true
	case command.Is(arg, "BYTE"):
		return 8, true
	}
	c.Fail(command.ErrSyntax)
	return 0, false
}

// resolve turns the ends that a client gave, in units of perUnit bits and negative ones counting from the end, into a part of a
// string of size bytes.
func resolve(from, to, perUnit int64, size int) span {
	n := int64(size) * 8 / perUnit
	if from < 0 {
		from = max(from+n, 0)
	}
	if to < 0 {
		to = max(to+n, 0)
	}
	to = min(to, n-1)
	if from > to {
		return span{0, -1}
	}
	return span{int(from * perUnit), int(to*perUnit + perUnit - 1)}
}

// bitcount answers for a missing key before it looks at the other arguments, as Redis does.
func bitcount(c *command.Ctx) {
	v, found, err := c.DB.GetString(c.Key(), c.Now)
	switch {
	case err != nil:
		fail(c, err)
		return
	case !found:
		c.Reply.Int(0)
		return
	}
	s := span{0, len(v)*8 - 1}
	switch len(c.Args) {
	case 2:
	case 4, 5:
		from, to, ok := c.Span(c.Args[2], c.Args[3])
		if !ok {
			return
		}
		if from < 0 && to < 0 && from > to { // backwards, even where both ends are before the beginning; Redis does not read the unit then
			c.Reply.Int(0)
			return
		}
		perUnit := int64(8)
		if len(c.Args) == 5 {
			if perUnit, ok = parseUnit(c, c.Args[4]); !ok {
				return
			}
		}
		s = resolve(from, to, perUnit, len(v))
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	c.Reply.Int(int64(count(v, s)))
}

// count returns how many bits of the span are set.
func count(v []byte, s span) (n int) {
	if s.from > s.to {
		return 0
	}
	first, last := s.from>>3, s.to>>3
	head, tail := byte(0xff)>>(s.from&7), byte(0xff)<<(7-s.to&7)
	if first == last {
		return bits.OnesCount8(v[first] & head & tail)
	}
	n = bits.OnesCount8(v[first]&head) + bits.OnesCount8(v[last]&tail)
	v = v[first+1 : last]
	for ; len(v) >= 8; v = v[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(v))
	}
	for _, b := range v {
		n += bits.OnesCount8(b)
	}
	return n
}

// bitpos finds the first bit of a value. Without an end the string counts as followed by zeros, so that a clear bit is always found.
func bitpos(c *command.Ctx) {
	bit, ok := c.Int(c.Args[2])
	if !ok {
		return
	}
	if bit&^1 != 0 {
		c.Fail("ERR The bit argument must be 1 or 0.")
		return
	}
	v, found, err := c.DB.GetString(c.Key(), c.Now)
	switch {
	case err != nil:
		fail(c, err)
		return
	case !found:
		c.Reply.Int(-bit) // an empty string: 0 is the first clear bit, none is set
		return
	}
	s := span{0, len(v)*8 - 1}
	if len(c.Args) > 3 {
		if s, ok = positionSpan(c, len(v)); !ok {
			return
		}
	}
	at := position(v, s, byte(bit))
	if at < 0 && bit == 0 && len(c.Args) < 5 && s.from <= s.to {
		at = len(v) * 8
	}
	c.Reply.Int(int64(at))
}

// positionSpan reads BITPOS's start, end and unit.
func positionSpan(c *command.Ctx, size int) (s span, ok bool) {
	if len(c.Args) > 6 {
		c.Fail(command.ErrSyntax)
		return s, false
	}
	from, ok := c.Int(c.Args[3])
	if !ok {
		return s, false
	}
	to, perUnit := int64(-1), int64(8)
	if len(c.Args) == 6 {
		if perUnit, ok = parseUnit(c, c.Args[5]); !ok {
			return s, false
		}
	}
	if len(c.Args) > 4 {
		if to, ok = c.Int(c.Args[4]); !ok {
			return s, false
		}
	}
	return resolve(from, to, perUnit, size), true
}

// position returns the place of the first bit of the span that has the given value, -1 if there is none.
func position(v []byte, s span, bit byte) int {
	if s.from > s.to {
		return -1
	}
	flip := bit - 1 // all ones when a clear bit is looked for: then clear bits are set ones
	i, last := s.from>>3, s.to>>3
	b := (v[i] ^ flip) & (0xff >> (s.from & 7))
	for b == 0 {
		if i++; i > last {
			return -1
		}
		all := uint64(int64(int8(flip)))
		for i+8 <= last && binary.LittleEndian.Uint64(v[i:]) == all {
			i += 8
		}
		b = v[i] ^ flip
	}
	at := i<<3 + bits.LeadingZeros8(b)
	if at > s.to {
		return -1
	}
	return at
}
