package scripting

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// testHost answers every command with its arguments, and kills a script when it is asked the given number of times.
type testHost struct {
	killAfter, asked int
	log              []string
}

func (h *testHost) Begin(*command.Ctx, *Run) string { return "" }
func (h *testHost) End(*command.Ctx, *Run)          {}
func (h *testHost) Call(_ *Run, args [][]byte) ([]byte, string) {
	if string(args[0]) == "nosuch" {
		return nil, "Unknown Redis command called from script"
	}
	w := resp.Writer{}
	w.Array(len(args))
	for _, a := range args {
		w.Bulk(a)
	}
	return w.Buf, ""
}
func (h *testHost) Allowed(*Run, [][]byte) (bool, bool) { return true, true }
func (h *testHost) Interrupt(r *Run) {
	if h.asked++; h.killAfter > 0 && h.asked >= h.killAfter {
		r.Killed = true
	}
}
func (h *testHost) ErrorCounted()                 {}
func (h *testHost) BusyError() string             { return "BUSY" }
func (h *testHost) CallerArgs() ([][]byte, int64) { return nil, 0 }
func (h *testHost) Obeyed() bool                  { return false }
func (h *testHost) DebugLimit() time.Duration     { return 0 }
func (h *testHost) ScriptLog(_ int, msg string)   { h.log = append(h.log, msg) }

func run(l *Lua, args ...string) string {
	raw := make([][]byte, len(args))
	for i, a := range args {
		raw[i] = []byte(a)
	}
	c := &command.Ctx{Args: raw, Reply: &resp.Writer{}}
	if args[0] == "fcall" {
		l.Call(c, false)
	} else {
		l.Eval(c, false, false)
	}
	return string(c.Reply.Buf)
}

func eval(l *Lua, script string) string { return run(l, "eval", script, "0") }

// A script that wants too much gets an error, and the next one runs as if nothing had been.
func TestRunawayScriptsEnd(t *testing.T) {
	h := &testHost{}
	l := New(h, false)
	for script, want := range map[string]string{
		"return #string.rep('x', 2^31-1)":                                                                          "not enough memory",
		"return #string.rep(string.rep('x', 1000000), 1000000)":                                                    "not enough memory",
		"local s = string.rep('x', 2^20) while true do s = s .. s end":                                             "not enough memory",
		"local function f() local ok, e = pcall(f) if not ok then error(e, 0) end end f() error('stack overflow')": "stack overflow",
		"local function f() return 1 + f() end return f()":                                                         "stack overflow",
		"local t = setmetatable({}, {}) getmetatable(t).__index = function(t,k) return t[k] end return t.x":        "stack overflow",
		"local function f() return coroutine.wrap(f)() end return f()":                                             "C stack overflow",
		"return unpack({}, 1, 1e6)":                                                                                "too many results to unpack",
		"return string.find(string.rep('a', 300000), string.rep('a?', 300000))":                                    "pattern too complex",
		"return cjson.decode(string.rep('[', 100000))":                                                             "Found too many nested data structures",
		"return cmsgpack.unpack(string.rep('\\145', 100000))":                                                      "stack overflow",
		"return loadstring('return ' .. string.rep('(', 5000) .. '1' .. string.rep(')', 5000))() + {}":             "arithmetic",
		"return loadstring(string.rep('if x then ', 5000) .. string.rep('end ', 5000)) .. ''":                      "attempt to concatenate",
	} {
		if got := eval(l, script); !strings.HasPrefix(got, "-") || !strings.Contains(got, want) {
			t.Errorf("%s\n got %.200q\nwant an error with %q", script, got, want)
		}
		if got := eval(l, "return 'fine'"); got != "$4\r\nfine\r\n" {
			t.Fatalf("after %s: %q", script, got)
		}
	}
}

// A script whose data grows without end gets an error; garbage does not count.
func TestHeapIsBounded(t *testing.T) {
	l := New(&testHost{}, false)
	l.machineOfEval().watch.most = 32 << 20
	if got := eval(l, "local t = {} while true do t[#t+1] = {} end"); !strings.Contains(got, errMemory) {
		t.Errorf("got %q", got)
	}
	if got := eval(l, "for i=1,300000 do local t = {i, {}} end return 'fine'"); got != "$4\r\nfine\r\n" {
		t.Errorf("garbage: %q", got)
	}
}

