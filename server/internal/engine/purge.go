package engine

import (
	"runtime/debug"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// purge is MEMORY PURGE: what deleted values have left behind is worked off by the turns, as always but to the last page, and then Go's
// heap is given back by another goroutine. Nobody but the caller waits.
//
// The caller does wait: Redis's OK says that it is done, and who calls it looks at the memory next. Inside of MULTI, where nobody can
// wait, OK says that it has begun.
type purge struct {
	until   int64 // Unix ms; 0: nothing is worked off
	giving  bool  // Go's heap is being given back
	waiting []purger
}

type purger struct {
	s  *session.Session
	st *session.BlockState
}

// purgeTime bounds, in milliseconds, how long a caller waits while others go on deleting.
const purgeTime = 10_000

// Purge gives back to the system what memory is free, and then replies OK to the session, which is parked; nil: nobody waits.
func (e *Engine) Purge(s *session.Session) {
	p := &e.purge
	if s != nil {
		st := &session.BlockState{Kind: session.OnAside, Spec: e.ctx.Spec}
		e.park(s, st)
		p.waiting = append(p.waiting, purger{s, st})
	}
	if p.until == 0 {
		p.until = e.clock.ms + purgeTime
	}
	e.store.Purge(true)
}

// purgeTurn follows the turns; more says that there is something left to work off.
func (e *Engine) purgeTurn(now int64, more bool) {
	p := &e.purge
	if p.until == 0 || p.giving || more && now < p.until {
		return
	}
	e.store.Purge(false)
	served := p.waiting
	*p = purge{giving: true}
	go func() {
		debug.FreeOSMemory() // collects garbage first, which takes its time
		e.Post(func() {
			p.giving = false
			for _, w := range served {
				if w.s.Block == w.st { // the client has not gone
					e.Unblock(w.s, w.s.W.OK)
				}
			}
		})
	}()
}
