package scripting

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// random is the generator that Redis gives to scripts in the place of C's, so that the same seed gives the same numbers everywhere:
// the linear congruential generator of lrand48, 48 bits of state of which the upper 31 are the number.
type random struct{ state uint64 }

const randomMax = 1<<31 - 1

func (r *random) seed(n int32) { r.state = uint64(uint32(n))<<16 | 0x330E }

func (r *random) next() int64 {
	r.state = (r.state*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return int64(r.state >> 17)
}

func (m *machine) openMath() {
	one := func(f func(float64) float64) lua.LGFunction {
		return func(L *lua.LState) int {
			L.Push(lua.LNumber(f(checkNumber(L, 1))))
			return 1
		}
	}
	two := func(f func(a, b float64) float64) lua.LGFunction {
		return func(L *lua.LState) int {
			L.Push(lua.LNumber(f(checkNumber(L, 1), checkNumber(L, 2))))
			return 1
		}
	}
	mod := two(math.Mod)
	t := m.open("math", functions{"abs": one(math.Abs), "acos": one(math.Acos), "asin": one(math.Asin), "atan": one(math.Atan), "atan2": two(math.Atan2),
		"ceil": one(math.Ceil), "cos": one(math.Cos), "cosh": one(math.Cosh), "deg": one(func(x float64) float64 { return x / (math.Pi / 180) }),
		"exp": one(math.Exp), "floor": one(math.Floor), "fmod": mod, "mod": mod, "frexp": mathFrexp, "ldexp": mathLdexp, "log": one(math.Log),
		"log10": one(math.Log10), "max": mathMax, "min": mathMin, "modf": mathModf, "pow": two(math.Pow),
		"rad": one(func(x float64) float64 { return x * (math.Pi / 180) }), "random": m.mathRandom, "randomseed": m.mathRandomSeed,
		"sin": one(math.Sin), "sinh": one(math.Sinh), "sqrt": one(math.Sqrt), "tan": one(math.Tan), "tanh": one(math.Tanh)})
	t.RawSetString("pi", lua.LNumber(math.Pi))
	t.RawSetString("huge", lua.LNumber(math.Inf(1)))
}

func mathFrexp(L *lua.LState) int {
	f, e := math.Frexp(checkNumber(L, 1))
	L.Push(lua.LNumber(f))
	L.Push(lua.LNumber(e))
	return 2
}

func mathLdexp(L *lua.LState) int {
	L.Push(lua.LNumber(math.Ldexp(checkNumber(L, 1), checkInt(L, 2))))
	return 1
}

func mathMax(L *lua.LState) int {
	best := checkNumber(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if n := checkNumber(L, i); n > best {
			best = n
		}
	}
	L.Push(lua.LNumber(best))
	return 1
}

func mathMin(L *lua.LState) int {
	best := checkNumber(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if n := checkNumber(L, i); n < best {
			best = n
		}
	}
	L.Push(lua.LNumber(best))
	return 1
}

func mathModf(L *lua.LState) int {
	n := checkNumber(L, 1)
	whole := math.Trunc(n)
	part := n - whole
	if math.IsInf(n, 0) {
		part = math.Copysign(0, n)
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(part))
	return 2
}

func (m *machine) mathRandom(L *lua.LState) int {
	if m.run == nil {
		fail(L, "math.random can only be called inside a script invocation")
	}
	r := float64(m.random.next()%randomMax) / randomMax
	low, high := 1, 0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
		return 1
	case 1:
		high = int(int32(checkInt(L, 1)))
		if high < 1 {
			argError(L, 1, "interval is empty")
		}
	case 2:
		low, high = int(int32(checkInt(L, 1))), int(int32(checkInt(L, 2)))
		if low > high {
			argError(L, 2, "interval is empty")
		}
	default:
		fail(L, "wrong number of arguments")
	}
	L.Push(lua.LNumber(math.Floor(r*float64(int32(high-low+1))) + float64(low)))
	return 1
}

func (m *machine) mathRandomSeed(L *lua.LState) int {
	if m.run == nil {
		fail(L, "math.randomseed can only be called inside a script invocation")
	}
	m.random.seed(int32(checkInt(L, 1)))
	return 0
}
