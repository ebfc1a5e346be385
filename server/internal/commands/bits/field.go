package bits

import (
	"math"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// A field is an integer of 1 to 64 bits (63 when unsigned) at any bit of a string, most significant bit first.
type field struct {
	at     int // of its first bit
	width  int
	signed bool
}

// last is the place of its last bit.
func (f field) last() int { return f.at + f.width - 1 }

// overflow says what becomes of a value that does not fit into its field.
type overflow uint8

const (
	wrap     overflow = iota // the lowest bits are kept
	saturate                 // the nearest value that fits
	refuse                   // nothing changes; the reply is null
)

type fieldVerb uint8

const (
	fieldGet fieldVerb = iota
	fieldSet
	fieldIncr
)

// fieldOp is one step of BITFIELD.
type fieldOp struct {
	field
	verb     fieldVerb
	overflow overflow
	value    int64 // of SET and INCRBY
}

const errType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

// parseType reads "i16" or "u8".
func parseType(arg []byte) (width int, signed, ok bool) {
	if len(arg) < 2 || arg[0] != 'i' && arg[0] != 'u' {
		return 0, false, false
	}
	signed = arg[0] == 'i'
	n, ok := command.ParseInt(arg[1:])
	if !ok || n < 1 || n > 64 || n == 64 && !signed {
		return 0, false, false
	}
	return int(n), signed, true
}

// parseFieldOps reads the steps of BITFIELD, with the error reply.
func parseFieldOps(c *command.Ctx) (ops []fieldOp, ok bool) {
	mode := wrap
	for args := c.Args[2:]; len(args) > 0; {
		verb, n := parseVerb(args)
		switch {
		case n > 0:
			op, ok := parseFieldOp(c, verb, args)
			if !ok {
				return nil, false
			}
			op.overflow = mode
			ops = append(ops, op)
		case command.Is(args[0], "OVERFLOW") && len(args) > 1:
			if mode, ok = parseOverflow(args[1]); !ok {
				c.Fail("ERR Invalid OVERFLOW type specified")
				return nil, false
			}
			n = 2
		default:
			c.Fail(command.ErrSyntax)
			return nil, false
		}
		args = args[n:]
	}
	return ops, true
}

// parseVerb returns the verb of a step and the number of its words, 0 for anything else or when words are missing.
func parseVerb(args [][]byte) (verb fieldVerb, n int) {
	switch {
	case command.Is(args[0], "GET"):
		verb, n = fieldGet, 3
	case command.Is(args[0], "SET"):
		verb, n = fieldSet, 4
	case command.Is(args[0], "INCRBY"):
		verb, n = fieldIncr, 4
	}
	if n > len(args) {
		n = 0
	}
	return verb, n
}

func parseOverflow(arg []byte) (overflow, bool) {
	switch {
	case command.Is(arg, "WRAP"):
		return wrap, true
	case command.Is(arg, "SAT"):
		return saturate, true
	case command.Is(arg, "FAIL"):
		return refuse, true
	}
	return 0, false
}

func parseFieldOp(c *command.Ctx, verb fieldVerb, args [][]byte) (op fieldOp, ok bool) {
	op.verb = verb
	if op.width, op.signed, ok = parseType(args[1]); !ok {
		c.Fail(errType)
		return op, false
	}
	if op.at, ok = parseOffset(c, args[2], op.width); !ok {
		return op, false
	}
	if verb != fieldGet {
		op.value, ok = c.Int(args[3])
	}
	return op, ok
}

func bitfield(c *command.Ctx) {
	ops, ok := parseFieldOps(c)
	if !ok {
		return
	}
	last := -1
	for _, op := range ops {
		if op.verb != fieldGet {
			last = max(last, op.last())
		}
	}
	if last < 0 {
		readFields(c, ops)
		return
	}
	v, grown, ok := edit(c, last)
	if !ok {
		return
	}
	changes := int64(0)
	c.Reply.Array(len(ops))
	for _, op := range ops {
		reply, done, changed := op.run(v)
		if !done {
			c.Reply.Null()
			continue
		}
		c.Reply.Int(reply)
		if op.verb != fieldGet && (changed || grown) {
			changes++
		}
	}
	if changes > 0 {
		c.Changed(command.NotifyString, "setbit", c.Key())
		c.Dirty += changes
	}
}

func bitfieldRO(c *command.Ctx) {
	ops, ok := parseFieldOps(c)
	if !ok {
		return
	}
	for _, op := range ops {
		if op.verb != fieldGet {
			c.Fail("ERR BITFIELD_RO only supports the GET subcommand")
			return
		}
	}
	readFields(c, ops)
}

// readFields answers a BITFIELD that only reads, and makes no key.
func readFields(c *command.Ctx, ops []fieldOp) {
	v, _, err := c.DB.GetString(c.Key(), c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	c.Reply.Array(len(ops))
	for _, op := range ops {
		c.Reply.Int(op.get(v))
	}
}

// run carries out a step on a string that has all the bits it writes. done is false where the overflow mode refuses it.
func (op fieldOp) run(v []byte) (reply int64, done, changed bool) {
	old := op.get(v)
	var next int64
	var fits bool
	switch op.verb {
	case fieldGet:
		return old, true, false
	case fieldSet:
		next, fits = op.add(op.value, 0, op.overflow)
		reply = old
	case fieldIncr:
		next, fits = op.add(old, op.value, op.overflow)
		reply = next
	}
	if !fits && op.overflow == refuse {
		return 0, false, false
	}
	op.put(v, uint64(next))
	return reply, true, next != old
}

// get returns the integer in the field; what is beyond the end of v is zero.
func (f field) get(v []byte) int64 {
	var n uint64
	for i := f.at >> 3; i <= f.last()>>3; i++ {
		b := byte(0)
		if i < len(v) {
			b = v[i]
		}
		if i == f.at>>3 {
			b &= 0xff >> (f.at & 7)
		}
		if i == f.last()>>3 {
			keep := f.last()&7 + 1 // a ninth byte would push bits out at the top
			n = n<<keep | uint64(b>>(8-keep))
		} else {
			n = n<<8 | uint64(b)
		}
	}
	if f.signed {
		return int64(n<<(64-f.width)) >> (64 - f.width)
	}
	return int64(n)
}

// put stores the lowest bits of n in the field, all of which v has.
func (f field) put(v []byte, n uint64) {
	for at := f.last(); at >= f.at; {
		i, end := at>>3, 7-at&7 // end: bits of this byte behind the field
		mask := byte(0xff) << end
		if i == f.at>>3 {
			mask &= 0xff >> (f.at & 7)
		}
		v[i] = v[i]&^mask | byte(n<<end)&mask
		n >>= 8 - end
		at = i<<3 - 1
	}
}

// add returns value + delta as the field holds it, by the overflow mode where it does not fit.
func (f field) add(value, delta int64, mode overflow) (sum int64, fits bool) {
	if f.signed {
		return f.addSigned(value, delta, mode)
	}
	return f.addUnsigned(uint64(value), delta, mode)
}

// addSigned computes the distances to the ends of the range with 64 bits, which wrap for a value far below the range: Redis takes
// such a value for one above it, and a replica of either kind has to agree.
func (f field) addSigned(value, delta int64, mode overflow) (int64, bool) {
	highest := int64(math.MaxInt64) >> (64 - f.width)
	lowest := -highest - 1
	above, below := highest-value, lowest-value
	narrow := f.width < 64
	switch {
	case value > highest || delta > above && (narrow || value >= 0 && delta > 0):
		if mode == saturate {
			return highest, false
		}
	case value < lowest || delta < below && (narrow || value < 0 && delta < 0):
		if mode == saturate {
			return lowest, false
		}
	default:
		return value + delta, true
	}
	return (value + delta) << (64 - f.width) >> (64 - f.width), false
}

func (f field) addUnsigned(value uint64, delta int64, mode overflow) (int64, bool) {
	highest := uint64(1)<<f.width - 1
	sum := value + uint64(delta)
	over := value > highest || delta > 0 && (sum < value || sum > highest)
	under := !over && delta < 0 && sum > value
	switch {
	case !over && !under:
		return int64(sum), true
	case mode == saturate && over:
		return int64(highest), false
	case mode == saturate:
		return 0, false
	}
	return int64(sum & highest), false
}

// fieldKeys finds the key of a call of BITFIELD, which only reads it when all steps do.
func fieldKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, bool) {
	if len(args) < 2 {
		return dst, false
	}
	access := command.KeyRO | command.KeyAccessData
	for rest := args[2:]; len(rest) > 0; {
		verb, n := parseVerb(rest)
		if n == 0 && command.Is(rest[0], "OVERFLOW") && len(rest) > 1 {
			n = 2
		}
		if n == 0 || verb != fieldGet {
			access = command.KeyRW | command.KeyAccessData | command.KeyUpdate
			break
		}
		rest = rest[n:]
	}
	return append(dst, command.KeyPos{Index: 1, Access: access}), true
}
