package scripting

import (
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

// bitFunctions are those of LuaBitOp: on 32 bits, results signed.
func bitFunctions() functions {
	return functions{
		"tobit":   bitOne(func(x uint32) uint32 { return x }),
		"bnot":    bitOne(func(x uint32) uint32 { return ^x }),
		"bswap":   bitOne(bits.ReverseBytes32),
		"band":    bitMany(func(a, b uint32) uint32 { return a & b }),
		"bor":     bitMany(func(a, b uint32) uint32 { return a | b }),
		"bxor":    bitMany(func(a, b uint32) uint32 { return a ^ b }),
		"lshift":  bitShift(func(x uint32, n int) uint32 { return x << n }),
		"rshift":  bitShift(func(x uint32, n int) uint32 { return x >> n }),
		"arshift": bitShift(func(x uint32, n int) uint32 { return uint32(int32(x) >> n) }),
		"rol":     bitShift(bits.RotateLeft32),
		"ror":     bitShift(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) }),
		"tohex":   bitHex,
	}
}

// bitArg reads a number modulo 2^32: adding 2^52 + 2^51 brings its integer part into the low bits of the double.
func bitArg(L *lua.LState, n int) uint32 {
	return uint32(math.Float64bits(checkNumber(L, n) + 6755399441055744.0))
}

func pushBits(L *lua.LState, x uint32) int {
	L.Push(lua.LNumber(int32(x)))
	return 1
}

func bitOne(f func(uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int { return pushBits(L, f(bitArg(L, 1))) }
}

func bitMany(f func(a, b uint32) uint32) lua.LGFunction {
	return func(L *lua.LState) int {
		x := bitArg(L, 1)
		for i := L.GetTop(); i > 1; i-- {
			x = f(x, bitArg(L, i))
		}
		return pushBits(L, x)
	}
}

func bitShift(f func(x uint32, n int) uint32) lua.LGFunction {
	return func(L *lua.LState) int { return pushBits(L, f(bitArg(L, 1), int(bitArg(L, 2)&31))) }
}

// bitHex prints the lowest digits: of the second argument's number, in upper case if that is negative.
func bitHex(L *lua.LState) int {
	x, n, digits := bitArg(L, 1), int32(8), "0123456789abcdef"
	if L.Get(2) != lua.LNil {
		n = int32(bitArg(L, 2))
	}
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	if uint32(n) > 8 { // the most negative number stays negative
		n = 8
	}
	var out [8]byte
	for i := n - 1; i >= 0; i-- {
		out[i] = digits[x&15]
		x >>= 4
	}
	L.Push(lua.LString(out[:n]))
	return 1
}
