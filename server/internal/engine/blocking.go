package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// blocking keeps the parked clients: per key in order of arrival, and the keys that changed since they were last served.
type blocking struct {
	byKey map[dbKey][]*session.Session
	ready []dbKey
	isSet map[dbKey]struct{} // what ready holds
	count int
	seq   int64
}

func (b *blocking) init() {
	b.byKey = map[dbKey][]*session.Session{}
	b.isSet = map[dbKey]struct{}{}
}

func (b *blocking) markReady(db int, key []byte) {
	if _, waits := b.byKey[dbKey{db, string(key)}]; !waits {
		return
	}
	k := dbKey{db, string(key)}
	if _, ok := b.isSet[k]; !ok {
		b.isSet[k] = struct{}{}
		b.ready = append(b.ready, k)
	}
}

// Block implements command.Hooks: it parks the client whose command runs. A command that was woken and blocks again keeps
// its deadline and place.
func (e *Engine) Block(b command.Block) {
	s := e.cur
	if s.Has(session.Blocked) {
		s.Block.Again = true
		return
	}
	e.blocked.seq++
	st := &session.BlockState{Args: session.CopyArgs(e.ctx.Args), Spec: e.ctx.Spec, Keys: session.CopyArgs(b.Keys),
		Deadline: b.Deadline, Seq: e.blocked.seq, KeyType: uint8(b.Type), Lost: b.Lost}
	for _, key := range st.Keys {
		k := dbKey{s.DB, string(key)}
		if !slices.Contains(e.blocked.byKey[k], s) {
			e.blocked.byKey[k] = append(e.blocked.byKey[k], s)
		}
	}
	e.park(s, st)
}

// Park blocks the session for another reason than keys (WAIT); Unblock ends it.
func (e *Engine) Park(s *session.Session, st *session.BlockState) { e.park(s, st) }

func (e *Engine) park(s *session.Session, st *session.BlockState) {
	s.Block = st
	s.Set(session.Blocked)
	e.blocked.count++
	if st.Deadline > 0 {
		e.timers.add(st.Deadline, s, st)
	}
}

// BlockedClients is INFO's blocked_clients.
func (e *Engine) BlockedClients() int { return e.blocked.count + len(e.pause.waiting) }

// unblock forgets that a session is parked; nothing is replied.
func (e *Engine) unblock(s *session.Session) {
	if !s.Has(session.Blocked) {
		return
	}
	for _, key := range s.Block.Keys {
		k := dbKey{s.DB, string(key)}
		list := e.blocked.byKey[k]
		if i := slices.Index(list, s); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			delete(e.blocked.byKey, k)
		} else {
			e.blocked.byKey[k] = list
		}
	}
	s.Block = nil
	s.Clear(session.Blocked)
	e.blocked.count--
}

// Unblock ends a session's wait with the reply that write appends, and goes on with its next request.
func (e *Engine) Unblock(s *session.Session, write func()) {
	if !s.Has(session.Blocked) {
		return
	}
	e.Reply(s, func() {
		before := len(s.W.Buf)
		if write(); s.Has(session.Muted) {
			s.W.Buf = s.W.Buf[:before]
		}
	})
	e.unblock(s)
	e.nextReply(s)
	e.later(s)
}

// later runs the session's waiting requests after the current command.
func (e *Engine) later(s *session.Session) {
	if s.In.Buffered() > 0 {
		e.backlog = append(e.backlog, s)
	}
}

// timeout ends a wait at its deadline.
func (e *Engine) timeout(s *session.Session, st *session.BlockState) {
	if s.Block != st {
		return
	}
	switch st.Kind {
	case session.OnKeys:
		e.Unblock(s, func() { s.W.NullArray() })
	case session.OnAside, session.OnDebug: // its work always ends
	case session.OnShutdown: // ends with the shutdown, or its abortion
	default:
		e.onTimeout(s, st)
	}
}

// UnblockTimeout acts as if the deadline of a parked client came now (CLIENT UNBLOCK id TIMEOUT).
func (e *Engine) UnblockTimeout(s *session.Session) {
	if s.Has(session.Blocked) {
		e.timeout(s, s.Block)
	}
}

// UnblockError ends a wait with an error reply (CLIENT UNBLOCK id ERROR).
func (e *Engine) UnblockError(s *session.Session, msg string) {
	if !s.Has(session.Blocked) || s.Block.Kind == session.OnAside || s.Block.Kind == session.OnDebug {
		return
	}
	code, _, _ := strings.Cut(msg, " ")
	e.Stats.errorReply(code)
	if spec, ok := s.Block.Spec.(*command.Spec); ok {
		e.Stats.Commands[spec.ID].Failed++
	}
	e.Unblock(s, func() { s.W.Error(msg) })
}

// unblockAll ends every wait for keys with an error.
func (e *Engine) unblockAll(msg string) {
	e.Clients(func(s *session.Session) bool {
		if s.Has(session.Blocked) && s.Block.Kind == session.OnKeys {
			e.UnblockError(s, msg)
			e.CloseAfterWrite(s)
		}
		return true
	})
}

// serveBlocked runs the commands of parked clients whose keys became usable, in the order in which the keys became ready and,
// for one key, in which the clients came. Serving one may make further keys ready (BLMOVE).
func (e *Engine) serveBlocked() {
	if e.serving {
		return
	}
	e.serving = true
	start := e.clock.spent
	for len(e.blocked.ready) > 0 {
		ready := e.blocked.ready
		e.blocked.ready = nil
		clear(e.blocked.isSet)
		for _, k := range ready {
			e.serveKey(k)
		}
	}
	e.serving = false
	e.Took("command-unblocking", time.Duration(e.clock.spent-start))
}

func (e *Engine) serveKey(k dbKey) {
	e.served = k
	for _, s := range slices.Clone(e.blocked.byKey[k]) {
		db := e.store.DB(k.db)
		if !s.Has(session.Blocked) || s.DB != k.db {
			continue
		}
		lost := ""
		if s.Block.Lost != nil {
			lost = s.Block.Lost(db, []byte(k.key), e.clock.ms)
		}
		switch {
		case lost != "":
			e.UnblockError(s, lost)
		case store.Type(s.Block.KeyType) == db.Type([]byte(k.key), e.clock.ms):
			e.retry(s, k.key)
		}
	}
}

// retry runs a parked command again, for one of its keys. If it blocks once more it simply stays where it is.
func (e *Engine) retry(s *session.Session, key string) {
	st := s.Block
	i := slices.IndexFunc(st.Keys, func(k []byte) bool { return string(k) == key })
	e.ctx.Woken = st.Keys[i]
	spec := st.Spec.(*command.Spec)
	opened := s.Open()
	st.Again = false
	e.inExec = true // settle once, after the client is unparked
	s.BeginReply()
	e.call(s, spec, st.Args)
	e.inExec, e.ctx.Woken = false, nil
	e.followUp(s, spec)
	if !st.Again {
		e.unblock(s)
		e.nextReply(s)
		e.later(s)
	}
	if opened {
		s.Commit()
	}
	e.flushEffects(s)
}
