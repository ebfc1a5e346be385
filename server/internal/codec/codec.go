// Package codec turns values of the store into RDB values and back: for files, for full syncs, for DUMP and RESTORE. It is
// the only place that knows both sides.
//
//	store.Item --Append--> bytes (type, key, value)       listpacks, intsets and list nodes are copied as they are
//	rdb.Value  --Load----> store.DB                        older encodings become listpacks; what exceeds the limits is expanded
//
// Module values are kept as the bytes that an RDB file holds.
package codec

import (
	"fmt"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Append appends expiry, access statistics, type, key and value of one key.
func Append(a *rdb.Appender, dst []byte, it store.Item, policy store.Policy) []byte {
	if at := it.Expire(); at != 0 {
		dst = rdb.AppendExpire(dst, at)
	}
	switch policy {
	case store.AllKeysLRU, store.VolatileLRU:
		dst = rdb.AppendIdle(dst, it.IdleSeconds())
	case store.AllKeysLFU, store.VolatileLFU:
		dst = rdb.AppendFreq(dst, it.Freq())
	}
	return value(a, a.Key(dst, typeOf(a, it), it.Key()), it)
}

// AppendValue appends type and value without a key: the body of a DUMP payload.
func AppendValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	return value(a, a.Type(dst, typeOf(a, it)), it)
}

func typeOf(a *rdb.Appender, it store.Item) rdb.Type {
	switch k := it.Kind(); k {
	case store.KindStringInt, store.KindStringEmbstr, store.KindStringRaw:
		return rdb.TypeString
	case store.KindListPacked, store.KindListNodes:
		return rdb.TypeListQuicklist2
	case store.KindSetInts:
		return rdb.TypeSetIntset
	case store.KindSetTable:
		return rdb.TypeSet
	case store.KindZSetPacked:
		return rdb.TypeZsetListpack
	case store.KindZSetTree:
		return rdb.TypeZset2
	case store.KindHashPacked:
		return rdb.TypeHashListpack
	case store.KindHashTable:
		return rdb.TypeHash
	case store.KindStream:
		return streamType(a)
	case store.KindModule:
		return rdb.Type(it.Bytes()[0])
	default:
		panic(fmt.Sprintf("BUG: no RDB type for kind %d", k))
	}
}

func value(a *rdb.Appender, dst []byte, it store.Item) []byte {
	switch k := it.Kind(); k {
	case store.KindStringInt, store.KindStringEmbstr, store.KindStringRaw:
		return a.String(dst, it.Bytes())
	case store.KindListPacked, store.KindListNodes:
		return listValue(a, dst, it)
	case store.KindSetInts:
		return a.Intset(dst, it.Bytes())
	case store.KindZSetPacked, store.KindHashPacked:
		return a.Listpack(dst, it.Bytes())
	case store.KindSetTable:
		return setValue(a, dst, it)
	case store.KindZSetTree:
		return zsetValue(a, dst, it)
	case store.KindHashTable:
		return hashValue(a, dst, it)
	case store.KindStream:
		return streamValue(a, dst, it)
	case store.KindModule:
		return append(dst, it.Bytes()[1:]...)
	default:
		panic(fmt.Sprintf("BUG: no RDB value for kind %d", k))
	}
}

func listValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	v := it.List()
	dst = a.Count(dst, v.Nodes())
	v.EachNode(func(data []byte, plain bool) bool {
		if plain {
			dst = a.PlainNode(dst, data)
		} else {
			dst = a.ListNode(dst, data)
		}
		return true
	})
	return dst
}

// zsetValue writes from the highest rank to the lowest, as Redis does, since its loader inserts at the head fastest.
func zsetValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	v := it.ZSet()
	n := v.Len()
	dst = a.Count(dst, n)
	v.Each(n-1, n, true, func(member []byte, score float64) {
		dst = a.Score(a.String(dst, member), score)
	})
	return dst
}

func setValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	v := it.Set()
	dst = a.Count(dst, v.Len())
	v.Each(func(m listpack.Value) bool {
		dst = appendElem(a, dst, m)
		return true
	})
	return dst
}

func hashValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	v := it.Hash()
	dst = a.Count(dst, v.Len())
	v.Each(func(field, value listpack.Value) bool {
		dst = appendElem(a, appendElem(a, dst, field), value)
		return true
	})
	return dst
}

func appendElem(a *rdb.Appender, dst []byte, m listpack.Value) []byte {
	if m.IsInt {
		return a.Int(dst, m.Int)
	}
	return a.String(dst, m.Str)
}
