package scripting

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// The library cmsgpack: MessagePack with the old "raw" type for strings. Whole numbers are packed as integers, others as the smallest
// float that holds them. Tables deeper than packNesting become nil.

const (
	packNesting   = 16
	unpackNesting = 3990
)

func (m *machine) openPack() {
	t := m.open("cmsgpack", functions{"pack": m.pack, "unpack": m.unpackAll, "unpack_one": m.unpackOne, "unpack_limit": m.unpackLimit})
	t.RawSetString("_NAME", lua.LString("cmsgpack"))
	t.RawSetString("_VERSION", lua.LString("lua-cmsgpack 0.4.0"))
	t.RawSetString("_COPYRIGHT", lua.LString("Copyright (C) 2012, Salvatore Sanfilippo"))
	t.RawSetString("_DESCRIPTION", lua.LString("MessagePack C implementation for Lua"))
}

func (m *machine) pack(L *lua.LState) int {
	if L.GetTop() == 0 {
		argError(L, 0, "MessagePack pack needs input.")
	}
	var b []byte
	for i := 1; i <= L.GetTop(); i++ {
		b = m.appendPacked(L, b, L.Get(i), 0)
	}
	L.Push(lua.LString(b))
	return 1
}

func (m *machine) appendPacked(L *lua.LState, b []byte, v lua.LValue, level int) []byte {
	checkLength(L, len(b))
	m.watch.step(L)
	switch v := v.(type) {
	case lua.LString:
		return append(appendRawHeader(b, len(v)), v...)
	case lua.LBool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case lua.LNumber:
		if n := truncate(float64(v)); float64(n) == float64(v) && !math.IsInf(float64(v), 0) {
			return appendPackedInt(b, n)
		}
		return appendPackedFloat(b, float64(v))
	case *lua.LTable:
		if level < packNesting {
			return m.appendPackedTable(L, b, m.fronts.open(v), level)
		}
	}
	return append(b, 0xc0)
}

func appendRawHeader(b []byte, n int) []byte {
	switch {
	case n < 32:
		return append(b, 0xa0|byte(n))
	case n <= 0xff:
		return append(b, 0xd9, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(n))
}

func appendPackedInt(b []byte, n int64) []byte {
	switch {
	case n >= 0 && n <= 127, n < 0 && n >= -32:
		return append(b, byte(n))
	case n >= 0 && n <= 0xff:
		return append(b, 0xcc, byte(n))
	case n >= 0 && n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	case n >= 0 && n <= 0xffffffff:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(b, 0xcf), uint64(n))
	case n >= -128:
		return append(b, 0xd0, byte(n))
	case n >= -32768:
		return binary.BigEndian.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= -1<<31:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func appendPackedFloat(b []byte, n float64) []byte {
	if f := float32(n); float64(f) == n {
		return binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(f))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(n))
}

// appendPackedTable packs an array if the keys are 1 to n, else a map.
func (m *machine) appendPackedTable(L *lua.LState, b []byte, t *lua.LTable, level int) []byte {
	count, most, array := 0, 0.0, true
	m.each(t, func(k, _ lua.LValue) {
		count++
		n, ok := k.(lua.LNumber)
		array = array && ok && n > 0 && float64(int32(n)) == float64(n)
		if array {
			most = max(most, float64(n))
		}
	})
	if array && most == float64(count) {
		b = appendCount(b, count, 0x90, 0xdc)
		for i := 1; i <= count; i++ {
			b = m.appendPacked(L, b, t.RawGetInt(i), level+1)
		}
		return b
	}
	b = appendCount(b, count, 0x80, 0xde)
	m.each(t, func(k, v lua.LValue) { b = m.appendPacked(L, m.appendPacked(L, b, k, level+1), v, level+1) })
	return b
}

// appendCount writes the header of an array or map: short in one byte, else with 16 bits or (the next code) 32.
func appendCount(b []byte, n int, short, long byte) []byte {
	switch {
	case n <= 15:
		return append(b, short|byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, long), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, long+1), uint32(n))
}

func (m *machine) unpackAll(L *lua.LState) int {
	s := checkString(L, 1)
	u := unpacker{L: L, watch: m.watch, b: s}
	n := 0
	for ; len(u.b) > 0; n++ {
		if n >= maxResults {
			fail(L, "stack overflow (%s)", errTooManyPacked)
		}
		L.Push(u.one(L))
	}
	return n
}

func (m *machine) unpackOne(L *lua.LState) int { return m.unpackSome(L, 1, optInt(L, 2, 0)) }

func (m *machine) unpackLimit(L *lua.LState) int {
	return m.unpackSome(L, checkInt(L, 2), optInt(L, 3, 0))
}

const errTooManyPacked = "too many return values at once; use unpack_one or unpack_limit instead."

// unpackSome pushes the offset of what follows, -1 at the end, and up to limit values.
func (m *machine) unpackSome(L *lua.LState, limit, offset int) int {
	s := checkString(L, 1)
	if offset < 0 || limit < 0 {
		fail(L, "Invalid request to unpack with offset of %d and limit of %d.", int32(offset), int32(len(s)))
	}
	if offset > len(s) {
		fail(L, "Start offset %d greater than input length %d.", int32(offset), int32(len(s)))
	}
	if limit == 0 && offset == 0 {
		return m.unpackAll(L)
	}
	u := unpacker{L: L, watch: m.watch, b: s[offset:]}
	var out []lua.LValue
	for len(u.b) > 0 && len(out) < limit {
		if len(out) >= maxResults {
			fail(L, "stack overflow (%s)", errTooManyPacked)
		}
		out = append(out, u.one(L))
	}
	next := len(s) - len(u.b)
	if len(u.b) == 0 {
		next = -1
	}
	L.Push(lua.LNumber(next))
	for _, v := range out {
		L.Push(v)
	}
	return len(out) + 1
}

