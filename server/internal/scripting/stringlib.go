package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (m *machine) openString() {
	t := m.open("string", functions{"byte": stringByte, "char": stringChar, "dump": stringDump, "find": patternFunction(func(L *lua.LState) int { return m.find(L, true) }),
		"format": stringFormat, "gmatch": patternFunction(m.stringGMatch), "gsub": patternFunction(m.stringGSub), "len": stringLen, "lower": stringMap(asciiLower),
		"match": patternFunction(func(L *lua.LState) int { return m.find(L, false) }), "rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringMap(asciiUpper)})
	t.RawSetString("gfind", t.RawGetString("gmatch"))
	meta := m.L.CreateTable(0, 1)
	meta.RawSetString("__index", t)
	m.L.SetMetatable(lua.LString(""), meta)
	shown := m.L.CreateTable(0, 1)
	shown.RawSetString("__index", m.globals.RawGetString("string"))
	m.stringMeta = m.fronts.protect(m.L, shown)
}

// patternFunction turns faults of a pattern into errors of the script.
func patternFunction(f lua.LGFunction) lua.LGFunction {
	return func(L *lua.LState) (n int) {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case patternError:
				fail(L, "%s", string(r))
			default:
				panic(r)
			}
		}()
		return f(L)
	}
}

// relative turns a position that may count from the end into one from the start.
func relative(pos, length int) int {
	if pos < 0 {
		pos += length + 1
	}
	return max(pos, 0)
}

func stringByte(L *lua.LState) int {
	s := checkString(L, 1)
	i := relative(optInt(L, 2, 1), len(s))
	j := relative(optInt(L, 3, i), len(s))
	i, j = max(i, 1), min(j, len(s))
	if i > j {
		return 0
	}
	if j-i+1 > maxResults {
		fail(L, "stack overflow (string slice too long)")
	}
	for k := i; k <= j; k++ {
		L.Push(lua.LNumber(s[k-1]))
	}
	return j - i + 1
}

func stringChar(L *lua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := int32(checkInt(L, i+1))
		if b[i] = byte(c); int32(b[i]) != c {
			argError(L, i+1, "invalid value")
		}
	}
	L.Push(lua.LString(b))
	return 1
}

// stringDump gives what load refuses: bytecode never runs here.
func stringDump(L *lua.LState) int {
	if checkFunction(L, 1).IsG {
		fail(L, "unable to dump given function")
	}
	L.Push(lua.LString("\x1bLua"))
	return 1
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(checkString(L, 1))))
	return 1
}

func asciiLower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func asciiUpper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

func stringMap(f func(byte) byte) lua.LGFunction {
	return func(L *lua.LState) int {
		b := []byte(checkString(L, 1))
		for i := range b {
			b[i] = f(b[i])
		}
		L.Push(lua.LString(b))
		return 1
	}
}

func stringRep(L *lua.LState) int {
	s, n := checkString(L, 1), int(int32(checkInt(L, 2)))
	if n <= 0 || s == "" {
		L.Push(lua.LString(""))
		return 1
	}
	if n > maxString/len(s) {
		fail(L, errMemory)
	}
	L.Push(lua.LString(strings.Repeat(s, n)))
	return 1
}

func stringReverse(L *lua.LState) int {
	s := checkString(L, 1)
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	L.Push(lua.LString(b))
	return 1
}

func stringSub(L *lua.LState) int {
	s := checkString(L, 1)
	i, j := max(relative(checkInt(L, 2), len(s)), 1), min(relative(optInt(L, 3, -1), len(s)), len(s))
	if i > j {
		L.Push(lua.LString(""))
		return 1
	}
	L.Push(lua.LString(s[i-1 : j]))
	return 1
}

// find is string.find, or string.match.
func (m *machine) find(L *lua.LState, places bool) int {
	s, p := checkString(L, 1), checkString(L, 2)
	at := max(relative(optInt(L, 3, 1), len(s))-1, 0)
	if at > len(s) {
		at = len(s)
	}
	if places && (lua.LVAsBool(L.Get(4)) || !strings.ContainsAny(p, "^$*+?.([%-")) {
		i := strings.Index(s[at:], p)
		if i < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(at + i + 1))
		L.Push(lua.LNumber(at + i + len(p)))
		return 2
	}
	mt := m.newMatcher(L, s, p)
	anchor := 0
	if strings.HasPrefix(mt.pat, "^") {
		anchor = 1
	}
	for ; at <= len(s); at++ {
		if end := mt.at(at, anchor); end >= 0 {
			if !places {
				return mt.push(L, at, end, true)
			}
			L.Push(lua.LNumber(at + 1))
			L.Push(lua.LNumber(end))
			return 2 + mt.push(L, at, end, false)
		}
		if anchor == 1 {
			break
		}
	}
	L.Push(lua.LNil)
	return 1
}

