package engine

import "github.com/lockstep-db/lockstep/server/internal/command"

// A writable replica's own keys expire by its own clock: the master knows nothing of them and will send no DEL. So the keys with a
// time to live that clients of a replica write are remembered, and looked after by cron.

// maxOwnKeys bounds the list; keys beyond it are still hidden when their time is over.
const maxOwnKeys = 1 << 20

// noteOwnKeys remembers the keys of a write command of a replica's client that have a time to live.
func (e *Engine) noteOwnKeys(spec *command.Spec, args [][]byte) {
	keys, _ := spec.AppendKeys(nil, args)
	db := e.ctx.DB
	for _, k := range keys {
		if at, ok := db.Expire(args[k.Index], e.clock.ms); ok && at > 0 && len(e.ownKeys) < maxOwnKeys {
			e.ownKeys[dbKey{db.Index(), string(args[k.Index])}] = struct{}{}
		}
	}
}

// expireOwnKeys deletes a replica's own keys whose time is over. A node that becomes a master forgets the list: the
// ordinary cycle finds all keys then.
func (e *Engine) expireOwnKeys(now int64) {
	if !e.replica {
		clear(e.ownKeys)
		return
	}
	n := 0
	for k := range e.ownKeys {
		if n++; n > 100 {
			return
		}
		db := e.store.DB(k.db)
		key := []byte(k.key)
		switch {
		case db.Expired(key, now):
			db.Delete(key)
			e.Stats.ExpiredKeys++
			e.modified(nil, k.db, key)
			e.Notify(command.NotifyExpired, "expired", k.db, key)
			delete(e.ownKeys, k)
		case !db.Exists(key, now):
			delete(e.ownKeys, k)
		}
	}
}
