package keys

import (
	"errors"
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func (f *family) dump(c *command.Ctx) {
	if !c.DB.Touch(c.Key(), c.Now) {
		c.Reply.Null()
		return
	}
	it, _ := c.DB.Item(c.Key(), c.Now)
	payload, err := f.payload(it)
	if err != nil {
		c.Fail("ERR " + err.Error())
		return
	}
	c.Reply.Bulk(payload)
}

// payload serializes a value. The result is valid until the next call.
func (f *family) payload(it store.Item) ([]byte, error) {
	opts := rdb.EncodeOptions{Compress: true}
	if f.h != nil {
		opts = f.h.RDBOptions()
	}
	if f.a == nil || opts.Version != 0 && f.a.Version() != opts.Version {
		a, err := rdb.NewAppender(opts)
		if err != nil {
			return nil, err
		}
		f.a = a
	}
	f.buf = codec.AppendValue(f.a, f.buf[:0], it)
	if err := f.a.Err(); err != nil {
		f.a = nil // its error stays
		return nil, err
	}
	f.buf = rdb.AppendDumpFooter(f.buf, f.a.Version())
	out := f.buf
	if cap(f.buf) > maxKeptBuffer {
		f.buf = nil
	}
	return out, nil
}

// maxKeptBuffer bounds the memory that one large DUMP leaves behind.
const maxKeptBuffer = 1 << 20

// restoreOptions are those of RESTORE.
type restoreOptions struct {
	replace, absTTL bool
	clock           func(*store.Store) uint32 // nil: accessed now
}

func parseRestore(c *command.Ctx) (o restoreOptions, ok bool) {
	hasIdle, hasFreq := false, false
	for i := 4; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch a := c.Args[i]; {
		case command.Is(a, "REPLACE"):
			o.replace = true
		case command.Is(a, "ABSTTL"):
			o.absTTL = true
		case command.Is(a, "IDLETIME") && more && !hasFreq:
			i++
			n, ok := restoreNumber(c, i, math.MaxInt64, "ERR Invalid IDLETIME value, must be >= 0")
			if !ok {
				return o, false
			}
			hasIdle = true
			o.clock = func(st *store.Store) uint32 { return st.IdleClock(n) }
		case command.Is(a, "FREQ") && more && !hasIdle:
			i++
			n, ok := restoreNumber(c, i, math.MaxUint8, "ERR Invalid FREQ value, must be >= 0 and <= 255")
			if !ok {
				return o, false
			}
			hasFreq = true
			o.clock = func(st *store.Store) uint32 { return st.FreqClock(uint8(n)) }
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	if hasIdle == c.Store.Limits.Policy.LFU() && o.clock != nil {
		o.clock = nil // the other kind of clock is in use
	}
	return o, true
}

func restoreNumber(c *command.Ctx, i int, limit int64, msg string) (int64, bool) {
	n, ok := command.ParseInt(c.Args[i])
	switch {
	case !ok:
		c.Fail(command.ErrNotInteger)
	case n < 0 || n > limit:
		c.Fail(msg)
	default:
		return n, true
	}
	return 0, false
}

func (f *family) restore(c *command.Ctx) {
	o, ok := parseRestore(c)
	if !ok {
		return
	}
	key := c.Key()
	if !o.replace && c.DB.ExistsForWrite(key, c.Now) {
		c.Fail(command.ErrBusyKey)
		return
	}
	ttl, ok := restoreNumber(c, 2, math.MaxInt64, "ERR Invalid TTL value, must be >= 0")
	if !ok {
		return
	}
	body, err := f.checked(c.Args[3])
	if err != nil {
		c.Fail("ERR DUMP payload version or checksum are wrong")
		return
	}
	at := ttl
	if ttl != 0 && !o.absTTL {
		at += c.Now
	}
	v, err := rdb.DecodeValue(body, rdb.DecodeOptions{Deep: f.deep(c)})
	if err == nil {
		err = f.put(c, key, v, at, &o)
	}
	if err != nil {
		if f.h != nil {
			f.h.Verbose("Internal error in RDB while it was restored -> " + rdb.Complaint(rdb.Type(body[0]), err))
		}
		c.Fail("ERR Bad data format")
	}
}

// checked returns what stands before version and checksum of a payload.
func (f *family) checked(p []byte) ([]byte, error) {
	body, version, err := rdb.CheckDumpPayload(p)
	if errors.Is(err, rdb.ErrChecksum) && version <= rdb.MaxVersion && f.h != nil && f.h.SkipChecksum() {
		return p[:len(p)-rdb.DumpFooter], nil
	}
	return body, err
}

func (f *family) deep(c *command.Ctx) bool {
	return f.h != nil && f.h.DeepCheck() && !c.FromMaster && !c.Loading
}

// put stores the value. It is loaded under a name of its own first: a fault in it must not cost the value it was to replace.
func (f *family) put(c *command.Ctx, key []byte, v *rdb.Value, at int64, o *restoreOptions) error {
	attrs := store.Attributes{Expire: at}
	if o.clock != nil {
		attrs.Clock = o.clock(c.Store)
	}
	existed := o.replace && c.DB.ExistsForWrite(key, c.Now)
	if existed {
		tmp := append([]byte("\x00restore:"), key...)
		c.DB.Delete(tmp)
		c.Store.Hush(true)
		err := codec.Load(c.DB, tmp, v, attrs)
		c.Store.Hush(false)
		if err != nil {
			return err
		}
		c.DB.ForceRename(tmp, key)
	} else if err := codec.Load(c.DB, key, v, attrs); err != nil {
		return err
	}
	if at != 0 && passed(c, at) {
		c.DB.Delete(key)
		if existed {
			c.Changed(command.NotifyGeneric, "del", key)
			c.Dirty++
			c.ReplaceStrings("DEL", key)
		}
		c.Reply.OK()
		return nil
	}
	c.Changed(command.NotifyGeneric, "restore", key)
	c.Dirty++
	if at != 0 && !o.absTTL {
		args := append([][]byte{c.Args[0], key, strconv.AppendInt(nil, at, 10)}, c.Args[3:]...)
		c.Replace(append(args, []byte("ABSTTL"))...)
	}
	c.Reply.OK()
	return nil
}
