package scripting

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// What the client of a debugging session can do while the script stands still. Commands are requests of the protocol, with tighter
// bounds; any answer is an array of lines.

const (
	maxDebugArgs  = 1024
	maxDebugArg   = 1024    // bytes
	maxDebugInput = 1 << 20 // bytes without a whole command
	chunkOfEval   = "ldb_eval"
)

const errUnknownDebug = "<error> Unknown Redis Lua debugger command or wrong number of arguments."

// talk runs commands until one lets the script go on. there is false when the client is gone: the script goes on without stops. errText
// ends it.
func (d *debugger) talk() (there bool, errText string) {
	for {
		args, errText := d.next()
		if errText != "" {
			return true, errText
		}
		if args == nil {
			p, ok := d.front.Read()
			if !ok {
				d.step, d.breaks = false, nil
				return false, ""
			}
			if d.in = append(d.in, p...); len(d.in) > maxDebugInput {
				d.in = nil
				return true, "max client buffer reached"
			}
			continue
		}
		switch name := strings.ToLower(args[0]); name {
		case "s", "step", "n", "next":
			d.step = true
			return true, ""
		case "c", "continue":
			return true, ""
		case "a", "abort":
			return true, errAborted
		default:
			d.run(name, args)
			d.send()
		}
	}
}

// next cuts a command off the input; nil: it is not all there.
func (d *debugger) next() (args []string, errText string) {
	b := d.in
	if len(b) == 0 {
		return nil, ""
	}
	n, b, ok := countLine(b, '*', maxDebugArgs)
	if !ok {
		return nil, errProtocol
	}
	if b == nil {
		return nil, ""
	}
	for range n {
		if len(b) == 0 {
			return nil, ""
		}
		size, rest, ok := countLine(b, '$', maxDebugArg)
		if !ok {
			return nil, errProtocol
		}
		if rest == nil || len(rest) < size+2 {
			return nil, ""
		}
		if string(rest[size:size+2]) != "\r\n" {
			return nil, errProtocol
		}
		args, b = append(args, string(rest[:size])), rest[size+2:]
	}
	d.in = slices.Clone(b)
	return args, ""
}

// countLine reads "*3\r\n", a number from 1 on. rest is nil when the line is not all there.
func countLine(b []byte, kind byte, most int) (n int, rest []byte, ok bool) {
	if b[0] != kind {
		return 0, nil, false
	}
	line, rest, whole := bytes.Cut(b[1:], []byte("\r\n"))
	if !whole {
		return 0, nil, len(b) < 32
	}
	n, err := strconv.Atoi(string(line))
	return n, rest, err == nil && n > 0 && n <= most
}

// run runs a command that leaves the script where it is.
func (d *debugger) run(name string, args []string) {
	switch name {
	case "h", "help":
		d.help()
	case "l", "list":
		d.list(args)
	case "w", "whole":
		for n := range d.source {
			d.logLine(n + 1)
		}
	case "p", "print":
		if len(args) == 2 {
			d.printOne(args[1])
		} else {
			d.printAll()
		}
	case "b", "break":
		d.breakpoints(args[1:])
	case "t", "trace":
		d.trace()
	case "m", "maxlen":
		d.limit(args[1:])
	case "e", "eval":
		d.eval(strings.Join(args[1:], " "))
	case "r", "redis":
		if len(args) > 1 {
			d.redis(args[1:])
			return
		}
		d.log(errUnknownDebug)
	default:
		d.log(errUnknownDebug)
	}
}

func (d *debugger) help() {
	d.lines = append(d.lines, "Redis Lua debugger help:",
		"[h]elp               Show this help.",
		"[s]tep               Run current line and stop again.",
		"[n]ext               Alias for step.",
		"[c]ontinue           Run till next breakpoint.",
		"[l]ist               List source code around current line.",
		"[l]ist [line]        List source code around [line].",
		"                     line = 0 means: current position.",
		"[l]ist [line] [ctx]  In this form [ctx] specifies how many lines",
		"                     to show before/after [line].",
		"[w]hole              List all source code. Alias for 'list 1 1000000'.",
		"[p]rint              Show all the local variables.",
		"[p]rint <var>        Show the value of the specified variable.",
		"                     Can also show global vars KEYS and ARGV.",
		"[b]reak              Show all breakpoints.",
		"[b]reak <line>       Add a breakpoint to the specified line.",
		"[b]reak -<line>      Remove breakpoint from the specified line.",
		"[b]reak 0            Remove all breakpoints.",
		"[t]race              Show a backtrace.",
		"[e]val <code>        Execute some Lua code (in a different callframe).",
		"[r]edis <cmd>        Execute a Redis command.",
		"[m]axlen [len]       Trim logged Redis replies and Lua var dumps to len.",
		"                     Specifying zero as <len> means unlimited.",
		"[a]bort              Stop the execution of the script. In sync",
		"                     mode dataset changes will be retained.",
		"",
		"Debugger functions you can call from Lua scripts:",
		"redis.debug()        Produce logs in the debugger console.",
		"redis.breakpoint()   Stop execution like if there was a breakpoint in the",
		"                     next line of code.")
}

