package interop

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (R16 to R21, R31): a full synchronisation under load, disk-based or diskless on the master, loaded from disk or
// from the socket on the replica, leaves equal data, and one full synchronisation is all it takes.
func TestFullSync(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		for _, diskless := range []string{"no", "yes"} {
			for _, load := range []string{"disabled", "on-empty-db", "swapdb"} {
				t.Run(fmt.Sprintf("%s/diskless-sync=%s/diskless-load=%s", chainName(kinds), diskless, load), func(t *testing.T) {
					fullSync(t, rig.Config{"repl-diskless-sync": diskless, "repl-diskless-load": load}, kinds)
				})
			}
		}
	}
}

func fullSync(t *testing.T, config rig.Config, kinds []rig.Kind) {
	nodes := chain(t, config, kinds...)
	master, replica := nodes[0], nodes[1]
	rig.Populate(t, master.Server, 100)
	load := rig.StartLoad(t, master.Server, 2, 3)
	load.WaitOps(100)
	attach(nodes)
	load.WaitOps(300)
	load.Stop()
	rig.WaitSame(t, servers(nodes)...)
	if s := master.Syncs(); s.Full != 1 {
		t.Errorf("%s made %d full synchronisations, want 1", master.Name, s.Full)
	}
	// A link that breaks after the transfer goes on partially, and from the right byte.
	before := master.Syncs()
	replica.link.Cut()
	master.Must("SET", "after", "the cut")
	master.WaitPartial(before, 1)
	rig.WaitSame(t, servers(nodes)...)
}

// Guarantee (R17, R19): replicas of both kinds that attach at the same time, some while a transfer is under way, all get
// the data and the stream from the right place.
func TestSeveralReplicasAtOnce(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		for _, diskless := range []string{"no", "yes"} {
			t.Run(fmt.Sprintf("master=%s/diskless-sync=%s", kind, diskless), func(t *testing.T) {
				master := rig.Start(t, kind, "M", rig.Config{"repl-diskless-sync": diskless, "rdb-key-save-delay": "200"})
				rig.Populate(t, master, 100)
				load := rig.StartLoad(t, master, 2, 4)
				all := []*rig.Server{master}
				for i, k := range []rig.Kind{rig.Peer, rig.Ours, rig.Peer, rig.Ours} {
					r := rig.Start(t, k, fmt.Sprint("R", i), nil)
					r.Follow(master.Port)
					load.WaitOps(20) // they come one after the other, into one another's transfer
					all = append(all, r)
				}
				for _, r := range all[1:] {
					r.WaitLink()
				}
				load.WaitOps(200)
				load.Stop()
				rig.WaitSame(t, all...)
				if s := master.Syncs(); s.Full != int64(len(all)-1) {
					t.Errorf("%d full synchronisations for %d replicas", s.Full, len(all)-1)
				}
			})
		}
	}
}

// Guarantee (R32): a transfer that breaks half way leaves no half data set; the replica tries again by itself.
func TestFullSyncBreaksHalfWay(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		for _, diskless := range []string{"no", "yes"} {
			t.Run(fmt.Sprintf("%s/diskless=%s", chainName(kinds), diskless), func(t *testing.T) {
				config := rig.Config{"repl-diskless-sync": diskless, "repl-diskless-load": map[string]string{"no": "disabled", "yes": "on-empty-db"}[diskless]}
				nodes := chain(t, config, kinds...)
				master, replica := nodes[0], nodes[1]
				rig.Populate(t, master.Server, 400)
				replica.link.Delay(slowChunk)
				replica.Follow(replica.link.Port)
				waitTransfer(t, replica)
				replica.link.Cut()
				replica.link.Delay(0)
				replica.WaitLink()
				rig.WaitSame(t, servers(nodes)...)
				if s := master.Syncs(); s.Full < 2 {
					t.Errorf("%+v: the first transfer was not broken", s)
				}
			})
		}
	}
}