var (
	errPackedShort  = errors.New("Missing bytes in input.")
	errPackedFormat = errors.New("Bad data format in input.")
	errPackedKey    = errors.New("table index is nil")
	errPackedNaN    = errors.New("table index is NaN")
	errPackedSparse = errors.New(errMemory)
	errPackedDeep   = fmt.Errorf("stack overflow (%s)", errTooManyPacked)
)

// unpacker reads values off the front of b.
type unpacker struct {
	L     *lua.LState
	watch *watch
	b     string
	depth int
	holes int // slots that keys have made beside those they fill
}

// one reads a value, or raises the error.
func (u *unpacker) one(L *lua.LState) lua.LValue {
	v, err := u.value()
	switch err {
	case nil:
	case errPackedKey, errPackedNaN: // not the library's, so without a place
		L.Error(lua.LString(err.Error()), 0)
	default:
		fail(L, "%s", err.Error())
	}
	return v
}

// number takes a big-endian integer of size bytes behind a code byte.
func (u *unpacker) number(size int) (uint64, error) {
	if len(u.b) < 1+size {
		return 0, errPackedShort
	}
	var n uint64
	for _, c := range []byte(u.b[1 : 1+size]) {
		n = n<<8 | uint64(c)
	}
	u.b = u.b[1+size:]
	return n, nil
}

func (u *unpacker) value() (lua.LValue, error) {
	u.watch.step(u.L)
	if u.b == "" {
		return nil, errPackedShort
	}
	code := u.b[0]
	switch {
	case code < 0x80:
		u.b = u.b[1:]
		return lua.LNumber(code), nil
	case code >= 0xe0:
		u.b = u.b[1:]
		return lua.LNumber(int8(code)), nil
	case code < 0x90:
		u.b = u.b[1:]
		return u.table(int(code&0xf), true)
	case code < 0xa0:
		u.b = u.b[1:]
		return u.table(int(code&0xf), false)
	case code < 0xc0:
		return u.raw(0, uint64(code&0x1f))
	}
	return u.long(code)
}

// long reads the types with a code of their own.
func (u *unpacker) long(code byte) (lua.LValue, error) {
	switch code {
	case 0xc0, 0xc2, 0xc3:
		u.b = u.b[1:]
		return map[byte]lua.LValue{0xc0: lua.LNil, 0xc2: lua.LFalse, 0xc3: lua.LTrue}[code], nil
	case 0xca:
		n, err := u.number(4)
		return lua.LNumber(math.Float32frombits(uint32(n))), err
	case 0xcb:
		n, err := u.number(8)
		return lua.LNumber(math.Float64frombits(n)), err
	case 0xcc, 0xcd, 0xce, 0xcf:
		n, err := u.number(1 << (code - 0xcc))
		return lua.LNumber(int64(n)), err // 2^63 and more come out negative, as in the original
	case 0xd0, 0xd1, 0xd2, 0xd3:
		size := 1 << (code - 0xd0)
		n, err := u.number(size)
		shift := 64 - 8*size
		return lua.LNumber(int64(n<<shift) >> shift), err
	case 0xd9, 0xda, 0xdb:
		return u.raw(1<<(code-0xd9), 0)
	case 0xdc, 0xdd, 0xde, 0xdf:
		n, err := u.number(2 << (code & 1))
		if err != nil {
			return nil, err
		}
		return u.table(int(n), code >= 0xde)
	}
	return nil, errPackedFormat
}

// raw reads a string whose length stands in size bytes behind the code, or is given.
func (u *unpacker) raw(size int, n uint64) (lua.LValue, error) {
	if size == 0 {
		u.b = u.b[1:]
	} else {
		var err error
		if n, err = u.number(size); err != nil {
			return nil, err
		}
	}
	if uint64(len(u.b)) < n {
		return nil, errPackedShort
	}
	s := lua.LString(u.b[:n])
	u.b = u.b[n:]
	return s, nil
}

func (u *unpacker) table(n int, isMap bool) (lua.LValue, error) {
	if u.depth++; u.depth > unpackNesting {
		return nil, errPackedDeep
	}
	defer func() { u.depth-- }()
	t, highest := u.L.CreateTable(0, 0), 0 // n is a claim
	for i := 1; i <= n; i++ {
		v, err := u.value()
		if err != nil {
			return nil, err
		}
		if !isMap {
			t.RawSetInt(i, v)
			continue
		}
		k := v
		if v, err = u.value(); err != nil {
			return nil, err
		}
		if f, ok := k.(lua.LNumber); ok && f != f {
			return nil, errPackedNaN
		}
		if k == lua.LNil {
			return nil, errPackedKey
		}
		if f, ok := k.(lua.LNumber); ok && f < maxArray && int(f) > highest { // the table grows up to this key
			if u.holes += int(f) - highest - 1; u.holes > maxArray {
				return nil, errPackedSparse
			}
			highest = int(f)
		}
		t.RawSet(k, v)
	}
	return t, nil
}
