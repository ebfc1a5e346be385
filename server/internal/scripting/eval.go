package scripting

import (
	"fmt"
	"math/rand/v2"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Lua is the scripting engine: the cached scripts of EVAL and the function libraries.
type Lua struct {
	host       Host
	deprecated bool // lua-enable-deprecated-api

	eval    *machine
	scripts map[string]*script // by SHA1 in lower case
	size    int                // their bytes

	random *random
	functionsState
}

// script is a cached script of EVAL.
type script struct {
	sha   string
	fn    *lua.LFunction
	flags Flags
}

// New makes the engine. The machines are made with the first script.
func New(h Host, deprecated bool) *Lua {
	l := &Lua{host: h, deprecated: deprecated, random: &random{}}
	l.random.seed(rand.Int32())
	l.FlushScripts()
	l.FlushFunctions()
	return l
}

// FlushScripts forgets all cached scripts, and with them what they left in the machine.
func (l *Lua) FlushScripts() {
	l.eval, l.scripts, l.size = nil, map[string]*script{}, 0
}

// machineOfEval makes EVAL's machine on first use.
func (l *Lua) machineOfEval() *machine {
	if l.eval == nil {
		m := newMachine(l.host, l.deprecated, l.random)
		no := func(L *lua.LState) int { L.Push(lua.LFalse); return 1 }
		m.openRedis(functions{"breakpoint": no, "debug": func(*lua.LState) int { return 0 },
			"replicate_commands": func(L *lua.LState) int { L.Push(lua.LTrue); return 1 }})
		m.globals.RawSetString("__redis__err__handler", m.handler)
		l.eval = m
	}
	return l.eval
}

// Exists reports whether a script is cached, by its SHA1 in either case.
func (l *Lua) Exists(sha []byte) bool { return l.find(sha) != nil }

func (l *Lua) find(sha []byte) *script {
	if len(sha) != 40 {
		return nil
	}
	var low [40]byte
	for i, c := range sha {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return l.scripts[string(low[:])]
}

// Load compiles and caches a script.
func (l *Lua) Load(body []byte) (sha string, errText string) {
	s, errText := l.cached(body)
	if errText != "" {
		return "", errText
	}
	return s.sha, ""
}

func (l *Lua) cached(body []byte) (*script, string) {
	sha := sha1hex(body)
	if s := l.scripts[sha]; s != nil {
		return s, ""
	}
	flags, code, errText := parseShebang(string(body))
	if errText != "" {
		return nil, "ERR " + errText
	}
	fn, err := l.machineOfEval().load(code, "user_script")
	if err != nil {
		return nil, "ERR Error compiling script (new function): " + err.Error()
	}
	s := &script{sha: sha, fn: fn, flags: flags}
	l.scripts[sha] = s
	l.size += scriptOverhead + codeBytes(fn.Proto)
	return s, ""
}

// parseShebang reads the first line of a script, "#!lua flags=a,b". code is the script without it; the line break stays, so that lines
// keep their numbers.
func parseShebang(body string) (flags Flags, code string, errText string) {
	if !strings.HasPrefix(body, "#!") {
		return Compat, body, ""
	}
	line, _, ok := strings.Cut(body, "\n")
	if !ok {
		return 0, "", "Invalid script shebang"
	}
	words, _, err := resp.SplitArgs(nil, nil, []byte(line))
	if err != nil || len(words) == 0 {
		return 0, "", "Invalid engine in script shebang"
	}
	if string(words[0]) != "#!lua" {
		return 0, "", "Unexpected engine in script shebang: " + string(words[0])
	}
	for _, w := range words[1:] {
		list, ok := strings.CutPrefix(string(w), "flags=")
		if !ok {
			return 0, "", "Unknown lua shebang option: " + string(w)
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			f := flagOf(name)
			if f == 0 {
				return 0, "", "Unexpected flag in script shebang: " + name
			}
			flags |= f
		}
	}
	return flags, body[len(line):], ""
}

func flagOf(name string) Flags {
	for i, n := range flagNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// EvalFlags are the flags of a call of EVAL, or of EVALSHA.
func (l *Lua) EvalFlags(args [][]byte, bySHA bool, of command.Flags) command.Flags {
	if len(args) < 2 {
		return of
	}
	if bySHA {
		if s := l.find(args[1]); s != nil {
			return s.flags.CommandFlags(of)
		}
		return of
	}
	if !strings.HasPrefix(string(args[1][:min(2, len(args[1]))]), "#!") {
		return of
	}
	flags, _, errText := parseShebang(string(args[1]))
	if errText != "" {
		return of
	}
	return flags.CommandFlags(of)
}

const errNoScript = "NOSCRIPT No matching script. Please use EVAL."

// Eval runs EVAL, EVALSHA and their _RO variants.
func (l *Lua) Eval(c *command.Ctx, bySHA, readOnly bool) {
	if bySHA && len(c.Args[1]) != 40 {
		c.Fail(errNoScript)
		return
	}
	n, errText := keyCount(c.Args, command.ErrNotInteger)
	if errText != "" {
		c.Fail(errText)
		return
	}
	var s *script
	if bySHA {
		if s = l.find(c.Args[1]); s == nil {
			c.Fail(errNoScript)
			return
		}
	} else if s, errText = l.cached(c.Args[1]); errText != "" {
		c.Fail(errText)
		return
	}
	m := l.machineOfEval()
	keys, argv := m.list(c.Args[3:3+n]), m.list(c.Args[3+n:])
	m.globals.RawSetString("KEYS", keys)
	m.globals.RawSetString("ARGV", argv)
	m.execute(c, &Run{Name: s.sha, Eval: true, Flags: s.flags, ReadOnly: readOnly}, s.fn)
}

// keyCount reads the number of keys of EVAL and FCALL.
func keyCount(args [][]byte, notNumber string) (n int, errText string) {
	v, ok := command.ParseInt(args[2])
	switch {
	case !ok:
		return 0, notNumber
	case v > int64(len(args)-3):
		return 0, "ERR Number of keys can't be greater than number of args"
	case v < 0:
		return 0, "ERR Number of keys can't be negative"
	}
	return int(v), ""
}

// execute runs a script's function and writes the reply.
func (m *machine) execute(c *command.Ctx, r *Run, fn *lua.LFunction, args ...lua.LValue) {
	r.Proto, r.Repl = 2, command.ToAOF|command.ToReplicas
	r.ReadOnly = r.ReadOnly || r.Flags&(NoWrites|Compat) == NoWrites
	if errText := m.host.Begin(c, r); errText != "" {
		c.Fail(errText)
		return
	}
	m.run = r
	m.watch.begin()
	err := m.call(fn, args...)
	m.run = nil
	m.watch.end()
	m.host.End(c, r)
	if err != nil {
		m.fail(c, r, err)
		return
	}
	w := resultWriter{w: c.Reply, m: m, booleans: r.Proto != 2, most: c.Reply.Len() + int(m.watch.most/2)}
	mark := c.Reply.Len()
	w.value(m.L.Get(-1))
	m.L.SetTop(0)
	if w.full() {
		c.Reply.Buf = c.Reply.Buf[:mark]
		c.Fail(errResult)
	}
}

// fail writes the error that ended a script.
func (m *machine) fail(c *command.Ctx, r *Run, err error) {
	v := raised(err)
	m.L.SetTop(0)
	t, ok := v.(*lua.LTable)
	if !ok {
		c.Fail(unhandled(r, v.String()))
		return
	}
	f := describe(t, r.Name)
	if f.counted {
		m.host.ErrorCounted()
	}
	c.Fail(f.text)
}

// unhandled is the error of a script whose stack had no room for the handler.
func unhandled(r *Run, text string) string {
	at, _ := splitPosition(text)
	if at == "" {
		return fmt.Sprintf("ERR Error running script %s, %.100s", r.Name, text)
	}
	return "ERR " + text + " script: " + r.Name + ", on @" + strings.TrimSuffix(at, ": ") + "."
}

// Kill marks the script under way to be ended: by SCRIPT KILL (eval) or FUNCTION KILL.
func (l *Lua) Kill(eval bool) (errText string) {
	r := l.running()
	switch {
	case r == nil:
		return "NOTBUSY No scripts in execution right now."
	case l.host.Obeyed():
		return "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed."
	case r.Wrote:
		return "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	case eval != r.Eval:
		return l.host.BusyError()
	}
	r.Killed = true
	return ""
}

// running is the script under way, or nil.
func (l *Lua) running() *Run {
	if l.eval != nil && l.eval.run != nil {
		return l.eval.run
	}
	return l.functionRun()
}

// BusyError and CallerArgs tell of the script under way, see Host.
func (l *Lua) BusyError() string             { return l.host.BusyError() }
func (l *Lua) CallerArgs() ([][]byte, int64) { return l.host.CallerArgs() }
