// Package keys is the family of commands that work on keys whatever their values: DEL to SORT.
package keys

import (
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Host is what DUMP, RESTORE and MIGRATE need of the server.
type Host interface {
	// RDBOptions are those of the files that the server writes.
	RDBOptions() rdb.EncodeOptions
	// DeepCheck reports whether payloads of clients are checked element by element (sanitize-dump-payload).
	DeepCheck() bool
	// SkipChecksum reports whether the checksums of payloads count for nothing (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
	SkipChecksum() bool
	// Verbose writes to the log what only who looks for it wants to see.
	Verbose(msg string)
	// Exchange sends requests to another server (host and port) and returns the replies, one for each of the n requests: all of
	// them, or those that came before ErrConnect, ErrWrite or ErrRead. It keeps connections for the next call.
	Exchange(addr [2]string, timeout time.Duration, requests []byte, n int) ([]resp.Value, error)
}

type family struct {
	h   Host // nil: the defaults
	a   *rdb.Appender
	buf []byte // of DUMP
}

func del(c *command.Ctx) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		// An expired key is not there, so that it is not counted.
		if c.DB.ExistsForWrite(key, c.Now) && c.DB.Delete(key) {
			c.Changed(command.NotifyGeneric, "del", key)
			n++
		}
	}
	c.Dirty += n
	c.Reply.Int(n)
}

func exists(c *command.Ctx) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.DB.ExistsCounted(key, c.Now) {
			n++
		}
	}
	c.Reply.Int(n)
}

func touch(c *command.Ctx) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.DB.Touch(key, c.Now) {
			n++
		}
	}
	c.Reply.Int(n)
}

func typeOf(c *command.Ctx) {
	t := store.TypeNone
	if c.DB.ExistsCounted(c.Key(), c.Now) {
		t = c.DB.Type(c.Key(), c.Now)
	}
	c.Reply.SimpleString(t.String())
}

func randomkey(c *command.Ctx) {
	key, ok := c.DB.RandomKey(c.Now)
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(key)
}

func rename(c *command.Ctx) { renameTo(c, false) }

func renamenx(c *command.Ctx) { renameTo(c, true) }

func renameTo(c *command.Ctx, nx bool) {
	src, dst := c.Args[1], c.Args[2]
	if !c.DB.ExistsForWrite(src, c.Now) {
		c.Fail(command.ErrNoKey)
		return
	}
	same := string(src) == string(dst)
	if nx && (same || c.DB.ExistsForWrite(dst, c.Now)) {
		c.Reply.Int(0)
		return
	}
	if !same {
		c.DB.Rename(src, dst, c.Now)
		c.Changed(command.NotifyGeneric, "rename_from", src)
		c.Changed(command.NotifyGeneric, "rename_to", dst)
		c.Dirty++
	}
	if nx {
		c.Reply.Int(1)
	} else {
		c.Reply.OK()
	}
}

// database reads argument i as the number of a database, with the error reply.
func database(c *command.Ctx, i int) (*store.DB, bool) {
	n, ok := command.ParseInt(c.Args[i])
	switch {
	case !ok:
		c.Fail(command.ErrNotInteger)
	case n != int64(int32(n)):
		c.Fail("ERR value is out of range, value must between -2147483648 and 2147483647")
	case n < 0 || n >= int64(c.Store.Databases()):
		c.Fail(command.ErrDBRange)
	default:
		return c.Store.DB(int(n)), true
	}
	return nil, false
}

func move(c *command.Ctx) {
	key := c.Key()
	to, ok := database(c, 2)
	if !ok {
		return
	}
	if to == c.DB {
		c.Fail(command.ErrSameObject)
		return
	}
	if !c.DB.ExistsForWrite(key, c.Now) || to.ExistsForWrite(key, c.Now) {
		c.Reply.Int(0)
		return
	}
	c.DB.CopyTo(to, key, key, c.Now)
	c.DB.Delete(key)
	c.Hooks.Modified(c.DB.Index(), key)
	c.Hooks.Modified(to.Index(), key)
	c.Hooks.Notify(command.NotifyGeneric, "move_from", c.DB.Index(), key)
	c.Hooks.Notify(command.NotifyGeneric, "move_to", to.Index(), key)
	c.Dirty++
	c.Reply.Int(1)
}

func copyKey(c *command.Ctx) {
	src, dst := c.Args[1], c.Args[2]
	to, replace := c.DB, false
	for i := 3; i < len(c.Args); i++ {
		switch {
		case command.Is(c.Args[i], "REPLACE"):
			replace = true
		case command.Is(c.Args[i], "DB") && i+1 < len(c.Args):
			i++
			db, ok := database(c, i)
			if !ok {
				return
			}
			to = db
		default:
			c.Fail(command.ErrSyntax)
			return
		}
	}
	if to == c.DB && string(src) == string(dst) {
		c.Fail(command.ErrSameObject)
		return
	}
	if !c.DB.Touch(src, c.Now) || !replace && to.ExistsForWrite(dst, c.Now) {
		c.Reply.Int(0)
		return
	}
	c.DB.CopyTo(to, src, dst, c.Now)
	to.SetClock(dst, c.Store.NewClock()) // the use of a copy begins here
	c.Hooks.Modified(to.Index(), dst)
	c.Hooks.Notify(command.NotifyGeneric, "copy_to", to.Index(), dst)
	c.Dirty++
	c.Reply.Int(1)
}
