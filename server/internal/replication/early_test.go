package replication

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// large writes n keys of 10 KB to a node, straight into its store.
func (n *node) large(keys int) {
	v := make([]byte, 10_000) // that does not compress
	_, _ = rand.NewChaCha8([32]byte{}).Read(v)
	n.e.Do(func() {
		for i := range keys {
			n.e.Store().DB(0).SetString(fmt.Appendf(nil, "large%d", i), v, 0, 0)
		}
	})
}

// early returns the memory of what is loaded while it is received, and whether such a load goes on.
func (n *node) early() (memory int64, ok bool) {
	n.e.Do(func() {
		if f := n.d.follow; f != nil && f.early != nil {
			memory, ok = n.d.loadMemory(), true
		}
	})
	return memory, ok
}

// receiving starts a slow master with much data, and an empty replica that has loaded a part of it.
func receiving(t *testing.T) (a, b *node) {
	t.Helper()
	w := newNetwork()
	a, b = w.start(t, "a", "rdb-key-save-delay", "1000"), w.start(t, "b")
	a.large(1000)
	b.follow(a)
	until(t, "half a megabyte", func() bool { memory, _ := b.early(); return memory > 500_000 })
	return a, b
}

// An empty replica loads what it receives into a file while it still comes, which nobody sees before all of it is there.
func TestLoadsWhileReceiving(t *testing.T) {
	a, b := receiving(t)
	if b.field("loading") != "0" || b.field("master_sync_in_progress") != "1" || b.keys() != 0 || b.do("GET", "large7") != "" {
		t.Errorf("loading:%s, %d keys while the snapshot comes", b.field("loading"), b.keys())
	}
	a.set("rdb-key-save-delay", "0")
	synced(t, a, b)
	if b.keys() != 1000 || len(b.do("GET", "large7")) != 10_000 || !b.log.has("with EOF to disk") {
		t.Errorf("%d keys", b.keys())
	}
	if _, ok := b.early(); ok {
		t.Error("something is still loaded early")
	}
}

// Old data and new do not have to fit into memory together: then the snapshot is loaded when all of it is there.
func TestOldDataIsNotLoadedBeside(t *testing.T) {
	w := newNetwork()
	a, b := w.start(t, "a", "rdb-key-save-delay", "1000"), w.start(t, "b")
	a.large(1000)
	b.do("SET", "mine", "1")
	b.follow(a)
	until(t, "half a megabyte", func() bool {
		return b.field("master_sync_in_progress") == "1" && len(b.field("master_sync_read_bytes")) > 5
	})
	if _, ok := b.early(); ok || b.do("GET", "mine") != "1" {
		t.Error("the new data is loaded beside the old")
	}
	a.set("rdb-key-save-delay", "0")
	synced(t, a, b)
	if b.keys() != 1000 {
		t.Errorf("%d keys", b.keys())
	}
}

// What was loaded early goes when the link breaks or the master is given up, and the next attempt begins anew.
func TestEarlyLoadEndsWithTheTransfer(t *testing.T) {
	a, b := receiving(t)
	cut(t, a, b, func() {
		until(t, "the end of the load", func() bool { memory, _ := b.early(); return memory == 0 })
	})
	until(t, "half a megabyte again", func() bool { memory, _ := b.early(); return memory > 500_000 })
	b.do("REPLICAOF", "NO", "ONE")
	until(t, "the end of the load", func() bool { memory, _ := b.early(); return memory == 0 })
	if b.keys() != 0 || b.field("loading") != "0" {
		t.Errorf("%d keys, loading:%s", b.keys(), b.field("loading"))
	}
	a.set("rdb-key-save-delay", "0")
	b.follow(a)
	synced(t, a, b)
	if b.keys() != 1000 {
		t.Errorf("%d keys", b.keys())
	}
}

// noSecond refuses to open a file for reading.
type noSecond struct{ vfs.FS }

func (noSecond) Open(name string) (vfs.File, error) {
	return nil, fmt.Errorf("%s: no more files", name)
}

// A file that cannot be opened once more while it is written is loaded when all of it is there.
func TestWithoutEarlyLoad(t *testing.T) {
	w := newNetwork()
	w.files = noSecond{vfs.OS{}}
	a, b := w.start(t, "a"), w.start(t, "b")
	a.large(100)
	b.follow(a)
	synced(t, a, b)
	if b.keys() != 100 {
		t.Errorf("%d keys", b.keys())
	}
}
