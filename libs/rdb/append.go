package rdb

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/lzf"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/ziplist"
)

// EncodeOptions are the choices of a writer.
type EncodeOptions struct {
	Version int // 9 to 12, 0 for DefaultVersion
	// Compress writes strings of more than 20 bytes with LZF when that makes them shorter (`rdbcompression`).
	Compress bool
	// NoChecksum writes 0 where the checksum would stand (`rdbchecksum no`).
	NoChecksum bool
}

func (o EncodeOptions) withDefaults() (EncodeOptions, error) {
	if o.Version == 0 {
		o.Version = DefaultVersion
	}
	if o.Version < MinWriteVersion || o.Version > MaxVersion {
		return o, fmt.Errorf("rdb: write version %d: want %d to %d", o.Version, MinWriteVersion, MaxVersion)
	}
	return o, nil
}

// compressAbove is the length above which Redis tries to compress.
const compressAbove = 20

// Appender appends pieces of RDB files to slices. It holds the memory that this takes, so each goroutine needs one of
// its own; their output may be joined in any order at borders of keys. A key is written like this:
//
//	dst = rdb.AppendExpire(dst, ms)               // if it has one; also AppendIdle, AppendFreq
//	dst = a.Key(dst, rdb.TypeHashListpack, key)
//	dst = a.Listpack(dst, lp)
//
// Types are named as of version 10. For an older or newer version Key writes another type, and the value follows suit.
// What cannot be expressed is left to Err.
type Appender struct {
	opts EncodeOptions
	lzf  lzf.Compressor
	kind Type // as given to Key
	err  error
}

// NewAppender returns an error when the version is out of range.
func NewAppender(opts EncodeOptions) (*Appender, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Appender{opts: opts}, nil
}

// Version returns the version that is written.
func (a *Appender) Version() int { return a.opts.Version }

// Err returns the first thing that could not be expressed (ErrNotEncoded); the output is then of no use.
func (a *Appender) Err() error { return a.err }

func (a *Appender) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("rdb: write version %d: %w: %s", a.opts.Version, ErrNotEncoded, fmt.Sprintf(format, args...))
	}
}

// AppendLen appends a length.
func AppendLen(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, byte(n))
	case n < 1<<14:
		return append(dst, len14|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, len32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, len64), n)
}

// AppendExpire appends when the next key expires: Unix time in ms.
func AppendExpire(dst []byte, ms int64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, opExpireTimeMs), uint64(ms))
}

// AppendIdle appends the idle time of the next key in seconds.
func AppendIdle(dst []byte, seconds int64) []byte {
	return AppendLen(append(dst, opIdle), uint64(seconds))
}

// AppendFreq appends the logarithmic access counter of the next key.
func AppendFreq(dst []byte, freq uint8) []byte { return append(dst, opFreq, freq) }

// AppendSelectDB appends the database that the next keys belong to.
func AppendSelectDB(dst []byte, db int) []byte {
	return AppendLen(append(dst, opSelectDB), uint64(db))
}

// AppendResizeDB appends how many keys the selected database has and how many of them expire.
func AppendResizeDB(dst []byte, keys, expires uint64) []byte {
	return AppendLen(AppendLen(append(dst, opResizeDB), keys), expires)
}

// written maps a type to the one that the version has for it.
func (a *Appender) written(t Type) Type {
	switch {
	case t == TypeSetListpack && a.opts.Version < 11:
		return TypeSet
	case a.opts.Version >= 10:
		return t
	case t == TypeHashListpack:
		return TypeHashZiplist
	case t == TypeZsetListpack:
		return TypeZsetZiplist
	case t == TypeListQuicklist2:
		return TypeListQuicklist
	}
	return t
}

// Key appends type and key. The value must follow, in the form of type t.
func (a *Appender) Key(dst []byte, t Type, key []byte) []byte {
	return a.String(a.Type(dst, t), key)
}

// Type appends a type alone, as DUMP payloads begin; the value must follow.
func (a *Appender) Type(dst []byte, t Type) []byte {
	a.kind = t
	t = a.written(t)
	if t.Since() > a.opts.Version || !t.Known() {
		a.fail("type %s", t)
	}
	return append(dst, byte(t))
}

// String appends a string: the value of TypeString, or an element, field or value of a collection. Short integers in
// canonical form become integers.
func (a *Appender) String(dst, s []byte) []byte {
	if len(s) <= 11 {
		if n, ok := listpack.ParseInt(s); ok {
			if b, ok := appendInt(dst, n); ok {
				return b
			}
		}
	}
	if a.opts.Compress && len(s) > compressAbove {
		if b, ok := a.compressed(dst, s); ok {
			return b
		}
	}
	return append(AppendLen(dst, uint64(len(s))), s...)
}

