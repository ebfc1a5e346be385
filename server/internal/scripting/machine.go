package scripting

import (
	"context"
	"maps"
	"slices"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// machine is one Lua state with everything that a script can reach.
type machine struct {
	L      *lua.LState
	host   Host
	fronts *fronts

	globals   *lua.LTable // the real ones
	env       *lua.LTable // the front that functions have as their environment
	missing   *lua.LFunction
	concat    *lua.LFunction
	handler   *lua.LFunction // of errors, see errors.go
	explainer *lua.LFunction
	watch     *watch
	debug     *debugger // of a debugging session, else nil
	random    *random
	json      jsonOptions

	stringMeta           *lua.LTable // what getmetatable shows of a string
	ipairsStep, nextStep *lua.LFunction

	run     *Run     // nil between calls
	loading *Library // in FUNCTION LOAD, else nil
	resumed int      // depth of coroutines

	args  [][]byte // of redis.call, reused
	bytes []byte
}

// newMachine makes a state. deprecated offers setfenv, getfenv and newproxy.
func newMachine(h Host, deprecated bool, rnd *random) *machine {
	boundArrays()
	L := lua.NewState(lua.Options{CallStackSize: maxCalls, RegistrySize: registrySize, RegistryMaxSize: registryMax, RegistryGrowStep: registryStep,
		SkipOpenLibs: true})
	m := &machine{L: L, host: h, fronts: newFronts(L), globals: L.CreateTable(0, 64), random: rnd, json: defaultJSON()}
	m.watch = newWatch(m)
	L.SetContext(m.watch)
	m.missing = L.NewFunction(missingGlobal)
	m.concat = L.NewFunction(m.concatenate)
	m.handler = L.NewFunction(m.handleError)
	m.explainer = L.NewFunction(explainError)
	m.ipairsStep, m.nextStep = L.NewFunction(m.ipairsNext), L.NewFunction(m.next)
	m.globals.Metatable = m.missingMeta()
	m.env = m.fronts.protect(L, m.globals)
	m.fronts.visible[m.env] = m.fronts.protect(L, m.missingMeta())
	L.Env = m.env
	L.G.Global = m.env
	m.openBase(deprecated)
	m.open("table", m.tableFunctions())
	m.openString()
	m.openMath()
	m.open("coroutine", m.coroutineFunctions())
	m.open("bit", bitFunctions())
	m.open("struct", m.structFunctions())
	m.openJSON()
	m.openPack()
	return m
}

// boundArrays lowers the index up to which the library keeps a table as an array: t[n] = 1 allocates n slots.
var boundArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = maxArray })

// missingMeta is the metatable that makes the lookup of a name that is not there an error.
func (m *machine) missingMeta() *lua.LTable {
	t := m.L.CreateTable(0, 1)
	t.RawSetString("__index", m.missing)
	return t
}

func missingGlobal(L *lua.LState) int {
	name, ok := textOf(L.Get(2))
	if !ok {
		fail(L, "Second argument to luaProtectedTableError must be a string or number")
	}
	fail(L, "Script attempted to access nonexistent global variable '%s'", name)
	return 0
}

// functions are the members of a library by name.
type functions map[string]lua.LGFunction

// into adds them to a table, in the order of their names: that is the order of pairs.
func (fns functions) into(L *lua.LState, t *lua.LTable) {
	for _, n := range slices.Sorted(maps.Keys(fns)) {
		t.RawSetString(n, L.NewFunction(fns[n]))
	}
}

// numbers are constants by name.
type numbers map[string]int

func (ns numbers) into(t *lua.LTable) {
	for _, n := range slices.Sorted(maps.Keys(ns)) {
		t.RawSetString(n, lua.LNumber(ns[n]))
	}
}

// open makes a library a protected global and returns the table behind it.
func (m *machine) open(name string, fns functions) *lua.LTable {
	t := m.L.CreateTable(0, len(fns))
	fns.into(m.L, t)
	m.globals.RawSetString(name, m.fronts.protect(m.L, t))
	return t
}

// load compiles source, see compile.
func (m *machine) load(source, name string) (*lua.LFunction, error) {
	return compile(m.L, source, name, m.concat)
}

// contextOf is the context of a state of the machine: of its first one, or of a coroutine.
func (m *machine) contextOf(L *lua.LState) context.Context {
	if m.debug != nil {
		return m.debug.hook(L)
	}
	return m.watch
}

// list makes a table of strings.
func (m *machine) list(args [][]byte) *lua.LTable {
	t := m.L.CreateTable(len(args), 0)
	for i, a := range args {
		t.RawSetInt(i+1, lua.LString(a))
	}
	return t
}

// call runs a function under the error handler and leaves its one result on the stack.
func (m *machine) call(fn *lua.LFunction, args ...lua.LValue) error {
	m.L.SetTop(0)
	m.L.Push(fn)
	for _, a := range args {
		m.L.Push(a)
	}
	m.resumed = 0
	return m.L.PCall(len(args), 1, m.handler)
}
