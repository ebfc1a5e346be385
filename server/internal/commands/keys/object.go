package keys

import (
	"math"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func objectHelp(c *command.Ctx) {
	c.Help("OBJECT",
		"ENCODING <key>", "    Name the encoding of the value.",
		"FREQ <key>", "    Return the access counter that LFU eviction uses.",
		"IDLETIME <key>", "    Return the seconds since the last access.",
		"REFCOUNT <key>", "    Return the number of references to the value.")
}

// object returns the kind of the key's value. It replies null when the key is missing.
func object(c *command.Ctx) (store.Kind, bool) {
	k := c.DB.Kind(c.Args[2], c.Now)
	if k == store.KindNone {
		c.Reply.Null()
	}
	return k, k != store.KindNone
}

func objectEncoding(c *command.Ctx) {
	if k, ok := object(c); ok {
		c.Reply.BulkString(k.Encoding())
	}
}

const (
	sharedIntegers = 10000 // Redis keeps one object each for the integers below and reports the count below for them
	sharedCount    = math.MaxInt32
)

func objectRefcount(c *command.Ctx) {
	k, ok := object(c)
	if !ok {
		return
	}
	if k == store.KindStringInt && !c.Store.Limits.Policy.Aged() {
		it, _ := c.DB.Item(c.Args[2], c.Now)
		if n, ok := command.ParseInt(it.Bytes()); ok && n >= 0 && n < sharedIntegers {
			c.Reply.Int(sharedCount)
			return
		}
	}
	c.Reply.Int(1)
}

func objectIdletime(c *command.Ctx) {
	if _, ok := object(c); !ok {
		return
	}
	if c.Store.Limits.Policy.LFU() {
		c.Fail("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		return
	}
	n, _ := c.DB.Idle(c.Args[2], c.Now)
	c.Reply.Int(n)
}

func objectFreq(c *command.Ctx) {
	if _, ok := object(c); !ok {
		return
	}
	if !c.Store.Limits.Policy.LFU() {
		c.Fail("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		return
	}
	n, _ := c.DB.Freq(c.Args[2], c.Now)
	c.Reply.Int(n)
}
