package scripting

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Arguments of library functions, checked as Lua's auxiliary library does and with its messages.

// fail raises an error with the place of the caller, if that is a Lua function.
func fail(L *lua.LState, format string, args ...any) {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	L.Error(lua.LString(position(L, 1)+msg), 0)
}

// argError says that argument n is wrong. Of a call with a colon the first argument is not counted.
func argError(L *lua.LState, n int, msg string) {
	name := "?"
	if dbg, ok := L.GetStack(0); ok {
		if _, err := L.GetInfo("n", dbg, lua.LNil); err == nil && dbg.Name != "" && dbg.Name[0] != '(' && dbg.Name[0] != '<' {
			name = dbg.Name
		}
	}
	if f, ok := frameAt(L, 1); ok && calls(f.code[f.pc]) && strings.HasPrefix(f.name(operandA(f.code[f.pc]), f.pc), "method") {
		if n--; n == 0 {
			fail(L, "calling '%s' on bad self (%s)", name, msg)
		}
	}
	fail(L, "bad argument #%d to '%s' (%s)", n, name, msg)
}

func typeError(L *lua.LState, n int, want string) {
	got := "no value"
	if n <= L.GetTop() {
		got = L.Get(n).Type().String()
	}
	argError(L, n, want+" expected, got "+got)
}

func checkAny(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		argError(L, n, "value expected")
	}
	return L.Get(n)
}

func checkTable(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		typeError(L, n, "table")
	}
	return t
}

func checkFunction(L *lua.LState, n int) *lua.LFunction {
	f, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		typeError(L, n, "function")
	}
	return f
}

func checkNumber(L *lua.LState, n int) float64 {
	f, ok := numberOf(L.Get(n))
	if !ok {
		typeError(L, n, "number")
	}
	return f
}

func checkInt(L *lua.LState, n int) int { return int(truncate(checkNumber(L, n))) }

func optInt(L *lua.LState, n, absent int) int {
	if L.Get(n) == lua.LNil {
		return absent
	}
	return checkInt(L, n)
}

func checkString(L *lua.LState, n int) string {
	s, ok := textOf(L.Get(n))
	if !ok {
		typeError(L, n, "string")
	}
	return s
}

func optString(L *lua.LState, n int, absent string) string {
	if L.Get(n) == lua.LNil {
		return absent
	}
	return checkString(L, n)
}

// position is "chunk:line: " of the function at a level of the stack, level 1 being who called the running function.
func position(L *lua.LState, level int) string {
	dbg, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", dbg, lua.LNil); err != nil || dbg.CurrentLine <= 0 || dbg.Source == "" {
		return ""
	}
	return dbg.Source + ":" + strconv.Itoa(dbg.CurrentLine) + ": "
}
