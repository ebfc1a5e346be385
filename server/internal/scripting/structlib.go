package scripting

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// The library struct packs values into the layout of C's structures:
//
//	< > = byte order   !n alignment   x one zero byte   blank nothing
//	b B h H l L T i<n> I<n>  integers of 1, 2, 8, 8 and n bytes; capitals are unsigned
//	f d  floats    s  a string that ends in a zero byte    c<n>  n bytes; c0: as many as the string has, or as the number before says

const (
	structMaxInt   = 32
	structMaxAlign = 8
)

// layout reads a format.
type layout struct {
	L      *lua.LState
	format string
	big    bool
	align  int
}

func newLayout(L *lua.LState) *layout {
	format, _, _ := strings.Cut(checkString(L, 1), "\x00")
	return &layout{L: L, format: format, align: 1}
}

// number reads a decimal at the front of the format.
func (f *layout) number(absent int) int {
	n, i := 0, 0
	for ; i < len(f.format) && f.format[i] >= '0' && f.format[i] <= '9'; i++ {
		if n = n*10 + int(f.format[i]-'0'); n > math.MaxInt32 {
			fail(f.L, "integral size overflow")
		}
	}
	f.format = f.format[i:]
	if i == 0 {
		return absent
	}
	return n
}

// next takes an option and its size off the format, and says how many bytes of padding go before it at position at.
func (f *layout) next(at int) (opt byte, size, padding int) {
	opt, f.format = f.format[0], f.format[1:]
	switch opt {
	case 'b', 'B', 'x':
		size = 1
	case 'h', 'H':
		size = 2
	case 'f':
		size = 4
	case 'l', 'L', 'T', 'd':
		size = 8
	case 'c':
		return opt, f.number(1), 0
	case 'i', 'I':
		if size = f.number(4); size > structMaxInt {
			fail(f.L, "integral size %d is larger than limit of %d", size, structMaxInt)
		}
	}
	if size == 0 {
		return opt, 0, 0
	}
	unit := min(size, f.align)
	return opt, size, (unit - at&(unit-1)) & (unit - 1)
}

// control takes an option that stands for no value.
func (f *layout) control(opt byte) {
	switch opt {
	case ' ':
	case '>':
		f.big = true
	case '<':
		f.big = false
	case '!':
		n := f.number(structMaxAlign)
		if n <= 0 || n&(n-1) != 0 {
			fail(f.L, "alignment %d is not a power of 2", n)
		}
		f.align = n
	default:
		argError(f.L, 1, fmt.Sprintf("invalid format option '%c'", opt))
	}
}

// ordered brings little-endian bytes into the order of the format, in place.
func (f *layout) ordered(b []byte) []byte {
	if f.big {
		slices.Reverse(b)
	}
	return b
}

func (m *machine) structFunctions() functions {
	return functions{"pack": structPack, "unpack": structUnpack, "size": structSize}
}

func structPack(L *lua.LState) int {
	f, arg := newLayout(L), 2
	L.Push(lua.LNil) // what a first missing argument is
	var b []byte
	for f.format != "" {
		opt, size, padding := f.next(len(b))
		b = append(b, make([]byte, padding)...)
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			b = append(b, f.ordered(integerBytes(checkNumber(L, arg), size))...)
			arg++
		case 'x':
			b = append(b, 0)
		case 'f':
			b = append(b, f.ordered(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(checkNumber(L, arg)))))...)
			arg++
		case 'd':
			b = append(b, f.ordered(binary.LittleEndian.AppendUint64(nil, math.Float64bits(checkNumber(L, arg))))...)
			arg++
		case 'c', 's':
			s := checkString(L, arg)
			arg++
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				argError(L, arg, "string too short")
			}
			if b = append(b, s[:size]...); opt == 's' {
				b = append(b, 0)
			}
		default:
			f.control(opt)
		}
		checkLength(L, len(b))
	}
	L.Push(lua.LString(b))
	return 1
}

// integerBytes is the low part of a number, least byte first.
func integerBytes(n float64, size int) []byte {
	v := uint64(truncate(n))
	if n >= 1<<63 && n < 1<<64 {
		v = uint64(n)
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(v)
		v >>= 8
	}
	return b
}

// integerOf reads an integer, least byte first.
func integerOf(b []byte, signed bool) float64 {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	if !signed {
		return float64(v)
	}
	if mask := ^uint64(0) << ((len(b)*8 - 1) & 63); v&mask != 0 {
		v |= mask
	}
	return float64(int64(v))
}

func structUnpack(L *lua.LState) int {
	f, data, at := newLayout(L), checkString(L, 2), optInt(L, 3, 1)
	if at <= 0 {
		argError(L, 3, "offset must be 1 or greater")
	}
	at--
	var out []lua.LValue
	for f.format != "" {
		opt, size, padding := f.next(at)
		if at += padding; size > len(data) || at > len(data)-size {
			argError(L, 2, "data string too short")
		}
		if len(out) >= maxResults {
			fail(L, "stack overflow (too many results)")
		}
		field := []byte(data[at : at+size])
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			out = append(out, lua.LNumber(integerOf(f.ordered(field), opt >= 'a')))
		case 'x':
		case 'f':
			out = append(out, lua.LNumber(math.Float32frombits(binary.LittleEndian.Uint32(f.ordered(field)))))
		case 'd':
			out = append(out, lua.LNumber(math.Float64frombits(binary.LittleEndian.Uint64(f.ordered(field)))))
		case 'c':
			if size == 0 {
				out, size = sizeBefore(L, out, len(data)-at)
			}
			out = append(out, lua.LString(data[at:at+size]))
		case 's':
			end := strings.IndexByte(data[at:], 0)
			if end < 0 {
				fail(L, "unfinished string in data")
			}
			out = append(out, lua.LString(data[at:at+end]))
			size = end + 1
		default:
			f.control(opt)
		}
		at += size
	}
	for _, v := range out {
		L.Push(v)
	}
	L.Push(lua.LNumber(at + 1))
	return len(out) + 1
}

// sizeBefore takes the size of c0 off the values read so far.
func sizeBefore(L *lua.LState, out []lua.LValue, left int) ([]lua.LValue, int) {
	var n float64
	ok := len(out) > 0
	if ok {
		n, ok = numberOf(out[len(out)-1])
	}
	if !ok {
		fail(L, "format 'c0' needs a previous size")
	}
	if n < 0 || n > float64(left) || n != n {
		argError(L, 2, "data string too short")
	}
	return out[:len(out)-1], int(n)
}

func structSize(L *lua.LState) int {
	f, at := newLayout(L), 0
	for f.format != "" {
		opt, size, padding := f.next(at)
		switch {
		case opt == 's':
			argError(L, 1, "option 's' has no fixed size")
		case opt == 'c' && size == 0:
			argError(L, 1, "option 'c0' has no fixed size")
		case !isAlnum(opt):
			f.control(opt)
		}
		at += padding + size
	}
	L.Push(lua.LNumber(at))
	return 1
}
