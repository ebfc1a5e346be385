package engine

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Debugging sessions of scripts run the client's EVAL in one of two engines (decision 0013):
//
//	Apart      another one, on a goroutine of its own, with a copy of the data; nobody hears of what it does
//	RunAgain   this one (SCRIPT DEBUG SYNC): all other clients wait, as in Redis

// DebugLimit implements scripting.Host.
func (e *Engine) DebugLimit() time.Duration {
	return time.Duration(e.cfg.BusyReplyThreshold) * time.Millisecond
}

// Apart returns an engine over other data, with the configuration and state that this one has at the moment. It has no loop and no drivers:
// its commands are run by Run, by one goroutine, and what they do goes nowhere. The caller gives it commands, users and subscribers.
func (e *Engine) Apart(st *store.Store) *Engine {
	cfg := *e.cfg
	o := New(Deps{Config: &cfg, Store: st, Log: e.log})
	o.replica, o.overMemory = e.replica, e.overMemory
	o.repl = stillReplication{up: e.repl.LinkUp(), goodReplicas: e.repl.GoodReplicas(), offset: e.repl.Offset()}
	o.persist = stillPersistence{writeError: e.persist.WriteError()}
	o.setExpireMode()
	return o
}

// Run runs a command of a session that is not connected.
func (e *Engine) Run(s *session.Session, args [][]byte) {
	e.clock.resync(time.Now())
	spec, _ := e.find(args)
	e.run(s, spec, args)
}

// ParkForDebug parks the client whose EVAL runs, until RunAgain or Unblock.
func (e *Engine) ParkForDebug(s *session.Session) {
	e.park(s, &session.BlockState{Kind: session.OnDebug, Spec: e.ctx.Spec, Args: session.CopyArgs(e.ctx.Args)})
}

// drainTime is how long a client may take to read what it has been sent before.
const drainTime = 5 * time.Second

// RunAgain runs the command of a parked client again, while all others wait, and closes the connection. Within it the client is served by
// AwaitInput.
func (e *Engine) RunAgain(s *session.Session) {
	st := s.Block
	e.debugged = s
	defer e.goOn()
	for start := time.Now(); s.Conn != nil && s.Conn.Pending() > 0 && time.Since(start) < drainTime; {
		if e.breathe(drainTime/50) != nil {
			return
		}
	}
	if s.Conn == nil || s.Conn.Pending() > 0 {
		e.Close(s)
		return
	}
	e.clock.tick()
	s.Open()
	e.run(s, st.Spec.(*command.Spec), st.Args)
	s.Commit()
	e.unblock(s)
	e.CloseAfterWrite(s)
}

// AwaitInput sends the output of the client whose script is debugged and handles events for some time. ErrStopped: the server ends.
func (e *Engine) AwaitInput(s *session.Session) error {
	s.Commit()
	frozen, ms := e.clock.frozen, e.clock.ms
	e.clock.frozen = 0
	err := e.breathe(time.Second)
	e.clock.frozen, e.clock.ms = frozen, ms
	s.Open()
	return err
}

// holdOther keeps what other clients send and reads no more of them; false for the one whose script is debugged.
func (e *Engine) holdOther(s *session.Session, p []byte) bool {
	if s == e.debugged {
		return false
	}
	s.In.Feed(p)
	s.In.Hold()
	s.Conn.PauseRead()
	e.halted = append(e.halted, s)
	return true
}

// goOn serves the clients that had to wait.
func (e *Engine) goOn() {
	e.debugged = nil
	for _, s := range e.halted {
		if s.Conn != nil {
			s.Conn.ResumeRead()
			e.backlog = append(e.backlog, s)
		}
	}
	e.halted = nil
}
