package strings

import (
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// unit is the unit of a time argument.
type unit uint8

const (
	noTime unit = iota
	seconds
	milliseconds
)

// options are those of SET and GETEX.
type options struct {
	nx, xx, get, keepTTL, persist bool
	unit                          unit
	absolute                      bool // Unix time, not a time to live
	time                          []byte
}

// parseOptions reads the options from argument i on, of GETEX or of SET, with the error reply.
func parseOptions(c *command.Ctx, i int, getex bool) (o options, ok bool) {
	for ; i < len(c.Args); i++ {
		a := c.Args[i]
		timed := o.unit != noTime
		switch {
		case !getex && !o.xx && command.Is(a, "NX"):
			o.nx = true
		case !getex && !o.nx && command.Is(a, "XX"):
			o.xx = true
		case !getex && command.Is(a, "GET"):
			o.get = true
		case !getex && !timed && command.Is(a, "KEEPTTL"):
			o.keepTTL = true
		case getex && !timed && command.Is(a, "PERSIST"):
			o.persist = true
		case !o.keepTTL && !o.persist && i+1 < len(c.Args) && o.timeOption(a):
			i++
			o.time = c.Args[i]
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// setKeys finds the key of a call of SET, which reads the old value only with GET.
func setKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, bool) {
	access := command.KeyOW | command.KeyUpdate
	for _, a := range args[min(3, len(args)):] {
		if command.Is(a, "GET") {
			access = command.KeyRW | command.KeyAccessData | command.KeyUpdate
		}
	}
	return append(dst, command.KeyPos{Index: 1, Access: access}), len(args) > 2
}

// timeOption takes a word that tells a time; another one like it may have come before, of which nothing is left.
func (o *options) timeOption(a []byte) bool {
	unit, absolute := noTime, false
	switch {
	case command.Is(a, "EX"):
		unit = seconds
	case command.Is(a, "PX"):
		unit = milliseconds
	case command.Is(a, "EXAT"):
		unit, absolute = seconds, true
	case command.Is(a, "PXAT"):
		unit, absolute = milliseconds, true
	}
	if unit == noTime || o.unit != noTime && (o.unit != unit || o.absolute != absolute) {
		return false
	}
	o.unit, o.absolute = unit, absolute
	return true
}

// deadline returns the time option as Unix milliseconds, 0 for none, with the error reply.
func (o *options) deadline(c *command.Ctx) (at int64, ok bool) {
	if o.unit == noTime {
		return 0, true
	}
	n, ok := command.ParseInt(o.time)
	if !ok {
		c.Fail(command.ErrNotInteger)
		return 0, false
	}
	valid := n > 0
	if o.unit == seconds {
		valid = valid && n <= math.MaxInt64/1000
		n *= 1000
	}
	if !o.absolute {
		valid = valid && n <= math.MaxInt64-c.Now
		n += c.Now
	}
	if !valid {
		c.Fail("ERR invalid expire time in '" + c.Spec.Name + "' command")
		return 0, false
	}
	return n, true
}

func decimal(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

func set(c *command.Ctx) {
	if len(c.Args) == 3 {
		c.DB.SetString(c.Args[1], c.Args[2], 0, c.Now)
		c.Changed(command.NotifyString, "set", c.Args[1])
		c.Dirty++
		c.Reply.OK()
		return
	}
	o, ok := parseOptions(c, 3, false)
	if !ok {
		return
	}
	setWith(c, &o)
}

// setWith is SET with options.
func setWith(c *command.Ctx, o *options) {
	at, ok := o.deadline(c)
	if !ok {
		return
	}
	key, v := c.Args[1], c.Args[2]
	if o.get && !reply(c, key) {
		return
	}
	if o.nx || o.xx {
		if found := c.DB.ExistsForWrite(key, c.Now); o.nx == found {
			if !o.get {
				c.Reply.Null()
			}
			return
		}
	}
	put(c, key, v, at, o.keepTTL)
	if !o.get {
		c.Reply.OK()
	}
	if o.get && at == 0 {
		replaceWithoutGet(c)
	}
}

// put sets the value and the time, notifies, and propagates the time as an absolute one.
func put(c *command.Ctx, key, v []byte, at int64, keepTTL bool) {
	if keepTTL {
		c.DB.SetString(key, v, store.KeepTTL, c.Now)
	} else {
		c.DB.SetString(key, v, at, c.Now)
	}
	c.Changed(command.NotifyString, "set", key)
	c.Dirty++
	if at != 0 {
		c.Notify(command.NotifyGeneric, "expire", key)
		c.ReplaceStrings("SET", key, v, []byte("PXAT"), decimal(at))
	}
}

// replaceWithoutGet propagates SET as it came, but without GET: replicas have nobody to answer.
func replaceWithoutGet(c *command.Ctx) {
	args := make([][]byte, 0, len(c.Args))
	for i, a := range c.Args {
		if i < 3 || !command.Is(a, "GET") {
			args = append(args, a)
		}
	}
	c.Replace(args...)
}

func setnx(c *command.Ctx) {
	if c.DB.ExistsForWrite(c.Key(), c.Now) {
		c.Reply.Int(0)
		return
	}
	put(c, c.Args[1], c.Args[2], 0, false)
	c.Reply.Int(1)
}

func setex(c *command.Ctx) { setTimed(c, seconds) }

func psetex(c *command.Ctx) { setTimed(c, milliseconds) }

func setTimed(c *command.Ctx, u unit) {
	o := options{unit: u, time: c.Args[2]}
	at, ok := o.deadline(c)
	if !ok {
		return
	}
	put(c, c.Args[1], c.Args[3], at, false)
	c.Reply.OK()
}

func mset(c *command.Ctx) {
	if msetAll(c, false) {
		c.Reply.OK()
	}
}

func msetnx(c *command.Ctx) {
	if msetAll(c, true) {
		c.Reply.Int(1)
	}
}

// msetAll sets all pairs. It returns false when it has replied itself.
func msetAll(c *command.Ctx, nx bool) bool {
	if len(c.Args)%2 == 0 {
		c.Fail(c.Spec.ArityError())
		return false
	}
	if nx {
		for i := 1; i < len(c.Args); i += 2 {
			if c.DB.ExistsForWrite(c.Args[i], c.Now) {
				c.Reply.Int(0)
				return false
			}
		}
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.DB.SetString(c.Args[i], c.Args[i+1], 0, c.Now)
		c.Changed(command.NotifyString, "set", c.Args[i])
	}
	c.Dirty += int64(len(c.Args) / 2)
	return true
}
