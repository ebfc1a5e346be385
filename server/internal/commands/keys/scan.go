package keys

import (
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func keys(c *command.Ctx) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.Reply.Len(), 0
	c.DB.Keys(c.Now, func(key []byte) bool {
		if all || command.Match(pattern, key, false) {
			c.Reply.Bulk(key)
			n++
		}
		return !c.Abandon(n)
	})
	c.Reply.InsertArray(mark, n)
}

// scanOptions are those of SCAN.
type scanOptions struct {
	pattern []byte // nil: all keys
	count   int
	typ     store.Type
	typed   bool
}

func parseScan(c *command.Ctx) (o scanOptions, ok bool) {
	o.count = 10
	for i := 2; i < len(c.Args); i += 2 {
		last := i+1 == len(c.Args)
		switch a := c.Args[i]; {
		case !last && command.Is(a, "COUNT"):
			n, ok := command.ParseInt(c.Args[i+1])
			if !ok {
				c.Fail(command.ErrNotInteger)
				return o, false
			}
			if n < 1 {
				c.Fail(command.ErrSyntax)
				return o, false
			}
			o.count = int(min(n, math.MaxInt32))
		case !last && command.Is(a, "MATCH"):
			o.pattern = c.Args[i+1]
			if string(o.pattern) == "*" {
				o.pattern = nil
			}
		case !last && command.Is(a, "TYPE"):
			o.typed = true
			o.typ = typeNamed(c.Args[i+1])
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// typeNamed returns TypeNone, which no key has, for a name that no type has: the filter then lets nothing through, as in Redis.
func typeNamed(name []byte) store.Type {
	for t := store.TypeString; t <= store.TypeModule; t++ {
		if command.Match([]byte(t.String()), name, true) {
			return t
		}
	}
	return store.TypeNone
}

func scan(c *command.Ctx) {
	cursor, ok := c.ParseScanCursor(c.Args[1])
	if !ok {
		return
	}
	o, ok := parseScan(c)
	if !ok {
		return
	}
	mark, n := c.Reply.Len(), 0
	next := c.DB.Scan(cursor, o.count, c.Now, func(key []byte, t store.Type) {
		if (!o.typed || t == o.typ) && (o.pattern == nil || command.Match(o.pattern, key, false)) {
			c.Reply.Bulk(key)
			n++
		}
	})
	c.Reply.InsertArray(mark, n)
	insertCursor(c.Reply, mark, next)
}

// insertCursor puts the cursor, which is known last, in front of the keys.
func insertCursor(w *resp.Writer, mark int, cursor uint64) {
	end := w.Len()
	w.Array(2)
	w.BulkString(strconv.FormatUint(cursor, 10))
	head := string(w.Buf[end:])
	copy(w.Buf[mark+len(head):], w.Buf[mark:end])
	copy(w.Buf[mark:], head)
}
