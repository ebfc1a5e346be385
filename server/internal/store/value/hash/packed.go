package hash

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// PackedLen returns the number of fields of a packed hash.
func PackedLen(lp []byte) int { return listpack.Len(lp) / 2 }

// PackedFind returns the position of a field, -1 if it is missing.
func PackedFind(lp, field []byte) int {
	return listpack.Find(lp, listpack.First(lp), field, 1)
}

// PackedGet returns the value of a field.
func PackedGet(lp, field []byte) (v listpack.Value, ok bool) {
	pos := PackedFind(lp, field)
	if pos < 0 {
		return v, false
	}
	return listpack.Get(lp, listpack.Next(lp, pos)), true
}

// PackedSet gives a field a value, with the semantics of append, and reports whether the field is new.
func PackedSet(lp, field, value []byte) (_ []byte, added bool) {
	if pos := PackedFind(lp, field); pos >= 0 {
		lp, _ = listpack.Replace(lp, listpack.Next(lp, pos), value)
		return lp, false
	}
	return listpack.Append(listpack.Append(lp, field), value), true
}

// PackedDelete removes the field at pos and its value.
func PackedDelete(lp []byte, pos int) []byte { return listpack.DeleteRange(lp, pos, 2) }

// PackedEach calls fn for every field in order until it returns false.
func PackedEach(lp []byte, fn func(field, value listpack.Value) bool) {
	for pos := listpack.First(lp); pos >= 0; {
		field, at := listpack.Read(lp, pos)
		value, next := listpack.Read(lp, at)
		if !fn(field, value) {
			return
		}
		pos = next
	}
}

// FromPacked returns a Hash with the pairs of a listpack. ok is false if a field is there twice.
func FromPacked(sp *arena.Space, lp []byte) (h *Hash, ok bool) {
	h = New(sp, PackedLen(lp))
	ok = true
	var fbuf, vbuf []byte
	PackedEach(lp, func(field, value listpack.Value) bool {
		fbuf, vbuf = field.Append(fbuf[:0]), value.Append(vbuf[:0])
		ok = h.Set(fbuf, vbuf)
		return ok
	})
	return h, ok
}

// checked is the number of fields up to which PackedCheck compares them.
const checked = 256

// PackedCheck returns the length of the longest field or value, and whether no field is there twice. distinct is false
// too when that cannot be told cheaply: then FromPacked tells.
func PackedCheck(lp []byte) (longest int, distinct bool) {
	// The hashes of the fields in open addressing: 0 is free. Two equal ones are most likely one field twice.
	var slots [2 * checked]uint64
	mask := uint64(8)
	for mask < 2*uint64(PackedLen(lp)) && mask < 2*checked {
		mask *= 2
	}
	mask--
	distinct = PackedLen(lp) <= checked
	var digits [20]byte
	PackedEach(lp, func(field, value listpack.Value) bool {
		name := field.Str
		if field.IsInt {
			name = field.Append(digits[:0])
		}
		longest = max(longest, len(name), value.Size())
		if !distinct {
			return true
		}
		h := table.Hash(name) | 1
		i := h >> 32 & mask
		for ; slots[i] != 0; i = (i + 1) & mask {
			if slots[i] == h {
				distinct = false
				return true
			}
		}
		slots[i] = h
		return true
	})
	return longest, distinct
}
