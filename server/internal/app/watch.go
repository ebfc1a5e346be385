package app

import (
	"context"

	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/info"
)

// eventCounts are counters of INFO that count events.
type eventCounts struct {
	roles, linkUps, linkDowns, loads, failedLoads, flushes int64
}

// watchEvents connects the log and INFO with the server's events (R45).
func (a *App) watchEvents() {
	ev := &a.engine.Events
	event.On(ev, func(e event.Role) {
		a.counts.roles++
		a.handler.setRole(e.Replica)
	})
	event.On(ev, func(e event.MasterLink) {
		if e.Up {
			a.counts.linkUps++
		} else {
			a.counts.linkDowns++
		}
	})
	event.On(ev, func(e event.Loading) {
		switch e.Phase {
		case event.Done:
			a.counts.loads++
		case event.Failed:
			a.counts.failedLoads++
		}
	})
	event.On(ev, func(e event.Flush) {
		if e.Phase == event.Done {
			a.counts.flushes++
		}
	})
	event.OnAny(ev, func(e event.Event) {
		if a.log.Enabled(context.Background(), levelDebug) {
			a.log.Debug("event: " + e.String())
		}
	})
	a.info.Add("stats", a.infoEvents)
}

func (a *App) infoEvents(b *info.Builder) {
	c := &a.counts
	b.Int("lockstep_role_changes", c.roles)
	b.Int("lockstep_master_link_ups", c.linkUps)
	b.Int("lockstep_master_link_downs", c.linkDowns)
	b.Int("lockstep_loads", c.loads)
	b.Int("lockstep_loads_failed", c.failedLoads)
	b.Int("lockstep_flushes", c.flushes)
}
