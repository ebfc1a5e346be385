package scripting

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// The debugger of EVAL (LDB). A session has a machine of its own, for one script; other scripts pay nothing for it.
//
//	Lua.Debug -> machine.execute -> each instruction asks the state's context, a hook -> debugger.line, on a new line
//	                                                     stop there? -> debugger.talk: commands of the client, until one goes on
//
// What the client is told is kept as lines and sent as one array when the script stops, and after each command.

// Front is the client of a debugging session.
type Front interface {
	// Read waits for bytes of the client. false: there will be none any more.
	Read() ([]byte, bool)
	// Write sends bytes to it.
	Write(p []byte)
	// Gone reports whether the script is to end at once, since nobody will see what it does.
	Gone() bool
}

type debugger struct {
	m     *machine
	front Front

	source  []string // lines of the script
	tables  map[uintptr]*lineTable
	current int   // line
	breaks  []int // lines with breakpoints, in the order in which they were set
	step    bool  // stop at the next line; calls and errors of it are shown
	called  bool  // redis.breakpoint() was called: stop at the next line
	at      *hook // whose instruction runs

	resumed time.Time // when the script, or code of the client, went on
	asked   bool      // code of the client runs (eval)

	lines   []string // to be sent
	bytes   int      // of lines
	most    int      // bytes of a value that is shown, 0: all
	advised bool     // that this can be changed
	in      []byte   // from the client, not yet a command
}

const (
	maxBreaks    = 64
	shortValue   = 256 // debugger.most at first...
	leastValue   = 60  // ...and at least, unless it is 0
	maxShown     = 16 << 20
	defaultLimit = 5 * time.Second // in the place of a busy-reply-threshold of 0
)

const (
	errAborted    = "script aborted for user request"
	errProtocol   = "protocol error"
	errClientGone = "timeout during Lua debugging with client closing connection"
	errEndless    = "timeout reached, infinite loop?"
)

// Debug runs EVAL in a debugging session. The reply comes behind the last lines of the session.
func (l *Lua) Debug(c *command.Ctx, readOnly bool, f Front) {
	d := &debugger{front: f, step: true, most: shortValue, tables: map[uintptr]*lineTable{}, source: sourceLines(string(c.Args[1]))}
	out, reply := c.Reply, &resp.Writer{Proto: c.Reply.Proto} // what comes last is written first
	c.Reply = reply
	l.debug(c, readOnly, d)
	c.Reply = out
	d.log("<endsession>")
	d.send()
	c.Reply.Raw(reply.Buf)
}

func (l *Lua) debug(c *command.Ctx, readOnly bool, d *debugger) {
	n, errText := keyCount(c.Args, command.ErrNotInteger)
	var s *script
	if errText == "" {
		s, errText = l.cached(c.Args[1])
	}
	if errText != "" {
		c.Fail(errText)
		return
	}
	m := l.debugMachine(d)
	fn, err := d.load(c.Args[1])
	if err != nil {
		c.Fail("ERR " + err.Error())
		return
	}
	m.globals.RawSetString("KEYS", m.list(c.Args[3:3+n]))
	m.globals.RawSetString("ARGV", m.list(c.Args[3+n:]))
	m.L.SetContext(m.contextOf(m.L))
	d.resumed = time.Now()
	m.execute(c, &Run{Name: s.sha, Eval: true, Flags: s.flags, ReadOnly: readOnly}, fn)
}

func (l *Lua) debugMachine(d *debugger) *machine {
	m := newMachine(l.host, l.deprecated, l.random)
	m.openRedis(functions{"breakpoint": d.breakpoint, "debug": d.print,
		"replicate_commands": func(L *lua.LState) int { L.Push(lua.LTrue); return 1 }})
	m.globals.RawSetString("__redis__err__handler", m.handler)
	m.debug, d.m = d, m
	return m
}

// sourceLines cuts a script into lines as the client sees them: those at its end that are empty are not there.
func sourceLines(body string) []string {
	if body = strings.TrimRight(body, "\r\n"); body == "" {
		return nil
	}
	return strings.Split(body, "\n")
}

// load compiles the script and notes the lines of its instructions.
func (d *debugger) load(body []byte) (*lua.LFunction, error) {
	_, code, _ := parseShebang(string(body))
	var root *lineNode
	var last int
	fn, err := compileTree(d.m.L, code, scriptChunk, d.m.concat, func(chunk []ast.Stmt) []ast.Stmt {
		chunk, root, last = relined(chunk, code)
		return chunk
	})
	if err == nil {
		d.note(fn.Proto, root, last)
	}
	return fn, err
}

// scriptChunk is what messages call a script of EVAL.
const scriptChunk = "user_script"

func (d *debugger) note(p *lua.FunctionProto, n *lineNode, last int) {
	d.tables[reflect.ValueOf(p).Pointer()] = tableOf(p, n, last)
	for i, child := range p.FunctionPrototypes {
		known := &lineNode{}
		if i < len(n.children) {
			known = n.children[i]
		}
		d.note(child, known, child.LastLineDefined)
	}
}

// hook is the context of one Lua state. It looks at the frame that runs, which the library keeps to itself.
type hook struct {
	*watch
	d                  *debugger
	L                  *lua.LState
	frame              reflect.Value // the state's pointer to it, and the numbers of its fields
	fn, proto, idx, pc int
	last               []placeOf // that ran in each frame of the stack
}

// placeOf is an instruction.
type placeOf struct {
	table *lineTable
	pc    int
}

