package store

import "errors"

// Type is the type of a value, as TYPE names it.
type Type uint8

const (
	TypeNone Type = iota
	TypeString
	TypeList
	TypeSet
	TypeZSet
	TypeHash
	TypeStream
	TypeModule
)

var typeNames = [...]string{"none", "string", "list", "set", "zset", "hash", "stream", "module"}

func (t Type) String() string { return typeNames[t] }

// ParseType returns the type with the given name, in lower case, as SCAN's TYPE option takes it.
func ParseType(name string) (Type, bool) {
	for i, n := range typeNames {
		if n == name {
			return Type(i), true
		}
	}
	return TypeNone, false
}

// Kind is a type and the way its value is encoded.
type Kind uint8

const (
	KindNone         Kind = iota
	KindStringInt         // the decimal digits of an int64
	KindStringEmbstr      // up to 44 bytes, as SET stored them
	KindStringRaw
	KindListPacked // one listpack
	KindListNodes  // Big
	KindSetInts    // one intset
	KindSetTable   // Big
	KindZSetPacked
	KindZSetTree // Big
	KindHashPacked
	KindHashTable // Big
	KindStream    // Big
	KindModule    // bytes of a module value, opaque
)

var kinds = [...]struct {
	typ      Type
	encoding string
}{
	KindNone:         {TypeNone, ""},
	KindStringInt:    {TypeString, "int"},
	KindStringEmbstr: {TypeString, "embstr"},
	KindStringRaw:    {TypeString, "raw"},
	KindListPacked:   {TypeList, "quicklist"}, // what Redis 7.0 calls every list
	KindListNodes:    {TypeList, "quicklist"},
	KindSetInts:      {TypeSet, "intset"},
	KindSetTable:     {TypeSet, "hashtable"},
	KindZSetPacked:   {TypeZSet, "listpack"},
	KindZSetTree:     {TypeZSet, "skiplist"},
	KindHashPacked:   {TypeHash, "listpack"},
	KindHashTable:    {TypeHash, "hashtable"},
	KindStream:       {TypeStream, "stream"},
	KindModule:       {TypeModule, "unknown"},
}

// Type returns the type of the kind.
func (k Kind) Type() Type { return kinds[k].typ }

// Encoding returns the name that OBJECT ENCODING gives.
func (k Kind) Encoding() string { return kinds[k].encoding }

// ErrWrongType is what every operation on a key of another type returns. The text is Redis's.
var ErrWrongType = errors.New("WRONGTYPE Operation against a key holding the wrong kind of value")
