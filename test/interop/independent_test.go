package interop

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (B5, R19, R28): of three replicas that are given one snapshot, one is stopped. The others get theirs at their own
// pace, from disk and from the socket. While the stopped one has not taken its snapshot, what is written is kept for it up to
// client-output-buffer-limit and no further: then it is dropped, and comes back when it can.
func TestStoppedReplicaHoldsNobodyBack(t *testing.T) {
	const limit, block = 4 << 20, 1 << 20
	for _, diskless := range []string{"yes", "no"} {
		t.Run("diskless "+diskless, func(t *testing.T) {
			config := rig.Config{"repl-diskless-sync": diskless, "repl-diskless-sync-delay": "2", "repl-backlog-size": "1mb", "rdbcompression": "no",
				"client-output-buffer-limit": "replica 4mb 0 0"}
			if diskless == "no" {
				config["rdb-key-save-delay"] = "500" // time to stop the one before its snapshot is complete
			}
			master := rig.Start(t, rig.Ours, "master", config)
			master.Must("DEBUG", "POPULATE", 4000, "key", 10_000) // more than sockets hold
			stopped := rig.Start(t, rig.Ours, "stopped", nil)
			others := []*rig.Server{rig.Start(t, rig.Ours, "first", nil), rig.Start(t, rig.Peer, "second", nil)}
			all := append([]*rig.Server{stopped}, others...)
			for _, r := range all {
				r.Follow(master.Port)
			}
			rig.Until(t, timeout, func() error {
				info := master.Info("replication")
				for i := range all {
					if line := info[fmt.Sprint("slave", i)]; !strings.Contains(line, "state=wait_bgsave") {
						return fmt.Errorf("slave%d: %s", i, line)
					}
				}
				return nil
			})
			stopped.Signal(syscall.SIGSTOP)
			defer stopped.Signal(syscall.SIGCONT)
			for _, r := range others {
				r.WaitLink()
			}
			rig.WaitSame(t, append([]*rig.Server{master}, others...)...)
			want := map[string]string{"yes": "wait_bgsave", "no": "send_bulk"}[diskless] // as Redis calls it
			if state := stateOf(t, master, stopped.Port); state != want {
				t.Errorf("the stopped replica's state is %q, want %s", state, want)
			}

			held := writeWatching(t, master, 30<<20, stopped.Port)
			if held < limit-block || held > limit+3*block {
				t.Errorf("at most %d bytes were held for the stopped replica, the limit is %d", held, limit)
			}
			if state := stateOf(t, master, stopped.Port); state != "" {
				t.Errorf("beyond the limit the stopped replica's state is %q", state)
			}
			if rest := master.Counter("mem_total_replication_buffers"); rest > 3*block {
				t.Errorf("after that %d bytes are held", rest)
			}
			if log := master.Log(); !strings.Contains(log, "overcoming of output buffer limits") {
				t.Error("the log does not say why it was dropped")
			}
			stopped.Signal(syscall.SIGCONT)
			rig.WaitSame(t, append([]*rig.Server{master}, all...)...)
		})
	}
}

// stateOf returns the state of the replica that listens on the port, "" if there is none.
func stateOf(t *testing.T, master *rig.Server, port int) string {
	t.Helper()
	for name, value := range master.Info("replication") {
		if strings.HasPrefix(name, "slave") && strings.Contains(value, fmt.Sprintf("port=%d,", port)) {
			_, rest, _ := strings.Cut(value, "state=")
			state, _, _ := strings.Cut(rest, ",")
			return state
		}
	}
	return ""
}

// writeWatching writes bytes until the replica is gone and returns the most that replication buffers took meanwhile.
func writeWatching(t *testing.T, s *rig.Server, bytes, port int) (most int64) {
	t.Helper()
	value := strings.Repeat("v", 4<<10)
	for i := 0; i < bytes/len(value); i++ {
		if err := s.Set(context.Background(), fmt.Sprint("written:", i%100), value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if i%32 == 0 {
			most = max(most, s.Counter("mem_total_replication_buffers"))
			if i%512 == 0 && stateOf(t, s, port) == "" {
				return most
			}
		}
	}
	return most
}

// Guarantee (B6): repl-diskless-load auto streams into an empty replica, loads beside the old data when both fit, and goes
// through the disk when they do not.
func TestDisklessLoadAuto(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		for _, diskless := range []string{"yes", "no"} {
			t.Run(kind.String()+", diskless "+diskless, func(t *testing.T) {
				master := rig.Start(t, kind, "master", rig.Config{"repl-diskless-sync": diskless})
				master.Must("DEBUG", "POPULATE", 20_000, "key", 500)
				replica := rig.Start(t, rig.Ours, "replica", rig.Config{"repl-diskless-load": "auto"})
				sync := func(want string) {
					t.Helper()
					before := strings.Count(replica.Log(), "loading "+want+" (repl-diskless-load auto")
					replica.Must("REPLICAOF", "NO", "ONE")
					replica.Must("DEBUG", "CHANGE-REPL-ID")
					replica.Follow(master.Port)
					rig.Until(t, timeout, func() error {
						if strings.Count(replica.Log(), "loading "+want+" (repl-diskless-load auto") == before {
							return fmt.Errorf("the replica's log does not say: loading %s", want)
						}
						return nil
					})
					replica.WaitLink()
					rig.WaitSame(t, master, replica)
				}
				sync("from the socket")
				sync("from the socket beside the old data")
				replica.Must("CONFIG", "SET", "maxmemory", replica.Counter("used_memory")+1<<20)
				sync("through the disk")
			})
		}
	}
}
