package table

import (
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Entry is a view of one entry in memory:
//
//	header 6 | wide 8 (flag) | expire 8 (flag) | key | value
//
//	header: flags 4 bits | kind 4 | clock 24 | key length 8 | value length 8
//	wide:   key length 32 | value length 32; present when one of them does not fit the header
//	expire: Unix time in milliseconds
//
// The header is as short as that because it counts: 10-byte keys with 16-byte values fit blocks of 32 bytes.
// A view stays valid until the entry is replaced or removed.
type Entry struct{ p unsafe.Pointer }

// Flags of an entry. FlagUser and the next higher bit belong to the owner of the table.
const (
	flagExpire = 1 << iota
	flagWide
	FlagUser

	flagMask = 1<<4 - 1
)

const (
	headerSize = 6
	wideSize   = 8
	expireSize = 8
	maxHeadLen = 1<<8 - 1 // of key and value without the wide word

	kindShift  = 4
	clockShift = 8
	valueShift = 8 // in the half word of both lengths

	// MaxKind is the greatest kind.
	MaxKind = 1<<4 - 1

	// MaxLen bounds keys and inline values.
	MaxLen = 1<<32 - 1
)

// Shape is what an entry is made from, apart from its value.
type Shape struct {
	Key    []byte
	Expire int64 // Unix milliseconds, 0: none
	Clock  uint32
	Kind   uint8 // up to MaxKind
	Flags  uint8 // FlagUser, FlagUser<<1
}

func sizeOf(klen, vlen int, expires bool) (size int, wide bool) {
	size = headerSize + klen + vlen
	if klen > maxHeadLen || vlen > maxHeadLen {
		size += wideSize
		wide = true
	}
	if expires {
		size += expireSize
	}
	return size, wide
}

// Make allocates an entry with room for a value of vlen bytes, which the caller fills in through Value.
func Make(sp *arena.Space, s Shape, vlen int) (arena.Handle, Entry) {
	klen := len(s.Key)
	size, wide := sizeOf(klen, vlen, s.Expire != 0)
	h := sp.Alloc(size)
	e := Entry{sp.Pointer(h)}
	flags := s.Flags
	at := headerSize
	hk, hv := klen, vlen
	if wide {
		flags |= flagWide
		hk, hv = 0, 0
		*(*uint64)(unsafe.Add(e.p, at)) = uint64(klen) | uint64(vlen)<<32
		at += wideSize
	}
	if s.Expire != 0 {
		flags |= flagExpire
		*(*int64)(unsafe.Add(e.p, at)) = s.Expire
		at += expireSize
	}
	*(*uint32)(e.p) = uint32(flags) | uint32(s.Kind)<<kindShift | s.Clock<<clockShift
	*e.lengths() = uint16(hk) | uint16(hv)<<valueShift
	copy(unsafe.Slice((*byte)(unsafe.Add(e.p, at)), klen), s.Key)
	return h, e
}

// At returns the entry of a handle.
func At(r *arena.Reader, h arena.Handle) Entry { return Entry{r.Pointer(h)} }

func (e Entry) head() *uint32 { return (*uint32)(e.p) }

func (e Entry) lengths() *uint16 { return (*uint16)(unsafe.Add(e.p, 4)) }

// layout returns the offset of the key and both lengths.
func (e Entry) layout() (at, klen, vlen int) {
	n := *e.lengths()
	at, klen, vlen = headerSize, int(n&maxHeadLen), int(n>>valueShift)
	if h := *e.head(); h&(flagWide|flagExpire) != 0 {
		if h&flagWide != 0 {
			w := *(*uint64)(unsafe.Add(e.p, at))
			at, klen, vlen = at+wideSize, int(w&MaxLen), int(w>>32)
		}
		if h&flagExpire != 0 {
			at += expireSize
		}
	}
	return at, klen, vlen
}

// Valid reports whether e is an entry at all.
func (e Entry) Valid() bool { return e.p != nil }

// Kind returns the owner's kind.
func (e Entry) Kind() uint8 { return uint8(*e.head()) >> kindShift }

// SetKind changes the kind of an entry that may be changed in place.
func (e Entry) SetKind(k uint8) { *e.head() = *e.head()&^(MaxKind<<kindShift) | uint32(k)<<kindShift }

// Clock returns the 24 bits that LRU and LFU use.
func (e Entry) Clock() uint32 { return *e.head() >> clockShift }

// SetClock changes the clock of an entry that may be changed in place.
func (e Entry) SetClock(c uint32) { *e.head() = *e.head()&(1<<clockShift-1) | c<<clockShift }

// Flags returns the flags, also those that Make sets.
func (e Entry) Flags() uint8 { return uint8(*e.head()) & flagMask }

// Expire returns the time to live's end in Unix milliseconds, 0 when there is none.
func (e Entry) Expire() int64 {
	f := e.Flags()
	if f&flagExpire == 0 {
		return 0
	}
	if f&flagWide != 0 {
		return *(*int64)(unsafe.Add(e.p, headerSize+wideSize))
	}
	return *(*int64)(unsafe.Add(e.p, headerSize))
}

// SetExpire changes the time of an entry that has one and may be changed in place.
func (e Entry) SetExpire(ms int64) {
	if e.Flags()&flagWide != 0 {
		*(*int64)(unsafe.Add(e.p, headerSize+wideSize)) = ms
		return
	}
	*(*int64)(unsafe.Add(e.p, headerSize)) = ms
}

// Key returns the key. The slice is a view.
func (e Entry) Key() []byte {
	at, klen, _ := e.layout()
	return unsafe.Slice((*byte)(unsafe.Add(e.p, at)), klen)
}

// Value returns the value. The slice is a view.
func (e Entry) Value() []byte {
	at, klen, vlen := e.layout()
	return unsafe.Slice((*byte)(unsafe.Add(e.p, at+klen)), vlen)
}

// Room returns the value with the capacity that its block has: what is appended within it may be kept with SetLen.
func (e Entry) Room() []byte {
	at, klen, vlen := e.layout()
	room := arena.Cap(at+klen+vlen) - at - klen
	if e.Flags()&flagWide == 0 {
		room = min(room, maxHeadLen)
	} else {
		room = min(room, MaxLen)
	}
	return unsafe.Slice((*byte)(unsafe.Add(e.p, at+klen)), room)[:vlen]
}

// SetLen changes the length of the value of an entry that may be changed in place, within the capacity of Room,
// and reports whether that is possible: the block must stay in its size class.
func (e Entry) SetLen(vlen int) bool {
	at, klen, old := e.layout()
	if old != vlen && arena.Cap(at+klen+vlen) != arena.Cap(at+klen+old) {
		return false
	}
	if e.Flags()&flagWide != 0 {
		*(*uint64)(unsafe.Add(e.p, headerSize)) = uint64(klen) | uint64(vlen)<<32
		return true
	}
	if vlen > maxHeadLen {
		return false
	}
	*e.lengths() = uint16(klen) | uint16(vlen)<<valueShift
	return true
}

// Size returns the bytes of the entry as they were asked from the Space.
func (e Entry) Size() int {
	at, klen, vlen := e.layout()
	return at + klen + vlen
}

// hasKey compares without building slices for the common short entry.
func (e Entry) hasKey(key []byte) bool {
	at, klen, _ := e.layout()
	return klen == len(key) && string(unsafe.Slice((*byte)(unsafe.Add(e.p, at)), klen)) == string(key)
}

// Shape returns what a copy of the entry is made from. Key is a view.
func (e Entry) Shape() Shape {
	return Shape{Key: e.Key(), Expire: e.Expire(), Clock: e.Clock(), Kind: e.Kind(), Flags: e.Flags() & (FlagUser | FlagUser<<1)}
}
