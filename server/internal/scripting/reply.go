package scripting

import (
	"bytes"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// replyReader turns a reply of the server, in RESP2 or RESP3, into Lua's values. The reply is our own: it is well-formed.
//
//	:1   number          $  string       +  {ok=text}     -  {err=text}    *  array        $-1 *-1  false
//	,1   {double=n}      %  {map={}}     ~  {set={}}      #  boolean       (  {big_number=text}   _  nil
//	=    {verbatim_string={format=, string=}}             |  left out
type replyReader struct {
	m *machine
	L *lua.LState
	b []byte
}

func (m *machine) readReply(L *lua.LState, b []byte) lua.LValue {
	r := replyReader{m, L, b}
	return r.value()
}

func (r *replyReader) line() []byte {
	i := bytes.IndexByte(r.b, '\r')
	line := r.b[:i]
	r.b = r.b[i+2:]
	return line
}

func (r *replyReader) text(n int) lua.LString {
	s := lua.LString(r.b[:n])
	r.b = r.b[n+2:]
	return s
}

func (r *replyReader) value() lua.LValue {
	line := r.line()
	kind, rest := line[0], line[1:]
	switch kind {
	case '+':
		return r.field("ok", lua.LString(rest))
	case '-':
		t := r.m.errorTable(r.L, string(line))
		t.RawSetString(ignoreStats, lua.LTrue)
		return t
	case '(':
		return r.field("big_number", lua.LString(rest))
	case ',':
		n, _ := parseNumber(string(rest))
		return r.field("double", lua.LNumber(n))
	case '#':
		return lua.LBool(rest[0] == 't')
	case '_':
		return lua.LNil
	}
	n := length(rest)
	if kind == ':' {
		return lua.LNumber(n)
	}
	if n < 0 {
		return lua.LFalse
	}
	return r.sized(kind, int(n))
}

// length reads a decimal that the server wrote.
func length(b []byte) int64 {
	if len(b) < 19 && b[0] != '-' {
		var n int64
		for _, c := range b {
			n = n*10 + int64(c-'0')
		}
		return n
	}
	n, _ := strconv.ParseInt(string(b), 10, 64)
	return n
}

// sized reads what follows a header with a count.
func (r *replyReader) sized(kind byte, n int) lua.LValue {
	switch kind {
	case '$':
		return r.text(n)
	case '=':
		s := string(r.text(n))
		v := r.L.CreateTable(0, 2)
		v.RawSetString("string", lua.LString(s[4:]))
		v.RawSetString("format", lua.LString(s[:3]))
		return r.field("verbatim_string", v)
	case '%':
		t := r.L.CreateTable(0, 0)
		for range n {
			k := r.value()
			setKey(t, k, r.value())
		}
		return r.field("map", t)
	case '~':
		t := r.L.CreateTable(0, 0)
		for range n {
			setKey(t, r.value(), lua.LTrue)
		}
		return r.field("set", t)
	case '|':
		for range 2 * n {
			r.value()
		}
		return r.value()
	}
	t := r.L.CreateTable(n, 0)
	for i := range n {
		t.RawSetInt(i+1, r.value())
	}
	return t
}

// setKey leaves out what cannot be a key.
func setKey(t *lua.LTable, k, v lua.LValue) {
	if k != lua.LNil {
		t.RawSet(k, v)
	}
}

func (r *replyReader) field(name string, v lua.LValue) *lua.LTable {
	t := r.L.CreateTable(0, 1)
	t.RawSetString(name, v)
	return t
}
