package scripting

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// registerFunction is redis.register_function, with positional arguments or one table of named ones.
func (m *machine) registerFunction(L *lua.LState) int {
	if m.loading == nil {
		return m.raise(L, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	f := &Function{}
	var errText string
	switch L.GetTop() {
	case 1:
		errText = m.namedArguments(f, L.Get(1))
	case 2:
		errText = positionalArguments(f, L.Get(1), L.Get(2))
	default:
		errText = "wrong number of arguments to redis.register_function"
	}
	if errText == "" && !validName(f.Name) {
		errText = errName
	}
	if errText == "" && slices.ContainsFunc(m.loading.Functions, func(o *Function) bool { return strings.EqualFold(o.Name, f.Name) }) {
		errText = "Function already exists in the library"
	}
	if errText != "" {
		return m.raise(L, errText)
	}
	m.loading.Functions = append(m.loading.Functions, f)
	return 0
}

func positionalArguments(f *Function, name, fn lua.LValue) (errText string) {
	var ok bool
	if f.Name, ok = textOf(name); !ok {
		return "first argument to redis.register_function must be a string"
	}
	if f.fn, ok = fn.(*lua.LFunction); !ok {
		return "second argument to redis.register_function must be a function"
	}
	return ""
}

func (m *machine) namedArguments(f *Function, v lua.LValue) (errText string) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	named := false
	m.each(t, func(k, v lua.LValue) {
		if errText == "" {
			errText = m.namedArgument(f, k, v, &named)
		}
	})
	switch {
	case errText != "":
		return errText
	case !named:
		return "redis.register_function must get a function name argument"
	case f.fn == nil:
		return "redis.register_function must get a callback argument"
	}
	return ""
}

func (m *machine) namedArgument(f *Function, k, v lua.LValue, named *bool) (errText string) {
	key, ok := textOf(k)
	if !ok {
		return "named argument key given to redis.register_function is not a string"
	}
	switch strings.ToLower(key) {
	case "function_name":
		if f.Name, *named = textOf(v); !*named {
			return "function_name argument given to redis.register_function must be a string"
		}
	case "description":
		if f.Description, f.Described = textOf(v); !f.Described {
			return "description argument given to redis.register_function must be a string"
		}
	case "callback":
		if f.fn, ok = v.(*lua.LFunction); !ok {
			return "callback argument given to redis.register_function must be a function"
		}
	case "flags":
		t, ok := v.(*lua.LTable)
		if !ok {
			return "flags argument to redis.register_function must be a table representing function flags"
		}
		t = m.fronts.open(t)
		for i := 1; t.RawGetInt(i) != lua.LNil; i++ {
			name, _ := textOf(t.RawGetInt(i))
			flag := flagOf(strings.ToLower(name))
			if flag == 0 {
				return "unknown flag given"
			}
			f.Flags |= flag
		}
	default:
		return "unknown argument given to redis.register_function"
	}
	return ""
}
