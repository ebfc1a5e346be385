package engine

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// scriptState is the script under way. Its commands run in a session of their own, one for all scripts, which has the database that the
// script selected; the client that runs the script waits above it on the stack:
//
//	caller: EVAL --Run--> Lua --redis.call--> Engine.Call --call--> a command's Run
//
// Effects of all its commands are settled with the EVAL, as those of a transaction are.
type scriptState struct {
	lua     *scripting.Lua
	session *session.Session // the commands', nil before the first script
	caller  *session.Session
	run     *scripting.Run // nil: no script runs
	args    [][]byte       // of the caller's command
	began   time.Time
	outer   bool // inExec before the script
	held    []byte
	denyOff bool // DEBUG SET-DISABLE-DENY-SCRIPTS
	stopped bool // the server stops: what the script did is not told any more
}

const (
	errBusyScript   = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	errBusyFunction = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
)

// SetScripting connects the scripting engine. Nothing forgets cached scripts by itself, so their memory counts.
func (e *Engine) SetScripting(l *scripting.Lua) {
	e.script.lua = l
	e.OnMemory(func() int64 { return int64(l.ScriptBytes()) })
}

// Scripting is the scripting engine.
func (e *Engine) Scripting() *scripting.Lua { return e.script.lua }

// SetDenyScripts lets scripts run all commands, or all but those which are not for scripts.
func (e *Engine) SetDenyScripts(on bool) { e.script.denyOff = !on }

// Busy reports whether a script runs for longer than busy-reply-threshold.
func (e *Engine) Busy() bool { return e.script.run != nil && e.script.run.Slow }

// BusyError is the error of commands that a busy script refuses, or empty.
func (e *Engine) BusyError() string {
	if !e.Busy() {
		return ""
	}
	return e.busyError()
}

func (e *Engine) busyError() string {
	if e.script.run.Eval {
		return errBusyScript
	}
	return errBusyFunction
}

// Obeyed implements scripting.Host: a script that a master has sent is run whatever the state of the server.
func (e *Engine) Obeyed() bool { return e.script.caller != nil && e.script.caller.Has(session.Master) }

// Begin implements scripting.Host.
func (e *Engine) Begin(c *command.Ctx, r *scripting.Run) string {
	caller := c.Client.(*session.Session)
	if msg := e.refuseScript(caller, r); msg != "" {
		return msg
	}
	st := &e.script
	if st.session == nil {
		st.session = e.NewSession()
		st.session.Authenticated = true
		st.session.Addr = "?:0" // in the slow log; monitors see "lua"
	}
	s := st.session
	s.DB, s.User, s.W.Proto = caller.DB, caller.User, 2
	s.Flags = session.Script | caller.Flags&(session.InMulti|session.NoTouch)
	st.caller, st.run, st.args, st.began = caller, r, c.Args, time.Now()
	st.outer, e.inExec = e.inExec, true
	e.clock.freeze()
	return ""
}

// refuseScript checks what a script declares of itself against the state of the server.
func (e *Engine) refuseScript(caller *session.Session, r *scripting.Run) string {
	obeyed := caller.Has(session.Master)
	stale := e.replica && !e.cfg.ReplicaServeStaleData && !e.repl.LinkUp() && !obeyed
	if r.Flags&scripting.Compat != 0 {
		if stale {
			return errMasterDown
		}
		return ""
	}
	if stale && r.Flags&scripting.AllowStale == 0 {
		return "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is not set on the script."
	}
	if r.Flags&scripting.NoWrites == 0 && !obeyed {
		if msg := e.refuseWritingScript(caller, r); msg != "" {
			return msg
		}
	}
	if e.cfg.MaxMemory > 0 && e.overMemory && r.Flags&(scripting.AllowOOM|scripting.NoWrites) == 0 {
		return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	}
	return ""
}

