package scripting

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

func (m *machine) jsonDecode(L *lua.LState, o *jsonOptions) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	v, err := m.decodeJSON(L, o, checkString(L, 1))
	if err != nil {
		fail(L, "%s", err.Error())
	}
	L.Push(v)
	return 1
}

// jsonDecoder reads a text. The text ends at its first zero byte.
type jsonDecoder struct {
	L     *lua.LState
	o     *jsonOptions
	watch *watch
	s     string
	at    int
	depth int

	kind  token // of the token read last
	index int   // where it, or the fault in it, stands
	text  []byte
	value lua.LValue
}

func (m *machine) decodeJSON(L *lua.LState, o *jsonOptions, s string) (lua.LValue, error) {
	if len(s) >= 2 && (s[0] == 0 || s[1] == 0) {
		return nil, errors.New("JSON parser does not support UTF-16 or UTF-32")
	}
	d := &jsonDecoder{L: L, o: o, s: s, watch: m.watch}
	d.next()
	v, err := d.parse()
	if err != nil {
		return nil, err
	}
	if d.next(); d.kind != theEnd {
		return nil, d.expected("the end")
	}
	return v, nil
}

func (d *jsonDecoder) expected(what string) error {
	return fmt.Errorf("Expected %s but found %s at character %d", what, d.kind, d.index+1)
}

// parse makes a value of the token read last and what belongs to it.
func (d *jsonDecoder) parse() (lua.LValue, error) {
	d.watch.step(d.L)
	switch d.kind {
	case stringToken:
		return lua.LString(d.text), nil
	case numberToken, boolToken, nullToken:
		return d.value, nil
	case objectBegin:
		return d.nested(d.object)
	case arrayBegin:
		return d.nested(d.array)
	}
	return nil, d.expected("value")
}

func (d *jsonDecoder) nested(read func(*lua.LTable) error) (lua.LValue, error) {
	if d.depth++; d.depth > d.o.decodeDepth || d.depth > maxNesting/3 {
		return nil, fmt.Errorf("Found too many nested data structures (%d) at character %d", d.depth, d.at)
	}
	t := d.L.CreateTable(0, 0)
	d.next()
	if err := read(t); err != nil {
		return nil, err
	}
	d.depth--
	return t, nil
}

func (d *jsonDecoder) object(t *lua.LTable) error {
	if d.kind == objectEnd {
		return nil
	}
	for {
		if d.kind != stringToken {
			return d.expected("object key string")
		}
		key := string(d.text)
		if d.next(); d.kind != colon {
			return d.expected("colon")
		}
		d.next()
		v, err := d.parse()
		if err != nil {
			return err
		}
		t.RawSetString(key, v)
		switch d.next(); d.kind {
		case objectEnd:
			return nil
		case comma:
		default:
			return d.expected("comma or object end")
		}
		d.next()
	}
}

func (d *jsonDecoder) array(t *lua.LTable) error {
	if d.kind == arrayEnd {
		return nil
	}
	for i := 1; ; i++ {
		v, err := d.parse()
		if err != nil {
			return err
		}
		t.RawSetInt(i, v)
		switch d.next(); d.kind {
		case arrayEnd:
			return nil
		case comma:
		default:
			return d.expected("comma or array end")
		}
		d.next()
	}
}