// A killed script ends whatever it catches, in coroutines too.
func TestKillIsNotCaught(t *testing.T) {
	for _, script := range []string{
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"local f = function() while 1 do redis.call('ping') end end while 1 do pcall(f) end",
		"while true do coroutine.wrap(function() while true do end end)() end",
		"local co = coroutine.create(function() while true do coroutine.yield() end end) while true do coroutine.resume(co) end",
		"while true do xpcall(function() while true do end end, function() return 1 end) end",
		"local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
	} {
		l := New(&testHost{killAfter: 3}, false)
		if got := eval(l, script); !strings.HasPrefix(got, "-ERR Script killed by user with SCRIPT KILL...") {
			t.Errorf("%s: %q", script, got)
		}
	}
}

// The globals are these and no others: nothing that reaches files, processes or bytecode.
func TestGlobals(t *testing.T) {
	want := strings.Fields("ARGV KEYS _G _VERSION __redis__err__handler assert bit cjson cmsgpack collectgarbage coroutine error gcinfo getmetatable ipairs load loadstring " +
		"math next pairs pcall rawequal rawget rawset redis select setmetatable string struct table tonumber tostring type unpack xpcall")
	l := New(&testHost{}, false)
	eval(l, "return 1")
	var got []string
	l.eval.each(l.eval.globals, func(k, _ lua.LValue) { got = append(got, k.String()) })
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("globals\n got %q\nwant %q", got, want)
	}
	for _, script := range []string{"return io", "return os", "return debug", "return require", "return print", "return string.dump(eval)"} {
		if got := eval(l, script); !strings.HasPrefix(got, "-") {
			t.Errorf("%s: %q", script, got)
		}
	}
}

// No way around the fronts of protected tables.
func TestProtectedTables(t *testing.T) {
	l := New(&testHost{}, false)
	for _, script := range []string{
		"redis.call = 1", "redis.x = 1", "rawset(redis, 'x', 1)", "rawset(_G, 'x', 1)", "setmetatable(redis, {})", "setmetatable(_G, nil)",
		"table.insert(redis, 1)", "table.insert(math, 1, 1)", "x = 1", "_G.x = 1", "_G._G.x = 1", "getmetatable(_G).__index = nil",
		"getmetatable('').__index = nil", "getmetatable('').__index.x = 1", "string.x = 1", "for k, v in pairs(_G) do if k == 'redis' then v.x = 1 end end",
		"local _, v = next(getmetatable(_G)); getmetatable(_G).x = v", "rawget(_G, 'redis').x = 1", "table.sort(redis)  redis[1] = 2", "cjson.null = 1",
		"local t = setmetatable({}, getmetatable('')); getmetatable(t).__index.x = 1",
	} {
		if got := eval(l, script); !strings.Contains(got, errReadOnlyTable) {
			t.Errorf("%s: %q", script, got)
		}
	}
	eval(l, "local mt = getmetatable(setmetatable({}, getmetatable(_G))) mt.__index = nil mt.x = 1")
	if got := eval(l, "return nosuch"); !strings.Contains(got, "nonexistent global variable 'nosuch'") {
		t.Errorf("the globals' metatable was changed: %q", got)
	}
}

