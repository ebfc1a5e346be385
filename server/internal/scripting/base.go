package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openBase sets the global functions. What is not here a script cannot reach: print, dofile, loadfile, require, module, io, os,
// package, debug.
func (m *machine) openBase(deprecated bool) {
	fns := functions{"assert": baseAssert, "collectgarbage": collectGarbage, "error": baseError, "gcinfo": gcInfo, "getmetatable": m.getMetatable,
		"ipairs": m.ipairs, "load": m.baseLoad, "loadstring": m.loadString, "next": m.next, "pairs": m.pairs, "pcall": m.pcall, "rawequal": rawEqual,
		"rawget": m.rawGet, "rawset": m.rawSet, "select": baseSelect, "setmetatable": m.setMetatable, "tonumber": toNumber, "tostring": toString,
		"type": typeOf, "unpack": m.unpack, "xpcall": m.xpcall}
	fns.into(m.L, m.globals)
	m.globals.RawSetString("_G", m.env)
	m.globals.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	if deprecated {
		old := m.borrow(lua.OpenBase)
		for _, name := range []string{"setfenv", "getfenv", "newproxy"} {
			m.globals.RawSetString(name, old(name))
		}
	}
}

// borrow opens a library of gopher-lua aside and returns how to get its functions.
func (m *machine) borrow(open lua.LGFunction) func(name string) lua.LValue {
	side := lua.NewState(lua.Options{SkipOpenLibs: true, RegistrySize: registrySize, MinimizeStackMemory: true})
	side.Push(side.NewFunction(open))
	side.Call(0, 1)
	lib := side.Get(-1).(*lua.LTable)
	return func(name string) lua.LValue {
		f, ok := lib.RawGetString(name).(*lua.LFunction)
		if !ok {
			panic("BUG: no such function to borrow: " + name)
		}
		return m.L.NewFunction(f.GFunction)
	}
}

func baseAssert(L *lua.LState) int {
	checkAny(L, 1)
	if !L.ToBool(1) {
		fail(L, "%s", optString(L, 2, "assertion failed!"))
	}
	return L.GetTop()
}

func baseError(L *lua.LState) int {
	v, level := L.Get(1), optInt(L, 2, 1)
	if s, ok := textOf(v); ok && level > 0 {
		v = lua.LString(position(L, level) + s)
	}
	L.Error(v, 0)
	return 0
}

// heapKB is what collectgarbage("count") says: scripts look at differences at most.
const heapKB = 40

