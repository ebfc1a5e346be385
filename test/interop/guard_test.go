package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (B4): a master that restarts without its data does not take the replica's with it when repl-accept-empty-master is
// no, whether it is empty or has what was written since, ours or a Redis, with or without a file in between. The refusal is
// in the log and in INFO; the replica asks again, and takes what it is told to take.
func TestEmptyMasterIsRefused(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		for _, tc := range []struct{ diskless, load string }{{"yes", "disabled"}, {"no", "on-empty-db"}, {"yes", "swapdb"}} {
			t.Run(kind.String()+", diskless "+tc.diskless+", "+tc.load, func(t *testing.T) {
				master := rig.Start(t, kind, "master", rig.Config{"repl-diskless-sync": tc.diskless})
				replica := rig.Start(t, rig.Ours, "replica", rig.Config{"repl-accept-empty-master": "no", "repl-diskless-load": tc.load})
				rig.Populate(t, master, 200)
				replica.Follow(master.Port)
				replica.WaitLink() // a replica without data takes whatever there is
				rig.WaitSame(t, master, replica)
				keys := replica.Must("DBSIZE")

				master.Shutdown("NOSAVE")
				if err := os.Remove(filepath.Join(master.Dir, "dump.rdb")); err != nil && !os.IsNotExist(err) { // Redis leaves the file of the sync
					t.Fatal(err)
				}
				master.Restart(nil)
				waitRefused(t, replica, "empty")
				master.Must("SET", "young", "1")
				// It asks again in a while, or at once when something is set; the answer is another.
				replica.Must("REPLICAOF", "127.0.0.1", "1")
				replica.Follow(master.Port)
				waitRefused(t, replica, "younger")
				if now := replica.Must("DBSIZE"); now != keys || replica.Must("EXISTS", "young") != int64(0) {
					t.Errorf("after the refusals the replica has %v keys, want %v", now, keys)
				}
				if n := replica.Counter("lockstep_flushes"); n > 1 {
					t.Errorf("%d flushes, want at most that of the first sync", n)
				}

				replica.Must("CONFIG", "SET", "repl-accept-empty-master", "yes")
				replica.WaitLink()
				rig.WaitSame(t, master, replica)
				if info := replica.Info("replication"); info["lockstep_master_refused"] != "" {
					t.Errorf("a master that is followed is refused: %s", info["lockstep_master_refused"])
				}
			})
		}
	}
}

// Guarantee (B4): a refused replica can be promoted with all its data and its history: others continue with it.
func TestRefusedReplicaCanBePromoted(t *testing.T) {
	master := rig.Start(t, rig.Ours, "master", nil)
	guarded := rig.Start(t, rig.Ours, "guarded", rig.Config{"repl-accept-empty-master": "no"})
	other := rig.Start(t, rig.Peer, "other", nil)
	rig.Populate(t, master, 100)
	for _, r := range []*rig.Server{guarded, other} {
		r.Follow(master.Port)
		r.WaitLink()
	}
	rig.WaitSame(t, master, guarded, other)
	other.Must("REPLICAOF", "127.0.0.1", "1") // out of the way of the empty master
	master.Shutdown("NOSAVE")
	master.Restart(nil)
	waitRefused(t, guarded, "empty")
	guarded.Must("REPLICAOF", "NO", "ONE")
	before := guarded.Syncs()
	other.Follow(guarded.Port)
	guarded.WaitPartial(before, 1)
	rig.WaitSame(t, guarded, other)
}

func waitRefused(t *testing.T, replica *rig.Server, why string) {
	t.Helper()
	rig.Until(t, timeout, func() error {
		info := replica.Info("replication")
		if info["lockstep_master_refused"] != why || info["master_link_status"] != "down" {
			return fmt.Errorf("lockstep_master_refused is %q, the link %s, want it refused as %s", info["lockstep_master_refused"], info["master_link_status"], why)
		}
		return nil
	})
}
