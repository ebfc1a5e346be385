package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (B8): a master is known by the name that was configured, in INFO, ROLE and CONFIG, through partial syncs and a
// rewrite; a name that nobody knows is asked for again and again without holding up a client.
func TestMasterHasAName(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			master := rig.Start(t, kind, "master", nil)
			replica := node{rig.Start(t, rig.Ours, "replica", nil), rig.NewProxy(t, master)}
			slowest := probe(t, replica.Server, func() {
				replica.Must("REPLICAOF", "no-such-host.invalid", "6379")
				start := time.Now()
				rig.Until(t, timeout, func() error {
					if d := time.Since(start); d < time.Second {
						return fmt.Errorf("it looks for the name for %v", d)
					}
					return nil
				})
			})
			if slowest > 500*time.Millisecond {
				t.Errorf("while a name was looked for a PING took %v", slowest)
			}
			called := func(host string) {
				t.Helper()
				role := replica.Must("ROLE").([]any)
				set := replica.Must("CONFIG", "GET", "replicaof").(map[any]any)["replicaof"]
				port := replica.Info("replication")["master_port"]
				if info := replica.Info("replication")["master_host"]; info != host || role[1] != host || set != host+" "+port {
					t.Errorf("the master is called %q in INFO, %q in ROLE, %q in CONFIG, want %s", info, role[1], set, host)
				}
			}
			called("no-such-host.invalid")
			replica.Must("REPLICAOF", "localhost", replica.link.Port)
			replica.WaitLink()
			called("localhost")
			before := master.Syncs()
			replica.link.Cut()
			master.WaitPartial(before, 1)
			replica.WaitLink()
			called("localhost")
		})
	}
}
