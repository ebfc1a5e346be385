package engine

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// The methods below exist for INFO, MEMORY and CLIENT: sums that nobody needs in the command path.

// NetOutput is the number of bytes sent since the start or CONFIG RESETSTAT.
func (e *Engine) NetOutput() int64 { return int64(e.loop.Stats.BytesWritten - e.netBase.BytesWritten) }

// NetCalls are the reads from and the writes to sockets since then.
func (e *Engine) NetCalls() (reads, writes int64) {
	return int64(e.loop.Stats.Reads - e.netBase.Reads), int64(e.loop.Stats.Writes - e.netBase.Writes)
}

// ResetStats is CONFIG RESETSTAT.
func (e *Engine) ResetStats() {
	e.Stats.Reset()
	e.store.Stats.Hits, e.store.Stats.Misses, e.store.Stats.Expired, e.store.Stats.LazyFreed = 0, 0, 0, 0
	e.evict.since, e.evict.total = 0, 0
	e.netBase = e.loop.Stats
}

// ClientMemory sums the memory of ordinary clients and of replicas' sessions (their share of the replication buffer is
// counted by ReplicationMemory).
func (e *Engine) ClientMemory() (normal, replicas int64) {
	for s := e.clients.head; s != nil; s = s.Next {
		if s.Has(session.Replica) {
			replicas += int64(s.Memory())
		} else {
			normal += int64(s.Memory())
		}
	}
	return normal, replicas
}

// Overhead is used_memory without the data set: what the server needs for itself.
func (e *Engine) Overhead() int64 {
	n := BaseMemory + e.clientBuffers()
	for _, f := range e.memory {
		n += f()
	}
	return n
}

// SetReplicationMemory registers what INFO says of the replication buffer: the backlog's bytes, and all of it.
func (e *Engine) SetReplicationMemory(f func() (backlog, total int64)) { e.replMemory = f }

// ReplicationMemory returns the bytes of the backlog and of the whole replication buffer.
func (e *Engine) ReplicationMemory() (backlog, total int64) {
	if e.replMemory == nil {
		return 0, 0
	}
	return e.replMemory()
}

// ClientsWithDeadline counts blocked clients with a timeout.
func (e *Engine) ClientsWithDeadline() (n int) {
	for s := e.clients.head; s != nil; s = s.Next {
		if s.Block != nil && s.Block.Deadline > 0 {
			n++
		}
	}
	return n
}

// TrackingCounts returns the clients that use client-side caching, the keys remembered for them, pairs of key and client, and prefixes.
func (e *Engine) TrackingCounts() (clients, keys, items, prefixes int) {
	if e.subs == nil {
		return 0, 0, 0, 0
	}
	return e.subs.TrackingCounts()
}

// PubSubCounts returns the numbers of channels, patterns and shard channels that have subscribers.
func (e *Engine) PubSubCounts() (channels, patterns, shard int) {
	if e.subs == nil {
		return 0, 0, 0
	}
	return e.subs.Counts()
}

// Databases and Password are settings that the connection family asks for.
func (e *Engine) Databases() int { return e.store.Databases() }

// Forget ends a session's subscriptions, client-side caching and MONITOR, without telling it.
func (e *Engine) Forget(s *session.Session) {
	if s.PubSub != nil || s.Track != nil {
		e.subs.Forget(s)
	}
	e.stopMonitor(s)
}

// SetMigrateSockets registers the number of sockets that MIGRATE keeps open.
func (e *Engine) SetMigrateSockets(f func() int) { e.migrate = f }

// MigrateSockets is INFO's migrate_cached_sockets.
func (e *Engine) MigrateSockets() int {
	if e.migrate == nil {
		return 0
	}
	return e.migrate()
}

// Dirty is the number of changes since the start.
func (e *Engine) Dirty() int64 { return e.ctx.Dirty }

// AddDirty counts changes that no command made.
func (e *Engine) AddDirty(n int64) { e.ctx.Dirty += n }

// Snapshot begins a snapshot of all databases and counts it, as Redis counts forks.
func (e *Engine) Snapshot() *store.Snapshot {
	start := time.Now()
	s := e.store.Snapshot()
	e.Stats.Snapshots++
	took := time.Since(start)
	e.Stats.LastSnapshotNs = int64(took)
	e.Took("fork", took)
	return s
}

// Breathe handles the events that are there, during a load or another long operation on the engine's thread. Clients are
// answered as the loading state says.
func (e *Engine) Breathe() error { return e.breathe(0) }

// breathe is Breathe that waits for events for as long as d.
func (e *Engine) breathe(d time.Duration) error {
	e.clock.resync(time.Now())
	cur, ctx := e.cur, e.ctx
	e.cur, e.ctx = nil, command.Ctx{Store: e.store, Hooks: e, TooMuch: e.tooMuch, Dirty: ctx.Dirty}
	e.breathing++
	err := e.loop.Await(d)
	e.breathing--
	ctx.Dirty = e.ctx.Dirty
	e.cur, e.ctx = cur, ctx
	return err
}

// Breathing reports whether events are being handled in the middle of something else.
func (e *Engine) Breathing() bool { return e.breathing > 0 }

// Replicate sends a command to the replicas and the AOF without running it (DEBUG REPLICATE).
func (e *Engine) Replicate(args [][]byte) { e.ctx.Effects.Add(e.ctx.DB.Index(), args...) }

// Swapped tells clients blocked on keys that two databases were exchanged: a key may be there now.
func (e *Engine) Swapped(a, b int) {
	for k := range e.blocked.byKey {
		if k.db == a || k.db == b {
			e.blocked.markReady(k.db, []byte(k.key))
		}
	}
}

// Replaced tells that all data is other data now: transactions that watch keys of it are doomed, clients blocked on keys are served.
func (e *Engine) Replaced() {
	e.TouchDB(-1, -1)
	for k := range e.blocked.byKey {
		e.blocked.markReady(k.db, []byte(k.key))
	}
	e.flushSingly()
}

// Stopping refuses further commands: what runs after the last save would be lost.
func (e *Engine) Stopping() {
	e.script.stopped = true
	for s := e.clients.head; s != nil; s = s.Next {
		s.Set(session.Closing)
	}
}

// Local reports whether a client is on this machine.
func (e *Engine) Local(s *session.Session) bool { return s.Has(session.Unix) || loopback(s.Addr) }

// SetMaxBulk applies proto-max-bulk-len to the clients that are connected.
func (e *Engine) SetMaxBulk(n int64) {
	for s := e.clients.head; s != nil; s = s.Next {
		if !s.Has(session.Master) {
			s.In.MaxBulk = n
		}
	}
}
