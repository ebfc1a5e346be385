package engine

import (
	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Data takes bytes from a connection and runs every complete request in them.
func (e *Engine) Data(c *loop.Conn, p []byte) {
	s, _ := c.Session.(*session.Session)
	if s == nil {
		return
	}
	n := int64(len(p))
	e.Stats.NetInput += n
	if s.Has(session.Master) {
		e.Stats.NetReplInput += n
	}
	e.clock.tick()
	s.LastActive = e.clock.ms
	if s.Has(session.Closing) {
		return
	}
	if e.hold(s, p) {
		return
	}
	if s.Debug != nil && s.Debug.Input != nil {
		s.Debug.Input.Feed(p)
		return
	}
	e.countMemory(s) // its last replies have left by now: keys must not go because of them
	s.In.Feed(p)
	e.pump(s)
}

// stopped are the states in which a session's next request has to wait.
const stopped = session.Blocked | session.Paused | session.Closing

// pump runs the session's buffered requests until none is complete or the session has to wait.
func (e *Engine) pump(s *session.Session) {
	if e.cur != nil || !s.Open() {
		return // called from within a command: its turn comes
	}
	for cold := 1; s.Flags&stopped == 0; cold-- {
		if s.Has(session.Master) && e.Busy() {
			e.heldMaster = s // its stream cannot be answered with an error: it waits for the script to end
			break
		}
		if cold == 0 {
			cold = e.warm(s)
		}
		args, status := s.In.Next()
		if status == resp.NeedMore {
			e.checkQueryBuffer(s)
			break
		}
		switch status {
		case resp.Request:
			e.execute(s, args)
			e.nextReply(s)
		case resp.Broken:
			e.protocolError(s)
		}
		if s.Has(session.Master) {
			switch status {
			case resp.Request:
				e.appliedUnlessPaused(s, s.In.Raw())
			case resp.Blank: // counts as part of the command that follows, as in Redis
				e.masterRaw = append(e.masterRaw, s.In.Raw()...)
			}
		}
		if len(s.W.Buf) > bigOutput {
			e.CheckOutput(s)
		}
	}
	s.In.Hold()
	s.Commit()
	if e.clientMem.on {
		if s.In.Free() > bigOutput {
			s.In.Release() // a large request has left it
		}
		e.countMemory(s)
	}
}

// bigOutput is the size of one turn's replies from which the output limits are checked after each command.
const bigOutput = 16 << 10

// protocolError answers a malformed request and closes, as Redis does. A malformed stream from the master is a broken link.
func (e *Engine) protocolError(s *session.Session) {
	msg := s.In.Err().Error()
	if s.Has(session.Master) {
		e.log.Warn("Protocol error from master: " + msg)
		e.Close(s)
		return
	}
	e.log.Debug("Protocol error from client", "error", msg, "client", s.Addr)
	s.W.Error("ERR " + msg)
	s.Set(session.ProtoErr)
	e.Stats.errorReply("ERR")
	e.CloseAfterWrite(s)
}

// checkQueryBuffer closes a client whose incomplete request is larger than client-query-buffer-limit.
func (e *Engine) checkQueryBuffer(s *session.Session) {
	if limit := e.cfg.ClientQueryBufferLimit; s.In.Buffered() > int(limit) && !s.Has(session.Master) {
		e.log.Warn("Closing client that reached max query buffer length", "client", string(s.AppendInfo(nil, e.clock.ms)))
		e.Stats.QueryBufferDisconnections++
		e.Close(s)
	}
}

// appliedUnlessPaused is applied, but for a command that a pause has put off: its bytes wait with it.
func (e *Engine) appliedUnlessPaused(s *session.Session, raw []byte) {
	if s.Has(session.Paused) {
		s.PostponedRaw = append([]byte(nil), raw...)
		return
	}
	e.applied(s, raw)
}

// applied hands the bytes of an applied command to the replication driver. Those of a transaction are kept until its EXEC
// has run, so that nobody downstream sees half of it (R6).
func (e *Engine) applied(s *session.Session, raw []byte) {
	if s.Has(session.InMulti) {
		e.masterRaw = append(e.masterRaw, raw...)
		return
	}
	if len(e.masterRaw) > 0 {
		e.masterRaw = append(e.masterRaw, raw...)
		e.repl.Applied(s, e.masterRaw)
		e.masterRaw = e.masterRaw[:0]
		return
	}
	e.repl.Applied(s, raw)
}

// ResetMasterStream drops what is half received: pending transaction and partial query (R7).
func (e *Engine) ResetMasterStream(s *session.Session) {
	e.masterRaw = e.masterRaw[:0]
	s.In.Reset()
	e.pause.forget(s)
	s.Postponed, s.PostponedRaw = nil, nil
	s.Multi = nil
	s.Clear(session.InMulti | session.DirtyCAS | session.DirtyExec | session.Paused)
}

// Unapplied counts bytes of the master's stream that were cut out as commands but not applied: of an open transaction, or of a
// command that a pause puts off.
func (e *Engine) Unapplied(s *session.Session) int { return len(e.masterRaw) + len(s.PostponedRaw) }

// resume runs the requests that arrived while the session had to wait. It is called outside of commands only.
func (e *Engine) resume(s *session.Session) {
	if s.Conn != nil && s.Flags&stopped == 0 {
		e.pump(s)
	}
}
