package scripting

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// How a debugging session shows values, replies and the stack.

// maxShownDepth is how deep tables are shown; a table may be part of itself.
const maxShownDepth = 10

// appendValue shows a value. It stops when there is more than will be sent.
func (d *debugger) appendValue(b []byte, v lua.LValue) []byte {
	most := d.most
	if most == 0 {
		most = maxShown
	}
	return d.appendNested(b, v, 0, len(b)+most)
}

func (d *debugger) appendNested(b []byte, v lua.LValue, depth, most int) []byte {
	if depth == maxShownDepth {
		return append(b, "<max recursion level reached! Nested table?>"...)
	}
	if len(b) > most {
		return b
	}
	switch v := v.(type) {
	case lua.LString:
		return appendRepr(b, string(v))
	case lua.LNumber:
		return appendG(b, float64(v), 6, 1e6)
	case lua.LBool, *lua.LNilType:
		return append(b, v.String()...)
	case *lua.LTable:
		return d.appendTable(b, v, depth+1, most)
	default:
		return fmt.Appendf(b, "\"%s@%p\"", v.Type(), v)
	}
}

// appendTable shows an array without its indexes, any other table with its keys.
func (d *debugger) appendTable(b []byte, t *lua.LTable, depth, most int) []byte {
	isArray, n := true, 0
	d.m.each(t, func(k, _ lua.LValue) {
		n++
		isArray = isArray && k == lua.LNumber(n)
	})
	b = append(b, '{')
	first := true
	d.m.each(t, func(k, v lua.LValue) {
		if len(b) > most {
			return
		}
		if !first {
			b = append(b, "; "...)
		}
		if first = false; !isArray {
			b = append(d.appendNested(append(b, '['), k, depth, most), "]="...)
		}
		b = d.appendNested(b, v, depth, most)
	})
	return append(b, '}')
}

// appendRepr quotes a text as Redis shows it.
func appendRepr(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '"':
			b = append(b, '\\', c)
		case c >= ' ' && c < 0x7f:
			b = append(b, c)
		default:
			if at := strings.IndexByte("\n\r\t\a\b", c); at >= 0 {
				b = append(b, '\\', "nrtab"[at])
			} else {
				b = fmt.Appendf(b, "\\x%02x", c)
			}
		}
	}
	return append(b, '"')
}

// appendReply shows a reply of the server, which is well-formed.
func appendReply(b, reply []byte) []byte {
	b, _ = appendOneReply(b, reply)
	return b
}

func appendOneReply(b, reply []byte) (out, rest []byte) {
	line, rest, _ := bytes.Cut(reply, []byte("\r\n"))
	kind, text := line[0], line[1:]
	list := func(open, end string, pairs bool) ([]byte, []byte) {
		b = append(b, open...)
		for i := range length(text) {
			if i > 0 {
				b = append(b, ',')
			}
			b, rest = appendOneReply(b, rest)
			if pairs {
				b = append(b, " => "...)
				b, rest = appendOneReply(b, rest)
			}
		}
		return append(b, end...), rest
	}
	switch kind {
	case '+', '-':
		return appendRepr(b, string(line)), rest
	case ':':
		return append(b, text...), rest
	case '_':
		return append(b, "(null)"...), rest
	case '#':
		if text[0] == 't' {
			return append(b, "#true"...), rest
		}
		return append(b, "#false"...), rest
	case ',':
		return append(append(b, "(double) "...), text...), rest
	case '(':
		return append(append(b, "(big number) "...), text...), rest
	case '%':
		return list("{", "}", true)
	case '~':
		return list("~(", ")", false)
	}
	n := length(text)
	switch {
	case n < 0:
		return append(b, "NULL"...), rest
	case kind == '*':
		return list("[", "]", false)
	case kind == '=':
		return appendRepr(append(b, "(verbatim) "...), string(rest[4:n])), rest[n+2:]
	}
	return appendRepr(b, string(rest[:n])), rest[n+2:]
}

// stackFrame is a function that is under way.
type stackFrame struct {
	frame
	lua  bool // of the script, or of code that it has loaded
	tail bool // it was called in the place of its caller
}

// frames is the stack of the state whose instruction runs, from the innermost function on.
func (d *debugger) frames() (out []stackFrame) {
	L := d.at.L
	for level := 0; ; {
		dbg, ok := L.GetStack(level)
		if !ok {
			return out
		}
		at := reflect.ValueOf(dbg).Elem().FieldByName("frame").Elem()
		tail := int(at.FieldByName("TailCall").Int())
		f, isLua := frameAt(L, level)
		if isLua {
			if t := d.tables[reflect.ValueOf(f.proto).Pointer()]; t != nil {
				f.vars = t.vars
			}
		}
		out = append(out, stackFrame{f, isLua, isLua && tail > 0})
		if level++; isLua {
			level += tail
		}
		if at.FieldByName("Parent").IsNil() {
			return out
		}
	}
}

func (f stackFrame) id() uintptr {
	if !f.lua {
		return 0
	}
	return reflect.ValueOf(f.proto).Pointer()
}

// caller is the name by which a function was called, below are the frames below it.
func (f stackFrame) caller(below []stackFrame) string {
	const unknown = "top level"
	if f.tail || len(below) == 0 || !below[0].lua {
		return unknown
	}
	inst := below[0].code[below[0].pc]
	if opcode(inst) != lua.OP_CALL {
		return unknown
	}
	_, name, ok := strings.Cut(below[0].name(operandA(inst), below[0].pc), "'")
	if !ok {
		return unknown
	}
	return strings.TrimSuffix(name, "'")
}

type variable struct {
	name  string
	value lua.LValue
}

// locals are the variables of a function that are in scope, in the order of their registers.
func (d *debugger) locals(f stackFrame) (out []variable) {
	t, reg := d.tables[f.id()], 0
	if t == nil {
		return nil
	}
	for _, v := range t.vars {
		if f.pc < v.from || f.pc >= v.to {
			continue
		}
		reg++
		if v.name == endName {
			continue
		}
		_, value := d.at.L.GetLocal(f.dbg, reg)
		if value == nil {
			value = lua.LNil
		}
		out = append(out, variable{v.name, value})
	}
	return out
}
