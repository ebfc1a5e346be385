package rdb

import "strconv"

// Versions of the format that this package reads and writes.
const (
	MinVersion      = 1
	MaxVersion      = 12
	MinWriteVersion = 9
	DefaultVersion  = 10 // Redis 7.0
	// Versions that only DecodeOptions.Foreign reads: those of Redis up to 8.10, and Valkey's, whose files begin with
	// another word and give other meanings to types 22 and 23 and to opcodes 242 and 243.
	MaxForeignVersion = 15
	MinValkeyVersion  = 80
	MaxValkeyVersion  = 81
)

// Type is the byte before a key that says how its value is written.
type Type byte

const (
	TypeString               Type = 0
	TypeList                 Type = 1 // elements
	TypeSet                  Type = 2 // elements
	TypeZset                 Type = 3 // elements, scores in decimal
	TypeHash                 Type = 4 // elements
	TypeZset2                Type = 5 // elements, scores as binary doubles
	TypeModulePreGA          Type = 6 // cannot be read without the module
	TypeModule               Type = 7
	TypeHashZipmap           Type = 9
	TypeListZiplist          Type = 10
	TypeSetIntset            Type = 11
	TypeZsetZiplist          Type = 12
	TypeHashZiplist          Type = 13
	TypeListQuicklist        Type = 14 // nodes of ziplists
	TypeStream               Type = 15
	TypeHashListpack         Type = 16
	TypeZsetListpack         Type = 17
	TypeListQuicklist2       Type = 18 // nodes of listpacks, or one large element
	TypeStream2              Type = 19 // with first ID, deleted ID and counters
	TypeSetListpack          Type = 20
	TypeStream3              Type = 21 // with the active time of consumers
	TypeHashTTLPreGA         Type = 22 // elements with expire times
	TypeHashListpackTTLPreGA Type = 23 // as 25, of 7.4's release candidates
	TypeHashTTL              Type = 24 // elements with expire times relative to the first one
	TypeHashListpackTTL      Type = 25 // field, value, expire time

	// The types below are read with DecodeOptions.Foreign only.
	TypeStream4             Type = 26 // with idempotent producers
	TypeStream5             Type = 27 // and entries that consumers refused
	TypeArray               Type = 28 // elements with their index
	TypeHashTemplatePack    Type = 29 // field names, listpack of values; DUMP only
	TypeHashTemplatePackRef Type = 30 // listpack: template, values
	TypeHashTemplate        Type = 31 // as TypeHash; DUMP only
	TypeHashTemplateRef     Type = 32 // template, values

	// TypeValkeyHashTTL is what Valkey writes as 22: field, value, expire time. The number here is ours.
	TypeValkeyHashTTL Type = 128
)

// Object is what a value is to a client.
type Object uint8

const (
	NoObject Object = iota
	String
	List
	Set
	Zset
	Hash
	Stream
	Module
	Array
)

// String returns the word that the TYPE command uses.
func (o Object) String() string {
	names := [...]string{"none", "string", "list", "set", "zset", "hash", "stream", "module", "array"}
	if int(o) < len(names) {
		return names[o]
	}
	return "none"
}

// typeInfo is what is known of a type; name is the word of redis-check-rdb.
type typeInfo struct {
	name   string
	object Object
	since  int // the first version of the format that has it
}

