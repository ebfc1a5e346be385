package engine

import (
	"math"
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// PausePurpose is who paused the clients. Each has its own end and mode. While several overlap the stricter mode holds until the latest
// of those that ask for it; then what the others ask for.
type PausePurpose uint8

// The purposes.
const (
	PauseUser     PausePurpose = iota // CLIENT PAUSE
	PauseFailover                     // FAILOVER
	PauseShutdown                     // a shutdown that waits for replicas
	pausePurposes
)

// Forever is the end of a pause that somebody has to end.
const Forever = math.MaxInt64

type pauseState struct {
	until   int64 // Unix ms at which the pause ends or becomes one of writes only, 0: not paused
	all     bool  // every command, else only writes
	by      [pausePurposes]pauseEvent
	waiting []*session.Session
}

type pauseEvent struct {
	until int64
	all   bool
}

func (p *pauseState) combine(now int64) {
	p.until, p.all = 0, false
	for _, ev := range p.by {
		if ev.until > now && (ev.all || !p.all) {
			if ev.all && !p.all { // however long writes alone are paused
				p.until, p.all = 0, true
			}
			p.until = max(p.until, ev.until)
		}
	}
}

// combinePause reports whether less is paused than before.
func (e *Engine) combinePause() (eased bool) {
	until, all := e.pause.until, e.pause.all
	e.pause.combine(e.clock.ms)
	e.setExpireMode()
	over := until != 0 && e.pause.until == 0
	if over {
		e.evict.more = true // nothing was evicted meanwhile
	}
	return over || all && !e.pause.all
}

func (p *pauseState) forget(s *session.Session) {
	if i := slices.Index(p.waiting, s); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
}

// Pause starts or prolongs CLIENT PAUSE: until is Unix ms; all also stops reads. A pause is never shortened or weakened
// by another one (Redis 7.0).
func (e *Engine) Pause(until int64, all bool) {
	p := &e.pause.by[PauseUser]
	*p = pauseEvent{max(p.until, until), all || p.all && p.until > e.clock.ms}
	e.combinePause()
}

// PauseFor pauses writes for a purpose of the server's own; until 0 ends that.
func (e *Engine) PauseFor(purpose PausePurpose, until int64) {
	e.pause.by[purpose] = pauseEvent{until: until}
	e.pauseChanged()
}

// Unpause ends CLIENT PAUSE.
func (e *Engine) Unpause() { e.PauseFor(PauseUser, 0) }

func (e *Engine) pauseChanged() {
	if e.combinePause() {
		e.resumePaused()
	}
}

// Paused reports whether writes (or all commands) are paused, and with them expiry, eviction and PINGs to replicas (R26).
func (e *Engine) Paused() bool { return e.pause.until != 0 }

// postpone parks a command that the pause forbids.
func (e *Engine) postpone(s *session.Session, spec *command.Spec, flags command.Flags, args [][]byte) bool {
	if s.Has(session.Replica|session.MonitorMode) || !e.pause.all && !writes(spec, flags) {
		return false
	}
	s.Postponed = session.CopyArgs(args)
	s.Set(session.Paused)
	e.pause.waiting = append(e.pause.waiting, s)
	return true
}

func writes(spec *command.Spec, flags command.Flags) bool {
	return flags&(command.Write|command.MayReplicate) != 0
}

// checkPause ends or eases a pause whose time is over.
func (e *Engine) checkPause() {
	if e.pause.until != 0 && e.pause.until <= e.clock.ms {
		e.pauseChanged()
	}
}

// resumePaused runs what was postponed, in order. What is paused still is postponed again.
func (e *Engine) resumePaused() {
	if e.cur != nil {
		e.resumeSoon = true
		return
	}
	list := e.pause.waiting
	e.pause.waiting = nil
	for _, s := range list {
		args, raw := s.Postponed, s.PostponedRaw
		s.Postponed, s.PostponedRaw = nil, nil
		s.Clear(session.Paused)
		if s.Conn == nil || s.Has(session.Closing) {
			continue
		}
		opened := s.Open()
		e.execute(s, args)
		e.nextReply(s)
		if s.Has(session.Master) {
			e.appliedUnlessPaused(s, raw)
		}
		if opened {
			s.Commit()
		}
		e.resume(s)
	}
}
