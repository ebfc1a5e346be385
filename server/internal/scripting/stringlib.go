package scripting

import lua "github.com/yuin/gopher-lua"

func (m *machine) openString() {
	lib := m.borrow(lua.OpenString)
	t := m.open("string", functions{})
	for _, n := range []string{"byte", "char", "find", "format", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper", "gmatch"} {
		if n == "gmatch" {
			continue
		}
		t.RawSetString(n, lib(n))
	}
	meta := m.L.CreateTable(0, 1)
	meta.RawSetString("__index", t)
	m.L.SetMetatable(lua.LString(""), meta)
	visible := m.L.CreateTable(0, 1)
	visible.RawSetString("__index", m.globals.RawGetString("string"))
	m.stringMeta = m.fronts.protect(m.L, visible)
}

func bitFunctions() functions                 { return nil }
func (m *machine) structFunctions() functions { return nil }
func (m *machine) openJSON()                  {}
func (m *machine) openPack()                  {}

type jsonOptions struct{}

func defaultJSON() jsonOptions { return jsonOptions{} }

type Library struct{}

func (*Library) late() bool { return false }

type functionsState struct{}

func (l *Lua) FlushFunctions() {}

func (l *Lua) functionRun() *Run { return nil }
