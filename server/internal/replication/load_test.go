package replication

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// fill writes n keys to a node, straight into its store.
func (n *node) fill(prefix string, keys int) {
	n.e.Do(func() {
		for i := range keys {
			n.e.Store().DB(0).SetString(fmt.Appendf(nil, "%s%d", prefix, i), []byte("value"), 0, 0)
		}
	})
}

func (n *node) keys() (keys int) {
	n.e.Do(func() { keys = n.e.Store().Len() })
	return keys
}

// forget makes the master unable to continue partially with anybody, although its history stays the same.
func (n *node) forget() {
	n.set("repl-backlog-size", "16384")
	for i := range 5 {
		n.do("SET", fmt.Sprint("filler", i), strings.Repeat("x", 16384))
	}
}

// slowLoad makes a replica take its time for each key, until the function that it returns is called.
func (n *node) slowLoad() (fast func()) {
	n.set("key-load-delay", "1000000")
	return func() { n.set("key-load-delay", "0") }
}

// R31: with swapdb a replica that is given the same history anew serves what it has while the new loads, and nothing of the new before
// all of it is there; INFO, CONFIG and the like go on, and what would meddle is refused.
func TestSwapDBServesOldData(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a")
	b := w.start(t, "b", "repl-diskless-load", "swapdb")
	a.fill("a", 2000)
	b.follow(a)
	synced(t, a, b)
	fast := b.slowLoad()
	cut(t, a, b, func() {
		a.do("SET", "new", "1")
		a.forget()
	})
	until(t, "the load", func() bool { return b.field("async_loading") == "1" })
	if b.field("loading") != "0" || b.field("master_link_status") != "down" {
		t.Errorf("loading:%s, link %s", b.field("loading"), b.field("master_link_status"))
	}
	start := time.Now()
	for cmd, want := range map[string]string{
		"GET a7":         "value",
		"GET new":        "",
		"PING":           "PONG",
		"REPLICAOF x 1":  "LOADING Redis is loading the dataset in memory",
		"SET a7 x":       "READONLY You can't write against a read only replica.",
		"PSYNC ? -1":     "LOADING Redis is loading the dataset in memory",
		"CLIENT GETNAME": "",
	} {
		if got := b.do(strings.Fields(cmd)...); got != want {
			t.Errorf("%s while loading: %q, want %q", cmd, got, want)
		}
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("seven commands took %v", took)
	}
	if b.keys() != 2000 {
		t.Errorf("%d keys while the new data loads", b.keys())
	}
	fast()
	synced(t, a, b)
	if b.keys() != 2006 || b.do("GET", "new") != "1" || b.field("async_loading") != "0" {
		t.Errorf("%d keys, new is %q, async_loading:%s", b.keys(), b.do("GET", "new"), b.field("async_loading"))
	}
}

// cut breaks the link of a replica, and does something at the master before it comes back.
func cut(t *testing.T, master, replica *node, do func()) {
	t.Helper()
	replica.net.mu.Lock() // it cannot dial
	master.e.Do(func() { master.d.dropReplicas() })
	until(t, "the replica to be gone", func() bool { return master.field("connected_slaves") == "0" })
	do()
	replica.net.mu.Unlock()
}

// R31, R32: a load that fails leaves the old data as it was, and the history that it is on; of another history it is not shown
// meanwhile.
func TestSwapDBFails(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a", "rdb-key-save-delay", "10000") // the transfer does not end by itself
	b := w.start(t, "b", "repl-diskless-load", "swapdb")
	a.fill("a", 2000)
	b.do("SET", "mine", "1")
	b.follow(a)
	until(t, "the load", func() bool { return b.field("loading") == "1" })
	if b.field("async_loading") != "0" {
		t.Error("data of another history is shown as if it were an older state of the new")
	}
	if got := b.do("GET", "mine"); got != "LOADING Redis is loading the dataset in memory" {
		t.Error(got)
	}
	id := b.field("master_replid")
	w.mu.Lock()
	delete(w.nodes, a.addr.String())
	w.mu.Unlock()
	a.e.Do(func() { a.d.dropReplicas() })
	until(t, "the failure", func() bool {
		return b.field("loading") == "0" && b.log.has("Failed trying to load the MASTER synchronization DB from socket")
	})
	if got := b.do("GET", "mine"); got != "1" || b.keys() != 1 || b.field("master_replid") != id {
		t.Errorf("mine is %q among %d keys; history %s, was %s", got, b.keys(), b.field("master_replid"), id)
	}
}

