package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// maxNesting is how deep a script's result may be nested.
const maxNesting = 7990

const (
	errNesting = "ERR reached lua stack limit"
	errResult  = "ERR the result of the script is too large"
)

// resultWriter turns what a script returned into a reply. Metatables are not asked.
type resultWriter struct {
	w        *resp.Writer
	m        *machine
	booleans bool // RESP3's: the script had asked for that protocol
	depth    int
	most     int // length of w at which the reply is given up
}

// full reports whether the result is too large. A table that holds itself twice has no end.
func (r *resultWriter) full() bool { return r.w.Len() > r.most }

func (r *resultWriter) value(v lua.LValue) {
	r.depth++
	defer func() { r.depth-- }()
	if r.full() {
		return
	}
	if r.depth > maxNesting {
		r.w.Error(errNesting)
		return
	}
	switch v := v.(type) {
	case lua.LString:
		r.w.BulkString(string(v))
	case lua.LBool:
		switch {
		case r.booleans:
			r.w.Bool(bool(v))
		case bool(v):
			r.w.Int(1)
		default:
			r.w.Null()
		}
	case lua.LNumber:
		r.w.Int(truncate(float64(v)))
	case *lua.LTable:
		r.table(r.m.fronts.open(v))
	default:
		r.w.Null()
	}
}

// truncate is C's conversion of a double to an integer on the machines that Redis runs on.
func truncate(n float64) int64 {
	if n >= 1<<63 || n < -1<<63 || n != n {
		return -1 << 63
	}
	return int64(n)
}

// table writes a table: one of the marked ones, or an array up to its first nil.
func (r *resultWriter) table(t *lua.LTable) {
	if r.marked(t) {
		return
	}
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	r.w.Array(n)
	for i := range n {
		r.value(t.RawGetInt(i + 1))
	}
}

// marked writes a table that stands for a type of the protocol, by the field that it has.
func (r *resultWriter) marked(t *lua.LTable) bool {
	if _, ok := t.RawGetString("err").(lua.LString); ok {
		f := describe(t, "")
		if f.counted {
			r.m.host.ErrorCounted()
		}
		r.w.Error(f.text)
		return true
	}
	if s, ok := t.RawGetString("ok").(lua.LString); ok {
		r.w.SimpleString(oneLine(string(s)))
		return true
	}
	if n, ok := t.RawGetString("double").(lua.LNumber); ok {
		r.w.Double(float64(n))
		return true
	}
	if s, ok := t.RawGetString("big_number").(lua.LString); ok {
		r.w.BigNumber(oneLine(string(s)))
		return true
	}
	if v, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok {
		format, ok1 := v.RawGetString("format").(lua.LString)
		text, ok2 := v.RawGetString("string").(lua.LString)
		if ok1 && ok2 {
			r.w.Verbatim(string(format), string(text))
			return true
		}
	}
	if v, ok := t.RawGetString("map").(*lua.LTable); ok {
		mark, n := r.w.Len(), 0
		r.m.each(v, func(k, v lua.LValue) { r.value(k); r.value(v); n++ })
		r.w.InsertMap(mark, n)
		return true
	}
	if v, ok := t.RawGetString("set").(*lua.LTable); ok {
		mark, n := r.w.Len(), 0
		r.m.each(v, func(k, _ lua.LValue) { r.value(k); n++ })
		r.w.InsertSet(mark, n)
		return true
	}
	return false
}

// each visits the pairs of a table in the order of next.
func (m *machine) each(t *lua.LTable, f func(k, v lua.LValue)) {
	t = m.fronts.open(t)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		f(k, v)
	}
}

// oneLine keeps a text from ending a line of the protocol early.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n") {
		return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
	}
	return s
}
