package replication

import (
	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/server/internal/event"
)

// tellRole publishes a change of role, when there is one.
func (d *Driver) tellRole() {
	e := event.Role{Replica: d.isReplica()}
	if e.Replica {
		e.Master = d.link.Master().String()
	}
	if e != d.toldRole {
		d.toldRole = e
		event.Publish(&d.e.Events, e)
	}
}

func (d *Driver) tellMasterLink(up, full bool) {
	event.Publish(&d.e.Events, event.MasterLink{Up: up, Master: d.link.Master().String(), Full: full})
}

// tellReplica publishes that a replica is online, once, or that one which was is gone.
func (d *Driver) tellReplica(r *replica, online bool) {
	if r.online == online {
		return
	}
	r.online = online
	event.Publish(&d.e.Events, event.ReplicaLink{Online: online, Replica: r.name()})
}

func (d *Driver) tellSnapshot(phase event.Phase, err error) {
	event.Publish(&d.e.Events, event.Persistence{Target: event.Replication, Phase: phase, Background: true, Err: err})
}

func (d *Driver) tellLoading(phase event.Phase, err error) {
	l := &d.p.Load
	event.Publish(&d.e.Events, event.Loading{Cause: event.FromMaster, Phase: phase, Async: d.e.AsyncLoading(), Done: l.Done, Total: l.Total, Err: err})
}

// noteOnline tells of replicas that have come online since the last cron.
func (d *Driver) noteOnline() {
	for _, f := range d.master.Feeds() {
		if r := d.replicas[f]; f.State() == repl.FeedOnline && !r.online {
			d.tellReplica(r, true)
		}
	}
}
