package replication

import (
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// ReplicaOf is the command REPLICAOF host port. already says that the node follows that master as it is.
func (d *Driver) ReplicaOf(host string, port int, who string) (already bool) {
	addr := repl.Addr{Host: host, Port: port}
	if d.isReplica() && d.link.Master() == addr {
		d.log.Info("REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.")
		return true
	}
	if !d.isReplica() {
		d.demote()
	}
	d.becomeReplica(addr)
	d.log.Info("REPLICAOF " + host + ":" + strconv.Itoa(port) + " enabled (user request from '" + who + "')")
	return false
}

// demote leaves the stream to a master: what was ours goes on as what we ask to continue (R3).
func (d *Driver) demote() {
	if d.stream.Active() {
		d.masterDB = d.selected()
		d.log.Info("Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new master with just a partial transfer.")
	}
	d.stream.Demote()
	for _, s := range d.waiters {
		d.e.UnblockError(s, "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
		d.e.CloseAfterWrite(s)
	}
	d.waiters = nil
}

// becomeReplica makes the node follow the master at addr.
func (d *Driver) becomeReplica(addr repl.Addr) {
	actions, _ := d.link.Follow(addr, time.Now())
	d.do(actions)
	d.master.Role(true, time.Now())
	d.e.SetReplica(true)
	d.syncJournal()
	d.cfg.ReplicaOf = addr.Host + " " + strconv.Itoa(addr.Port)
	d.tellRole()
	d.tickLink(time.Now())
}

// Promote is the command REPLICAOF NO ONE. It does nothing on a master.
func (d *Driver) Promote(who string) {
	if !d.isReplica() {
		return
	}
	d.promote()
	d.log.Info("MASTER MODE enabled (user request from '" + who + "')")
}

// promote makes the node a master, which continues its master's stream under a new ID (R2).
func (d *Driver) promote() {
	d.do(d.link.Unfollow())
	old := d.stream.History()
	d.stream.Promote(freshID())
	d.dropReplicas()
	d.master.Role(false, time.Now())
	d.e.SetReplica(false)
	d.syncJournal()
	d.cfg.ReplicaOf = ""
	h := d.stream.History()
	d.log.Info("Setting secondary replication ID to " + old.ID.String() + ", valid up to offset: " + strconv.FormatInt(old.Offset.PSYNC(), 10) + ". New replication ID is " + h.ID.String())
	d.tellRole()
	d.p.ResumeAOF() // a full sync that did not succeed has left it off (R32)
}
