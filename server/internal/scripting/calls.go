package scripting

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Functions that call functions: pcall, load, coroutines; and the joining of strings, which may call metamethods.

// pcall returns the text of an error that redis.call raised, and not its table, as before Redis 7.
func (m *machine) pcall(L *lua.LState) int {
	if kind, ok := callable(L); !ok {
		L.Push(lua.LFalse)
		L.Push(lua.LString("attempt to call a " + kind + " value"))
		return 2
	}
	if err := L.PCall(L.GetTop()-1, lua.MultRet, m.explainer); err != nil {
		L.SetTop(0)
		v := raised(err)
		if t, ok := v.(*lua.LTable); ok {
			if s, ok := textOf(m.fronts.open(t).RawGetString("err")); ok {
				v = lua.LString(s)
			}
		}
		L.Push(lua.LFalse)
		L.Push(v)
		return 2
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

// callable reports whether the first argument can be called; kind is its type, or what Redis takes it for when there is none.
func callable(L *lua.LState) (kind string, ok bool) {
	if L.GetTop() == 0 {
		return "boolean", false
	}
	v := L.Get(1)
	_, isFunction := v.(*lua.LFunction)
	return v.Type().String(), isFunction || L.GetMetaField(v, "__call") != lua.LNil
}

// raised is the value of an error, in Lua's words.
func raised(err error) lua.LValue {
	var e *lua.ApiError
	if !errors.As(err, &e) {
		return lua.LString(err.Error())
	}
	if s, ok := e.Object.(lua.LString); ok {
		return lua.LString(translate(string(s)))
	}
	return e.Object
}

func (m *machine) xpcall(L *lua.LState) int {
	handler := L.Get(2)
	fn := checkAny(L, 1)
	wrapped := L.NewFunction(func(L *lua.LState) int {
		v := L.Get(1)
		if s, ok := v.(lua.LString); ok {
			v = lua.LString(explain(L, string(s)))
		}
		L.SetTop(0)
		L.Push(handler)
		L.Push(v)
		L.Call(1, 1)
		return 1
	})
	L.SetTop(0)
	L.Push(fn)
	if err := L.PCall(0, lua.MultRet, wrapped); err != nil {
		L.SetTop(0)
		L.Push(lua.LFalse)
		L.Push(raised(err))
		return 2
	}
	L.Insert(lua.LTrue, 1)
	return L.GetTop()
}

func (m *machine) loadString(L *lua.LState) int {
	s := checkString(L, 1)
	return m.pushChunk(L, s, optString(L, 2, s))
}

func (m *machine) baseLoad(L *lua.LState) int {
	fn, name := checkFunction(L, 1), optString(L, 2, "=(load)")
	var b strings.Builder
	for {
		L.Push(fn)
		L.Call(0, 1)
		v := L.Get(-1)
		L.Pop(1)
		if v == lua.LNil {
			break
		}
		s, ok := textOf(v)
		if !ok {
			L.Push(lua.LNil)
			L.Push(lua.LString("reader function must return a string"))
			return 2
		}
		if s == "" {
			break
		}
		checkLength(L, b.Len()+len(s))
		b.WriteString(s)
	}
	return m.pushChunk(L, b.String(), name)
}

func (m *machine) pushChunk(L *lua.LState, source, name string) int {
	fn, err := compile(L, source, chunkName(name), m.concat)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(fn)
	return 1
}

// maxChunkName is the length of a chunk's name in messages.
const maxChunkName = 60

// chunkName is how messages name a chunk: without the mark of a file, or the beginning of its source.
func chunkName(name string) string {
	if name != "" && (name[0] == '=' || name[0] == '@') {
		return name[1:]
	}
	line, _, more := strings.Cut(name, "\n")
	if most := maxChunkName - len(`[string "..."]`) - 1; len(line) > most {
		line, more = line[:most], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}

func (m *machine) coroutineFunctions() functions {
	lib := m.borrow(lua.OpenCoroutine)
	of := func(name string) lua.LGFunction { return lib(name).(*lua.LFunction).GFunction }
	create, resume := of("create"), of("resume")
	start := func(L *lua.LState) int {
		checkFunction(L, 1)
		small := L.Options.MinimizeStackMemory // there may be many of them
		L.Options.MinimizeStackMemory = true
		create(L)
		L.Options.MinimizeStackMemory = small
		thread := L.Get(-1).(*lua.LState)
		thread.SetContext(m.contextOf(thread))
		return 1
	}
	goOn := func(L *lua.LState) int {
		if m.resumed++; m.resumed > maxResumed {
			m.resumed--
			fail(L, "C stack overflow")
		}
		defer func() { m.resumed-- }()
		n := resume(L)
		if s, ok := L.Get(-1).(lua.LString); ok && n == 2 && L.Get(-2) == lua.LFalse {
			L.Replace(-1, lua.LString(translate(string(s))))
		}
		return n
	}
	yield := func(L *lua.LState) int {
		if L.Parent == nil {
			L.Error(lua.LString("attempt to yield across metamethod/C-call boundary"), 0)
		}
		return -1
	}
	return functions{"create": start, "resume": goOn, "yield": yield, "status": of("status"), "running": of("running"),
		"wrap": func(L *lua.LState) int {
			start(L)
			thread := L.Get(-1)
			L.Push(L.NewFunction(func(L *lua.LState) int {
				L.Insert(thread, 1)
				n := goOn(L)
				first := L.GetTop() - n + 1
				if L.Get(first) == lua.LTrue {
					return n - 1
				}
				v := L.Get(first + 1)
				if s, ok := textOf(v); ok {
					v = lua.LString(position(L, 1) + translate(s))
				}
				L.Error(v, 0)
				return 0
			}))
			return 1
		}}
}

// concatenate is a .. b .. c: from the right, strings and numbers are joined, of anything else the metamethod is called.
func (m *machine) concatenate(L *lua.LState) int {
	n := L.GetTop()
	if n == 2 {
		if a, ok := L.Get(1).(lua.LString); ok {
			if b, ok := L.Get(2).(lua.LString); ok {
				checkLength(L, len(a)+len(b))
				L.Push(a + b)
				return 1
			}
		}
	}
	right := L.Get(n)
	for i := n - 1; i >= 1; {
		from := i
		total := m.textLength(right)
		for ; from >= 1 && total >= 0; from-- {
			l := m.textLength(L.Get(from))
			if l < 0 {
				break
			}
			total += l
			checkLength(L, total)
		}
		if from < i && total >= 0 {
			right = m.join(L, from+1, i, right)
			i = from
			continue
		}
		right = concatOther(L, i, right)
		i--
	}
	L.Push(right)
	return 1
}

// textLength is an upper bound of the length of a string or number, -1 for anything else.
func (m *machine) textLength(v lua.LValue) int {
	switch v := v.(type) {
	case lua.LString:
		return len(v)
	case lua.LNumber:
		return 24
	}
	return -1
}

func (m *machine) join(L *lua.LState, from, to int, right lua.LValue) lua.LString {
	b := m.bytes[:0]
	for i := from; i <= to; i++ {
		b = appendText(b, L.Get(i))
	}
	b = appendText(b, right)
	if cap(b) < 1<<16 {
		m.bytes = b
	}
	return lua.LString(b)
}

func appendText(b []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return append(b, v...)
	case lua.LNumber:
		return appendNumber(b, float64(v))
	}
	return b
}

// concatOther joins argument n and what is right of it, of which at least one is no text.
func concatOther(L *lua.LState, n int, b lua.LValue) lua.LValue {
	a := L.Get(n)
	op := L.GetMetaField(a, "__concat")
	if op == lua.LNil {
		op = L.GetMetaField(b, "__concat")
	}
	if op == lua.LNil {
		if _, ok := textOf(a); ok {
			a = b
		}
		which := n
		if L.Get(n) != a {
			which = n + 1
		}
		fail(L, "attempt to concatenate %s", describeOperand(L, which, a))
	}
	L.Push(op)
	L.Push(a)
	L.Push(b)
	L.Call(2, 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}
