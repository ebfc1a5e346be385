package engine

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// execute is the way of one request: find, check, then run, queue or postpone.
func (e *Engine) execute(s *session.Session, args [][]byte) {
	if e.clientMem.limit > 0 {
		if e.evictClients(); s.Has(session.Closing) {
			return
		}
	}
	spec, msg := e.find(args)
	if s.LastCommand = "NULL"; spec != nil {
		s.LastCommand = spec.FullName()
	}
	if msg != "" {
		if spec == nil && crossProtocol(args[0]) {
			e.log.Warn("Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use " +
				"Cross Protocol Scripting to compromise your Redis instance. Connection from " + s.Addr + " aborted.")
			e.Close(s)
			return
		}
		e.reject(s, spec, args, msg)
		return
	}
	flags := callFlags(spec, args)
	if s.Multi != nil && spec.Name == "exec" {
		flags = e.queuedFlags(s, flags)
	}
	if msg := e.refuse(s, spec, flags, args); msg != "" {
		e.reject(s, spec, args, msg)
		return
	}
	if e.pause.until != 0 && e.postpone(s, spec, flags, args) {
		return
	}
	if s.Has(session.InMulti) && !runsInMulti(spec) {
		e.queue(s, spec, args)
		return
	}
	e.run(s, spec, args)
}

// callFlags are the flags of a call: those of EVAL depend on the script.
func callFlags(spec *command.Spec, args [][]byte) command.Flags {
	if spec.CallFlags != nil {
		return spec.CallFlags(args)
	}
	return spec.Flags
}

// crossProtocol recognizes an HTTP request: a browser that was made to talk to us.
func crossProtocol(name []byte) bool { return command.Is(name, "POST") || command.Is(name, "HOST:") }

// run calls the command and settles its consequences.
func (e *Engine) run(s *session.Session, spec *command.Spec, args [][]byte) {
	s.BeginReply()
	e.call(s, spec, args)
	e.followUp(s, spec)
	e.settle(s)
}

// handle runs the command's function, with the store in the mode that the client needs.
func (e *Engine) handle(s *session.Session, spec *command.Spec) {
	switch {
	case e.ctx.FromMaster:
		// The master decides when a key is gone: until its DEL comes, its own commands find it (R38).
		e.store.SetMode(store.ExpireIgnore)
		spec.Run(&e.ctx)
		e.setExpireMode()
	case s.Has(session.NoTouch) && spec.Name != "touch":
		e.store.SetNoTouch(true)
		spec.Run(&e.ctx)
		e.store.SetNoTouch(false)
	default:
		spec.Run(&e.ctx)
	}
}

// followUp ends a client's own command: what was to be sent after its reply is sent, and CLIENT CACHING has had its command.
func (e *Engine) followUp(s *session.Session, spec *command.Spec) {
	s.EndReply()
	if !e.tracking {
		return
	}
	usedCaching(s, spec)
	e.subs.AfterCommand(s)
}

// usedCaching ends what CLIENT CACHING has said, which is of one command or transaction. spec is nil for a command that there is not.
func usedCaching(s *session.Session, spec *command.Spec) {
	if s.Track != nil && s.Track.Caching && !s.Has(session.InMulti) && (spec == nil || spec.Parent == nil || spec.Parent.Name != "client") {
		s.Track.Caching = false
	}
}

// call runs one command: context, counters, reply mode. Its effects stay in ctx.Effects until settle.
func (e *Engine) call(s *session.Session, spec *command.Spec, args [][]byte) {
	outer := e.cur
	if s != e.script.session {
		e.cur = s // of a script's commands it stays the client that runs it
	}
	c := &e.ctx
	c.Begin()
	c.Args, c.Spec, c.Client = args, spec, s
	c.DB, c.Reply, c.Now = e.store.DB(s.DB), &s.W, e.clock.ms
	c.DenyBlocking = s.Flags&(session.InMulti|session.Master|session.Script) != 0
	c.InScript = s.Has(session.Script)
	c.FromMaster = s.Has(session.Master) || s == e.script.session && e.Obeyed()
	before, dirty, db := len(s.W.Buf), c.Dirty, s.DB // not c.DB's number, which SWAPDB changes
	again := s.Has(session.Blocked)                  // it has waited, and was counted and shown when it came
	if spec.CallFlags != nil {
		e.feedMonitors(s, s.DB, args) // a script's commands follow it
	}
	start := e.clock.spent // commands of a script or a transaction tick in between: the time is that of all of it
	e.handle(s, spec)
	e.clock.tick()
	ns := e.clock.spent - start
	e.cur = outer

	failed := len(s.W.Buf) > before && s.W.Buf[before] == '-'
	shown := c.Shown(args)
	e.account(s, spec, shown, ns, failed, before, again)
	if len(e.monitors.clients) > 0 && !again {
		e.feedCall(s, spec, s.DB, shown) // as SELECT leaves it
	}
	if e.tracking && spec.Flags&command.ReadOnly != 0 {
		e.remember(s, spec, args)
	}
	if c.FromMaster {
		c.Effects.Reset() // the master's own bytes are passed on
	} else if c.Dirty != dirty && !c.Replaced() && spec.Flags&(command.Write|command.MayReplicate) != 0 && e.propagates() {
		c.Effects.Add(db, args...)
	}
	if c.Forwarded() && e.propagates() {
		c.Effects.AddPassing(db, args...)
	}
	if e.replica && c.Dirty != dirty && !c.FromMaster {
		e.noteOwnKeys(spec, args)
	}
	e.trimReply(s, spec, args, before, failed)
}