// Int appends a string that is an integer.
func (a *Appender) Int(dst []byte, n int64) []byte {
	if b, ok := appendInt(dst, n); ok {
		return b
	}
	var digits [20]byte
	s := listpackDigits(digits[:0], n)
	return append(AppendLen(dst, uint64(len(s))), s...)
}

// appendInt appends the special encodings, which end at 32 bits.
func appendInt(dst []byte, n int64) ([]byte, bool) {
	switch {
	case n >= math.MinInt8 && n <= math.MaxInt8:
		return append(dst, encInt, byte(n)), true
	case n >= math.MinInt16 && n <= math.MaxInt16:
		return append(dst, encInt+1, byte(n), byte(n>>8)), true
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return binary.LittleEndian.AppendUint32(append(dst, encInt+2), uint32(n)), true
	}
	return dst, false
}

func listpackDigits(dst []byte, n int64) []byte {
	return listpack.Value{Int: n, IsInt: true}.Append(dst)
}

// compressed appends s in LZF, if that saves at least four bytes.
func (a *Appender) compressed(dst, s []byte) ([]byte, bool) {
	// The compressed length stands before the bytes: leave room for the longest header, then close the gap.
	const room = 1 + 9 + 9
	start := len(dst)
	dst = grow(dst, room+len(s))
	n, ok := a.lzf.Compress(dst[start+room:start+room+len(s)-4], s)
	if !ok {
		return dst[:start], false
	}
	packed := dst[start+room : start+room+n]
	dst = AppendLen(AppendLen(append(dst[:start], encLZF), uint64(n)), uint64(len(s)))
	return append(dst, packed...), true // moves down: copy handles the overlap
}

// grow makes room for n more bytes without changing the length.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	bigger := make([]byte, len(dst), max(2*cap(dst), len(dst)+n))
	copy(bigger, dst)
	return bigger
}

// Count appends the number of elements of a TypeList, TypeSet, TypeHash or TypeZset2, or of nodes of a
// TypeListQuicklist2. So many Strings, pairs of Strings, Strings and Scores, or nodes must follow.
func (a *Appender) Count(dst []byte, n int) []byte { return AppendLen(dst, uint64(n)) }

// Score appends the score of a TypeZset2 member.
func (a *Appender) Score(dst []byte, score float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(score))
}

// Listpack appends the value of a TypeHashListpack, TypeZsetListpack or TypeSetListpack.
func (a *Appender) Listpack(dst, lp []byte) []byte {
	switch a.written(a.kind) {
	case TypeSet:
		return a.elements(a.Count(dst, listpack.Len(lp)), lp)
	case TypeHashZiplist, TypeZsetZiplist, TypeListQuicklist:
		zl, err := ListpackToZiplist(lp)
		if err != nil {
			a.fail("%v", err)
		}
		return a.String(dst, zl)
	}
	return a.String(dst, lp)
}

// elements appends those of a listpack one by one.
func (a *Appender) elements(dst, lp []byte) []byte {
	for pos := listpack.First(lp); pos >= 0; {
		var v listpack.Value
		if v, pos = listpack.Read(lp, pos); v.IsInt {
			dst = a.Int(dst, v.Int)
		} else {
			dst = a.String(dst, v.Str)
		}
	}
	return dst
}

// Intset appends the value of a TypeSetIntset. An empty one would not be readable.
func (a *Appender) Intset(dst, is []byte) []byte {
	if intset.Len(is) == 0 {
		a.fail("empty intset")
	}
	return a.String(dst, is)
}

// ListNode appends a node of a TypeListQuicklist2, a listpack.
func (a *Appender) ListNode(dst, lp []byte) []byte {
	if a.opts.Version >= 10 {
		dst = AppendLen(dst, containerPacked)
	}
	return a.Listpack(dst, lp)
}

// PlainNode appends a node of a TypeListQuicklist2 that is one large element.
func (a *Appender) PlainNode(dst, elem []byte) []byte {
	if a.opts.Version >= 10 {
		return a.String(AppendLen(dst, containerPlain), elem)
	}
	if uint64(len(elem)) > math.MaxUint32-64 {
		a.fail("a list element of %d bytes", len(elem))
		return dst
	}
	zl := ziplist.New(len(elem) + 32)
	if n, ok := listpack.ParseInt(elem); ok {
		zl = ziplist.AppendInt(zl, n)
	} else {
		zl = ziplist.AppendString(zl, elem)
	}
	return a.String(dst, zl)
}

// Raw appends a value that was kept as it was read, without type and key; see Key.
func (a *Appender) Raw(dst []byte, v RawValue) []byte { return append(dst, v.Data...) }
