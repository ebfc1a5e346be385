package engine

import (
	"fmt"

	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Replay runs the commands of an append-only file, for a session without a connection. There are no checks: each command was
// accepted when it was written.
type Replay struct {
	e *Engine
	s *session.Session
}

// NewReplay begins with database 0 and without a transaction.
func (e *Engine) NewReplay() *Replay { return &Replay{e, e.NewSession()} }

// Abandon drops a transaction that has no end.
func (r *Replay) Abandon() { r.e.Discard(r.s) }

// Run runs one command. The error says that there is no such command.
func (r *Replay) Run(args [][]byte) error {
	e, s := r.e, r.s
	spec := e.table.Lookup(args[0])
	if spec != nil && spec.Subs != nil && len(args) > 1 {
		spec = spec.Sub(args[1])
	}
	if spec == nil || spec.Run == nil {
		return fmt.Errorf("Unknown command '%s'", clip(args[0], 128))
	}
	if !spec.ArityOK(len(args)) {
		return fmt.Errorf("Wrong number of arguments for command '%s'", spec.FullName())
	}
	if s.Has(session.InMulti) && !runsInMulti(spec) {
		s.Multi.Queue = append(s.Multi.Queue, session.Queued{Args: session.CopyArgs(args), Spec: spec})
		return nil
	}
	outer := e.ctx // of DEBUG LOADAOF, which has still to reply
	e.ctx.Loading = true
	e.store.SetMode(store.ExpireIgnore) // the DEL of an expired key is in the file
	e.call(s, spec, args)
	e.setExpireMode()
	e.ctx.Effects.Reset()
	dirty, effects := e.ctx.Dirty, e.ctx.Effects
	e.ctx = outer
	e.ctx.Dirty, e.ctx.Effects = dirty, effects
	if failed := firstError(s.W.Buf); failed != nil {
		e.repl.CommandError(s, args, failed)
	}
	s.W.Buf = s.W.Buf[:0]
	return nil
}

func firstError(reply []byte) []byte {
	if len(reply) > 0 && reply[0] == '-' {
		return reply
	}
	return nil
}