func (d *debugger) hook(L *lua.LState) *hook {
	frame := reflect.ValueOf(L).Elem().FieldByName("currentFrame")
	field := func(t reflect.Type, name string) int {
		f, ok := t.FieldByName(name)
		if !ok {
			panic("BUG: the virtual machine has no " + name)
		}
		return f.Index[0]
	}
	t := frame.Type().Elem()
	return &hook{watch: d.m.watch, d: d, L: L, frame: frame, fn: field(t, "Fn"), idx: field(t, "Idx"), pc: field(t, "Pc"),
		proto: field(reflect.TypeFor[lua.LFunction](), "Proto")}
}

// Done implements context.Context.
func (h *hook) Done() <-chan struct{} {
	if !h.d.asked {
		h.instruction()
	}
	return h.watch.Done()
}

// instruction tells the debugger of a line that begins: in a function that was called, after a jump backwards, or with another number.
func (h *hook) instruction() {
	f := h.frame.Elem()
	if !f.IsValid() {
		return
	}
	t := h.d.tables[f.Field(h.fn).Elem().Field(h.proto).Pointer()]
	if t == nil {
		return
	}
	depth, pc := int(f.Field(h.idx).Int()), int(f.Field(h.pc).Int())-1
	if depth >= len(h.last) {
		h.last = append(h.last, make([]placeOf, depth+1-len(h.last))...)
	}
	old := -1
	if h.last[depth].table == t {
		old = h.last[depth].pc
	}
	h.d.at = h
	begins, ran := t.begins(old, pc)
	if ran {
		h.last[depth] = placeOf{t, pc}
	}
	if begins {
		h.d.line(t.lines[pc])
	}
}

// line is called when a line begins.
func (d *debugger) line(n int) {
	d.current = n
	if d.step || d.called || d.hasBreak(n) {
		d.stop("step over")
	}
}

// tick is called now and then: a script that runs for long without a stop is stopped, and code of the client ended.
func (d *debugger) tick() {
	limit := d.m.host.DebugLimit()
	if limit <= 0 {
		limit = defaultLimit
	}
	switch {
	case d.front.Gone():
		d.m.watch.err = errClientGone
	case d.m.run == nil || time.Since(d.resumed) < limit:
	case d.asked:
		d.m.watch.err = errEndless
	case d.at != nil && !d.step:
		if !d.stop(errEndless) {
			d.m.watch.err = errClientGone
		}
	}
}

// stop tells the client where the script is and runs its commands. false: there is no client any more, and the script runs on.
func (d *debugger) stop(reason string) bool {
	if d.called {
		reason = "redis.breakpoint() called"
	} else if d.hasBreak(d.current) {
		reason = "break point"
	}
	d.step, d.called = false, false
	d.log(fmt.Sprintf("* Stopped at %d, stop reason = %s", d.current, reason))
	d.logLine(d.current)
	d.send()
	size := heapBytes()
	there, errText := d.talk()
	d.m.watch.excuse(size)
	d.resumed = time.Now()
	if errText != "" {
		d.m.raise(d.at.L, errText)
	}
	if !there && d.front.Gone() {
		d.m.watch.err = errClientGone
	}
	return there
}

func (d *debugger) hasBreak(line int) bool { return slices.Contains(d.breaks, line) }

// stepping reports whether what the script does is shown.
func (d *debugger) stepping() bool { return d != nil && d.step }

// breakpoint is redis.breakpoint().
func (d *debugger) breakpoint(L *lua.LState) int {
	d.called = true
	L.Push(lua.LTrue)
	return 1
}

// print is redis.debug().
func (d *debugger) print(L *lua.LState) int {
	b := fmt.Appendf(nil, "<debug> line %d: ", d.current)
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b = append(b, ", "...)
		}
		b = d.appendValue(b, L.Get(i))
	}
	d.log(string(b))
	return 0
}

// log keeps a line for the client. What is too much for one answer is left out.
func (d *debugger) log(line string) {
	if d.bytes > maxShown {
		return
	}
	if d.bytes += len(line) + 1; d.bytes > maxShown {
		line = "<hint> There is more than can be shown at once."
	}
	d.lines = append(d.lines, line)
}

// logShort is log for a value, which is cut.
func (d *debugger) logShort(line string) {
	if d.most == 0 || len(line) <= d.most {
		d.log(line)
		return
	}
	d.log(line[:d.most] + " ...")
	if !d.advised {
		d.advised = true
		d.log("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.")
	}
}

// logLine shows a line of the script.
func (d *debugger) logLine(n int) {
	text, mark := "<out of range source code line>", []byte("   ")
	if n >= 1 && n <= len(d.source) {
		text = d.source[n-1]
	}
	if n == d.current {
		copy(mark, "->")
	}
	if d.hasBreak(n) {
		mark[2] = '#'
	}
	d.log(fmt.Sprintf("%s%-3d %s", mark, n, text))
}

// logCall shows a command of the script.
func (d *debugger) logCall(args [][]byte) {
	const shown = 10
	line := []byte("<redis>")
	for i, a := range args {
		if i == shown {
			line = fmt.Appendf(line, " ... (%d more)", len(args)-i-1)
			break
		}
		line = append(append(line, ' '), a...)
	}
	d.log(string(line))
}

// send sends what was logged.
func (d *debugger) send() {
	var w resp.Writer
	w.Array(len(d.lines))
	for _, line := range d.lines {
		w.SimpleString(oneLine(line))
	}
	d.lines, d.bytes = nil, 0
	d.front.Write(w.Buf)
}
