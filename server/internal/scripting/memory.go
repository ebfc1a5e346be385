package scripting

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// machineBytes is what a machine with its libraries takes on Go's heap, measured (TestMemoryOfScripts). Scripts leave nothing in it: their
// globals are protected.
const machineBytes = 1360 << 10

// MachineBytes returns the memory of the two machines, 0 for one that is not made yet.
func (l *Lua) MachineBytes() (eval, functions int) {
	if l.eval != nil {
		eval = machineBytes
	}
	if l.machine != nil {
		functions = machineBytes
	}
	return eval, functions
}

// Scripts is the number of cached scripts.
func (l *Lua) Scripts() int { return len(l.scripts) }

// ScriptBytes is the memory of the cached scripts: they are kept compiled, without their sources.
func (l *Lua) ScriptBytes() int { return l.size }

// Bytes is the memory of the libraries: sources and compiled functions.
func (s *Libraries) Bytes() (n int) {
	for _, lib := range s.libs {
		n += len(lib.Source)
		for _, f := range lib.Functions {
			n += scriptOverhead + codeBytes(f.fn.Proto)
		}
	}
	return n
}

// scriptOverhead is what a script or function takes beside its code: its name, entry and closure.
const scriptOverhead = 300

// codeBytes is the memory of a compiled function, with those inside of it.
func codeBytes(p *lua.FunctionProto) int {
	if p == nil { // a function of Go
		return 0
	}
	const (
		pointer = int(unsafe.Sizeof(uintptr(0)))
		text    = int(unsafe.Sizeof(""))
		value   = int(unsafe.Sizeof(lua.LValue(nil)))
		local   = int(unsafe.Sizeof(lua.DbgLocalInfo{}))
		call    = int(unsafe.Sizeof(lua.DbgCall{}))
	)
	n := int(unsafe.Sizeof(*p)) + cap(p.Code)*4 + cap(p.DbgSourcePositions)*pointer + cap(p.Constants)*value +
		cap(p.DbgLocals)*pointer + len(p.DbgLocals)*local + cap(p.DbgCalls)*call + cap(p.DbgUpvalues)*text + cap(p.FunctionPrototypes)*pointer
	n += max(32, len(p.Constants)) * text // the list of the strings among them, which the compiler makes and trim cannot reach
	for _, c := range p.Constants {
		switch s := c.(type) {
		case lua.LString:
			n += text + len(s)
		case lua.LNumber:
			n += pointer
		}
	}
	for _, f := range p.FunctionPrototypes {
		n += codeBytes(f)
	}
	return n
}
