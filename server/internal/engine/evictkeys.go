package engine

import (
	"math"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// eviction is how far maxmemory is kept.
type eviction struct {
	running bool  // by freeMemory
	more    bool  // a limit was lowered, or the time of a round was over: go on in this turn
	since   int64 // Unix ms from which on memory is over maxmemory, 0: it is not
	total   int64 // ms that it was over before
}

// freeMemory evicts keys until memory is within maxmemory, or the time of a round is over: then it goes on with the next command and
// in the next turn, and the client whose command runs may use what the rest takes. It reports whether nothing can be evicted any more.
func (e *Engine) freeMemory() (over bool) {
	limit, ev := e.cfg.MaxMemory, &e.evict
	if e.replica && e.cfg.ReplicaIgnoreMaxMemory || ev.running || e.loading.active || e.Paused() {
		return false // the data must stay as it is: what a pause holds up is looked at again when it is over
	}
	free := func() int64 { return e.UsedMemory() - e.MemoryNotCounted() }
	if free() <= limit {
		ev.within(e.clock.ms)
		return false
	}
	if e.recountUnsent(); free() <= limit {
		ev.within(e.clock.ms)
		return false
	}
	if ev.since == 0 {
		ev.since = e.clock.ms
	}
	ev.running = true
	start := time.Now()
	defer func() {
		ev.running = false
		e.Took("eviction-cycle", time.Since(start))
	}()
	// Only what the keys take counts from here on: the messages about their end, to replicas and to clients that cache them, need
	// memory too for a moment, and must not drive out more keys.
	enough, budget := int64(e.store.Used())-(free()-limit), evictionTime(e.cfg.MaxMemoryEvictionTenacity)
	for keys := 0; int64(e.store.Used()) > enough; {
		if e.store.Dying() { // it takes memory until its slices are freed, and must not cost another key its life
			e.store.Reclaim(reclaimBudget)
			keys = 0
		} else if !e.evictKey() {
			return true
		} else {
			keys++
		}
		if keys%evictionSteps == 0 && time.Since(start) > budget {
			ev.more = true
			return false
		}
	}
	ev.within(e.clock.ms)
	return false
}

// evictKey deletes the key that the policy gives up first. False: there is none.
func (e *Engine) evictKey() bool {
	db, key, ok := e.store.Evict(e.clock.ms)
	if !ok {
		return false
	}
	e.Stats.EvictedKeys++
	e.store.DB(db).Delete(key)
	e.dropped(db, key, e.cfg.LazyfreeLazyEviction)
	e.modified(nil, db, key)
	e.Notify(command.NotifyEvicted, "evicted", db, key)
	if !e.inExec {
		e.flushSingly()
	}
	return true
}

// evictionSteps is after how many keys the clock is looked at.
const evictionSteps = 16

// evictionTime is how long a round may take with a maxmemory-eviction-tenacity, as in Redis: 0 to 500 us up to 10, then 15 % more
// for each, about two minutes at 99, and no limit at 100.
func evictionTime(tenacity int) time.Duration {
	switch {
	case tenacity <= 10:
		return time.Duration(tenacity) * 50 * time.Microsecond
	case tenacity < 100:
		return time.Duration(500e3 * math.Pow(1.15, float64(tenacity-10)))
	}
	return math.MaxInt64
}

// within notes that memory is within maxmemory.
func (ev *eviction) within(now int64) {
	if ev.since != 0 {
		ev.total += now - ev.since
		ev.since = 0
	}
}

// EvictionExceeded returns for how many milliseconds memory was over maxmemory in all since the start, and for how many it is now, 0 when
// it is not.
func (e *Engine) EvictionExceeded() (total, current int64) {
	if ev := &e.evict; ev.since != 0 {
		current = e.clock.ms - ev.since
	}
	return e.evict.total + current, current
}

// evictNow goes on with evictions without waiting for a command: a limit was lowered, or a round was not enough.
func (e *Engine) evictNow() {
	if !e.evict.more {
		return
	}
	e.evict.more = false
	if e.cfg.MaxMemory > 0 {
		e.freeMemory()
	}
}
