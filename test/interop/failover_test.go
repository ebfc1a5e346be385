package interop

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (R40): FAILOVER exchanges the roles of a master and a replica, of either kind, under load: every write that was answered is
// there afterwards, and nobody needs a full synchronisation. Then the roles go back.
func TestFailoverBetweenKinds(t *testing.T) {
	for _, kinds := range [][3]rig.Kind{{rig.Ours, rig.Peer, rig.Ours}, {rig.Peer, rig.Ours, rig.Peer}, {rig.Ours, rig.Ours, rig.Peer}} {
		t.Run(chainName(kinds[:]), func(t *testing.T) {
			a, b, c := rig.Start(t, kinds[0], "A", nil), rig.Start(t, kinds[1], "B", nil), rig.Start(t, kinds[2], "C", nil)
			rig.Populate(t, a, 50)
			for _, r := range []*rig.Server{b, c} {
				r.Follow(a.Port)
				r.WaitLink()
			}
			for _, pair := range [][2]*rig.Server{{a, b}, {b, a}} {
				from, to := pair[0], pair[1]
				before := to.Syncs()
				answered := write(t, from)
				from.Must("FAILOVER", "TO", "127.0.0.1", to.Port, "TIMEOUT", 20000)
				rig.Until(t, time.Minute, func() error {
					if state := from.Info("replication")["master_failover_state"]; state != "no-failover" {
						return fmt.Errorf("%s is %s", from.Name, state)
					}
					return nil
				})
				n := answered()
				if role := from.Info("replication")["role"]; role != "slave" {
					t.Fatalf("%s is a %s", from.Name, role)
				}
				from.WaitLink()
				c.Follow(to.Port)
				c.WaitLink()
				rig.WaitSame(t, a, b, c)
				if got := fmt.Sprint(to.Must("GET", "written")); got != fmt.Sprint(n) {
					t.Errorf("%s has written:%s, %d were answered", to.Name, got, n)
				}
				if s := to.Syncs(); s.Full != before.Full {
					t.Errorf("%s made %d full synchronisations", to.Name, s.Full-before.Full)
				}
			}
		})
	}
}

// write increments a counter until the server refuses, and returns the last value that was answered.
func write(t *testing.T, s *rig.Server) (answered func() int64) {
	var last atomic.Int64
	done := make(chan struct{})
	s.Must("DEL", "written")
	go func() {
		defer close(done)
		for {
			n, err := s.Incr(t.Context(), "written").Result()
			if err != nil {
				return // READONLY: it is a replica
			}
			last.Store(n)
		}
	}()
	rig.Until(t, time.Minute, func() error {
		if n := last.Load(); n < 20 {
			return fmt.Errorf("%d writes to %s", n, s.Name)
		}
		return nil
	})
	return func() int64 { <-done; return last.Load() }
}
