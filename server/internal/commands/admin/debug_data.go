package admin

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// debugPopulate creates string keys prefix:i; existing ones stay as they are.
func (f family) debugPopulate(c *command.Ctx) {
	n, ok := command.ParseInt(c.Args[2])
	if !ok || n < 0 {
		c.Fail("ERR value is out of range, must be positive")
		return
	}
	prefix, size := []byte("key"), int64(0)
	if len(c.Args) > 3 {
		prefix = c.Args[3]
	}
	if len(c.Args) > 4 {
		if size, ok = command.ParseInt(c.Args[4]); !ok || size < 0 {
			c.Fail("ERR value is out of range, must be positive")
			return
		}
	}
	key := append(bytes.Clone(prefix), ':')
	for i := int64(0); i < n; i++ {
		k := strconv.AppendInt(key, i, 10)
		if c.DB.Exists(k, c.Now) {
			continue
		}
		v := strconv.AppendInt([]byte("value:"), i, 10)
		if size > 0 {
			fixed := make([]byte, size)
			copy(fixed, v)
			v = fixed
		}
		c.DB.SetString(k, v, 0, c.Now)
		c.Modified(k)
	}
	c.Reply.OK()
}

func (f family) debugProtocol(c *command.Ctx) {
	w := c.Reply
	three := func() {
		for i := int64(0); i < 3; i++ {
			w.Int(i)
		}
	}
	switch string(bytes.ToLower(c.Args[2])) {
	case "string":
		w.BulkString("Hello World")
	case "integer":
		w.Int(12345)
	case "double":
		w.Double(3.141)
	case "null":
		w.Null()
	case "array":
		w.Array(3)
		three()
	case "set":
		w.Set(3)
		three()
	case "map":
		w.Map(3)
		for i := int64(0); i < 3; i++ {
			w.Int(i)
			w.Bool(i == 1)
		}
	case "attrib":
		if w.Proto < 3 {
			w.BulkString("Some real reply following the attribute")
			return
		}
		w.Attribute(1)
		w.BulkString("key-popularity")
		w.Array(2)
		w.BulkString("key:123")
		w.Int(90)
		w.BulkString("Some real reply following the attribute")
	case "push":
		if w.Proto < 3 {
			c.Fail("ERR RESP2 is not supported by this command")
			return
		}
		w.Push(2)
		w.BulkString("server-cpu-usage")
		w.Int(42)
	case "true":
		w.Bool(true)
	case "false":
		w.Bool(false)
	case "bignum":
		w.BigNumber("1234567999999999999999999999999999999")
	case "verbatim":
		w.Verbatim("txt", "This is a verbatim\nstring")
	default:
		c.Fail("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
}

func (f family) debugListpack(c *command.Ctx) {
	d, ok := c.DB.Debug(c.Args[2], c.Now)
	switch {
	case !ok:
		c.Fail(command.ErrNoKey)
	case d.Kind.Encoding() != "listpack":
		c.Fail("ERR Not a listpack encoded object.")
	default:
		f.h.Log(fmt.Sprintf("listpack of %q: %d bytes", c.Args[2], len(d.Bytes)))
		c.Reply.SimpleString("Listpack structure printed on stdout")
	}
}

func (f family) debugQuicklist(c *command.Ctx) {
	d, ok := c.DB.Debug(c.Args[2], c.Now)
	switch {
	case !ok:
		c.Fail(command.ErrNoKey)
	case d.Kind.Encoding() != "quicklist":
		c.Fail("ERR Not a quicklist encoded object.")
	default:
		f.h.Log(fmt.Sprintf("quicklist of %q:%s", c.Args[2], d.Extra))
		c.Reply.SimpleString("Quicklist structure printed on stdout")
	}
}

func (f family) debugHTStats(c *command.Ctx) {
	n, ok := command.ParseInt(c.Args[2])
	switch {
	case !ok:
		c.Fail(command.ErrNotInteger)
	case n < 0 || n >= int64(c.Store.Databases()):
		c.Fail("ERR Out of range database")
	default: // times to live have no table of their own
		c.Reply.Verbatim("txt", "[Dictionary HT]\n"+c.Store.DB(int(n)).TableStats()+"[Expires HT]\n")
	}
}

func (f family) debugHTStatsKey(c *command.Ctx) {
	d, ok := c.DB.Debug(c.Args[2], c.Now)
	switch {
	case !ok:
		c.Fail(command.ErrNoKey)
	case d.Table == "":
		c.Fail("ERR The value stored at the specified key is not represented using an hash table")
	default:
		c.Reply.Verbatim("txt", d.Table)
	}
}

// debugMatchTest looks for patterns that the matcher cannot get over.
func debugMatchTest(_ family, c *command.Ctx) {
	const letters = "a*?[]^-\\b"
	random := func(most int) []byte {
		b := make([]byte, rand.IntN(most))
		for i := range b {
			b[i] = letters[rand.IntN(len(letters))]
		}
		return b
	}
	for range 200_000 {
		command.Match(random(16), random(24), rand.IntN(2) == 0)
	}
	c.Reply.SimpleString("Apparently Lockstep did not crash: test passed")
}

func debugReplyBuffer(_ family, c *command.Ctx) {
	switch what, arg := c.Args[2], c.Args[3]; {
	case command.Is(what, "RESIZING"), command.Is(what, "PEAK-RESET-TIME") && (command.Is(arg, "NEVER") || command.Is(arg, "RESET")):
	case command.Is(what, "PEAK-RESET-TIME"):
		if _, ok := command.ParseInt(arg); !ok {
			c.Fail(command.ErrNotInteger)
			return
		}
	default:
		debugUnknown(c)
		return
	}
	c.Reply.OK()
}

func (f family) debugDropPackets(c *command.Ctx) {
	if _, ok := command.ParseInt(c.Args[2]); !ok {
		c.Fail(command.ErrNotInteger)
		return
	}
	c.Reply.OK()
}

func (f family) debugRewriteAll(c *command.Ctx) {
	if msg := f.h.ConfigRewriteAll(); msg != "" {
		c.Fail(msg)
		return
	}
	c.Reply.OK()
}

func (f family) debugClientEviction(c *command.Ctx) {
	report, enabled := f.h.ClientEviction()
	if !enabled {
		c.Fail("ERR maxmemory-clients is disabled.")
		return
	}
	c.Reply.Verbatim("txt", report)
}
