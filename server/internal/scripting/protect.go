package scripting

import lua "github.com/yuin/gopher-lua"

// What scripts share must not be changed by them: the globals, the libraries, the metatables of basic types. Redis's Lua has a
// flag for such tables; here a script gets an empty table in front of the real one:
//
//	front  {}  metatable { __index = real, __newindex = an error }
//
// The real table is reachable for Go only: getmetatable, rawset, next and their like are ours and know the fronts (see base.go).

const errReadOnlyTable = "Attempt to modify a readonly table"

// fronts knows the protected tables of one sandbox.
type fronts struct {
	real     map[*lua.LTable]*lua.LTable
	visible  map[*lua.LTable]lua.LValue // what getmetatable shows of a front; absent: nil
	newindex *lua.LFunction
}

func newFronts(L *lua.LState) *fronts {
	return &fronts{real: map[*lua.LTable]*lua.LTable{}, visible: map[*lua.LTable]lua.LValue{},
		newindex: L.NewFunction(func(L *lua.LState) int { fail(L, errReadOnlyTable); return 0 })}
}

// protect returns a front for a table.
func (f *fronts) protect(L *lua.LState, real *lua.LTable) *lua.LTable {
	front, meta := L.CreateTable(0, 0), L.CreateTable(0, 2)
	meta.RawSetString("__index", real)
	meta.RawSetString("__newindex", f.newindex)
	front.Metatable = meta
	f.real[front] = real
	return front
}

// redirect lets a front show another table.
func (f *fronts) redirect(front, real *lua.LTable) {
	front.Metatable.(*lua.LTable).RawSetString("__index", real)
	f.real[front] = real
}

// open returns the table behind a front for reading, or the table itself.
func (f *fronts) open(t *lua.LTable) *lua.LTable {
	if t.Metatable != lua.LNil {
		if real, ok := f.real[t]; ok {
			return real
		}
	}
	return t
}

// writable returns the table, or raises the error of a protected one.
func (f *fronts) writable(L *lua.LState, t *lua.LTable) *lua.LTable {
	if t.Metatable != lua.LNil {
		if _, ok := f.real[t]; ok {
			L.Error(lua.LString(errReadOnlyTable), 0)
		}
	}
	return t
}
