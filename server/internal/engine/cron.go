package engine

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Turn runs once per turn of the loop, after the commands and before the outputs are sent.
func (e *Engine) Turn() time.Duration {
	e.clock.tick()
	now := e.clock.ms
	for {
		t, ok := e.timers.due(now)
		if !ok {
			break
		}
		e.timeout(t.s, t.st)
	}
	e.evictNow()
	e.evictClients()
	e.checkPause()
	if s := e.heldMaster; s != nil && !e.Busy() {
		e.heldMaster = nil
		e.resume(s)
	}
	if e.resumeSoon {
		e.resumeSoon = false
		e.resumePaused()
	}
	if now >= e.nextCron {
		e.cron(now)
	}
	for len(e.backlog) > 0 {
		list := e.backlog
		e.backlog = nil
		for _, s := range list {
			e.resume(s)
		}
	}
	for _, f := range e.onTurn {
		f(now)
	}
	e.repl.Turn(now)
	e.persist.Turn(now)
	more := e.store.Reclaim(reclaimBudget)
	e.purgeTurn(now, more)
	return e.sleep(more)
}

// reclaimBudget is how many deferred frees one turn works off: some 100 us.
const reclaimBudget = 2000

// sleep is how long the loop may wait for events.
func (e *Engine) sleep(more bool) time.Duration {
	if more || len(e.backlog) > 0 || e.evict.more {
		return 0
	}
	wake := e.nextCron
	if t := e.timers.next(); t > 0 && t < wake {
		wake = t
	}
	if p := e.pause.until; p > 0 && p < wake {
		wake = p
	}
	return time.Duration(max(wake-e.clock.ms, 0)) * time.Millisecond
}

// PauseCron is DEBUG PAUSE-CRON.
func (e *Engine) PauseCron(on bool) { e.cronPaused = on }

// cron runs hz times a second.
func (e *Engine) cron(now int64) {
	e.clock.resync(time.Now())
	hz := max(min(e.cfg.Hz, 500), 1)
	e.nextCron = e.clock.ms + int64(1000/hz)
	e.store.SetClock(e.clock.ms)
	if e.cronPaused {
		return
	}
	if now-e.lastSample >= 100 {
		e.lastSample = now
		e.Stats.NetOutput = e.NetOutput()
		e.Stats.sample(now)
		e.Stats.PeakMemory = max(e.Stats.PeakMemory, e.UsedMemory())
	}
	e.clientsCron(now)
	e.expireCycle(now)
	if len(e.ownKeys) > 0 {
		e.expireOwnKeys(now)
	}
	if e.tracking {
		e.subs.Limit(e.cfg.TrackingTableMaxKeys)
	}
	e.repl.Cron(now)
	e.persist.Cron(now)
	e.tellCron(now)
	for _, f := range e.onCron {
		f(now)
	}
}

// clientsCron looks after idle clients and output limits. It visits a slice of the clients each time, all of them within a
// second.
func (e *Engine) clientsCron(now int64) {
	hz := max(min(int(e.cfg.Hz), 500), 1)
	n := max(len(e.clients.byID)/hz, 5)
	s := e.cronAt
	if s == nil || e.clients.byID[s.ID] != s {
		s = e.clients.head
	}
	for ; n > 0 && s != nil; n-- {
		next := s.Next
		e.clientCron(s, now)
		s = next
	}
	e.cronAt = s
}

func (e *Engine) clientCron(s *session.Session, now int64) {
	idle := now - s.LastActive
	const exempt = session.Replica | session.MonitorMode | session.Master | session.Blocked | session.InPubSub
	if t := int64(e.cfg.Timeout) * 1000; t > 0 && idle > t && !s.Has(exempt) {
		e.log.Debug("Closing idle client", "client", s.Addr)
		e.Close(s)
		return
	}
	if idle > 2000 && !s.Has(session.Master) {
		s.In.Release()
	}
	e.notePeak(s)
	if e.overLimit(s) {
		e.OverLimit(s, "closed")
	}
	e.countMemory(s)
}

// expireCycle is the slow active-expire cycle: at most 25 % of the time between two crons, more with effort.
func (e *Engine) expireCycle(now int64) {
	if e.replica || !e.activeExpire || e.Paused() || e.loading.active {
		return
	}
	effort := int(e.cfg.ActiveExpireEffort) - 1
	hz := max(min(int64(e.cfg.Hz), 500), 1)
	budget := time.Duration(25+2*effort) * time.Second / 100 / time.Duration(hz)
	start := time.Now()
	capped := e.store.ExpireCycle(now, effort, func() bool { return time.Since(start) > budget })
	if capped {
		e.Stats.ExpiredTimeCapReached++
	}
	took := time.Since(start)
	e.Stats.TotalActiveExpireNs += int64(took)
	e.Took("expire-cycle", took)
	e.flushSingly()
}

// SetActiveExpire is DEBUG SET-ACTIVE-EXPIRE.
func (e *Engine) SetActiveExpire(on bool) { e.activeExpire = on }

// flushSingly journals effects that do not belong together: expired and evicted keys.
func (e *Engine) flushSingly() {
	if len(e.ctx.Effects.Items) > 0 {
		if e.Journal.Active() {
			e.Journal.Write(&e.ctx.Effects, false)
		}
		e.ctx.Effects.Reset()
	}
	if len(e.blocked.ready) > 0 {
		e.serveBlocked()
	}
}
