package engine

import "github.com/lockstep-db/lockstep/server/internal/event"

// tellCron publishes the engine's clock (R45).
func (e *Engine) tellCron(now int64) {
	event.Publish(&e.Events, event.Cron{Now: now, Hz: e.cfg.Hz})
}
