// Package digest computes DEBUG DIGEST: a signature of a data set that does not depend on the order of keys, nor on encodings, and
// is the same for the same data in Redis 7.0.
//
// Two ways to take in bytes: mix replaces the digest by one that depends on all before and on the bytes (order counts);
// xor adds the bytes' hash (order does not count).
//
//	data set  = xor over keys of H(entry)            per database: its number is mixed in first
//	entry     = mix key, mix type, value, xor "!!expire!!" when the key has a time to live
//	string    = mix value                            list      = mix each element
//	set       = xor each member                      hash/zset = xor of (mix field, mix value)
package digest

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

type sum [sha1.Size]byte

func (d *sum) xor(p []byte) {
	h := sha1.Sum(p)
	for i := range d {
		d[i] ^= h[i]
	}
}

func (d *sum) mix(p []byte) {
	d.xor(p)
	*d = sha1.Sum(d[:])
}

// Store is the digest of all databases, as 40 hexadecimal digits. It reads a snapshot on the calling goroutine, the engine's.
func Store(st *store.Store) string {
	snap := st.Snapshot()
	defer snap.Release()
	var all sum
	for _, db := range snap.DBs() {
		all.mix(binary.BigEndian.AppendUint32(nil, uint32(db.Index())))
		db.Range(0, db.Buckets(), func(it store.Item) bool {
			var d sum
			d.mix(it.Key())
			d.value(it)
			all.xor(d[:])
			return true
		})
	}
	return hex.EncodeToString(all[:])
}

// Value is the digest of one key's value, forty zeros for a missing key.
func Value(db *store.DB, key []byte, now int64) string {
	var d sum
	if it, ok := db.Item(key, now); ok {
		d.value(it)
	}
	return hex.EncodeToString(d[:])
}

// typeNumber is Redis's number of a type, which is part of the digest.
func typeNumber(t store.Type) uint32 {
	switch t {
	case store.TypeString:
		return 0
	case store.TypeList:
		return 1
	case store.TypeSet:
		return 2
	case store.TypeZSet:
		return 3
	case store.TypeHash:
		return 4
	case store.TypeModule:
		return 5
	case store.TypeStream:
		return 6
	default:
		panic(fmt.Sprintf("BUG: no number for type %v", t))
	}
}

func (d *sum) value(it store.Item) {
	t := it.Kind().Type()
	d.mix(binary.BigEndian.AppendUint32(nil, typeNumber(t)))
	switch t {
	case store.TypeList:
		v := it.List()
		v.EachNode(func(data []byte, plain bool) bool {
			if plain {
				d.mix(data)
				return true
			}
			eachPacked(data, func(e []byte) { d.mix(e) })
			return true
		})
	case store.TypeSet:
		d.set(it)
	case store.TypeHash:
		d.hash(it)
	case store.TypeZSet:
		v := it.ZSet()
		v.Each(0, v.Len(), false, func(member []byte, score float64) {
			var e sum
			e.mix(member)
			e.mix(scoreText(score))
			d.xor(e[:])
		})
	case store.TypeStream:
		it.Stream().Range(store.StreamID{}, store.MaxStreamID, false, func(e *store.StreamEntry) bool {
			d.mix(fmt.Appendf(nil, "%d.%d", e.ID.Ms, e.ID.Seq)) // with a dot, unlike anywhere else
			for i := range e.Fields {
				d.mix(e.Fields[i])
				d.mix(e.Values[i])
			}
			return true
		})
	default:
		d.mix(it.Bytes())
	}
	if it.Expire() != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

// scoreText is a score as C prints it with %.17g: Go says +Inf where C says inf.
func scoreText(score float64) []byte {
	if math.IsInf(score, 0) {
		if score < 0 {
			return []byte("-inf")
		}
		return []byte("inf")
	}
	return fmt.Appendf(nil, "%.17g", score)
}

func eachPacked(lp []byte, f func(e []byte)) {
	var buf []byte
	for p := listpack.First(lp); p >= 0; p = listpack.Next(lp, p) {
		buf = listpack.Get(lp, p).Append(buf[:0])
		f(buf)
	}
}

func (d *sum) pair(field, value []byte) {
	var e sum
	e.mix(field)
	e.mix(value)
	d.xor(e[:])
}

func (d *sum) set(it store.Item) {
	var buf []byte
	v := it.Set()
	v.Each(func(m listpack.Value) bool {
		buf = m.Append(buf[:0])
		d.xor(buf)
		return true
	})
}

func (d *sum) hash(it store.Item) {
	var f, val []byte
	v := it.Hash()
	v.Each(func(field, value listpack.Value) bool {
		f, val = field.Append(f[:0]), value.Append(val[:0])
		d.pair(f, val)
		return true
	})
}
