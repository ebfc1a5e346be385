// Package bits is the family of commands that see a string as an array of bits or of small integers. Bit 0 is the most
// significant bit of the first byte:
//
//	byte       0                       1
//	bit        0  1  2  3  4  5  6  7  8  9 ...
//	"\x80\x01" 1  0  0  0  0  0  0  0  0  0 ...  1 (bit 15)
//
// A string is zero beyond its end, and grows with zeros when a bit there is written.
package bits

import "github.com/lockstep-db/lockstep/server/internal/command"

const (
	errOffset = "ERR bit offset is not an integer or out of range"
	errBit    = "ERR bit is not an integer or out of range"
)

// fail answers with the error of a store operation, all of which have Redis's texts.
func fail(c *command.Ctx, err error) { c.Fail(err.Error()) }

// parseOffset reads the offset of a bit, from 0. An offset "#n" counts fields of the given width (0: not allowed). It is
// refused where the string would be longer than strings may be.
func parseOffset(c *command.Ctx, arg []byte, width int) (int, bool) {
	unit := int64(1)
	if width > 0 && len(arg) > 0 && arg[0] == '#' {
		arg, unit = arg[1:], int64(width)
	}
	n, ok := command.ParseInt(arg)
	if !ok || n < 0 || n > (c.Store.Limits.MaxString*8-1)/unit {
		c.Fail(errOffset)
		return 0, false
	}
	return int(n * unit), true
}

func getbit(c *command.Ctx) {
	at, ok := parseOffset(c, c.Args[2], 0)
	if !ok {
		return
	}
	v, _, err := c.DB.GetString(c.Key(), c.Now)
	if err != nil {
		fail(c, err)
		return
	}
	c.Reply.Int(int64(bitAt(v, at)))
}

// bitAt returns a bit of v, 0 beyond its end.
func bitAt(v []byte, at int) byte {
	if at>>3 >= len(v) {
		return 0
	}
	return v[at>>3] >> (7 - at&7) & 1
}

func setbit(c *command.Ctx) {
	at, ok := parseOffset(c, c.Args[2], 0)
	if !ok {
		return
	}
	on, ok := command.ParseInt(c.Args[3])
	if !ok || on&^1 != 0 {
		c.Fail(errBit)
		return
	}
	v, grown, ok := edit(c, at)
	if !ok {
		return
	}
	old := bitAt(v, at)
	if old != byte(on) {
		v[at>>3] ^= 1 << (7 - at&7)
	}
	if grown || old != byte(on) {
		c.Changed(command.NotifyString, "setbit", c.Key())
		c.Dirty++
	}
	c.Reply.Int(int64(old))
}

// edit returns the string at the key for changes, long enough to have the bit last, and whether that made it longer. The slice is
// valid until the next change of the store.
func edit(c *command.Ctx, last int) (v []byte, grown, ok bool) {
	old, found, err := c.DB.GetStringForWrite(c.Key(), c.Now)
	n := len(old)
	if err == nil {
		v, err = c.DB.EditString(c.Key(), last>>3+1, c.Now)
	}
	if err != nil {
		fail(c, err)
		return nil, false, false
	}
	return v, !found || len(v) != n, true
}