func collectGarbage(L *lua.LState) int {
	switch option := optString(L, 1, "collect"); option {
	case "collect", "stop", "restart", "setpause", "setstepmul":
		L.Push(lua.LNumber(0))
	case "step":
		L.Push(lua.LTrue)
	case "count":
		L.Push(lua.LNumber(heapKB))
	default:
		argError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

func gcInfo(L *lua.LState) int {
	L.Push(lua.LNumber(heapKB))
	return 1
}

func (m *machine) getMetatable(L *lua.LState) int {
	v := checkAny(L, 1)
	switch t := v.(type) {
	case *lua.LTable:
		if m.fronts.open(t) != t {
			if meta, ok := m.fronts.visible[t]; ok {
				L.Push(meta)
			} else {
				L.Push(lua.LNil)
			}
			return 1
		}
	case lua.LString:
		L.Push(m.stringMeta)
		return 1
	}
	L.Push(L.GetMetatable(v))
	return 1
}

func (m *machine) setMetatable(L *lua.LState) int {
	t := checkTable(L, 1)
	meta := L.Get(2)
	if meta != lua.LNil || L.GetTop() < 2 {
		if _, ok := meta.(*lua.LTable); !ok {
			argError(L, 2, "nil or table expected")
		}
	}
	m.fronts.writable(L, t)
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		fail(L, "cannot change a protected metatable")
	}
	if mt, ok := meta.(*lua.LTable); ok && m.fronts.open(mt) != mt {
		meta = m.clone(mt)
	}
	L.SetMetatable(t, meta)
	L.SetTop(1)
	return 1
}

// clone copies a protected table: as a metatable it is looked into, which a front has nothing to show for.
func (m *machine) clone(t *lua.LTable) *lua.LTable {
	out := m.L.CreateTable(0, 4)
	m.each(t, func(k, v lua.LValue) { out.RawSet(k, v) })
	return out
}

func (m *machine) ipairs(L *lua.LState) int {
	t := checkTable(L, 1)
	L.Push(m.ipairsStep)
	L.Push(t)
	L.Push(lua.LNumber(0))
	return 3
}

func (m *machine) ipairsNext(L *lua.LState) int {
	t, i := checkTable(L, 1), checkInt(L, 2)+1
	v := m.fronts.open(t).RawGetInt(i)
	if v == lua.LNil {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
}

func (m *machine) pairs(L *lua.LState) int {
	t := checkTable(L, 1)
	L.Push(m.nextStep)
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func (m *machine) next(L *lua.LState) int {
	t := m.fronts.open(checkTable(L, 1))
	k, v := t.Next(L.Get(2))
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func rawEqual(L *lua.LState) int {
	L.Push(lua.LBool(checkAny(L, 1) == checkAny(L, 2)))
	return 1
}

func (m *machine) rawGet(L *lua.LState) int {
	L.Push(m.fronts.open(checkTable(L, 1)).RawGet(checkAny(L, 2)))
	return 1
}

func (m *machine) rawSet(L *lua.LState) int {
	t := checkTable(L, 1)
	checkAny(L, 2)
	checkAny(L, 3)
	L.RawSet(m.fronts.writable(L, t), L.Get(2), L.Get(3))
	L.SetTop(1)
	return 1
}

func baseSelect(L *lua.LState) int {
	top := L.GetTop()
	if s, ok := L.Get(1).(lua.LString); ok && strings.HasPrefix(string(s), "#") {
		L.Push(lua.LNumber(top - 1))
		return 1
	}
	i := checkInt(L, 1)
	if i < 0 {
		i += top
	}
	if i < 1 {
		argError(L, 1, "index out of range")
	}
	return max(top-i, 0)
}

func toNumber(L *lua.LState) int {
	base := optInt(L, 2, 10)
	var n float64
	var ok bool
	if base == 10 {
		n, ok = numberOf(checkAny(L, 1))
	} else {
		s := checkString(L, 1)
		if base < 2 || base > 36 {
			argError(L, 2, "base out of range")
		}
		n, ok = parseInBase(s, base)
	}
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(n))
	return 1
}

// parseInBase is C's strtoul: a sign is allowed and wraps, too large a number is the largest.
func parseInBase(s string, base int) (float64, bool) {
	s = strings.ToLower(strings.Trim(s, " \f\n\r\t\v"))
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if base == 16 {
		digits = strings.TrimPrefix(digits, "0x")
	}
	var n uint64
	over := false
	for _, c := range []byte(digits) {
		d := int(c - '0')
		if c >= 'a' && c <= 'z' {
			d = int(c-'a') + 10
		}
		if c < '0' || d < 0 || d >= base {
			return 0, false
		}
		next := n*uint64(base) + uint64(d)
		over = over || (next-uint64(d))/uint64(base) != n
		n = next
	}
	if over {
		n = 1<<64 - 1
	} else if strings.HasPrefix(s, "-") {
		n = -n
	}
	return float64(n), digits != ""
}

func toString(L *lua.LState) int {
	v := checkAny(L, 1)
	if n, ok := v.(lua.LNumber); ok {
		L.Push(lua.LString(numberText(n)))
		return 1
	}
	L.Push(L.ToStringMeta(v))
	return 1
}

func typeOf(L *lua.LState) int {
	L.Push(lua.LString(checkAny(L, 1).Type().String()))
	return 1
}

func (m *machine) unpack(L *lua.LState) int {
	t := m.fronts.open(checkTable(L, 1))
	i, j := optInt(L, 2, 1), 0
	if L.Get(3) == lua.LNil {
		j = t.Len()
	} else {
		j = checkInt(L, 3)
	}
	i, j = int(int32(i)), int(int32(j))
	if i > j {
		return 0
	}
	if j-i+1 > maxResults+9 {
		fail(L, "too many results to unpack")
	}
	for k := i; k <= j; k++ {
		L.Push(t.RawGetInt(k))
	}
	return j - i + 1
}
