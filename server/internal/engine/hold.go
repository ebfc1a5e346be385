package engine

import "github.com/lockstep-db/lockstep/server/internal/session"

// With `appendfsync always` a client that changed data gets its replies when its bytes are on disk. Until then its
// connection keeps the output; the engine and all other clients go on, so that many clients share one flush.

// held is a session that waits for the bytes of the append-only file before a position.
type held struct {
	s  *session.Session
	at int64
}

// SetHoldReplies says whether replies wait for the append-only file.
func (e *Engine) SetHoldReplies(on bool) { e.holding = on }

// holdReplies keeps back the output of a session that has just appended to the append-only file.
func (e *Engine) holdReplies(s *session.Session) {
	at := e.persist.Appended()
	if s.Conn == nil || s.Has(session.Master) {
		return
	}
	if n := len(e.waiting); n > 0 && e.waiting[n-1].s == s { // the next one of a pipeline
		e.waiting[n-1].at = at
		return
	}
	s.Conn.Cork()
	e.waiting = append(e.waiting, held{s, at})
}

// ReleaseReplies lets the replies go that waited for no more than the bytes before a position.
func (e *Engine) ReleaseReplies(upTo int64) {
	if len(e.waiting) == 0 {
		return
	}
	keep := e.waiting[:0]
	for _, h := range e.waiting {
		if h.at > upTo {
			keep = append(keep, h)
		} else if h.s.Conn != nil {
			h.s.Conn.Uncork()
		}
	}
	for _, h := range keep { // it has changed data again meanwhile
		if h.s.Conn != nil {
			h.s.Conn.Cork()
		}
	}
	clear(e.waiting[len(keep):])
	e.waiting = keep
}
