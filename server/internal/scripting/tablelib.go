package scripting

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

func (m *machine) tableFunctions() functions {
	return functions{"concat": m.tableConcat, "foreach": m.tableForeach, "foreachi": m.tableForeachI, "getn": m.tableGetN, "insert": m.tableInsert,
		"maxn": m.tableMaxN, "remove": m.tableRemove, "setn": tableSetN, "sort": m.tableSort}
}

func (m *machine) tableConcat(L *lua.LState) int {
	t := m.fronts.open(checkTable(L, 1))
	sep, i := optString(L, 2, ""), optInt(L, 3, 1)
	j := optInt(L, 4, t.Len())
	b := m.bytes[:0]
	for k := i; k <= j; k++ {
		v := t.RawGetInt(k)
		if k < 1 {
			v = t.RawGet(lua.LNumber(k))
		}
		if m.textLength(v) < 0 {
			fail(L, "invalid value (%s) at index %d in table for 'concat'", v.Type().String(), k)
		}
		b = appendText(b, v)
		if k != j {
			b = append(b, sep...)
		}
		checkLength(L, len(b))
		m.watch.step(L)
	}
	if cap(b) < 1<<16 {
		m.bytes = b
	}
	L.Push(lua.LString(b))
	return 1
}

// each2 calls function 2 with k and v; a result that is not nil ends the iteration.
func each2(L *lua.LState, k, v lua.LValue) (done bool) {
	L.Push(L.Get(2))
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	if L.Get(-1) != lua.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func (m *machine) tableForeach(L *lua.LState) int {
	t := m.fronts.open(checkTable(L, 1))
	checkFunction(L, 2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if each2(L, k, v) {
			return 1
		}
	}
	return 0
}

func (m *machine) tableForeachI(L *lua.LState) int {
	t := m.fronts.open(checkTable(L, 1))
	checkFunction(L, 2)
	for i, n := 1, t.Len(); i <= n; i++ {
		if each2(L, lua.LNumber(i), t.RawGetInt(i)) {
			return 1
		}
	}
	return 0
}

func (m *machine) tableGetN(L *lua.LState) int {
	L.Push(lua.LNumber(m.fronts.open(checkTable(L, 1)).Len()))
	return 1
}

func tableSetN(L *lua.LState) int {
	checkTable(L, 1)
	fail(L, "'setn' is obsolete")
	return 0
}

func (m *machine) tableMaxN(L *lua.LState) int {
	most := 0.0
	m.each(checkTable(L, 1), func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok {
			most = max(most, float64(n))
		}
	})
	L.Push(lua.LNumber(most))
	return 1
}

func (m *machine) tableInsert(L *lua.LState) int {
	t := checkTable(L, 1)
	m.fronts.writable(L, t)
	end := t.Len() + 1
	switch L.GetTop() {
	case 2:
		setIndex(t, end, L.Get(2))
	case 3:
		pos := checkInt(L, 2)
		if pos > end {
			end = pos
		}
		if pos >= 1 && end <= t.Len()+1 {
			t.Insert(pos, L.Get(3))
			return 0
		}
		for i := end; i > pos; i-- { // as far down as the script says
			m.watch.step(L)
			setIndex(t, i, getIndex(t, i-1))
		}
		setIndex(t, pos, L.Get(3))
	default:
		fail(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func getIndex(t *lua.LTable, i int) lua.LValue { return t.RawGet(lua.LNumber(i)) }

func setIndex(t *lua.LTable, i int, v lua.LValue) { t.RawSet(lua.LNumber(i), v) }

func (m *machine) tableRemove(L *lua.LState) int {
	t := checkTable(L, 1)
	n := m.fronts.open(t).Len()
	pos := optInt(L, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	m.fronts.writable(L, t)
	v := t.RawGetInt(pos)
	if pos == n {
		setIndex(t, n, lua.LNil)
	} else {
		t.Remove(pos)
	}
	L.Push(v)
	return 1
}

// sorter sorts the first n elements in place. Lua's comparison may be inconsistent: the order is then any, as in Lua.
type sorter struct {
	L    *lua.LState
	t    *lua.LTable
	n    int
	less *lua.LFunction
}

func (s sorter) Len() int { return s.n }

func (s sorter) Swap(i, j int) {
	a, b := s.t.RawGetInt(i+1), s.t.RawGetInt(j+1)
	s.t.RawSetInt(i+1, b)
	s.t.RawSetInt(j+1, a)
}

func (s sorter) Less(i, j int) bool {
	a, b := s.t.RawGetInt(i+1), s.t.RawGetInt(j+1)
	if s.less == nil {
		return lessThan(s.L, a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	s.L.Call(2, 1)
	v := s.L.Get(-1)
	s.L.Pop(1)
	return lua.LVAsBool(v)
}

// lessThan compares as the operator does; its error has no place, since no Lua function compares.
func lessThan(L *lua.LState, a, b lua.LValue) bool {
	switch x := a.(type) {
	case lua.LNumber:
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	case lua.LString:
		if y, ok := b.(lua.LString); ok {
			return x < y
		}
	}
	if a.Type() != b.Type() || L.GetMetaField(a, "__lt") == lua.LNil {
		L.Error(lua.LString(translate("attempt to compare "+a.Type().String()+" with "+b.Type().String())), 0)
	}
	return L.LessThan(a, b)
}

func (m *machine) tableSort(L *lua.LState) int {
	t := checkTable(L, 1)
	m.fronts.writable(L, t)
	s := sorter{L: L, t: t, n: t.Len()}
	if L.Get(2) != lua.LNil {
		s.less = checkFunction(L, 2)
	}
	sort.Sort(s)
	return 0
}