// remember notes the keys that a client has read. A script's reads count as reads of all the keys that it declares.
func (e *Engine) remember(s *session.Session, spec *command.Spec, args [][]byte) {
	if s == e.script.session {
		s, args = e.script.caller, e.script.args
		spec, _ = e.find(args)
	} else if spec.Group == "scripting" {
		return
	}
	if s.Track != nil {
		e.subs.Remember(s, spec, args)
	}
}

// propagates reports whether effects are worth encoding. Those of a replica's own clients go to its append-only file alone.
func (e *Engine) propagates() bool { return e.Journal.Active() && !e.ctx.Loading }

// trimReply drops replies that must not be sent: those of the master's link, of CLIENT REPLY OFF and SKIP. Of EXEC each command's is
// dropped or not for itself.
func (e *Engine) trimReply(s *session.Session, spec *command.Spec, args [][]byte, before int, failed bool) {
	if s.Flags&(session.Master|session.ReplyOff|session.ReplySkip|session.Replica) == 0 {
		return
	}
	if failed && s.Has(session.Master|session.Replica) {
		e.repl.CommandError(s, args, s.W.Buf[before:])
	}
	switch {
	case len(s.W.Buf) == before:
	case s.Has(session.Master):
		s.W.Buf = s.W.Buf[:before]
	case s.Has(session.Muted):
		if failed || spec == nil || spec.Name != "exec" {
			s.W.Buf = s.W.Buf[:before]
		}
	case s.Has(session.Replica) && !opensStream(spec):
		e.strayReply(s, spec, before)
	}
}

// nextReply ends a command of a client's own, for CLIENT REPLY SKIP: what it said of the next reply counts from now on. A command that
// waits has not ended.
func (e *Engine) nextReply(s *session.Session) {
	if s.Flags&(session.ReplySkip|session.ReplySkipNext) == 0 || s.Has(session.Blocked|session.Paused) {
		return
	}
	skip := s.Has(session.ReplySkipNext)
	s.Clear(session.ReplySkip | session.ReplySkipNext)
	if skip {
		s.Set(session.ReplySkip)
	}
}

// opensStream tells the commands that make a client a replica: their answer is the last that it gets.
func opensStream(spec *command.Spec) bool {
	return spec != nil && (spec.Name == "psync" || spec.Name == "sync")
}

// strayReply disconnects a replica whose command was answered: in the middle of the stream a reply would be taken for a part of it.
func (e *Engine) strayReply(s *session.Session, spec *command.Spec, before int) {
	name := "<unknown>"
	if spec != nil {
		name = spec.FullName()
	}
	s.W.Buf = s.W.Buf[:before]
	e.log.Warn("Replica generated a reply to command '" + name + "', disconnecting it: " + string(s.AppendInfo(nil, e.clock.ms)))
	e.Close(s)
}

// settle ends an execution unit: effects go to the journal, then clients that waited for changed keys are served, each of them
// being a unit of its own.
func (e *Engine) settle(s *session.Session) {
	if e.inExec {
		return
	}
	e.flushEffects(s)
	if len(e.blocked.ready) > 0 {
		e.serveBlocked()
	}
}

// touchesAnyKey tells the commands that meet keys which the client did not name: the expiry of those belongs to no transaction.
func touchesAnyKey(s *command.Spec) bool {
	return s != nil && (s.Name == "scan" || s.Name == "randomkey")
}

// flushEffects journals what the session did.
func (e *Engine) flushEffects(s *session.Session) {
	if len(e.ctx.Effects.Items) > 0 {
		if e.Journal.Active() {
			e.Journal.Write(&e.ctx.Effects, !touchesAnyKey(e.ctx.Spec))
			s.WriteOffset = e.repl.Offset()
			s.AOFPosition = e.persist.Appended()
			if e.holding {
				e.holdReplies(s)
			}
		}
		e.ctx.Effects.Reset()
	}
}

// reject answers a call that is not run. Inside MULTI the transaction is doomed.
func (e *Engine) reject(s *session.Session, spec *command.Spec, args [][]byte, msg string) {
	if s.Has(session.InMulti) {
		s.Set(session.DirtyExec)
	}
	before := len(s.W.Buf)
	if spec != nil && spec.Name == "exec" {
		e.abortExec(s, msg)
	} else {
		s.W.Error(msg)
	}
	if spec != nil {
		e.Stats.Commands[spec.ID].Rejected++
	}
	e.Stats.errorReply(errorCode(s.W.Buf[before:]))
	e.trimReply(s, spec, args, before, true)
	usedCaching(s, spec)
}
