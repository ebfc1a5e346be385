package replication

import (
	"io"
	"testing"
	"time"
)

// transfer begins a transfer without a file to two replicas, of which one takes all of it and the other nothing.
func transfer(t *testing.T) (a *node, fast, slow *client) {
	t.Helper()
	a = newNetwork().start(t, "a")
	a.set("repl-diskless-sync-delay", "1000", "repl-diskless-sync-max-replicas", "2") // it begins with the second one
	a.fill("a", 100)
	fast, slow = a.client(), a.client()
	for _, c := range []*client{fast, slow} {
		if got := c.do("REPLCONF", "capa", "eof", "capa", "psync2"); got != "OK" {
			t.Fatal(got)
		}
		c.send("PSYNC", "?", "-1")
	}
	go io.Copy(io.Discard, fast.c)
	until(t, "the fast replica has all", func() bool { return a.log.has("succeeded") })
	return a, fast, slow
}

const noneUp, oneUp = "Diskless rdb transfer, last replica dropped", "Diskless rdb transfer, done reading from pipe, 1 replicas still up."

// A transfer without a file says at its end how many replicas are still there: one that got all of it and was lost is not.
func TestLostAfterSnapshot(t *testing.T) {
	a, fast, slow := transfer(t)
	fast.c.Close()
	until(t, "the fast replica is gone", func() bool { return a.log.has("Connection with replica") })
	slow.c.Close()
	until(t, "the end of the transfer", func() bool { return a.log.has("Diskless rdb transfer") })
	if !a.log.has(noneUp) {
		t.Error("a lost replica is still counted")
	}
}

// Where a replica was lost, one that was sent everything counts when it says that it has it, and until then the transfer goes on.
func TestSentIsNotReceived(t *testing.T) {
	for _, acks := range []bool{true, false} {
		a, fast, slow := transfer(t)
		slow.c.Close()
		until(t, "the slow replica is gone", func() bool { return a.log.has("Connection with replica") })
		a.e.Do(func() { a.d.do(a.d.master.Tick(a.d.env(), time.Now())) }) // what its cron does next
		if a.log.has("Diskless rdb transfer") || a.field("rdb_bgsave_in_progress") != "1" {
			t.Error("the transfer is over before the fast replica has said anything")
		}
		want := noneUp
		if acks {
			want = oneUp
			fast.send("REPLCONF", "ACK", "1")
		} else {
			fast.c.Close()
		}
		until(t, want, func() bool { return a.log.has(want) && a.field("rdb_bgsave_in_progress") == "0" })
	}
}

// A replica that leaves before its end is missed by its master at once; if it stays after all, it continues where it was.
func TestLeaveAndReturn(t *testing.T) {
	w := newNetwork()
	a, b := w.start(t, "a"), w.start(t, "b")
	b.follow(a)
	synced(t, a, b)
	b.e.Do(b.d.Leave)
	until(t, "the master sees it", func() bool { return a.field("connected_slaves") == "0" })
	a.do("SET", "k", "v")
	b.e.Do(b.d.Return)
	synced(t, a, b)
	if n := a.stat(fullSyncs); n != 1 {
		t.Errorf("%d full syncs", n)
	}
}
