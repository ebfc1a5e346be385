package scripting

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// testFront says one thing as often as it is asked, at most n times; then it is gone.
type testFront struct {
	say  []byte
	n    int
	out  strings.Builder
	gone bool
}

func (f *testFront) Read() ([]byte, bool) {
	if f.n--; f.n < 0 {
		f.gone = true
		return nil, false
	}
	return f.say, true
}
func (f *testFront) Write(p []byte) { f.out.Write(p) }
func (f *testFront) Gone() bool     { return f.gone }

func evalContext(script string) *command.Ctx {
	return &command.Ctx{Args: [][]byte{[]byte("eval"), []byte(script), []byte("2"), []byte("k1"), []byte("k2"), []byte("a"), []byte("10")}, Reply: &resp.Writer{}}
}

// debugged runs a script in a session in which the client says the same thing n times.
func debugged(script, say string, n int) (reply, told string) {
	f := &testFront{say: resp.AppendCommand(nil, strings.Fields(say)...), n: n}
	c := evalContext(script)
	New(&testHost{}, false).Debug(c, false, f)
	return string(c.Reply.Buf), f.out.String()
}

// sameReply runs a script with and without the debugger.
func sameReply(t *testing.T, script string) {
	t.Helper()
	c := evalContext(script)
	New(&testHost{}, false).Eval(c, false, false)
	for _, say := range []string{"continue", "step"} {
		if got, _ := debugged(script, say, 100000); got != string(c.Reply.Buf) && !strings.Contains(got, "0x") {
			t.Errorf("%s: %s: %q, without debugger %q", say, script, got, c.Reply.Buf)
		}
	}
}

func TestDebuggedScriptsDoTheSame(t *testing.T) {
	for _, s := range []string{
		"local t = {} for i = 1, 120 do t[i] = i end return #t",
		"local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(20000)",
		"return {1, 2, {3, x = 4}, unpack(ARGV)}",
		"local f = function(...) return select('#', ...), ... end return {f(1, nil, 3)}",
		"local r = {} for k, v in pairs({a = 1, 'b'}) do r[#r + 1] = tostring(k) .. v end return r",
		"while true do local x = 1 if x then break end end repeat local y = 2 until y == 2 return ARGV[1] .. 1 .. 'x'",
		"local ok, e = pcall(function() local a; return a.b end) return e",
		"return table.concat({redis.call('x', 1)[1], 'y'}, ',')",
		"local a <const> = 1", "return", "", "x = 1", "return redis.call()", "goto a", "return 010 + 1",
		"do local a = 1; do local b = 2; local c = function() return a + b end; return c() end end",
		"local t = setmetatable({}, {__index = function(t, k) return k end, __call = function(t, a) return a end}) return {t.x, t(3), (t(4))}",
		"local co = coroutine.wrap(function(a) for i = 1, 3 do a = coroutine.yield(a + i) end return 'end' end) return {co(1), co(2), co(3), co(4)}",
		"return ({f = function(self, x) return x end}):f(5)",
		"local s = [[\nx\ny]] return {s, #s, [==[\n]]]==]}",
	} {
		sameReply(t, s)
	}
}

// A step on one line that never ends must come back to the client.
func TestDebugStopsInLoopsOfOneLine(t *testing.T) {
	for _, s := range []string{"while true do end", "repeat until false", "for i = 1, 1e18 do end", "while true do local x = 1 end", "local x\nrepeat if x then x = 1 end until false"} {
		_, told := debugged(s, "step", 20)
		if n := strings.Count(told, "Stopped at"); n != 21 {
			t.Errorf("%s: %d stops", s, n)
		}
	}
}

func TestDebuggedScriptThatTakesTooMuchIsEnded(t *testing.T) {
	const script = "local t = {}\nlocal i = 0\nwhile true do i = i + 1\n t[i] = string.rep('x', 100000) .. i\nend"
	l := New(&testHost{}, false)
	d := &debugger{front: &testFront{say: resp.AppendCommand(nil, "continue"), n: 10}, step: true, tables: map[uintptr]*lineTable{}, source: sourceLines(script)}
	m := l.debugMachine(d)
	m.watch.most = 64 << 20
	fn, err := d.load([]byte(script))
	if err != nil {
		t.Fatal(err)
	}
	m.L.SetContext(m.contextOf(m.L))
	d.resumed = time.Now()
	c := evalContext(script)
	m.execute(c, &Run{Name: "sha", Eval: true, Flags: Compat}, fn)
	if got := string(c.Reply.Buf); !strings.Contains(got, errMemory) {
		t.Errorf("ended with %q", got)
	}
}

// A value that would take for ever to show is cut.
func TestDebugShowsHugeValues(t *testing.T) {
	const script = "local t = {}\nfor i = 1, 100 do t[i] = t end\nlocal s = {{string.rep('x', 1e6)}}\nfor i = 1, 5 do s[i + 1] = s[1] end\nreturn 1"
	for _, limit := range []string{"0", "100"} {
		f := &testFront{n: 1}
		f.say = resp.AppendCommand(resp.AppendCommand(resp.AppendCommand(nil, "maxlen", limit), "break", "5"), "continue")
		f.say = resp.AppendCommand(resp.AppendCommand(f.say, "print"), "continue")
		New(&testHost{}, false).Debug(evalContext(script), false, f)
		if n := f.out.Len(); n > 4*maxShown || limit == "100" && n > 2000 {
			t.Errorf("maxlen %s: %d bytes", limit, n)
		}
	}
}

func TestDebugCommandsInPieces(t *testing.T) {
	d := &debugger{}
	whole := resp.AppendCommand(resp.AppendCommand(nil, "print", "x"), "step")
	for i := range whole {
		d.in = append(d.in, whole[i])
		args, errText := d.next()
		if errText != "" {
			t.Fatalf("after %q: %s", whole[:i+1], errText)
		}
		if args != nil && i != len(whole)-1 && i != len(whole)-1-len(resp.AppendCommand(nil, "step")) {
			t.Errorf("after %q: %q", whole[:i+1], args)
		}
	}
	for _, bad := range []string{"x", "*0\r\n", "*-1\r\n", "*1025\r\n", "*1\r\n+x\r\n", "*1\r\n$0\r\n\r\n", "*1\r\n$1025\r\n", "*1\r\n$1\r\nabc", "*" + strings.Repeat("1", 40)} {
		d.in = []byte(bad)
		if _, errText := d.next(); errText != errProtocol {
			t.Errorf("%q: %q", bad, errText)
		}
	}
}

// FuzzDebug looks for scripts that the debugger runs otherwise, or not at all.
func FuzzDebug(f *testing.F) {
	f.Add("return {pcall(function(...) local a, b = ... return a .. b end, 1, 2)}")
	f.Add("local t = {a = 1,\n f = function() return t end}\nif t.a == 1 then t.b = -t.a else return end return t.b")
	f.Add("local function f(x)\n  repeat local y = x x = x + 1 until y > 3\n  return f\nend\nreturn {f(1),\n a = 2, ...}")
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 2000 || strings.Contains(script, "random") || strings.Contains(script, "while") || strings.Contains(script, "repeat") || strings.Contains(script, "for") ||
			strings.Count(script, "function") > 1 {
			return // may never end
		}
		sameReply(t, script)
	})
}
