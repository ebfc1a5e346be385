package scripting

import (
	"bytes"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Library is a set of functions that one FUNCTION LOAD has registered.
type Library struct {
	Name      string
	Source    []byte
	Functions []*Function // in the order of their registration

	deadline time.Time // of its loading, zero: none
}

// Function is what FCALL calls.
type Function struct {
	Name        string
	Description string
	Described   bool // Description was given
	Flags       Flags
	fn          *lua.LFunction
}

// Libraries is a set of libraries, in which function names are unique.
type Libraries struct {
	libs      map[string]*Library
	functions map[string]*Function
}

// functionsState is the part of Lua that belongs to functions. They run in one machine, whose globals are other ones while a library
// is loaded: it may register functions then, and nothing else.
type functionsState struct {
	machine   *machine
	loadTable *lua.LTable
	libraries *Libraries
}

// LoadTimeout is how long FUNCTION LOAD may run.
const LoadTimeout = 500 * time.Millisecond

func (lib *Library) late() bool { return !lib.deadline.IsZero() && time.Now().After(lib.deadline) }

// NewLibraries returns an empty set.
func NewLibraries() *Libraries {
	return &Libraries{libs: map[string]*Library{}, functions: map[string]*Function{}}
}

// Libraries is the set that FCALL uses.
func (l *Lua) Libraries() *Libraries { return l.libraries }

// SetLibraries replaces it: after FUNCTION RESTORE FLUSH, and when a data set was loaded.
func (l *Lua) SetLibraries(s *Libraries) { l.libraries = s }

// FlushFunctions forgets all libraries.
func (l *Lua) FlushFunctions() { l.libraries = NewLibraries() }

// All lists the libraries by name.
func (s *Libraries) All() []*Library {
	out := make([]*Library, 0, len(s.libs))
	for _, lib := range s.libs {
		out = append(out, lib)
	}
	slices.SortFunc(out, func(a, b *Library) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Len is the number of libraries and of functions.
func (s *Libraries) Len() (libraries, functions int) { return len(s.libs), len(s.functions) }

// Bytes is the memory of the sources.
func (s *Libraries) Bytes() (n int) {
	for _, lib := range s.libs {
		n += len(lib.Source) + len(lib.Functions)*scriptOverhead
	}
	return n
}

// Delete removes a library; false: there is none of that name.
func (s *Libraries) Delete(name []byte) bool {
	lib := s.libs[string(name)]
	if lib == nil {
		return false
	}
	s.unlink(lib)
	return true
}

func (s *Libraries) unlink(lib *Library) {
	delete(s.libs, lib.Name)
	for _, f := range lib.Functions {
		delete(s.functions, strings.ToLower(f.Name))
	}
}

func (s *Libraries) link(lib *Library) {
	s.libs[lib.Name] = lib
	for _, f := range lib.Functions {
		s.functions[strings.ToLower(f.Name)] = f
	}
}

// find finds a function, in either case.
func (s *Libraries) find(name []byte) *Function {
	if f := s.functions[string(name)]; f != nil {
		return f
	}
	return s.functions[string(bytes.ToLower(name))]
}

// Join adds the libraries of another set, or none of them. replace lets them take the place of those that have their names.
func (s *Libraries) Join(more *Libraries, replace bool) (errText string) {
	var old []*Library
	for _, lib := range more.All() {
		if before := s.libs[lib.Name]; before != nil {
			if !replace {
				errText = "Library " + lib.Name + " already exists"
				break
			}
			old = append(old, before)
			s.unlink(before)
		}
	}
	for _, lib := range more.All() {
		for _, f := range lib.Functions {
			if errText == "" && s.functions[strings.ToLower(f.Name)] != nil {
				errText = "Function " + f.Name + " already exists"
			}
		}
	}
	if errText != "" {
		for _, lib := range old {
			s.link(lib)
		}
		return errText
	}
	for _, lib := range more.libs {
		s.link(lib)
	}
	return ""
}

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

// machineOfFunctions makes the machine on first use.
func (l *Lua) machineOfFunctions() *machine {
	if l.machine == nil {
		m := newMachine(l.host, l.deprecated, l.random)
		m.openRedis(nil)
		api := m.L.CreateTable(0, 8)
		functions{"register_function": m.registerFunction, "log": m.redisLog}.into(m.L, api)
		setLogLevels(api)
		api.Metatable = m.missingMeta()
		l.loadTable = m.L.CreateTable(0, 1)
		l.loadTable.RawSetString("redis", m.fronts.protect(m.L, api))
		l.loadTable.Metatable = m.missingMeta()
		l.machine = m
	}
	return l.machine
}

func (l *Lua) functionRun() *Run {
	if l.machine == nil {
		return nil
	}
	return l.machine.run
}

// register runs a library's code, which registers its functions.
func (l *Lua) register(lib *Library, code string) (errText string) {
	m := l.machineOfFunctions()
	m.fronts.redirect(m.env, l.loadTable)
	m.loading = lib
	defer func() {
		m.fronts.redirect(m.env, m.globals)
		m.loading = nil
		m.watch.begin()
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

// registerFunction is redis.register_function, with positional arguments or one table of named ones.
func (m *machine) registerFunction(L *lua.LState) int {
	if m.loading == nil {
		return raise(L, "redis.register_function can only be called on FUNCTION LOAD command")
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
		return raise(L, errText)
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

// CallFlags are the flags of a call of FCALL.
func (l *Lua) CallFlags(args [][]byte, of command.Flags) command.Flags {
	if len(args) > 1 {
		if f := l.libraries.find(args[1]); f != nil {
			return f.Flags.CommandFlags(of)
		}
	}
	return of
}

// Call runs FCALL and FCALL_RO.
func (l *Lua) Call(c *command.Ctx, readOnly bool) {
	f := l.libraries.find(c.Args[1])
	if f == nil {
		c.Fail("ERR Function not found")
		return
	}
	n, errText := keyCount(c.Args, "ERR Bad number of keys provided")
	if errText != "" {
		c.Fail(errText)
		return
	}
	m := l.machineOfFunctions()
	m.execute(c, &Run{Name: f.Name, Flags: f.Flags, ReadOnly: readOnly}, f.fn, m.list(c.Args[3:3+n]), m.list(c.Args[3+n:]))
}

// Running describes the script under way for FUNCTION STATS; name is empty if there is none.
func (l *Lua) Running() (name string, eval bool) {
	if r := l.running(); r != nil {
		return r.Name, r.Eval
	}
	return "", false
}