// leading is C's atoi: the number that a text begins with, or 0.
func leading(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && end < 10 && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// list shows the lines around one.
func (d *debugger) list(args []string) {
	around, context := d.current, 5
	if len(args) > 1 {
		if n := leading(args[1]); n > 0 {
			around = n
		}
	}
	if len(args) > 2 {
		context = leading(args[2])
	}
	for n := max(1, around-context); n <= min(len(d.source), around+context); n++ {
		d.logLine(n)
	}
}

func (d *debugger) breakpoints(args []string) {
	if len(args) == 0 && len(d.breaks) == 0 {
		d.log("No breakpoints set. Use 'b <line>' to add one.")
	} else if len(args) == 0 {
		d.log(fmt.Sprintf("%d breakpoints set:", len(d.breaks)))
		for _, line := range d.breaks {
			d.logLine(line)
		}
	}
	for _, arg := range args {
		line, err := strconv.ParseInt(arg, 10, 64)
		switch {
		case err != nil || strconv.FormatInt(line, 10) != arg:
			d.log("Invalid argument:'" + arg + "'")
		case line == 0:
			d.breaks = nil
			d.log("All breakpoints removed.")
		case line < 0:
			d.unbreak(-line)
		case len(d.breaks) == maxBreaks:
			d.log("Too many breakpoints set.")
		case line > int64(len(d.source)) || d.hasBreak(int(line)):
			d.log("Wrong line number.")
		default:
			d.breaks = append(d.breaks, int(line))
			d.list([]string{"", arg, "1"})
		}
	}
}

func (d *debugger) unbreak(line int64) {
	i := slices.Index(d.breaks, int(line))
	if i < 0 {
		d.log("No breakpoint in the specified line.")
		return
	}
	d.breaks = slices.Delete(d.breaks, i, i+1)
	d.log("Breakpoint removed.")
}

// limit sets how many bytes of a value are shown.
func (d *debugger) limit(args []string) {
	if len(args) == 1 {
		d.advised = true
		if d.most = leading(args[0]); d.most != 0 {
			d.most = max(d.most, leastValue)
		}
	}
	if d.most == 0 {
		d.log("<value> replies are unlimited.")
		return
	}
	d.log(fmt.Sprintf("<value> replies are truncated at %d bytes.", d.most))
}

// call runs a function that the client asked for, in a state of its own: that of the script is in the midst of an instruction.
func (d *debugger) call(handler *lua.LFunction, push func(L *lua.LState) (args int, err error)) (lua.LValue, error) {
	d.asked, d.resumed = true, time.Now()
	L, cancel := d.at.L.NewThread() // asks its context, which is that of an instruction
	L.SetContext(d.m.watch)
	defer func() {
		cancel()
		d.asked = false
		if d.m.watch.err != errClientGone {
			d.m.watch.err = "" // it was about this call
		}
	}()
	n, err := push(L)
	if err == nil {
		err = L.PCall(n, 1, handler)
	}
	if err != nil {
		return lua.LNil, err
	}
	return L.Get(-1), nil
}

// eval runs Lua code: an expression, or else statements.
func (d *debugger) eval(code string) {
	v, err := d.call(d.m.explainer, func(L *lua.LState) (int, error) {
		fn, err := compile(L, "return "+code, chunkOfEval, d.m.concat)
		if err != nil {
			fn, err = compile(L, code, chunkOfEval, d.m.concat)
		}
		L.Push(fn)
		return 0, err
	})
	if err == nil {
		d.logShort(string(d.appendValue([]byte("<retval> "), v)))
		return
	}
	text := err.Error()
	if v := raised(err); v != lua.LNil {
		text, _ = textOf(v)
		if t, ok := v.(*lua.LTable); ok {
			text = describe(t, "").text
		}
	}
	d.log("<error> " + text)
}

// redis runs a command and shows it as if the script had called it.
func (d *debugger) redis(args []string) {
	d.step = true
	_, _ = d.call(nil, func(L *lua.LState) (int, error) {
		L.Push(L.NewFunction(d.m.redisPCall))
		for _, a := range args {
			L.Push(lua.LString(a))
		}
		return len(args), nil
	})
	d.step = false
}

// printOne shows a variable: of the innermost function that has one of this name, or KEYS or ARGV.
func (d *debugger) printOne(name string) {
	for _, f := range d.frames() {
		for _, v := range d.locals(f) {
			if v.name == name {
				d.logShort(string(d.appendValue([]byte("<value> "), v.value)))
				return
			}
		}
	}
	if name == "KEYS" || name == "ARGV" {
		d.logShort(string(d.appendValue([]byte("<value> "), d.m.globals.RawGetString(name))))
		return
	}
	d.log("No such variable.")
}

// printAll shows the variables of the function under way.
func (d *debugger) printAll() {
	none := true
	if frames := d.frames(); len(frames) > 0 {
		for _, v := range d.locals(frames[0]) {
			d.logShort(string(d.appendValue([]byte("<value> "+v.name+" = "), v.value)))
			none = false
		}
	}
	if none {
		d.log("No local variables in the current context.")
	}
}

// trace shows the functions of the script that are under way, and where they stand.
func (d *debugger) trace() {
	frames := d.frames()
	for i, f := range frames {
		t := d.tables[f.id()]
		if t == nil {
			continue
		}
		how, name := "From", f.caller(frames[i+1:])
		if i == 0 {
			how = "In"
		}
		d.log(how + " " + name + ":")
		d.logLine(t.lines[f.pc])
	}
}
