package keys

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Errors of Host.Exchange. What happened on the way decides what the client is told.
var (
	ErrConnect = errors.New("error or timeout connecting to the client")
	ErrWrite   = errors.New("error or timeout writing to target instance")
	ErrRead    = errors.New("error or timeout reading to target instance")
)

// migrateOptions are the arguments of MIGRATE.
type migrateOptions struct {
	addr     [2]string // host, port
	db       int64
	timeout  time.Duration
	copy     bool
	replace  bool
	auth     [][]byte // AUTH with its arguments
	keys     [][]byte
	preamble int // requests before the first key
}

const migrateTimeout = time.Second // where the caller gives none

func parseMigrate(c *command.Ctx) (o migrateOptions, ok bool) {
	a := c.Args
	o.addr = [2]string{string(a[1]), string(a[2])}
	o.keys = a[3:4]
	for i := 6; i < len(a); i++ {
		left := len(a) - i - 1
		switch {
		case command.Is(a[i], "COPY"):
			o.copy = true
		case command.Is(a[i], "REPLACE"):
			o.replace = true
		case command.Is(a[i], "AUTH") && left >= 1:
			o.auth = [][]byte{[]byte("AUTH"), a[i+1]}
			i++
			c.Redact(i)
		case command.Is(a[i], "AUTH2") && left >= 2:
			o.auth = [][]byte{[]byte("AUTH"), a[i+1], a[i+2]}
			i += 2
			c.Redact(i - 1)
			c.Redact(i)
		case command.Is(a[i], "KEYS"):
			if len(a[3]) != 0 {
				c.Fail("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
				return o, false
			}
			o.keys = a[i+1:]
			i = len(a)
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	ms, ok1 := command.ParseInt(a[5])
	db, ok2 := command.ParseInt(a[4])
	if !ok1 || !ok2 {
		c.Fail(command.ErrNotInteger)
		return o, false
	}
	o.db, o.timeout = db, migrateTimeout
	if ms > 0 {
		o.timeout = time.Duration(min(ms, int64(24*time.Hour/time.Millisecond))) * time.Millisecond
	}
	return o, true
}

// migrateGetKeys finds the keys of a call: the third argument, or those after KEYS.
func migrateGetKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, bool) {
	const access = command.KeyRW | command.KeyAccessData | command.KeyDelete
	first, end := 3, 4
	for i := 6; i < len(args); i++ {
		switch {
		case command.Is(args[i], "AUTH"):
			i++
		case command.Is(args[i], "AUTH2"):
			i += 2
		case command.Is(args[i], "KEYS"):
			if len(args[3]) > 0 {
				return dst, false
			}
			if i+1 < len(args) {
				first, end = i+1, len(args)
			}
			i = len(args)
		}
	}
	for i := first; i < end; i++ {
		dst = append(dst, command.KeyPos{Index: i, Access: access})
	}
	return dst, len(args) > 3
}

// migrate restores keys on another server and deletes those that it took. The engine waits meanwhile, as Redis does: nobody may
// change a key that is on its way.
func (f *family) migrate(c *command.Ctx) {
	o, ok := parseMigrate(c)
	if !ok {
		return
	}
	request, keys, err := f.migrateRequest(c, &o)
	switch {
	case err != nil:
		c.Fail("ERR " + err.Error())
		return
	case len(keys) == 0:
		c.Reply.SimpleString("NOKEY")
		return
	case f.h == nil:
		c.Fail("IOERR " + ErrConnect.Error())
		return
	}
	replies, err := f.h.Exchange(o.addr, o.timeout, request, o.preamble+len(keys))
	refused := migrateRefusal(replies, o.preamble)
	if !o.copy && refused.all == "" {
		migrateDelete(c, keys, replies[min(o.preamble, len(replies)):])
	}
	switch {
	case refused.first != "":
		c.Fail("ERR Target instance replied with error: " + refused.first)
	case err != nil:
		c.Fail("IOERR " + err.Error())
	default:
		c.Reply.OK()
	}
}

// migrateRequest builds the conversation. Keys that are missing, or whose time is over, are left out.
func (f *family) migrateRequest(c *command.Ctx, o *migrateOptions) (request []byte, keys [][]byte, err error) {
	if o.auth != nil {
		request = resp.AppendCommand(request, o.auth...)
		o.preamble++
	}
	request = resp.AppendCommand(request, "SELECT", strconv.FormatInt(o.db, 10))
	o.preamble++
	for _, key := range o.keys {
		if !c.DB.ExistsCounted(key, c.Now) {
			continue
		}
		it, _ := c.DB.Item(key, c.Now)
		ttl := int64(0)
		if at := it.Expire(); at != 0 {
			ttl = max(at-c.Now, 1)
		}
		payload, err := f.payload(it)
		if err != nil {
			return nil, nil, err
		}
		args := [][]byte{[]byte("RESTORE"), key, strconv.AppendInt(nil, ttl, 10), payload}
		if o.replace {
			args = append(args, []byte("REPLACE"))
		}
		request = resp.AppendCommand(request, args...)
		keys = append(keys, key)
	}
	return request, keys, nil
}

// refusal is what the target refused: the first error, and whether it stands for all keys.
type refusal struct{ first, all string }

func migrateRefusal(replies []resp.Value, preamble int) (r refusal) {
	for i := range replies {
		if !replies[i].IsError() {
			continue
		}
		text := string(replies[i].Text)
		if r.first == "" {
			r.first = text
		}
		if i < preamble {
			r.all = text
		}
	}
	return r
}

// migrateDelete deletes the keys that the target has taken, and propagates that.
func migrateDelete(c *command.Ctx, keys [][]byte, replies []resp.Value) {
	gone := [][]byte{}
	for i := range replies {
		if replies[i].IsError() || slices.ContainsFunc(gone, func(k []byte) bool { return string(k) == string(keys[i]) }) {
			continue
		}
		c.DB.Delete(keys[i])
		c.Changed(command.NotifyGeneric, "del", keys[i])
		c.Dirty++
		gone = append(gone, keys[i])
	}
	if len(gone) > 0 {
		c.ReplaceStrings("DEL", gone...)
	}
}
