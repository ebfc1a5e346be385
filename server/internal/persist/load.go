package persist

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// LoadOptions says how an RDB stream becomes data.
type LoadOptions struct {
	RDB rdb.DecodeOptions
	// KeepExpired also loads keys whose time is over: a replica waits for its master's DEL.
	KeepExpired bool
	Now         int64 // Unix ms
	// Expired is told of each key that is left out because its time is over, and of the header's texts, which come before all keys. May
	// be nil.
	Expired func(aux map[string]string, db int, key []byte)
	// Breathe is called between batches on the loading goroutine: the engine answers clients and watches the time. An
	// error ends the load.
	Breathe func(bytes int64, keys int) error
	// Overwrite replaces keys that exist (DEBUG RELOAD MERGE); otherwise one that exists is an error.
	Overwrite bool
}

// Loaded is what a load found beside the keys.
type Loaded struct {
	Aux            map[string]string
	Functions      [][]byte
	Keys, Expired  int
	Empty          int   // keys without elements, skipped
	Bytes          int64 // of the stream
	ReplID         string
	ReplOffset     int64 // -1: none
	ReplStreamDB   int   // -1: none
	AOFBase        bool
	Rest           io.Reader // what follows the RDB in the input
	DatabasesTaken int
}

// A batch of decoded strings: their bytes in one buffer, so that the decoder's own may be reused. A value of another type is handed
// over as it is; the decoder waits until it is consumed.
type batch struct {
	buf   []byte
	items []loadItem
	value *rdb.Item     // after items; nil for none
	done  chan struct{} // closed by the consumer of value
	bytes int64
	err   error
}

type loadItem struct {
	offset   int64 // of its record
	db       int
	key, val int // ends in buf
	at       store.Attributes
}

const (
	batchItems = 512
	batchBytes = 256 << 10
)

// Load reads an RDB stream into the store, which the caller's goroutine owns. It fails on the first fault and leaves what it had
// loaded to the caller to flush.
func Load(st *store.Store, r io.Reader, o LoadOptions) (*Loaded, error) {
	l := &loader{st: st, o: o, out: make(chan *batch, 8), free: make(chan *batch, 10), quit: make(chan struct{}),
		res: emptyLoaded()}
	d := rdb.NewDecoder(r, o.RDB)
	go l.decode(d)
	defer func() {
		close(l.quit)
		for range l.out { // until decode has ended: it uses r
		}
	}()
	for b := range l.out {
		if err := l.insert(b); err != nil {
			return nil, err
		}
		if b.err == io.EOF {
			l.res.Rest, l.res.Empty, l.res.Bytes = d.Rest(), d.EmptyKeys(), b.bytes
			return l.res, l.replication()
		}
		if b.err != nil {
			return nil, b.err
		}
		if o.Breathe != nil {
			if err := o.Breathe(b.bytes, l.res.Keys); err != nil {
				return nil, err
			}
		}
		if b.value == nil && cap(b.buf) <= 4*batchBytes {
			select {
			case l.free <- b:
			default:
			}
		}
	}
	return nil, errors.New("BUG: decoder ended without a result")
}

type loader struct {
	st   *store.Store
	o    LoadOptions
	out  chan *batch
	free chan *batch
	quit chan struct{}
	res  *Loaded
	keys [][]byte // of warm
}

func (l *loader) newBatch() *batch {
	select {
	case b := <-l.free:
		b.buf, b.items, b.value, b.err = b.buf[:0], b.items[:0], nil, nil
		return b
	default:
		return &batch{buf: make([]byte, 0, batchBytes), items: make([]loadItem, 0, batchItems)}
	}
}

// decode runs on a goroutine of its own and closes out at its end.
func (l *loader) decode(d *rdb.Decoder) {
	defer close(l.out)
	b := l.newBatch()
	send := func() bool {
		b.bytes = d.Offset()
		select {
		case l.out <- b:
			return true
		case <-l.quit:
			return false
		}
	}
	for {
		it, err := d.Next()
		if err != nil {
			b.err = err
			send()
			return
		}
		if it.Op == rdb.OpKey && it.Value.Kind == rdb.KindString {
			l.pack(b, it)
			if len(b.items) >= batchItems || len(b.buf) >= batchBytes {
				if !send() {
					return
				}
				b = l.newBatch()
			}
			continue
		}
		b.value, b.done = it, make(chan struct{})
		done := b.done
		if !send() {
			return
		}
		select {
		case <-done:
		case <-l.quit:
			return
		}
		b = l.newBatch()
	}
}

func (l *loader) pack(b *batch, it *rdb.Item) {
	b.buf = append(b.buf, it.Key...)
	key := len(b.buf)
	b.buf = append(b.buf, it.Value.Str...)
	b.items = append(b.items, loadItem{it.Offset, it.DB, key, len(b.buf), l.attributes(it)})
}

func (l *loader) attributes(it *rdb.Item) (at store.Attributes) {
	if it.ExpireMs >= 0 {
		at.Expire = max(it.ExpireMs, 1)
	}
	switch {
	case it.Freq >= 0 && l.st.Limits.Policy.LFU():
		at.Clock = l.st.FreqClock(uint8(it.Freq))
	case it.Idle >= 0 && !l.st.Limits.Policy.LFU():
		at.Clock = l.st.IdleClock(it.Idle)
	}
	return at
}

func duplicated(offset int64, key []byte, db int) error {
	return fmt.Errorf("offset %d: RDB has duplicated key '%s' in DB %d", offset, key, db)
}

