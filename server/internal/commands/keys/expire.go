package keys

import (
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// condition is when EXPIRE and its kin take effect.
type condition struct{ nx, xx, gt, lt bool }

func parseCondition(c *command.Ctx) (o condition, ok bool) {
	for _, a := range c.Args[3:] {
		switch {
		case command.Is(a, "NX"):
			o.nx = true
		case command.Is(a, "XX"):
			o.xx = true
		case command.Is(a, "GT"):
			o.gt = true
		case command.Is(a, "LT"):
			o.lt = true
		default:
			c.Fail("ERR Unsupported option " + string(a))
			return o, false
		}
	}
	if o.nx && (o.xx || o.gt || o.lt) {
		c.Fail("ERR NX and XX, GT or LT options at the same time are not compatible")
		return o, false
	}
	if o.gt && o.lt {
		c.Fail("ERR GT and LT options at the same time are not compatible")
		return o, false
	}
	return o, true
}

// allows reports whether a key that expires at old (0: never) gets the new time.
func (o condition) allows(old, at int64) bool {
	switch {
	case o.nx && old != 0, o.xx && old == 0:
		return false
	case o.gt && (old == 0 || at <= old):
		return false
	case o.lt && old != 0 && at >= old:
		return false
	}
	return true
}

func expire(c *command.Ctx)    { expireAt(c, c.Now, true) }
func pexpire(c *command.Ctx)   { expireAt(c, c.Now, false) }
func expireat(c *command.Ctx)  { expireAt(c, 0, true) }
func pexpireat(c *command.Ctx) { expireAt(c, 0, false) }

// expireAt sets when a key expires: argument 2, in seconds or milliseconds, counted from base. Replicas get the absolute time; a time
// that is over deletes the key, here and there.
func expireAt(c *command.Ctx, base int64, inSeconds bool) {
	key := c.Key()
	o, ok := parseCondition(c)
	if !ok {
		return
	}
	at, ok := command.ParseInt(c.Args[2])
	if !ok {
		c.Fail(command.ErrNotInteger)
		return
	}
	if inSeconds {
		ok = at <= math.MaxInt64/1000 && at >= math.MinInt64/1000
		at *= 1000
	}
	if !ok || at > math.MaxInt64-base {
		c.Fail("ERR invalid expire time in '" + c.Spec.Name + "' command")
		return
	}
	at += base
	if !c.DB.ExistsForWrite(key, c.Now) {
		c.Reply.Int(0)
		return
	}
	if old, _ := c.DB.Expire(key, c.Now); !o.allows(old, at) {
		c.Reply.Int(0)
		return
	}
	c.Dirty++
	c.Reply.Int(1)
	if passed(c, at) {
		c.DB.Delete(key)
		c.ReplaceStrings("DEL", key)
		c.Changed(command.NotifyGeneric, "del", key)
		return
	}
	// 0 stands for "never" in the store. A replica may be told to set a time that early.
	if at == 0 {
		at = -1
	}
	c.DB.SetExpire(key, at, c.Now)
	c.Changed(command.NotifyGeneric, "expire", key)
	if c.Spec.Name != "pexpireat" {
		args := append([][]byte{[]byte("PEXPIREAT"), key, strconv.AppendInt(nil, at, 10)}, c.Args[3:]...)
		c.Replace(args...)
	}
}

// passed reports whether a time is over for a server that deletes expired keys itself.
func passed(c *command.Ctx, at int64) bool {
	return at <= c.Now && !c.Loading && !c.FromMaster && c.Store.Mode() == store.ExpireDelete
}

func ttl(c *command.Ctx)         { replyTTL(c, c.Now, true) }
func pttl(c *command.Ctx)        { replyTTL(c, c.Now, false) }
func expiretime(c *command.Ctx)  { replyTTL(c, 0, true) }
func pexpiretime(c *command.Ctx) { replyTTL(c, 0, false) }

func replyTTL(c *command.Ctx, base int64, inSeconds bool) {
	at, ok := int64(0), c.DB.ExistsCounted(c.Key(), c.Now)
	if ok {
		at, _ = c.DB.Expire(c.Key(), c.Now)
	}
	switch {
	case !ok:
		c.Reply.Int(-2)
	case at == 0:
		c.Reply.Int(-1)
	case inSeconds:
		c.Reply.Int((max(at-base, 0) + 500) / 1000)
	default:
		c.Reply.Int(max(at-base, 0))
	}
}

func persist(c *command.Ctx) {
	if !c.DB.Persist(c.Key(), c.Now) {
		c.Reply.Int(0)
		return
	}
	c.Changed(command.NotifyGeneric, "persist", c.Key())
	c.Dirty++
	c.Reply.Int(1)
}
