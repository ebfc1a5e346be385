package scripting

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// The library cjson, with the options and the messages of lua-cjson 2.1.

// invalid says what becomes of infinities and NaN in JSON.
type invalid uint8

const (
	invalidOff  invalid = iota // an error
	invalidOn                  // as C prints and reads them
	invalidNull                // null, in the encoder only
)

// jsonOptions are those of one module table.
type jsonOptions struct {
	sparseConvert            bool
	sparseRatio, sparseSafe  int
	encodeDepth, decodeDepth int
	precision                int
	encodeInvalid            invalid
	decodeInvalid            bool
	keepBuffer               bool
	null                     *lua.LUserData // stands for null in tables
}

func defaultJSON() jsonOptions {
	return jsonOptions{sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14, decodeInvalid: true, keepBuffer: true,
		null: &lua.LUserData{Metatable: lua.LNil}}
}

func (m *machine) openJSON() {
	o := &m.json
	t := m.open("cjson", m.jsonFunctions(o))
	m.setJSONFields(t, o)
}

func (m *machine) setJSONFields(t *lua.LTable, o *jsonOptions) {
	t.RawSetString("null", o.null)
	t.RawSetString("_NAME", lua.LString("cjson"))
	t.RawSetString("_VERSION", lua.LString("2.1.0"))
}

func (m *machine) jsonFunctions(o *jsonOptions) functions {
	return functions{
		"encode": func(L *lua.LState) int { return m.jsonEncode(L, o) },
		"decode": func(L *lua.LState) int { return m.jsonDecode(L, o) },
		"new":    m.jsonNew,
		"encode_sparse_array": func(L *lua.LState) int {
			most(L, 3)
			jsonSwitch(L, 1, &o.sparseConvert)
			jsonNumber(L, 2, &o.sparseRatio, 0, math.MaxInt32)
			jsonNumber(L, 3, &o.sparseSafe, 0, math.MaxInt32)
			return 3
		},
		"encode_max_depth":        func(L *lua.LState) int { most(L, 1); return jsonNumber(L, 1, &o.encodeDepth, 1, math.MaxInt32) },
		"decode_max_depth":        func(L *lua.LState) int { most(L, 1); return jsonNumber(L, 1, &o.decodeDepth, 1, math.MaxInt32) },
		"encode_number_precision": func(L *lua.LState) int { most(L, 1); return jsonNumber(L, 1, &o.precision, 1, 14) },
		"encode_keep_buffer":      func(L *lua.LState) int { most(L, 1); return jsonSwitch(L, 1, &o.keepBuffer) },
		"decode_invalid_numbers":  func(L *lua.LState) int { most(L, 1); return jsonSwitch(L, 1, &o.decodeInvalid) },
		"encode_invalid_numbers": func(L *lua.LState) int {
			most(L, 1)
			switch v := L.Get(1).(type) {
			case *lua.LNilType:
			case lua.LBool:
				o.encodeInvalid = invalidOff
				if v {
					o.encodeInvalid = invalidOn
				}
			default:
				o.encodeInvalid = invalid(option(L, 1, "off", "on", "null"))
			}
			if o.encodeInvalid == invalidNull {
				L.Push(lua.LString("null"))
			} else {
				L.Push(lua.LBool(o.encodeInvalid == invalidOn))
			}
			return 1
		},
	}
}

// jsonNew is cjson.new: a module table with options of its own.
func (m *machine) jsonNew(L *lua.LState) int {
	o := defaultJSON()
	o.null = m.json.null
	t := L.CreateTable(0, 16)
	m.jsonFunctions(&o).into(L, t)
	m.setJSONFields(t, &o)
	L.Push(t)
	return 1
}

// most checks that there are no more than n arguments, and makes those that are missing nil.
func most(L *lua.LState, n int) {
	if L.GetTop() > n {
		argError(L, n+1, "found too many arguments")
	}
	L.SetTop(n)
}

// option finds a string argument among words.
func option(L *lua.LState, n int, words ...string) int {
	s := checkString(L, n)
	for i, w := range words {
		if w == s {
			return i
		}
	}
	argError(L, n, "invalid option '"+s+"'")
	return 0
}

// jsonSwitch sets an option if the argument is given, and pushes it.
func jsonSwitch(L *lua.LState, n int, on *bool) int {
	switch v := L.Get(n).(type) {
	case *lua.LNilType:
	case lua.LBool:
		*on = bool(v)
	default:
		*on = option(L, n, "off", "on") == 1
	}
	L.Push(lua.LBool(*on))
	return 1
}

func jsonNumber(L *lua.LState, n int, setting *int, low, high int) int {
	if L.Get(n) != lua.LNil {
		v := int(int32(checkInt(L, n)))
		if v < low || v > high {
			argError(L, 1, "expected integer between "+strconv.Itoa(low)+" and "+strconv.Itoa(high))
		}
		*setting = v
	}
	L.Push(lua.LNumber(*setting))
	return 1
}

