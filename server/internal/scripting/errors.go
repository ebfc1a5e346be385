package scripting

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// An error of a script is a table, as in Redis 7.0: err is "CODE text", source and line say where it was raised, and
// ignore_error_stats_update is set when the command that failed was counted already.

const (
	errKilled      = "Script killed by user with SCRIPT KILL..."
	errLoadTimeout = "FUNCTION LOAD timeout"
)

const ignoreStats = "ignore_error_stats_update"

// errorTable makes the table of an error text as a command gives it: "-CODE text", or a text without code.
func errorTable(L *lua.LState, text string) *lua.LTable {
	t := L.CreateTable(0, 4)
	t.RawSetString("err", lua.LString(withCode(text)))
	return t
}

// withCode turns "-CODE text" into "CODE text", and any other text into one with the code ERR.
func withCode(text string) string {
	rest, coded := strings.CutPrefix(text, "-")
	if coded && strings.Contains(rest, " ") {
		code, msg, _ := strings.Cut(rest, " ")
		return code + " " + strings.Trim(msg, "\r\n")
	}
	return "ERR " + strings.Trim(rest, "\r\n")
}

// errorTable is errorTable for an error of our own functions, which a debugging session shows.
func (m *machine) errorTable(L *lua.LState, text string) *lua.LTable {
	if m.debug.stepping() {
		m.debug.log("<error> " + text)
	}
	return errorTable(L, text)
}

// raise raises an error table.
func (m *machine) raise(L *lua.LState, text string) int {
	L.Error(m.errorTable(L, text), 0)
	return 0
}

// handleError is the handler of a script's outermost call: it makes a table of whatever was raised and adds the place. It runs
// before the stack unwinds: level 0 is itself, level 1 who raised, or above it if that is one of our own functions.
func (m *machine) handleError(L *lua.LState) int {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		text, _ := textOf(L.ToStringMeta(L.Get(1)))
		text = explain(L, text)
		if w := m.watch.err; w == errKilled || w == errLoadTimeout {
			text = w
		}
		t = errorTable(L, text)
	}
	m.locate(L, t)
	L.Push(t)
	return 1
}

func (m *machine) locate(L *lua.LState, t *lua.LTable) {
	if m.fronts.open(t) != t {
		return
	}
	source, line := place(L, 1)
	if line < 0 {
		if s, l := place(L, 2); s != "" {
			source, line = s, l
		}
	}
	if source != "" {
		t.RawSetString("source", lua.LString(source))
		t.RawSetString("line", lua.LNumber(line))
	}
}

// place tells where the function at a level of the stack stands.
func place(L *lua.LState, level int) (source string, line int) {
	dbg, ok := L.GetStack(level)
	if !ok {
		return "", -1
	}
	if _, err := L.GetInfo("Sl", dbg, lua.LNil); err != nil || dbg.CurrentLine < 0 || dbg.Source == "" {
		return "=[C]", -1
	}
	if text, ok := strings.CutPrefix(dbg.Source, `[string "`); ok { // see chunkName
		return strings.TrimSuffix(text, `"]`), dbg.CurrentLine
	}
	return "@" + dbg.Source, dbg.CurrentLine
}

// failure is what is left of an error table for the reply.
type failure struct {
	text    string
	counted bool
}

// describe reads an error table; the place is added when where is set.
func describe(t *lua.LTable, where string) failure {
	text, ok := textOf(t.RawGetString("err"))
	if !ok {
		text = "(null)"
	}
	f := failure{text: text, counted: t.RawGetString(ignoreStats) == lua.LTrue}
	source, ok1 := textOf(t.RawGetString("source"))
	line, ok2 := textOf(t.RawGetString("line"))
	if where != "" && ok1 && ok2 {
		f.text += " script: " + where + ", on " + source + ":" + line + "."
	}
	return f
}

// translate puts a message of the virtual machine into Lua's words. position is kept in front of it.
func translate(text string) string {
	at, msg := splitPosition(text)
	for _, rule := range translations() {
		if strings.HasPrefix(msg, rule.from) {
			return at + rule.to(msg[len(rule.from):])
		}
	}
	return text
}

type translation struct {
	from string
	to   func(rest string) string
}

func translations() []translation {
	constant := func(s string) func(string) string { return func(string) string { return s } }
	return []translation{
		{"attempt to compare ", func(rest string) string {
			if a, b, _ := strings.Cut(rest, " with "); a == b {
				return "attempt to compare two " + a + " values"
			}
			return "attempt to compare " + rest
		}},
		{"for statement init must be a number", constant("'for' initial value must be a number")},
		{"for statement limit must be a number", constant("'for' limit must be a number")},
		{"for statement step must be a number", constant("'for' step must be a number")},
		{"too many recursions in gettable", constant("loop in gettable")},
		{"too many recursions in settable", constant("loop in settable")},
		{"can not resume a dead thread", constant("cannot resume dead coroutine")},
		{"can not resume a running thread", constant("cannot resume running coroutine")},
		{"registry overflow", constant("stack overflow")},
		{"lua callstack overflow", constant("stack overflow")},
	}
}

// splitPosition cuts "user_script:12: " off a message.
func splitPosition(text string) (at, msg string) {
	_, rest, ok := strings.Cut(text, ":")
	if !ok {
		return "", text
	}
	line, msg, ok := strings.Cut(rest, ": ")
	if !ok {
		line, msg, ok = strings.Cut(rest, ":")
		msg = strings.TrimPrefix(msg, " ")
	}
	if _, err := strconv.Atoi(line); err != nil || !ok {
		return "", text
	}
	return text[:len(text)-len(msg)], msg
}