// R32, R34: a load that is given up, or fails, without old data to go back to leaves none, and the node can be told something else in the
// middle of it.
func TestLoadGivenUp(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a")
	b := w.start(t, "b", "repl-diskless-load", "on-empty-db")
	a.fill("a", 2000)
	fast := b.slowLoad()
	b.follow(a)
	until(t, "the load", func() bool { return b.field("loading") == "1" })
	if got := b.do("REPLICAOF", "NO", "ONE"); got != "OK" {
		t.Fatal(got)
	}
	if b.field("loading") != "0" || b.keys() != 0 || b.field("role") != "master" {
		t.Fatalf("loading:%s with %d keys, a %s", b.field("loading"), b.keys(), b.field("role"))
	}
	if got := b.do("SET", "k", "v"); got != "OK" {
		t.Fatal(got)
	}
	fast()
	b.follow(a)
	synced(t, a, b)
	if b.keys() != 2000 {
		t.Errorf("%d keys", b.keys())
	}
}

// The received file is the node's RDB file from then on, unless nobody wants files on it (rdb-del-sync-files).
func TestReceivedFile(t *testing.T) {
	for _, del := range []string{"no", "yes"} {
		w := newNetwork()
		a := w.start(t, "a", "repl-diskless-sync", "no", "rdb-del-sync-files", del)
		b := w.start(t, "b", "rdb-del-sync-files", del)
		a.fill("a", 10)
		b.follow(a)
		synced(t, a, b)
		for _, n := range []*node{a, b} {
			until(t, "the files of "+n.addr.Host, func() bool {
				_, err := os.Stat(n.e.Config().DBFilename)
				return (err == nil) == (del == "no")
			})
		}
	}
}

// R8: a master that leaves out expired keys as it starts tells those who continue.
func TestExpiredBeforeStart(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a")
	saved := repl.Saved{ID: freshID(), Offset: 100, DB: 3}
	aux := map[string]string{}
	for _, f := range saved.Aux() {
		aux[f.Key] = f.Value
	}
	a.e.Do(func() {
		a.d.loadExpired(aux, 3, []byte("k"))
		a.d.loadExpired(aux, 4, []byte("l"))
	})
	h := a.d.stream.History()
	want := "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n4\r\n*2\r\n$3\r\nDEL\r\n$1\r\nl\r\n"
	if int(h.Offset) != 100+len(want) || h.Past[0] != (repl.Past{ID: saved.ID, End: 100}) {
		t.Fatalf("offset %d, want %d; past %v", h.Offset, 100+len(want), h.Past)
	}
	c, ok := a.d.stream.Attach(100)
	if !ok || string(c.Next()) != want {
		t.Fatalf("the stream goes on with %q", c.Next())
	}
}

// FLUSHALL ends the snapshots that are being made: each replica asks again, and gets the empty data set.
func TestFlushedSnapshot(t *testing.T) {
	w := newNetwork()
	a, b := w.start(t, "a", "rdb-key-save-delay", "100000"), w.start(t, "b")
	a.fill("a", 1000)
	b.follow(a)
	until(t, "the snapshot", func() bool { return a.field("rdb_bgsave_in_progress") == "1" })
	a.e.Do(func() {
		a.e.Store().Flush()
		a.d.Flushed()
	})
	synced(t, a, b)
	until(t, "the end of the snapshots", func() bool { return a.field("rdb_bgsave_in_progress") == "0" })
	if b.keys() != 0 {
		t.Errorf("%d keys", b.keys())
	}
	if n := a.stat(fullSyncs); n != 2 {
		t.Errorf("%d full syncs", n)
	}
}

// R31: old data that was served while the new loaded is served on when the loading fails.
func TestSwapDBServedDataSurvives(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a")
	b := w.start(t, "b", "repl-diskless-load", "swapdb", "replica-read-only", "no")
	a.fill("a", 2000)
	b.follow(a)
	synced(t, a, b)
	b.do("SET", "mine", "1")
	a.set("rdb-key-save-delay", "10000")
	cut(t, a, b, a.forget)
	until(t, "the load", func() bool { return b.field("async_loading") == "1" })
	if got := b.do("GET", "mine"); got != "1" {
		t.Fatalf("mine is %q", got)
	}
	a.set("repl-diskless-sync-delay", "1000")
	a.e.Do(func() { a.d.dropReplicas() })
	until(t, "the failure", func() bool { return b.field("async_loading") == "0" })
	if got := b.do("GET", "mine"); got != "1" || b.keys() != 2001 || !b.log.has("Failed trying to load") {
		t.Errorf("mine is %q among %d keys", got, b.keys())
	}
}
