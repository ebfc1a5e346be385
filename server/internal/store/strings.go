package store

import (
	"errors"
	"math"
	"strconv"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Errors of string operations, with Redis's texts.
var (
	ErrNotInteger = errors.New("ERR value is not an integer or out of range")
	ErrOverflow   = errors.New("ERR increment or decrement would overflow")
	ErrTooLong    = errors.New("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
)

// KeepTTL as an expire time leaves the time to live as it is.
const KeepTTL = -1

const (
	embstrMax = 44 // OBJECT ENCODING is embstr up to here
	intMax    = 20 // digits and sign of an int64
)

// stringKind returns how SET would store v: as an integer where its digits are what formatting the integer gives back.
func stringKind(v []byte) Kind {
	if len(v) <= intMax {
		if _, ok := listpack.ParseInt(v); ok {
			return KindStringInt
		}
	}
	if len(v) <= embstrMax {
		return KindStringEmbstr
	}
	return KindStringRaw
}

// GetString returns a string: a view. ok is false for a missing key.
func (db *DB) GetString(key []byte, now int64) (v []byte, ok bool, err error) {
	// The usual cases need no place in the table, only the entry: a third less time than with a ref.
	e, ok := db.t.Lookup(&db.sp.Reader, key)
	switch {
	case !ok:
		db.count(key, false)
		return nil, false, nil
	case e.Expire() == 0 && Kind(e.Kind()).Type() == TypeString && db.touched(e):
		db.count(key, true)
		return valueBytes(&db.sp.Reader, e), true, nil
	}
	r, ok, err := db.readAs(key, TypeString, now)
	if !ok {
		return nil, false, err
	}
	return r.bytes(), true, nil
}

// StringKind is GetString for callers that need the encoding too.
func (db *DB) StringKind(key []byte, now int64) (v []byte, k Kind, err error) {
	r, ok, err := db.readAs(key, TypeString, now)
	if !ok {
		return nil, KindNone, err
	}
	return r.bytes(), r.kind(), nil
}

// SetString stores a string, whatever the key held before, and sets the time at which it expires (Unix ms; 0: never; KeepTTL).
func (db *DB) SetString(key, v []byte, expire, now int64) {
	r, ok := db.write(key, now)
	if !ok {
		r.createString(key, v, max(expire, 0))
		return
	}
	r.overwrite(stringKind(v), v, expire)
}

// SetRawString is SetString for bytes that a command has composed: OBJECT ENCODING says raw, whatever they are.
func (db *DB) SetRawString(key, v []byte, expire, now int64) {
	r, ok := db.write(key, now)
	if ok {
		r.overwrite(KindStringRaw, v, expire)
		return
	}
	h, e := r.make(table.Shape{Key: key, Clock: r.db.st.NewClock(), Expire: max(expire, 0)}, KindStringRaw, v)
	r.insert(key, h, e.Expire() != 0)
}

// OverwriteString changes the value of a string and keeps its time to live. Unlike SetString it never stores an integer:
// OBJECT ENCODING then says embstr or raw, as after INCRBYFLOAT. The key may be missing.
func (db *DB) OverwriteString(key, v []byte, now int64) {
	k := KindStringRaw
	if len(v) <= embstrMax {
		k = KindStringEmbstr
	}
	if r, ok := db.write(key, now); ok {
		r.overwrite(k, v, KeepTTL)
	} else {
		r.create(key, k, v)
	}
}

func (r *ref) createString(key, v []byte, expire int64) {
	h, e := r.make(table.Shape{Key: key, Clock: r.db.st.NewClock(), Expire: expire}, stringKind(v), v)
	r.insert(key, h, e.Expire() != 0)
}

// overwrite stores bytes and a time to live instead of what the key holds.
func (r *ref) overwrite(k Kind, v []byte, expire int64) {
	e := r.entry()
	had := e.Expire()
	if expire == KeepTTL || expire == had {
		r.setBytes(k, v)
		return
	}
	if had != 0 && expire != 0 && r.db.t.Mutable(&r.t) {
		e.SetExpire(expire)
		r.setBytes(k, v)
		return
	}
	s := e.Shape()
	s.Expire = expire
	r.replace(s, k, v)
}

// StringLen returns the length of a string, 0 for a missing key.
func (db *DB) StringLen(key []byte, now int64) (int, error) {
	v, _, err := db.GetString(key, now)
	return len(v), err
}

// Append adds v at the end of a string, which is made if it is missing, and returns the new length.
func (db *DB) Append(key, v []byte, now int64) (int, error) {
	r, ok, err := db.writeAs(key, TypeString, now)
	if err != nil {
		return 0, err
	}
	if !ok {
		r.createString(key, v, 0)
		return len(v), nil
	}
	n := len(r.bytes())
	if int64(n)+int64(len(v)) > db.st.Limits.MaxString {
		return 0, ErrTooLong
	}
	copy(r.resize(KindStringRaw, n+len(v))[n:], v)
	return n + len(v), nil
}

// EditString returns a string for changes in place, made longer with zero bytes to at least size bytes. A missing key is created
// (even when size is 0). The slice is valid until the next change of the store.
func (db *DB) EditString(key []byte, size int, now int64) ([]byte, error) {
	r, ok, err := db.writeAs(key, TypeString, now)
	if err != nil {
		return nil, err
	}
	if int64(size) > db.st.Limits.MaxString {
		return nil, ErrTooLong
	}
	if !ok {
		r.create(key, KindStringRaw, nil)
	}
	n := len(r.bytes())
	v := r.resize(KindStringRaw, max(size, n))
	clear(v[n:])
	return v, nil
}

// resize returns the value for changes in place with its length changed to n: what is new is undefined.
func (r *ref) resize(k Kind, n int) []byte {
	e := r.entry()
	if e.Flags()&flagBlob == 0 && n <= blobFrom && r.db.t.Mutable(&r.t) && e.SetLen(n) {
		e.SetKind(uint8(k))
		return e.Value()
	}
	if e.Flags()&flagBlob != 0 {
		b := blobOf(e.Value())
		if n <= b.cap && !r.db.sp.Frozen(b.epoch) && r.db.t.Mutable(&r.t) {
			b.len = n
			b.put(e.Value())
			e.SetKind(uint8(k))
			return r.db.sp.Bytes(b.handle, b.cap)[:n]
		}
	}
	return r.move(k, n)
}

// move gives the value a new place with room for n bytes, and for some more where it is long: it will grow again.
func (r *ref) move(k Kind, n int) []byte {
	old, p := r.bytes(), r.payload()
	s := r.entry().Shape()
	s.Kind, s.Flags = uint8(k), 0
	var h arena.Handle
	var e table.Entry
	var v []byte
	if n <= blobFrom {
		h, e = table.Make(r.db.sp, s, n)
		v = e.Value()
	} else {
		room := min(n, 1<<20)
		if len(old) == 0 {
			room = 0 // it has not grown yet
		}
		b := blob{len: n, cap: arena.Cap(n + room), epoch: r.db.sp.Epoch()}
		b.handle = r.db.sp.Alloc(b.cap)
		s.Flags = flagBlob
		h, e = table.Make(r.db.sp, s, blobSize)
		b.put(e.Value())
		v = r.db.sp.Bytes(b.handle, b.cap)[:n]
	}
	copy(v, old)
	r.db.t.Replace(&r.t, h, s.Expire != 0)
	p.free(r.db.sp)
	return v
}

// IncrBy adds delta to the integer in a string, 0 for a missing key, and returns the sum.
func (db *DB) IncrBy(key []byte, delta, now int64) (int64, error) {
	r, ok, err := db.writeAs(key, TypeString, now)
	if err != nil {
		return 0, err
	}
	var n int64
	if ok {
		if n, ok = listpack.ParseInt(r.bytes()); !ok {
			return 0, ErrNotInteger
		}
	}
	if delta < 0 && n < math.MinInt64-delta || delta > 0 && n > math.MaxInt64-delta {
		return 0, ErrOverflow
	}
	n += delta
	var buf [intMax]byte
	v := strconv.AppendInt(buf[:0], n, 10)
	if r.found() {
		r.setBytes(KindStringInt, v)
	} else {
		r.create(key, KindStringInt, v)
	}
	return n, nil
}

// GetStringForWrite is GetString for a command that is going to change the string: it does not count as a read, and an expired key
// is deleted.
func (db *DB) GetStringForWrite(key []byte, now int64) (v []byte, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeString, now)
	if !ok {
		return nil, false, err
	}
	return r.bytes(), true, nil
}
