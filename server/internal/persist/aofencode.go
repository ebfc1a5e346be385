package persist

import (
	"context"
	"io"
	"strconv"
	"sync/atomic"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/resp/number"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// CommandOptions says how a snapshot is written as commands (aof-use-rdb-preamble no).
type CommandOptions struct {
	// Head is written before the keys: a timestamp, the commands that load function libraries.
	Head     []byte
	Pace     *Pace // rdb-key-save-delay
	Progress *atomic.Int64
	RDB      rdb.EncodeOptions // of values that are written as RESTORE
	Reading  *store.Reading    // told what is read; may be nil
}

// itemsPerCommand bounds the elements of one command, as in Redis.
const itemsPerCommand = 64

// EncodeCommands writes a snapshot as commands. It may run on any goroutine.
func EncodeCommands(ctx context.Context, w io.Writer, snap *store.Snapshot, o CommandOptions) error {
	if _, err := w.Write(o.Head); err != nil {
		return err
	}
	a, err := rdb.NewAppender(o.RDB)
	if err != nil {
		return err
	}
	c := &commandWriter{a: a}
	for _, db := range snap.DBs() {
		c.begin("SELECT", 1)
		c.int(int64(db.Index()))
		for i := 0; i < db.Buckets(); i++ {
			db.Range(i, i+1, func(it store.Item) bool {
				c.key(it)
				if err = a.Err(); err == nil {
					_, err = w.Write(c.b)
				}
				c.b = c.b[:0]
				o.Pace.Wait(ctx, 1)
				if o.Progress != nil {
					o.Progress.Add(1)
				}
				if err == nil {
					err = ctx.Err()
				}
				return err == nil
			})
			if err != nil {
				return err
			}
			o.Reading.Passed(db, i+1)
		}
	}
	return nil
}

// commandWriter appends commands to b.
type commandWriter struct {
	b, text []byte
	a       *rdb.Appender
}

func (c *commandWriter) head(kind byte, n int) {
	c.b = strconv.AppendInt(append(c.b, kind), int64(n), 10)
	c.b = append(c.b, '\r', '\n')
}

// begin starts a command of a name and n arguments.
func (c *commandWriter) begin(name string, n int) {
	c.head('*', n+1)
	c.head('$', len(name))
	c.b = append(append(c.b, name...), '\r', '\n')
}

func (c *commandWriter) bulk(p []byte) {
	c.head('$', len(p))
	c.b = append(append(c.b, p...), '\r', '\n')
}

func (c *commandWriter) int(n int64) {
	c.text = strconv.AppendInt(c.text[:0], n, 10)
	c.bulk(c.text)
}

func (c *commandWriter) value(v listpack.Value) {
	if v.IsInt {
		c.int(v.Int)
	} else {
		c.bulk(v.Str)
	}
}

// each begins a command for every itemsPerCommand of n elements of width arguments; next is called before each element.
func (c *commandWriter) each(name string, key []byte, n, width int) (next func()) {
	i := 0
	return func() {
		if i%itemsPerCommand == 0 {
			c.begin(name, 1+width*min(itemsPerCommand, n-i))
			c.bulk(key)
		}
		i++
	}
}

// key appends the commands that make one key.
func (c *commandWriter) key(it store.Item) {
	key := it.Key()
	switch it.Kind() {
	case store.KindStringInt, store.KindStringEmbstr, store.KindStringRaw:
		c.begin("SET", 2)
		c.bulk(key)
		c.bulk(it.Bytes())
	case store.KindListPacked, store.KindListNodes:
		c.list(key, it.List())
	case store.KindSetInts, store.KindSetTable:
		v := it.Set()
		next := c.each("SADD", key, v.Len(), 1)
		v.Each(func(m listpack.Value) bool { next(); c.value(m); return true })
	case store.KindZSetPacked, store.KindZSetTree:
		v := it.ZSet()
		next := c.each("ZADD", key, v.Len(), 2)
		v.EachValue(0, v.Len(), false, func(m listpack.Value, score float64) {
			next()
			c.text = number.FormatDouble(c.text[:0], score)
			c.bulk(c.text)
			c.value(m)
		})
	case store.KindHashPacked, store.KindHashTable:
		v := it.Hash()
		next := c.each("HMSET", key, v.Len(), 2)
		v.Each(func(field, value listpack.Value) bool { next(); c.value(field); c.value(value); return true })
	default: // a value that few commands cannot make: as DUMP gives it
		c.text = rdb.AppendDumpFooter(codec.AppendValue(c.a, c.text[:0], it), c.a.Version())
		c.begin("RESTORE", 3)
		c.bulk(key)
		c.bulk([]byte("0"))
		c.bulk(c.text)
	}
	if at := it.Expire(); at != 0 {
		c.begin("PEXPIREAT", 2)
		c.bulk(key)
		c.int(at)
	}
}

func (c *commandWriter) list(key []byte, v store.ListView) {
	next := c.each("RPUSH", key, v.Len(), 1)
	v.EachNode(func(data []byte, plain bool) bool {
		if plain {
			next()
			c.bulk(data)
			return true
		}
		for pos := listpack.First(data); pos >= 0; pos = listpack.Next(data, pos) {
			next()
			c.value(listpack.Get(data, pos))
		}
		return true
	})
}