// A library that fails to load changes nothing; joining sets is all or nothing.
func TestLibraries(t *testing.T) {
	l := New(&testHost{}, false)
	load := func(into *Libraries, src string, replace bool) string {
		_, errText := l.LoadLibrary(into, []byte(src), replace, 0)
		return errText
	}
	set := l.Libraries()
	if e := load(set, "#!lua name=a\nredis.register_function('f', function(keys, args) return {keys[1], args[1]} end)", false); e != "" {
		t.Fatal(e)
	}
	if got := run(l, "fcall", "F", "1", "k", "v"); got != "*2\r\n$1\r\nk\r\n$1\r\nv\r\n" {
		t.Errorf("fcall: %q", got)
	}
	for src, want := range map[string]string{
		"#!lua name=b\nredis.register_function('f', function() end)":       "Function f already exists",
		"#!lua name=a\nredis.register_function('g', function() end)":       "Library 'a' already exists",
		"#!lua name=c\nredis.call('ping')":                                 "nonexistent global variable 'call'",
		"#!lua name=c\nreturn math":                                        "nonexistent global variable 'math'",
		"#!lua name=c\nx = 1":                                              errReadOnlyTable,
		"#!lua name=c\nredis.register_function('h', function() end) boo()": "nonexistent global variable 'boo'",
		"#!lua name=c\n":    "No functions registered",
		"#!lua name=c":      "Invalid library metadata",
		"return 1":          "Missing library metadata",
		"#!lua name=c-d\nx": errName,
		"#!js name=c\nx":    "Engine 'js' not found",
	} {
		if e := load(set, src, false); !strings.Contains(e, want) {
			t.Errorf("%q: %q, want %q", src, e, want)
		}
	}
	if libs, fns := set.Len(); libs != 1 || fns != 1 {
		t.Errorf("%d libraries, %d functions", libs, fns)
	}
	if e := load(set, "#!lua name=a\nredis.register_function('f2', function() return 2 end)", true); e != "" {
		t.Error(e)
	}
	if got := run(l, "fcall", "f", "0"); got != "-ERR Function not found\r\n" {
		t.Errorf("replaced function: %q", got)
	}
	more := NewLibraries()
	load(more, "#!lua name=a\nredis.register_function('g', function() return 3 end)", false)
	load(more, "#!lua name=z\nredis.register_function('g2', function() return 3 end)", false)
	load(set, "#!lua name=y\nredis.register_function('g2', function() return 4 end)", false)
	if e := set.Join(more, true); e != "Function g2 already exists" {
		t.Errorf("join: %q", e)
	}
	if got := run(l, "fcall", "f2", "0"); got != ":2\r\n" {
		t.Errorf("a failed join took something away: %q", got)
	}
}

func TestLoadTimeout(t *testing.T) {
	l := New(&testHost{}, false)
	_, e := l.LoadLibrary(l.Libraries(), []byte("#!lua name=a\nwhile true do end"), false, LoadTimeout/50)
	if !strings.Contains(e, errLoadTimeout) {
		t.Errorf("got %q", e)
	}
}

// decoders are what the fuzz targets feed.
func fuzzDecoder(f *testing.F, call string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	l := New(&testHost{}, false)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &command.Ctx{Args: [][]byte{[]byte("eval"), []byte(call), []byte("0"), data}, Reply: &resp.Writer{}}
		l.Eval(c, false, false)
		if got := string(c.Reply.Buf); strings.HasPrefix(got, "-") || strings.Contains(got, "runtime error") {
			t.Fatalf("%q: %s", data, got)
		}
	})
}

// What a decoder accepts is encoded and decoded to the same again.
func FuzzJSON(f *testing.F) {
	fuzzDecoder(f, `local ok, v = pcall(cjson.decode, ARGV[1])
if not ok then return v end
local ok, text = pcall(cjson.encode, v)
if not ok then return text end
assert(cjson.encode(cjson.decode(text)) == text, text)
return text`, `{"a":[1,2.5,null,true,"x\u00e4\ud83d\ude00"]}`, "[[[]]]", "1e309", "nan", `"\u`, "\x00", "[1,", `{"a":1e-5}`)
}