// insert runs on the caller's goroutine.
func (l *loader) insert(b *batch) error {
	from := 0
	for i, it := range b.items {
		if i%warmKeys == 0 {
			l.warm(b, i, from)
		}
		key, val := b.buf[from:it.key], b.buf[it.key:it.val]
		from = it.val
		db, err := l.db(it.db)
		if err != nil {
			return err
		}
		if l.expired(it.db, key, it.at) {
			continue
		}
		if !db.LoadString(key, val, it.at) {
			if !l.o.Overwrite {
				return duplicated(it.offset, key, it.db)
			}
			db.Delete(key)
			db.LoadString(key, val, it.at)
		}
		l.res.Keys++
	}
	if b.value == nil {
		return nil
	}
	defer close(b.done)
	return l.record(b.value)
}

// warmKeys is how many keys are looked up at a time before they are inserted one by one.
const warmKeys = 64

// warm prepares the store for the items from the given one on, whose keys begin at from.
func (l *loader) warm(b *batch, item, from int) {
	db, err := l.db(b.items[item].db)
	if err != nil {
		return
	}
	l.keys = l.keys[:0]
	for _, it := range b.items[item:min(item+warmKeys, len(b.items))] {
		l.keys = append(l.keys, b.buf[from:it.key])
		from = it.val
	}
	db.Warm(l.keys)
}

func (l *loader) db(i int) (*store.DB, error) {
	if i < 0 || i >= l.st.Databases() {
		return nil, fmt.Errorf("RDB has data of database %d, but this server has %d databases", i, l.st.Databases())
	}
	return l.st.DB(i), nil
}

func (l *loader) expired(db int, key []byte, at store.Attributes) bool {
	if at.Expire != 0 && at.Expire < l.o.Now && !l.o.KeepExpired {
		l.res.Expired++
		if l.o.Expired != nil {
			l.o.Expired(l.res.Aux, db, key)
		}
		return true
	}
	return false
}

// record takes everything that is not a string.
func (l *loader) record(it *rdb.Item) error {
	switch it.Op {
	case rdb.OpAux:
		l.res.Aux[string(it.Key)] = string(it.Value.Str)
	case rdb.OpResizeDB:
		if db, err := l.db(it.DB); err == nil && it.Keys < 1<<32 {
			db.Reserve(int(it.Keys))
		}
	case rdb.OpFunction:
		l.res.Functions = append(l.res.Functions, append([]byte(nil), it.Value.Str...))
	case rdb.OpFunctionPreGA:
		return errors.New("pre-release function format not supported")
	case rdb.OpModuleAux:
		return fmt.Errorf("the RDB file contains data of the module type '%s', but no module is loaded that understands it", it.Key)
	case rdb.OpKey:
		db, err := l.db(it.DB)
		if err != nil {
			return err
		}
		at := l.attributes(it)
		if l.expired(it.DB, it.Key, at) {
			return nil
		}
		if l.o.Overwrite {
			db.Delete(it.Key)
		}
		if err := codec.Load(db, it.Key, &it.Value, at); err != nil {
			if errors.Is(err, codec.ErrExists) {
				return duplicated(it.Offset, it.Key, it.DB)
			}
			return fmt.Errorf("offset %d: key '%s' in DB %d: %w", it.Offset, it.Key, it.DB, err)
		}
		l.res.Keys++
	}
	return nil
}

// replication reads the state that lets a restarted node continue partially: all of it or none (R8).
func (l *loader) replication() error {
	a := l.res.Aux
	l.res.AOFBase = a["aof-base"] == "1" || a["aof-preamble"] == "1"
	id, off, db := a["repl-id"], a["repl-offset"], a["repl-stream-db"]
	if len(id) != 40 || off == "" || db == "" {
		return nil
	}
	o, err1 := strconv.ParseInt(off, 10, 64)
	n, err2 := strconv.Atoi(db)
	if err1 != nil || err2 != nil || o < 0 {
		return nil
	}
	l.res.ReplID, l.res.ReplOffset, l.res.ReplStreamDB = id, o, n
	return nil
}

func emptyLoaded() *Loaded {
	return &Loaded{Aux: map[string]string{}, ReplOffset: -1, ReplStreamDB: -1}
}

// position is where the data is in a replication history.
func (l *Loaded) position() aof.Position {
	if l.ReplID == "" {
		return aof.Position{}
	}
	return aof.Position{History: l.ReplID, Offset: l.ReplOffset, DB: l.ReplStreamDB}
}

// setPosition replaces the place in a replication history; older histories stay only when the history does.
func (l *Loaded) setPosition(p aof.Position) {
	if p.None() {
		l.ReplID, l.ReplOffset, l.ReplStreamDB = "", -1, -1
		maps.DeleteFunc(l.Aux, func(name, _ string) bool { return strings.HasPrefix(name, "repl-") || name == "lockstep-repl-past" })
		return
	}
	if p.History != l.ReplID {
		delete(l.Aux, "lockstep-repl-past")
	}
	l.ReplID, l.ReplOffset, l.ReplStreamDB = p.History, p.Offset, max(p.DB, 0)
	l.Aux["repl-id"], l.Aux["repl-offset"], l.Aux["repl-stream-db"] = p.History, strconv.FormatInt(p.Offset, 10), strconv.Itoa(l.ReplStreamDB)
}

// add takes over what the base of an append-only file says.
func (l *Loaded) add(base *Loaded) {
	l.Aux, l.Functions, l.AOFBase = base.Aux, base.Functions, base.AOFBase
	l.Keys, l.Expired, l.Empty = base.Keys, base.Expired, base.Empty
	l.ReplID, l.ReplOffset, l.ReplStreamDB = base.ReplID, base.ReplOffset, base.ReplStreamDB
}
