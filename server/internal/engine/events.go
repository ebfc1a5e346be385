package engine

import "github.com/lockstep-db/lockstep/server/internal/event"

// tellCron publishes the engine's clock (R45).
func (e *Engine) tellCron(now int64) {
	event.Publish(&e.Events, event.Cron{Now: now, Hz: e.cfg.Hz})
}

// Empty drops all keys of database db, of all databases when it is -1, and returns how many. It is the one way to do so that
// extensions hear of (R37): by a command, by DEBUG RELOAD, or, fromMaster, for a full sync.
func (e *Engine) Empty(db int, fromMaster bool) (keys int) {
	event.Publish(&e.Events, event.Flush{Phase: event.Begun, DB: db, FromMaster: fromMaster})
	e.TouchDB(db, -1)
	if db < 0 {
		keys = e.store.Flush()
	} else {
		keys = e.store.DB(db).Flush()
	}
	event.Publish(&e.Events, event.Flush{Phase: event.Done, DB: db, FromMaster: fromMaster})
	return keys
}
