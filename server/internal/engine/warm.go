package engine

import (
	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// With many keys most of a command is waiting for memory. So the keys of requests that are there already are looked at before
// the first of them runs, and brought into the processor's caches all at a time: those of a pipeline by warm, the first
// ones of a turn's clients by Prepare. That a request will not want that key, or another database by then, does no harm.

// warmAhead is how many requests are prepared for at once. More save little, and each starts with keys of the last.
const warmAhead = 32

// warm prepares for the requests that follow in the session's buffer. It returns the number of requests until there is
// something to warm again.
func (e *Engine) warm(s *session.Session) int {
	keys := s.In.Ahead(e.ahead[:0])
	if len(keys) > 1 {
		e.store.DB(s.DB).Warm(keys)
	}
	return max(len(keys), 1)
}

// Prepare prepares for the first requests of several clients. Those in another database than the first one's stay cold.
func (e *Engine) Prepare(batch []loop.Received) {
	n, db := 0, -1
	for _, r := range batch {
		s, _ := r.Conn.Session.(*session.Session)
		if s == nil || db >= 0 && s.DB != db || n == warmAhead {
			continue
		}
		db = s.DB
		n = len(resp.AppendKeys(e.ahead[:n:n+1], r.Data))
	}
	if n > 1 {
		e.store.DB(db).Warm(e.ahead[:n])
	}
}
