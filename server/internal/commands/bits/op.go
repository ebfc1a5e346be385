package bits

import (
	"encoding/binary"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// operation combines two words; of bytes it uses the lowest eight bits.
type operation func(a, b uint64) uint64

func and(a, b uint64) uint64 { return a & b }
func or(a, b uint64) uint64  { return a | b }
func xor(a, b uint64) uint64 { return a ^ b }

// parseOperation reads the name of an operation; NOT is a nil one.
func parseOperation(arg []byte) (op operation, ok bool) {
	switch {
	case command.Is(arg, "AND"):
		return and, true
	case command.Is(arg, "OR"):
		return or, true
	case command.Is(arg, "XOR"):
		return xor, true
	}
	return nil, command.Is(arg, "NOT")
}

func bitop(c *command.Ctx) {
	op, ok := parseOperation(c.Args[1])
	if !ok {
		c.Fail(command.ErrSyntax)
		return
	}
	key, sources := c.Args[2], c.Args[3:]
	if op == nil && len(sources) != 1 {
		c.Fail("ERR BITOP NOT must be called with a single source key.")
		return
	}
	out, ok := combine(c, op, sources)
	if !ok {
		return
	}
	if len(out) > 0 {
		c.DB.SetRawString(key, out, 0, c.Now)
		c.Changed(command.NotifyString, "set", key)
		c.Dirty++
	} else if c.DB.Delete(key) {
		c.Changed(command.NotifyGeneric, "del", key)
		c.Dirty++
	}
	c.Reply.Int(int64(len(out)))
}

// combine returns the result of an operation, which is as long as the longest source.
func combine(c *command.Ctx, op operation, sources [][]byte) ([]byte, bool) {
	values := make([][]byte, len(sources))
	size := 0
	for i, key := range sources {
		v, _, err := c.DB.GetString(key, c.Now)
		if err != nil {
			fail(c, err)
			return nil, false
		}
		values[i] = v
		size = max(size, len(v))
	}
	out := make([]byte, size)
	copy(out, values[0])
	if op == nil {
		for i := range out {
			out[i] = ^out[i]
		}
		return out, true
	}
	for _, v := range values[1:] {
		op.apply(out, v)
	}
	return out, true
}

// apply combines out with a string that is at most as long, and zero beyond its end.
func (op operation) apply(out, v []byte) {
	i := 0
	for ; i+8 <= len(v); i += 8 {
		w := op(binary.LittleEndian.Uint64(out[i:]), binary.LittleEndian.Uint64(v[i:]))
		binary.LittleEndian.PutUint64(out[i:], w)
	}
	for ; i < len(v); i++ {
		out[i] = byte(op(uint64(out[i]), uint64(v[i])))
	}
	for ; i < len(out); i++ {
		out[i] = byte(op(uint64(out[i]), 0))
	}
}