func (e *Engine) refuseWritingScript(caller *session.Session, r *scripting.Run) string {
	if e.replica && e.cfg.ReplicaReadOnly {
		return "READONLY Can not run script with write flag on readonly replica"
	}
	if !e.replica {
		if msg := e.persist.WriteError(); msg != "" {
			code, _, _ := strings.Cut(msg, " ")
			return code + " Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts."
		}
	}
	if r.ReadOnly {
		return "ERR Can not execute a script with write flag using *_ro command."
	}
	return e.refuseWrite(caller)
}

// End implements scripting.Host.
func (e *Engine) End(c *command.Ctx, r *scripting.Run) {
	st := &e.script
	e.clock.thaw()
	e.inExec = st.outer
	c.NoPropagate() // its commands' effects are there already
	if r.Slow {
		e.releaseHeld()
	}
	if st.stopped {
		c.Effects.Reset()
	}
	st.run, st.caller, st.args = nil, nil, nil
}

// Call implements scripting.Host: it checks and runs a command of the script.
func (e *Engine) Call(r *scripting.Run, args [][]byte) (reply []byte, refused string) {
	s := e.script.session
	spec, msg := e.findForScript(args)
	if msg == "" {
		msg = e.refuseInScript(r, spec, args)
	}
	if msg != "" {
		code, _, coded := strings.Cut(strings.TrimPrefix(msg, "-"), " ")
		if !coded || msg[0] != '-' {
			code = "ERR"
		}
		e.Stats.errorReply(code)
		if spec != nil {
			e.Stats.Commands[spec.ID].Rejected++
		}
		return nil, msg
	}
	if spec.Flags&command.Write != 0 {
		r.Wrote = true
	}
	c := &e.ctx
	outer, from := *c, len(c.Effects.Items)
	s.W.Buf, s.W.Proto = s.W.Buf[:0], r.Proto
	e.call(s, spec, args)
	c.Effects.Restrict(from, r.Repl)
	dirty, effects := c.Dirty, c.Effects
	*c = outer
	c.Dirty, c.Effects = dirty, effects
	reply = s.W.Buf
	if cap(reply) > maxKeptReply {
		s.W.Buf = nil
	}
	return reply, ""
}

// maxKeptReply is the size up to which the buffer of a script's replies is kept for the next one.
const maxKeptReply = 1 << 20

// findForScript resolves a command in the words that scripts know.
func (e *Engine) findForScript(args [][]byte) (*command.Spec, string) {
	spec := e.table.Lookup(args[0])
	if spec != nil && spec.Subs != nil && len(args) > 1 {
		spec = spec.Sub(args[1])
	}
	switch {
	case spec == nil:
		return nil, "Unknown Redis command called from script"
	case !spec.ArityOK(len(args)) || spec.Run == nil:
		return spec, "Wrong number of args calling Redis command from script"
	}
	return spec, ""
}

// refuseInScript runs the checks of a command of a script, in Redis's order.
func (e *Engine) refuseInScript(r *scripting.Run, spec *command.Spec, args [][]byte) string {
	switch {
	case spec.Flags&command.NoScript != 0 && !e.script.denyOff:
		return "This Redis command is not allowed from script"
	case spec.Flags&command.Protected != 0 && !e.debugAllowed(e.script.caller, spec):
		return "-" + debugDenied(spec)
	case spec.Flags&command.Stale == 0 && e.replica && !e.cfg.ReplicaServeStaleData && !e.repl.LinkUp():
		return "Can not execute the command on a stale replica"
	}
	if msg := e.forbiddenInScript(spec, args); msg != "" {
		return msg
	}
	switch {
	case r.ReadOnly && spec.Flags&(command.Write|command.MayReplicate) != 0:
		return "Write commands are not allowed from read-only scripts."
	case r.Wrote:
		return "" // it cannot be stopped halfway
	}
	if spec.Flags&command.Write != 0 {
		if msg := e.refuseWriteInScript(); msg != "" {
			return "-" + msg
		}
	}
	if e.cfg.MaxMemory > 0 && e.overMemory && spec.Flags&command.DenyOOM != 0 && r.Flags&scripting.AllowOOM == 0 && !e.Obeyed() {
		return "-" + errOOM
	}
	return ""
}