func (m *machine) jsonEncode(L *lua.LState, o *jsonOptions) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	e := jsonEncoder{L: L, m: m, o: o}
	e.value(L.Get(1), 0)
	L.Push(lua.LString(e.b))
	return 1
}

// jsonEncoder appends to b; errors are raised.
type jsonEncoder struct {
	L *lua.LState
	m *machine
	o *jsonOptions
	b []byte
}

func (e *jsonEncoder) fail(v lua.LValue, reason string) {
	fail(e.L, "Cannot serialise %s: %s", v.Type().String(), reason)
}

func (e *jsonEncoder) value(v lua.LValue, depth int) {
	checkLength(e.L, len(e.b))
	e.m.watch.step(e.L)
	switch v := v.(type) {
	case lua.LString:
		e.text(string(v))
	case lua.LNumber:
		e.number(v)
	case lua.LBool:
		e.b = strconv.AppendBool(e.b, bool(v))
	case *lua.LNilType:
		e.b = append(e.b, "null"...)
	case *lua.LTable:
		e.table(e.m.fronts.open(v), depth+1)
	default:
		if v != lua.LValue(e.o.null) {
			e.fail(v, "type not supported")
		}
		e.b = append(e.b, "null"...)
	}
}

func (e *jsonEncoder) text(s string) {
	checkLength(e.L, len(e.b)+len(s))
	const digits = "0123456789abcdef"
	e.b = append(e.b, '"')
	for i := range len(s) {
		if i&0xffff == 0xffff { // escapes are longer than what they stand for
			checkLength(e.L, len(e.b))
		}
		switch c := s[i]; c {
		case '"', '\\', '/':
			e.b = append(e.b, '\\', c)
		case '\b':
			e.b = append(e.b, `\b`...)
		case '\t':
			e.b = append(e.b, `\t`...)
		case '\n':
			e.b = append(e.b, `\n`...)
		case '\f':
			e.b = append(e.b, `\f`...)
		case '\r':
			e.b = append(e.b, `\r`...)
		default:
			if c < ' ' || c == 127 {
				e.b = append(e.b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			} else {
				e.b = append(e.b, c)
			}
		}
	}
	e.b = append(e.b, '"')
}

func (e *jsonEncoder) number(v lua.LNumber) {
	n := float64(v)
	if math.IsNaN(n) || math.IsInf(n, 0) {
		switch {
		case e.o.encodeInvalid == invalidOff:
			e.fail(v, "must not be NaN or Inf")
		case e.o.encodeInvalid == invalidNull:
			e.b = append(e.b, "null"...)
			return
		case math.IsNaN(n):
			e.b = append(e.b, "nan"...)
			return
		}
	}
	e.b = appendG(e.b, n, e.o.precision, math.Pow10(e.o.precision))
}

func (e *jsonEncoder) table(t *lua.LTable, depth int) {
	if depth > e.o.encodeDepth || depth > maxNesting/2 {
		fail(e.L, "Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.arrayLength(t); n > 0 {
		e.b = append(e.b, '[')
		for i := 1; i <= n; i++ {
			if i > 1 {
				e.b = append(e.b, ',')
			}
			e.value(getIndex(t, i), depth)
		}
		e.b = append(e.b, ']')
		return
	}
	e.b = append(e.b, '{')
	first := true
	e.m.each(t, func(k, v lua.LValue) {
		if !first {
			e.b = append(e.b, ',')
		}
		first = false
		e.key(k)
		e.value(v, depth)
	})
	e.b = append(e.b, '}')
}

func (e *jsonEncoder) key(k lua.LValue) {
	switch k := k.(type) {
	case lua.LString:
		e.text(string(k))
	case lua.LNumber:
		e.b = append(e.b, '"')
		e.number(k)
		e.b = append(e.b, '"')
	default:
		e.fail(k, "table key must be a number or string")
	}
	e.b = append(e.b, ':')
}

// arrayLength is the highest index of a table whose keys are all positive integers, -1 of any other. Holes become null, unless there
// are too many.
func (e *jsonEncoder) arrayLength(t *lua.LTable) int {
	items, most, array := 0, 0, true
	for k, _ := t.Next(lua.LNil); k != lua.LNil && array; k, _ = t.Next(k) {
		n, ok := k.(lua.LNumber)
		array = ok && n >= 1 && math.Floor(float64(n)) == float64(n)
		if array {
			most = max(most, int(truncate(min(float64(n), math.MaxInt32))))
			items++
		}
	}
	if !array {
		return -1
	}
	if e.o.sparseRatio > 0 && most > items*e.o.sparseRatio && most > e.o.sparseSafe {
		if !e.o.sparseConvert {
			e.fail(t, "excessively sparse array")
		}
		return -1
	}
	return most
}
