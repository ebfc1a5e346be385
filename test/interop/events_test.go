package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// events returns what the server's stream of events carried, from its log, without progress.
func events(s *rig.Server) []string {
	var out []string
	for line := range strings.Lines(s.Log()) {
		if _, e, ok := strings.Cut(strings.TrimSpace(line), "event: "); ok && !strings.Contains(e, "progress") {
			out = append(out, e)
		}
	}
	return out
}

// Guarantee (R37, R45): a full sync has the same events from disk and from the socket: one flush, before the load; a load that
// fails has no second one; a partial sync has none.
func TestEventsOfSynchronisations(t *testing.T) {
	for _, tc := range []struct{ load, diskless string }{{"disabled", "yes"}, {"disabled", "no"}, {"on-empty-db", "yes"}, {"swapdb", "yes"}} {
		t.Run(tc.load+", diskless "+tc.diskless, func(t *testing.T) {
			master := rig.Start(t, rig.Ours, "master", rig.Config{"repl-diskless-sync": tc.diskless, "loglevel": "debug"})
			replica := node{rig.Start(t, rig.Ours, "replica", rig.Config{"repl-diskless-load": tc.load, "loglevel": "debug"}), rig.NewProxy(t, master)}
			rig.Populate(t, master, 10)
			replica.Follow(replica.link.Port)
			replica.WaitLink()
			rig.WaitSame(t, master, replica.Server)
			before := master.Syncs()
			replica.link.Cut()
			master.WaitPartial(before, 1)
			replica.WaitLink()
			m := "127.0.0.1:" + fmt.Sprint(replica.link.Port)
			want := []string{"started", "role: replica of " + m, "flush of all databases started", "flush of all databases ended", "loading from master started",
				"loading from master ended", "link to master " + m + " up after a full sync", "link to master " + m + " down", "link to master " + m + " up after a partial sync"}
			flushes := int64(1)
			if tc.load == "swapdb" { // what a load puts aside is no flush
				want, flushes = slices.Delete(want, 2, 4), 0
			}
			if got := events(replica.Server); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the replica's events:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if n := replica.Counter("lockstep_flushes"); n != flushes {
				t.Errorf("%d flushes are counted", n)
			}
			replica.Shutdown("NOSAVE")
			r := fmt.Sprintf("replica 127.0.0.1:%d", replica.Port)
			rig.Until(t, timeout, func() error {
				got := events(master)
				want := []string{"started", "replication snapshot started", "replication snapshot ended", r + " online", r + " offline", r + " online", r + " offline"}
				if tc.diskless == "yes" { // the view is given up when the last byte is on its way, the replica is online then too
					want[2], want[3] = want[3], want[2]
				}
				if fmt.Sprint(sorted(got)) != fmt.Sprint(sorted(want)) {
					return fmt.Errorf("the master's events:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				return nil
			})
		})
	}
}

// Guarantee (R45): saves, loads, flushes, changes of role and the end of a server are events.
func TestEventsOfAServer(t *testing.T) {
	s := rig.Start(t, rig.Ours, "server", rig.Config{"loglevel": "debug"})
	s.Must("SET", "a", "b")
	s.Must("SAVE")
	s.Must("FLUSHDB")
	s.Must("FLUSHALL")
	s.Must("DEBUG", "RELOAD")
	s.Must("REPLICAOF", "127.0.0.1", "1")
	s.Must("REPLICAOF", "NO", "ONE")
	s.Shutdown("NOSAVE")
	want := []string{"started", "RDB snapshot started", "RDB snapshot ended", "flush of database 0 started", "flush of database 0 ended", "flush of all databases started",
		"flush of all databases ended", "RDB snapshot started", "RDB snapshot ended", "flush of all databases started", "flush of all databases ended",
		"loading from reload started", "loading from reload ended", "role: replica of 127.0.0.1:1", "role: master", "shutdown"}
	if got := events(s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("events:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	s.Restart(rig.Config{"dbfilename": "dump.rdb"})
	if got := events(s)[len(want):]; fmt.Sprint(got) != fmt.Sprint([]string{"loading from RDB file started", "loading from RDB file ended", "started"}) {
		t.Errorf("events of the second start: %q", got)
	}
}

// Guarantee (R45): so are rewrites of the append-only file, and loads of it.
func TestEventsOfTheAppendOnlyFile(t *testing.T) {
	s := rig.Start(t, rig.Ours, "server", rig.Config{"loglevel": "debug", "appendonly": "yes"})
	first := len(events(s))
	s.Must("SET", "a", "b")
	s.Must("BGREWRITEAOF")
	want := []string{"AOF snapshot started", "AOF snapshot ended"}
	rig.Until(t, timeout, func() error {
		if got := events(s)[first:]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("events of a rewrite: %q", got)
		}
		return nil
	})
	s.Shutdown("NOSAVE")
	before := len(events(s))
	s.Restart(nil)
	if got := events(s)[before:]; fmt.Sprint(got) != fmt.Sprint([]string{"loading from AOF started", "loading from AOF ended", "started"}) {
		t.Errorf("events of the second start: %q", got)
	}
}

// timeout is how long a state may take to be reached.
const timeout = 20 * time.Second

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
