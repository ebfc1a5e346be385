package engine

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Modified implements command.Hooks.
func (e *Engine) Modified(db int, key []byte) {
	by := e.cur
	switch {
	case e.script.run != nil:
		by = e.script.session // NOLOOP of a client that is told of prefixes does not hold for its scripts, as in Redis
	case e.serving && e.served.db == db && e.served.key == string(key):
		by = nil // another client has changed the key before
	}
	e.modified(by, db, key)
}

// Ready implements command.Hooks.
func (e *Engine) Ready(db int, key []byte) { e.blocked.markReady(db, key) }

// modified is Modified by a client, or by nobody: a key that expires or is evicted.
func (e *Engine) modified(by *session.Session, db int, key []byte) {
	if len(e.watched) > 0 {
		e.touchWatched(db, key)
	}
	if len(e.blocked.byKey) > 0 {
		e.blocked.markReady(db, key)
	}
	if e.tracking {
		e.subs.Invalidate(by, e.cur, key)
	}
}

// Notify implements command.Hooks.
func (e *Engine) Notify(class command.NotifyClass, event string, db int, key []byte) {
	if e.notify&class != 0 && e.subs != nil {
		e.subs.KeyspaceEvent(e.notify, event, db, key)
	}
}

// SetNotify sets the classes of keyspace events that are published (notify-keyspace-events). The store tells of new and missing
// keys only while somebody wants to know.
func (e *Engine) SetNotify(classes command.NotifyClass) {
	e.notify = classes
	tell := func(class command.NotifyClass, event string) func(int, []byte) {
		if classes&class == 0 {
			return nil
		}
		return func(db int, key []byte) { e.Notify(class, event, db, key) }
	}
	if created := tell(command.NotifyNew, "new"); created == nil {
		e.store.OnNew(nil)
	} else {
		e.store.OnNew(func(db int, key []byte) {
			if !e.loading.active || e.loading.async { // what is loaded is not new
				created(db, key)
			}
		})
	}
	e.store.OnMiss(tell(command.NotifyKeyMiss, "keymiss"))
}

// SetTracking says whether any client uses client-side caching, or has used it and may still be told.
func (e *Engine) SetTracking(on bool) { e.tracking = on }

// initExpiry makes the store tell us of keys whose time is over before it drops them.
func (e *Engine) initExpiry() {
	e.store.OnExpire(func(db int, key []byte) {
		e.Stats.ExpiredKeys++
		e.dropped(db, key, e.cfg.LazyfreeLazyExpire)
		e.Notify(command.NotifyExpired, "expired", db, key)
		e.modified(nil, db, key)
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
