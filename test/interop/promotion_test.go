package interop

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// trio are the kinds of an old master, the replica that is promoted, and a second replica.
var trios = [][3]rig.Kind{
	{rig.Ours, rig.Peer, rig.Peer},
	{rig.Peer, rig.Ours, rig.Peer},
	{rig.Peer, rig.Peer, rig.Ours},
	{rig.Peer, rig.Ours, rig.Ours},
	{rig.Ours, rig.Ours, rig.Peer},
}

// quiet keeps PINGs out of the stream: one that some have and the promoted replica has not would part their histories, and R4
// would demand a full sync.
var quiet = rig.Config{"repl-ping-replica-period": "3600", "repl-timeout": "60"}

// Guarantee (R1, R2, R3): a promoted replica takes a new ID and remembers the old one, so that the other replica and
// then the old master itself follow it without a full synchronisation.
func TestPromotionKeepsHistory(t *testing.T) {
	for _, kinds := range trios {
		t.Run(chainName(kinds[:]), func(t *testing.T) {
			old := rig.Start(t, kinds[0], "old", quiet)
			next := rig.Start(t, kinds[1], "next", quiet)
			other := rig.Start(t, kinds[2], "other", quiet)
			rig.Populate(t, old, 50)
			for _, r := range []*rig.Server{next, other} {
				r.Follow(old.Port)
				r.WaitLink()
			}
			rig.WaitSame(t, old, next, other)
			oldID := old.Info("replication")["master_replid"]

			next.Must("REPLICAOF", "NO", "ONE")
			info := next.Info("replication")
			if info["role"] != "master" || info["master_replid"] == oldID || info["master_replid2"] != oldID {
				t.Errorf("after the promotion: role %s, ID %s, second ID %s; the old ID is %s", info["role"], info["master_replid"], info["master_replid2"], oldID)
			}
			if want := fmt.Sprint(offset(t, next) + 1); info["second_repl_offset"] != want {
				t.Errorf("second_repl_offset is %s, want %s", info["second_repl_offset"], want)
			}
			before := next.Syncs()
			other.Follow(next.Port)
			old.Follow(next.Port)
			next.WaitPartial(before, 2)
			other.WaitLink()
			old.WaitLink()

			load := rig.StartLoad(t, next, 2, 5)
			load.WaitOps(500)
			load.Stop()
			rig.WaitSame(t, next, other, old)
		})
	}
}

// Guarantee (R4): an old master that went on writing after its replica was promoted has a history of its own; it must
// not continue partially, and ends up with the new master's data.
func TestDivergedMasterIsSyncedFully(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}, {rig.Ours, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			old := rig.Start(t, kinds[0], "old", nil)
			next := rig.Start(t, kinds[1], "next", nil)
			rig.Populate(t, old, 20)
			next.Follow(old.Port)
			next.WaitLink()
			rig.WaitSame(t, old, next)
			next.Must("REPLICAOF", "NO", "ONE")
			for i := range 20 {
				old.Must("SET", fmt.Sprint("lost:", i), "written to the old master only")
			}
			next.Must("SET", "kept", "written to the new master")
			old.Follow(next.Port)
			old.WaitLink()
			rig.WaitSame(t, next, old)
			if s := next.Syncs(); s.Full != 1 || s.PartialErr != 1 {
				t.Errorf("%+v, want one full synchronisation after one refused request", s)
			}
			if n := old.Must("EXISTS", "lost:0"); n != int64(0) {
				t.Error("the old master kept a write that the new one has not")
			}
		})
	}
}

// Guarantee (R5, R13): when a node in the middle continues under another ID, its sub-replicas learn it and continue too.
func TestSubReplicasFollowTheNewID(t *testing.T) {
	for _, kinds := range [][]rig.Kind{
		{rig.Peer, rig.Peer, rig.Ours, rig.Peer}, // old, next, middle, end
		{rig.Ours, rig.Peer, rig.Ours, rig.Ours},
		{rig.Peer, rig.Ours, rig.Peer, rig.Ours},
	} {
		t.Run(chainName(kinds), func(t *testing.T) {
			var s []*rig.Server
			for i, k := range kinds {
				s = append(s, rig.Start(t, k, []string{"old", "next", "middle", "end"}[i], quiet))
			}
			old, next, middle, end := s[0], s[1], s[2], s[3]
			rig.Populate(t, old, 20)
			next.Follow(old.Port)
			middle.Follow(old.Port)
			next.WaitLink()
			middle.WaitLink()
			end.Follow(middle.Port)
			end.WaitLink()
			rig.WaitSame(t, s...)

			next.Must("REPLICAOF", "NO", "ONE")
			atNext, atMiddle := next.Syncs(), middle.Syncs()
			middle.Follow(next.Port)
			next.WaitPartial(atNext, 1)
			middle.WaitPartial(atMiddle, 1)
			middle.WaitLink()
			end.WaitLink()
			load := rig.StartLoad(t, next, 2, 6)
			load.WaitOps(300)
			load.Stop()
			rig.WaitSame(t, next, middle, end)
		})
	}
}

// offset returns master_repl_offset.
func offset(t *testing.T, s *rig.Server) int64 {
	t.Helper()
	return s.Counter("master_repl_offset")
}
