package interop

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (R8, R9): a replica that was stopped with SHUTDOWN SAVE continues partially after its restart, and has a backlog
// of its own for its sub-replicas at once.
func TestRestartedReplicaContinues(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Peer, rig.Ours}, {rig.Ours, rig.Peer}, {rig.Ours, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, nil, kinds...)
			rig.Populate(t, nodes[0].Server, 100)
			attach(nodes)
			master, replica := nodes[0], nodes[1]
			load := rig.StartLoad(t, master.Server, 2, 7)
			load.WaitOps(300)

			replica.Shutdown("SAVE")
			load.WaitOps(300)
			before := master.Syncs()
			replica.Restart(rig.Config{"replicaof": fmt.Sprintf("127.0.0.1 %d", master.Port)})
			master.WaitPartial(before, 1)
			replica.WaitLink()
			if active := replica.Info("replication")["repl_backlog_active"]; active != "1" {
				t.Errorf("repl_backlog_active:%s after the restart, want 1", active)
			}
			load.WaitOps(300)
			load.Stop()
			rig.WaitSame(t, servers(nodes)...)
		})
	}
}

// Guarantee (R8): a master that was stopped with SHUTDOWN SAVE knows after its restart how far its history went, so that
// its replicas continue partially.
func TestReplicasContinueWithRestartedMaster(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Peer, rig.Ours}, {rig.Ours, rig.Peer}, {rig.Ours, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			master := rig.Start(t, kinds[0], "M", nil)
			replica := rig.Start(t, kinds[1], "R", nil)
			rig.Populate(t, master, 50)
			replica.Follow(master.Port)
			replica.WaitLink()
			rig.WaitSame(t, master, replica)

			master.Shutdown("SAVE")
			master.Restart(nil)
			replica.WaitLink()
			rig.WaitSame(t, master, replica)
			if s := master.Syncs(); s.Full != 0 || s.PartialOK != 1 {
				t.Errorf("%+v, want one partial synchronisation and no full one", s)
			}
			master.Must("SET", "after", "the restart")
			rig.WaitSame(t, master, replica)
		})
	}
}
