package scripting

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// functionsState is the part of Lua that belongs to functions. They run in one machine, whose globals are other ones while a library
// is loaded: it may register functions then, and nothing else.
type functionsState struct {
	machine   *machine
	loadTable *lua.LTable
	libraries *Libraries
}

// Libraries is the set that FCALL uses.
func (l *Lua) Libraries() *Libraries { return l.libraries }

// SetLibraries replaces it: after FUNCTION RESTORE FLUSH, and when a data set was loaded.
func (l *Lua) SetLibraries(s *Libraries) { l.libraries = s }

// FlushFunctions forgets all libraries.
func (l *Lua) FlushFunctions() { l.libraries = NewLibraries() }

// machineOfFunctions makes the machine on first use.
func (l *Lua) machineOfFunctions() *machine {
	if l.machine == nil {
		m := newMachine(l.host, l.deprecated, l.random)
		m.openRedis(nil)
		api := m.L.CreateTable(0, 8)
		functions{"register_function": m.registerFunction, "log": m.redisLog}.into(m.L, api)
		setLogLevels(api)
		api.Metatable = m.missingMeta()
		l.loadTable = m.L.CreateTable(0, 1)
		l.loadTable.RawSetString("redis", m.fronts.protect(m.L, api))
		l.loadTable.Metatable = m.missingMeta()
		l.machine = m
	}
	return l.machine
}

func (l *Lua) functionRun() *Run {
	if l.machine == nil {
		return nil
	}
	return l.machine.run
}

// CallFlags are the flags of a call of FCALL.
func (l *Lua) CallFlags(args [][]byte, of command.Flags) command.Flags {
	if len(args) > 1 {
		if f := l.libraries.find(args[1]); f != nil {
			return f.Flags.CommandFlags(of)
		}
	}
	return of
}

// Call runs FCALL and FCALL_RO.
func (l *Lua) Call(c *command.Ctx, readOnly bool) {
	f := l.libraries.find(c.Args[1])
	if f == nil {
		c.Fail("ERR Function not found")
		return
	}
	n, errText := keyCount(c.Args, "ERR Bad number of keys provided")
	if errText != "" {
		c.Fail(errText)
		return
	}
	m := l.machineOfFunctions()
	m.execute(c, &Run{Name: f.Name, Flags: f.Flags, ReadOnly: readOnly}, f.fn, m.list(c.Args[3:3+n]), m.list(c.Args[3+n:]))
}

// Running describes the script under way for FUNCTION STATS; name is empty if there is none.
func (l *Lua) Running() (name string, eval bool) {
	if r := l.running(); r != nil {
		return r.Name, r.Eval
	}
	return "", false
}