func (e *Engine) refuseWriteInScript() string {
	if e.replica && e.cfg.ReplicaReadOnly && !e.Obeyed() {
		return errReadOnly
	}
	if !e.replica {
		if msg := e.persist.WriteError(); msg != "" {
			return msg
		}
	}
	return e.refuseWrite(e.script.caller)
}

// Allowed implements scripting.Host.
func (e *Engine) Allowed(_ *scripting.Run, args [][]byte) (allowed, known bool) {
	spec := e.table.Lookup(args[0])
	if spec != nil && spec.Subs != nil && len(args) > 1 {
		spec = spec.Sub(args[1])
	}
	if spec == nil {
		return false, false
	}
	return e.acl.Check(e.script.caller.User, spec, args).Denial == acl.Allowed, true
}

// Interrupt implements scripting.Host: a script that has run for too long lets others in, who are told BUSY.
func (e *Engine) Interrupt(r *scripting.Run) {
	threshold := time.Duration(e.cfg.BusyReplyThreshold) * time.Millisecond
	if !r.Slow {
		if threshold <= 0 || time.Since(e.script.began) < threshold {
			return
		}
		how := "FUNCTION KILL"
		if r.Eval {
			how = "SCRIPT KILL"
		}
		e.log.Warn("Slow script detected: still in execution after " + time.Since(e.script.began).Round(time.Millisecond).String() +
			". You can try killing the script using the " + how + " command. Script name is: " + r.Name + ".")
		r.Slow = true
	}
	frozen, ms := e.clock.frozen, e.clock.ms
	e.clock.frozen = 0
	err := e.Breathe()
	e.clock.frozen, e.clock.ms = frozen, ms
	if err != nil || e.script.stopped {
		e.script.stopped, r.Killed = true, true
	}
}

// hold keeps bytes for the client whose script runs, and those of the master, until the script is over: their buffers
// are in use, and the stream must not be refused. A script that is debugged on the data itself makes all clients wait.
func (e *Engine) hold(s *session.Session, p []byte) bool {
	if e.debugged != nil {
		return e.holdOther(s, p)
	}
	if !e.Busy() {
		return false
	}
	if s == e.script.caller {
		e.script.held = append(e.script.held, p...)
		return true
	}
	if s.Has(session.Master) {
		s.In.Feed(p)
		s.In.Hold()
		e.backlog = append(e.backlog, s)
		return true
	}
	return false
}

func (e *Engine) releaseHeld() {
	s, p := e.script.caller, e.script.held
	e.script.held = nil
	if len(p) == 0 {
		return
	}
	e.Post(func() {
		s.In.Feed(p)
		s.In.Hold()
		e.resume(s)
	})
}

// ErrorCounted implements scripting.Host.
func (e *Engine) ErrorCounted() { e.errorCounted = true }

// CallerArgs implements scripting.Host.
func (e *Engine) CallerArgs() (args [][]byte, ms int64) {
	return e.script.args, time.Since(e.script.began).Milliseconds()
}

// ScriptLog implements scripting.Host.
func (e *Engine) ScriptLog(level int, msg string) {
	levels := [...]slog.Level{slog.LevelDebug, slog.LevelDebug + 2, slog.LevelInfo, slog.LevelWarn}
	e.log.Log(context.Background(), levels[level], msg)
}

// ScriptMemory is what INFO tells of scripting, in bytes and numbers.
type ScriptMemory struct {
	EvalMachine, FunctionsMachine, Scripts, Functions int64
	ScriptCount, FunctionCount, LibraryCount          int64
}

// ScriptMemory measures scripting.
func (e *Engine) ScriptMemory() ScriptMemory {
	l := e.script.lua
	libraries, functions := l.Libraries().Len()
	eval, fn := l.MachineBytes()
	return ScriptMemory{EvalMachine: int64(eval), FunctionsMachine: int64(fn), Scripts: int64(l.ScriptBytes()), Functions: int64(l.Libraries().Bytes()),
		ScriptCount: int64(l.Scripts()), FunctionCount: int64(functions), LibraryCount: int64(libraries)}
}