// types is indexed by Type and never written to.
var types = [...]typeInfo{
	TypeString:               {"string", String, 1},
	TypeList:                 {"list-linked", List, 1},
	TypeSet:                  {"set-hashtable", Set, 1},
	TypeZset:                 {"zset-v1", Zset, 1},
	TypeHash:                 {"hash-hashtable", Hash, 1},
	TypeZset2:                {"zset-v2", Zset, 8},
	TypeModulePreGA:          {"module-pre-release", Module, 8},
	TypeModule:               {"module-value", Module, 8},
	TypeHashZipmap:           {"hash-zipmap", Hash, 2},
	TypeListZiplist:          {"list-ziplist", List, 2},
	TypeSetIntset:            {"set-intset", Set, 2},
	TypeZsetZiplist:          {"zset-ziplist", Zset, 2},
	TypeHashZiplist:          {"hash-ziplist", Hash, 4},
	TypeListQuicklist:        {"quicklist", List, 7},
	TypeStream:               {"stream", Stream, 9},
	TypeHashListpack:         {"hash-listpack", Hash, 10},
	TypeZsetListpack:         {"zset-listpack", Zset, 10},
	TypeListQuicklist2:       {"quicklist-v2", List, 10},
	TypeStream2:              {"stream-v2", Stream, 10},
	TypeSetListpack:          {"set-listpack", Set, 11},
	TypeStream3:              {"stream-v3", Stream, 11},
	TypeHashTTLPreGA:         {"hash-hashtable-md-pre-release", Hash, 12},
	TypeHashListpackTTLPreGA: {"hash-listpack-md-pre-release", Hash, 12},
	TypeHashTTL:              {"hash-hashtable-md", Hash, 12},
	TypeHashListpackTTL:      {"hash-listpack-md", Hash, 12},
	TypeStream4:              {"stream-v4", Stream, 13},
	TypeStream5:              {"stream-v5", Stream, 14},
	TypeArray:                {"array", Array, 14},
	TypeHashTemplatePack:     {"hash-template-listpack", Hash, 15},
	TypeHashTemplatePackRef:  {"hash-template-listpack-ref", Hash, 15},
	TypeHashTemplate:         {"hash-template-array", Hash, 15},
	TypeHashTemplateRef:      {"hash-template-array-ref", Hash, 15},
	TypeValkeyHashTTL:        {"hash-hashtable-ttl", Hash, MinValkeyVersion},
}

func (t Type) info() typeInfo {
	if int(t) < len(types) {
		return types[t]
	}
	return typeInfo{}
}

// Known says whether a file of the versions 1 to 12 may hold values of this type.
func (t Type) Known() bool { return t <= TypeHashListpackTTL && t.info().object != NoObject }

// typeOf says which type a byte before a key means in the file that is read.
func (d *Decoder) typeOf(code byte) (Type, bool) {
	t := Type(code)
	switch {
	case d.opts.Redis70:
		return t, t <= TypeStream2 && t.Known()
	case d.valkey && t == TypeHashTTLPreGA:
		return TypeValkeyHashTTL, true
	case d.valkey && t > TypeHashTTLPreGA:
		return t, false
	case d.opts.Foreign:
		return t, t <= TypeHashTemplateRef && t.info().object != NoObject
	}
	return t, t.Known()
}

// Object returns what a value of this type is to a client, NoObject for an unknown type.
func (t Type) Object() Object { return t.info().object }

// Since returns the first version of the format that knows the type, 0 for an unknown type. Readers do not check it:
// there are files with younger types than their version.
func (t Type) Since() int { return t.info().since }

// String returns the word that redis-check-rdb uses for the type.
func (t Type) String() string {
	if n := t.info().name; n != "" {
		return n
	}
	return "unknown type " + strconv.Itoa(int(t))
}

// Opcodes: the bytes that start a record and are no Type.
const (
	opEOF           = 0xFF
	opSelectDB      = 0xFE
	opExpireTime    = 0xFD
	opExpireTimeMs  = 0xFC
	opResizeDB      = 0xFB
	opAux           = 0xFA
	opFreq          = 0xF9
	opIdle          = 0xF8
	opModuleAux     = 0xF7
	opFunctionPreGA = 0xF6
	opFunction      = 0xF5
	opSlotInfo      = 0xF4
	opKeyMeta       = 0xF3 // Redis from version 13: module metadata of the next key
	opSlotImport    = 0xF3 // Valkey: slots that were being imported
	opTemplate      = 0xF2 // Redis from version 15: field names that hashes share
	// opRAMLRU stands before keys in files of Redis Enterprise, like opIdle; its value means nothing to others.
	opRAMLRU = 0x6B
)

// Op says what an Item is.
type Op uint8

const (
	OpKey           Op = iota // Key, Value, ExpireMs, Idle, Freq
	OpAux                     // Key is the name, Value.Str the text
	OpSelectDB                // DB
	OpResizeDB                // Keys, Expires
	OpFunction                // Value.Str is the source of a library
	OpFunctionPreGA           // Key is the name, Value.Str the source; Redis 7.0 refuses these
	OpModuleAux               // Key is the module's type name, Value.Raw the data behind the opcode
	OpSlotInfo                // Slot, Keys, Expires
	OpSlotImport              // Valkey: Key is the name of the job
	OpTemplate                // Slot is the number, Keys how many fields
)

// String returns the name of the record in lower case.
func (o Op) String() string {
	names := [...]string{"key", "aux", "selectdb", "resizedb", "function", "function-pre-release", "module-aux", "slot-info", "slot-import", "hash-template"}
	if int(o) < len(names) {
		return names[o]
	}
	return "unknown op"
}
