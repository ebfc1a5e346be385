package replication

import (
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// restored gives a node the data of its append-only file, as a restart would.
func (n *node) restored() {
	n.t.Helper()
	var err error
	n.e.Do(func() { err = n.p.ReloadAOF() })
	if err != nil {
		n.t.Fatal(err)
	}
}

// aofComplete waits until the append-only file is complete.
func (n *node) aofComplete() {
	n.t.Helper()
	until(n.t, "the append-only file of "+n.addr.Host, func() (on bool) {
		n.e.Do(func() { _, _, on = n.p.OnDisk() })
		return on
	})
}

// R32: a full sync that fails leaves the append-only file off, until another succeeds or the node becomes a master.
func TestPromotedWithoutAOF(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a", "rdb-key-save-delay", "10000") // the transfer does not end by itself
	b := w.start(t, "b", "appendonly", "yes")
	a.fill("a", 2000)
	b.set("repl-diskless-load", "on-empty-db")
	b.follow(a)
	until(t, "the load", func() bool { return b.field("loading") == "1" })
	w.mu.Lock()
	delete(w.nodes, a.addr.String())
	w.mu.Unlock()
	a.e.Do(func() { a.d.dropReplicas() })
	until(t, "the failure", func() bool { return b.field("loading") == "0" })
	if on := b.field("aof_enabled"); on != "0" {
		t.Fatalf("aof_enabled:%s after a load that failed", on)
	}
	if got := b.do("REPLICAOF", "NO", "ONE"); got != "OK" {
		t.Fatal(got)
	}
	if on := b.field("aof_enabled"); on != "1" {
		t.Errorf("aof_enabled:%s on a master with appendonly yes", on)
	}
	b.aofComplete()
	b.do("SET", "k", "v")
	b.restored()
	if got := b.do("GET", "k"); got != "v" || b.keys() != 1 {
		t.Errorf("the append-only file has %d keys, k is %q", b.keys(), got)
	}
}

// A replica whose disk refuses its master's writes ends before it applies what it cannot keep; if it is to ignore that, it goes on and
// writes all of it when the disk is well again.
func TestReplicaCannotWriteToDisk(t *testing.T) {
	for _, ignore := range []string{"no", "yes"} {
		t.Run(ignore, func(t *testing.T) {
			var full atomic.Bool
			w := newNetwork()
			a := w.start(t, "a")
			w.files = &vfs.Err{FS: vfs.OS{}, Inject: func(change, _ string) error {
				if full.Load() && change == "write" {
					return syscall.ENOSPC
				}
				return nil
			}}
			b := w.start(t, "b", "appendonly", "yes", "replica-ignore-disk-write-errors", ignore)
			ended := make(chan int, 100)
			b.e.Do(func() { b.e.OnFatal(func(string) { ended <- b.e.Store().Len() }) })
			b.follow(a)
			synced(t, a, b)
			b.aofComplete()
			full.Store(true)
			a.do("SET", "k1", "v") // meets the fault
			until(t, "the fault", func() (failed bool) {
				b.e.Do(func() { failed = b.p.WriteError() != "" })
				return failed
			})
			a.do("SET", "k2", "v")
			synced(t, a, b)
			if ignore == "no" {
				select {
				case keys := <-ended:
					if keys != 1 {
						t.Errorf("it ends with %d keys", keys)
					}
				default:
					t.Error("it goes on with what it cannot keep")
				}
			} else if len(ended) > 0 || !b.log.has("Replica is applying a command even though it is unable to write to disk.") {
				t.Errorf("it ended: %v", len(ended) > 0)
			}
			full.Store(false)
			until(t, "the disk's recovery", func() (well bool) {
				b.e.Do(func() { well = b.p.WriteError() == "" })
				return well
			})
			b.restored()
			if b.keys() != 2 {
				t.Errorf("the append-only file has %d keys", b.keys())
			}
		})
	}
}
