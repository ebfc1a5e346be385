package engine

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// runsInMulti lists what an open transaction runs at once instead of queueing.
func runsInMulti(spec *command.Spec) bool {
	switch spec.Name {
	case "exec", "discard", "multi", "watch", "quit", "reset":
		return spec.Parent == nil
	}
	return false
}

// queue adds a command to the open transaction.
func (e *Engine) queue(s *session.Session, spec *command.Spec, args [][]byte) {
	if !s.Has(session.DirtyCAS | session.DirtyExec) { // else EXEC will not run it
		s.Multi.Queue = append(s.Multi.Queue, session.Queued{Args: session.CopyArgs(args), Spec: spec})
		for _, a := range args {
			s.Multi.Bytes += len(a) + 24
		}
	}
	before := len(s.W.Buf)
	s.W.SimpleString("QUEUED")
	e.trimReply(s, spec, args, before, false)
}

// queuedFlags joins the flags of the queued commands, so that EXEC is refused as any of them would be.
func (e *Engine) queuedFlags(s *session.Session, exec command.Flags) command.Flags {
	const some, every = command.Write | command.DenyOOM | command.MayReplicate, command.Stale | command.Loading
	for i := range s.Multi.Queue {
		q := &s.Multi.Queue[i]
		f := callFlags(q.Spec.(*command.Spec), q.Args)
		exec |= f & some
		exec &= f | ^every
	}
	return exec
}

// Multi opens a transaction; false when one is open already.
func (e *Engine) Multi(s *session.Session) bool {
	if s.Has(session.InMulti) {
		return false
	}
	s.Set(session.InMulti)
	s.Multi = &session.Multi{}
	return true
}

// InExec reports whether the commands of a transaction or a script are running.
func (e *Engine) InExec() bool { return e.inExec }

// Discard drops the open transaction and the watched keys.
func (e *Engine) Discard(s *session.Session) {
	s.Multi = nil
	s.Clear(session.InMulti | session.DirtyCAS | session.DirtyExec)
	e.unwatchAll(s)
}

// abortExec answers an EXEC that was refused by a check: the transaction is gone, and the reply says why.
func (e *Engine) abortExec(s *session.Session, msg string) {
	e.Discard(s)
	if len(msg) > 4 && msg[:4] == "ERR " {
		msg = msg[4:]
	}
	s.W.Error("EXECABORT Transaction discarded because of: " + msg)
	e.feedMonitors(s, s.DB, [][]byte{[]byte("exec")}) // they saw MULTI
}

// Exec runs the queued commands. It writes the whole reply.
func (e *Engine) Exec(s *session.Session) {
	for _, w := range s.Watched {
		if !w.Expired && e.store.DB(w.DB).Expired([]byte(w.Key), e.clock.ms) {
			s.Set(session.DirtyCAS)
		}
	}
	if s.Has(session.DirtyExec) {
		e.Discard(s)
		s.W.Error(errExecAborted)
		return
	}
	if s.Has(session.DirtyCAS) {
		e.Discard(s)
		if !s.Has(session.Muted) {
			s.W.NullArray()
		}
		return
	}
	queue := s.Multi.Queue
	e.unwatchAll(s)
	// Multi and InMulti stay while the commands run: they must not block, and CLIENT LIST shows it.
	s.Clear(session.DirtyCAS | session.DirtyExec)
	outer := e.inExec
	e.inExec = true
	c := &e.ctx
	spec, args, from := c.Spec, c.Args, len(s.W.Buf)
	if !s.Has(session.Muted) {
		s.W.Array(len(queue))
	}
	e.clock.freeze()
	for _, q := range queue {
		if !e.stillAllowed(s, q.Spec.(*command.Spec), q.Args) {
			continue
		}
		e.call(s, q.Spec.(*command.Spec), q.Args)
		s.Set(session.InMulti)
		if len(s.W.Buf)-from > bigOutput {
			if e.CheckOutput(s); s.Gone() { // the rest runs all the same, but nobody will read what it says
				s.W.Buf = s.W.Buf[:from]
			}
		}
	}
	s.Multi = nil
	s.Clear(session.InMulti)
	e.clock.thaw()
	e.inExec = outer
	// The context belongs to EXEC again: its own Dirty must not make it propagate, the effects are there already.
	c.Spec, c.Args = spec, args
	c.Begin()
	c.NoPropagate()
}

// Watch adds a key to what EXEC depends on.
func (e *Engine) Watch(s *session.Session, key []byte) {
	k := dbKey{s.DB, string(key)}
	set := e.watched[k]
	if set == nil {
		set = map[*session.Session]*session.WatchedKey{}
		e.watched[k] = set
	}
	if set[s] != nil {
		return
	}
	w := &session.WatchedKey{DB: k.db, Key: k.key, Expired: e.store.DB(s.DB).Expired(key, e.clock.ms)}
	s.Watch(w)
	set[s] = w
}

// Unwatch forgets all watched keys of a session.
func (e *Engine) Unwatch(s *session.Session) {
	e.unwatchAll(s)
	s.Clear(session.DirtyCAS)
}

func (e *Engine) unwatchAll(s *session.Session) {
	for _, w := range s.Watched {
		k := dbKey{w.DB, w.Key}
		if set := e.watched[k]; set != nil {
			delete(set, s)
			if len(set) == 0 {
				delete(e.watched, k)
			}
		}
	}
	s.Unwatch()
}

// dbKey names a key of a database in the engine's own maps.
type dbKey struct {
	db  int
	key string
}

// touchWatched dooms the transactions that watch a key. A key that was stale when it was watched may go without harm: to the
// client it was never there.
func (e *Engine) touchWatched(db int, key []byte) {
	k := dbKey{db, string(key)}
	for s, w := range e.watched[k] {
		if w.Expired && e.presence(db, key) != live {
			w.Expired = false
			continue
		}
		s.Set(session.DirtyCAS)
	}
}

// presence of a key, without the deletion that a lookup of a stale key may bring.
type presence uint8

const (
	absent presence = iota
	stale           // there, but past its time
	live
)

func (e *Engine) presence(db int, key []byte) presence {
	d := e.store.DB(db)
	switch {
	case d.Expired(key, e.clock.ms):
		return stale
	case d.Exists(key, e.clock.ms):
		return live
	}
	return absent
}

// TouchDB dooms transactions that watch keys of database db which exist there, or in with (SWAPDB), when the whole database
// changes: FLUSHDB, FLUSHALL (db -1), SWAPDB, a full sync. It is called before the change.
func (e *Engine) TouchDB(db int, with int) {
	for k := range e.blocked.byKey {
		if db < 0 || k.db == db {
			e.blocked.markReady(k.db, []byte(k.key)) // it may be gone: some clients do not wait for another
		}
	}
	if e.tracking && with < 0 {
		e.subs.Flushed(e.cur)
	}
	for k, set := range e.watched {
		if db >= 0 && k.db != db {
			continue
		}
		key := []byte(k.key)
		old, next := e.presence(k.db, key), absent
		if with >= 0 {
			next = e.presence(with, key)
		}
		if old == absent && next == absent {
			continue
		}
		for s, w := range set {
			if old == absent && next == stale {
				w.Expired = true // it was not there, and is not there to the client
				continue
			}
			if w.Expired {
				if next == absent {
					w.Expired = false
				}
				if next != live {
					continue
				}
			}
			s.Set(session.DirtyCAS)
		}
	}
}
