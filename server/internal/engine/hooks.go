package engine

import "github.com/lockstep-db/lockstep/server/internal/command"

// Modified implements command.Hooks.
func (e *Engine) Modified(db int, key []byte) {
	if len(e.watched) > 0 {
		e.touchWatched(db, key)
	}
	if len(e.blocked.byKey) > 0 {
		e.blocked.markReady(db, key)
	}
	if e.subs != nil && e.tracking {
		e.subs.Invalidate(e.cur, db, key)
	}
}

// Notify implements command.Hooks.
func (e *Engine) Notify(class command.NotifyClass, event string, db int, key []byte) {
	if e.notify&class != 0 && e.subs != nil {
		e.subs.KeyspaceEvent(e.notify, event, db, key)
	}
}

// SetNotify sets the classes of keyspace events that are published (notify-keyspace-events).
func (e *Engine) SetNotify(classes command.NotifyClass) { e.notify = classes }

// SetTracking says whether any client uses client-side caching.
func (e *Engine) SetTracking(on bool) { e.tracking = on }

// initExpiry makes the store tell us of keys whose time is over before it drops them.
func (e *Engine) initExpiry() {
	e.store.OnExpire(func(db int, key []byte) {
		e.Stats.ExpiredKeys++
		e.dropped(db, key, e.cfg.LazyfreeLazyExpire)
		e.Notify(command.NotifyExpired, "expired", db, key)
		e.Modified(db, key)
	})
}

// dropped propagates the deletion of a key that no command asked for.
func (e *Engine) dropped(db int, key []byte, lazy bool) {
	if e.replica || !e.Journal.Active() {
		return
	}
	if lazy {
		e.ctx.Effects.AddNamed(db, "UNLINK", key)
	} else {
		e.ctx.Effects.AddNamed(db, "DEL", key)
	}
}