func FuzzMessagePack(f *testing.F) {
	fuzzDecoder(f, `local ok, v = pcall(function() return {cmsgpack.unpack(ARGV[1])} end)
if not ok then return v end
local text = cmsgpack.pack(v)
assert(cmsgpack.pack(cmsgpack.unpack(text)) == text)
return #text`, "\x93\x01\x02\x03", "\x82\xa1a\x01\xa1b\xc0", "\xdf\xff\xff\xff\xff", "\xdb\xff\xff\xff\xffx", "\xca\x00\x00\x00\x00\xcb", "\xc1", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00")
}

func FuzzStruct(f *testing.F) {
	fuzzDecoder(f, `local format, data = ARGV[1]:match('^(.-)|(.*)$')
if not format then return 0 end
local ok, e = pcall(struct.unpack, format, data)
pcall(struct.size, format)
pcall(struct.pack, format, 1, 2, 3, 'abc', 'def')
return tostring(e)`, "bBhH|abcdef", ">i8!4d|12345678abcdefgh", "sc0|abc\x00", "i32|x", "c99999|x", "!3|", "i0|")
}

func FuzzPattern(f *testing.F) {
	fuzzDecoder(f, `local pattern, text = ARGV[1]:match('^(.-)|(.*)$')
if not pattern then return 0 end
pcall(string.find, text, pattern)
pcall(string.gsub, text, pattern, '%1', 5)
pcall(string.format, pattern, text, 5, 1.5)
return 1`, "(%w+)=(%w+)|a=b", "%b()|((x))", "[^%]]|]", "%f[%w]|a", "a-b*c+d?|abcd", "()|", "%5.2f|x", "%d|x")
}

// Few instructions can ask for a lot: of memory, which is bounded, and of time inside of one function, which SCRIPT KILL ends.
// The compiler's search for constants takes the square of their number.
func TestConstantsAreBounded(t *testing.T) {
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "local _ = %d.5 ", i)
			if i%100 == 99 {
				b.WriteString("end do ")
			}
		}
		return "do " + b.String() + " end return 'fine'"
	}
	l := New(&testHost{}, false)
	if got := eval(l, names(15_000)); got != "$4\r\nfine\r\n" {
		t.Errorf("15,000: %.200q", got)
	}
	if got := eval(l, names(300_000)); !strings.Contains(got, "constant table overflow") {
		t.Errorf("300,000: %.200q", got)
	}
}

func TestLibrariesAreBounded(t *testing.T) {
	for script, want := range map[string]string{
		"local t = {} for i=1,1000 do t[i] = string.rep('x', 1000000) end":                                                                     errMemory,
		"local t, s = {}, string.rep('x', 1000000) for i=1,1000 do t[i] = s .. i end":                                                          errMemory,
		"local t, s = {}, string.rep('x', 1000000) for i=1,1000 do t[i] = s:upper() end":                                                       errMemory,
		"local t = {} for i=1,200 do t[i] = {} t[i][1000000] = 1 end":                                                                          errMemory,
		"return #cjson.decode('[' .. string.rep('[],', 2000000) .. '1]')":                                                                      errMemory,
		"return #cmsgpack.unpack('\\221\\0\\64\\0\\0' .. string.rep('\\144', 4194304))":                                                        errMemory,
		"local a = {} a[1] = a a[2] = a return a":                                                                                              errResult,
		"local a = {} for i=1,60 do a = {a, a} end return #cjson.encode(a)":                                                                    errMemory,
		"local t = {} for i=1,1000 do t[i] = 1 end for i=1,10 do local u = {} for j=1,1000 do u[j] = t end t = u end return #cmsgpack.pack(t)": errMemory,
		"return string.gsub(string.rep('a', 1000000), '.+', string.rep('%0', 100000))":                                                         errMemory,
		"return string.find(string.rep('a', 100000), '.-.-.-.-b')":                                                                             errKilled,
		"for w in string.gmatch(string.rep('a', 100000), '(.-)(.-)(.-)b') do end":                                                              errKilled,
		"table.insert({}, -2147483648, 1)":                                                                                                     errKilled,
	} {
		host := &testHost{}
		if want == errKilled {
			host.killAfter = 3
		}
		l := New(host, false)
		l.machineOfEval().watch.most = 32 << 20
		if got := eval(l, script); !strings.Contains(got, want) {
			t.Errorf("%s\n got %.200q\nwant %q", script, got, want)
		}
		if got := eval(l, "return 'fine'"); got != "$4\r\nfine\r\n" {
			t.Fatalf("after %s: %q", script, got)
		}
		debug.FreeOSMemory()
	}
}
