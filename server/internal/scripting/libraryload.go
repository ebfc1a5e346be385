package scripting

import (
	"bytes"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// LoadTimeout is how long FUNCTION LOAD may run.
const LoadTimeout = 500 * time.Millisecond

func (lib *Library) late() bool { return !lib.deadline.IsZero() && time.Now().After(lib.deadline) }

// LoadLibrary compiles a library into a set. timeout 0: it may take as long as it takes.
func (l *Lua) LoadLibrary(into *Libraries, source []byte, replace bool, timeout time.Duration) (name, errText string) {
	engine, name, code, errText := parseMetadata(string(source))
	if errText != "" {
		return "", errText
	}
	if !validName(name) {
		return "", errName
	}
	if !strings.EqualFold(engine, "lua") {
		return "", "Engine '" + engine + "' not found"
	}
	old := into.libs[name]
	if old != nil && !replace {
		return "", "Library '" + name + "' already exists"
	}
	lib := &Library{Name: name, Source: bytes.Clone(source)}
	if timeout > 0 {
		lib.deadline = time.Now().Add(timeout)
	}
	if errText = l.register(lib, code); errText != "" {
		return "", errText
	}
	if len(lib.Functions) == 0 {
		return "", "No functions registered"
	}
	if old != nil {
		into.unlink(old)
	}
	for _, f := range lib.Functions {
		if into.functions[strings.ToLower(f.Name)] != nil {
			if old != nil {
				into.link(old)
			}
			return "", "Function " + f.Name + " already exists"
		}
	}
	into.link(lib)
	return name, ""
}

const errName = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

func validName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isAlnum(c) && c != '_' {
			return false
		}
	}
	return name != ""
}

// parseMetadata reads the first line of a library, "#!<engine> name=<name>". code begins with the line break behind it.
func parseMetadata(source string) (engine, name, code, errText string) {
	line, _, ok := strings.Cut(source, "\n")
	if !strings.HasPrefix(source, "#!") {
		return "", "", "", "Missing library metadata"
	}
	words, _, err := resp.SplitArgs(nil, nil, []byte(line))
	if !ok || err != nil || len(words) == 0 {
		return "", "", "", "Invalid library metadata"
	}
	given := false
	for _, w := range words[1:] {
		if len(w) < 5 || !strings.EqualFold(string(w[:5]), "name=") {
			return "", "", "", "Invalid metadata value given: " + string(w)
		}
		if given {
			return "", "", "", "Invalid metadata value, name argument was given multiple times"
		}
		name, given = string(w[5:]), true
	}
	if !given {
		return "", "", "", "Library name was not given"
	}
	return string(words[0][2:]), name, source[len(line):], ""
}

// register runs a library's code, which registers its functions.
func (l *Lua) register(lib *Library, code string) (errText string) {
	m := l.machineOfFunctions()
	m.fronts.redirect(m.env, l.loadTable)
	m.loading = lib
	defer func() {
		m.fronts.redirect(m.env, m.globals)
		m.loading = nil
		m.watch.end()
	}()
	fn, err := m.load(code, "user_function")
	if err != nil {
		return "Error compiling function: " + err.Error()
	}
	m.watch.begin()
	if err := m.call(fn); err != nil {
		text := "ERR " + raised(err).String()
		if t, ok := raised(err).(*lua.LTable); ok {
			text = describe(t, "").text
		}
		m.L.SetTop(0)
		return "Error registering functions: " + text
	}
	m.L.SetTop(0)
	return ""
}