// push pushes the captures; whole: the whole match, if there are none.
func (m *matcher) push(L *lua.LState, start, end int, whole bool) int {
	if len(m.captures) == 0 && whole {
		L.Push(lua.LString(m.src[start:end]))
		return 1
	}
	for i := range m.captures {
		L.Push(m.capture(i))
	}
	return len(m.captures)
}

func (m *matcher) capture(i int) lua.LValue {
	c := m.captures[i]
	switch c.length {
	case placeOnly:
		return lua.LNumber(c.start + 1)
	case openCapture:
		panic(patternError("unfinished capture"))
	}
	return lua.LString(m.src[c.start : c.start+c.length])
}

func (m *machine) stringGMatch(L *lua.LState) int {
	s, p := checkString(L, 1), checkString(L, 2)
	at := 0
	L.Push(L.NewFunction(patternFunction(func(L *lua.LState) int {
		mt := m.newMatcher(L, s, p)
		for ; at <= len(s); at++ {
			end := mt.at(at, 0)
			if end < 0 {
				continue
			}
			start := at
			if at = end; end == start {
				at++
			}
			return mt.push(L, start, end, true)
		}
		L.Push(lua.LNil)
		return 1
	})))
	return 1
}

func (m *machine) stringGSub(L *lua.LState) int {
	s, p := checkString(L, 1), checkString(L, 2)
	repl := L.Get(3)
	switch repl.(type) {
	case lua.LString, lua.LNumber, *lua.LTable, *lua.LFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	most := optInt(L, 4, len(s)+1)
	mt, anchor := m.newMatcher(L, s, p), 0
	if strings.HasPrefix(mt.pat, "^") {
		anchor = 1
	}
	var b []byte
	at, n := 0, 0
	for n < most {
		end := mt.at(at, anchor)
		if end >= 0 {
			n++
			b = m.appendReplacement(L, b, mt, at, end, repl)
			checkLength(L, len(b))
		}
		if end > at {
			at = end
		} else if at < len(s) {
			b = append(b, s[at])
			at++
		} else {
			at++
			break
		}
		if anchor == 1 {
			break
		}
	}
	if at <= len(s) {
		b = append(b, s[at:]...)
	}
	L.Push(lua.LString(b))
	L.Push(lua.LNumber(n))
	return 2
}

// appendReplacement appends what stands for a match; a function or table that has nothing for it leaves the match as it is.
func (m *machine) appendReplacement(L *lua.LState, b []byte, mt *matcher, start, end int, repl lua.LValue) []byte {
	var v lua.LValue
	switch r := repl.(type) {
	case *lua.LFunction:
		L.Push(r)
		n := mt.push(L, start, end, true)
		saved := append([]capture(nil), mt.captures...)
		L.Call(n, 1)
		mt.captures = append(mt.captures[:0], saved...)
		v = L.Get(-1)
		L.Pop(1)
	case *lua.LTable:
		v = L.GetTable(r, mt.first(start, end))
	default:
		text, _ := textOf(r)
		return appendTemplate(b, mt, start, end, text)
	}
	if !lua.LVAsBool(v) {
		return append(b, mt.src[start:end]...)
	}
	text, ok := textOf(v)
	if !ok {
		fail(L, "invalid replacement value (a %s)", v.Type().String())
	}
	return append(b, text...)
}

// first is the first capture, or the whole match.
func (m *matcher) first(start, end int) lua.LValue {
	if len(m.captures) == 0 {
		return lua.LString(m.src[start:end])
	}
	return m.capture(0)
}

// appendTemplate appends a replacement string, in which %1 to %9 are captures and %0 the match.
func appendTemplate(b []byte, m *matcher, start, end int, text string) []byte {
	for i := 0; i < len(text); i++ {
		checkLength(m.L, len(b))
		m.watch.step(m.L)
		c := text[i]
		if c != '%' {
			b = append(b, c)
			continue
		}
		if i++; i >= len(text) {
			return append(b, 0)
		}
		switch c = text[i]; {
		case !isDigit(c):
			b = append(b, c)
		case c == '0':
			b = append(b, m.src[start:end]...)
		case c == '1':
			b = appendText(b, m.first(start, end))
		default:
			if int(c-'1') >= len(m.captures) {
				panic(patternError("invalid capture index"))
			}
			b = appendText(b, m.capture(int(c-'1')))
		}
	}
	return b
}
