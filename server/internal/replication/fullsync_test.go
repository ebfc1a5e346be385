package replication

import (
	"io"
	"testing"
)

// A transfer without a file says at its end how many replicas are still there: one that got all of it and was lost is not.
func TestLostAfterSnapshot(t *testing.T) {
	a := newNetwork().start(t, "a")
	a.set("repl-diskless-sync-delay", "1000", "repl-diskless-sync-max-replicas", "2") // it begins with the second one
	a.fill("a", 100)
	fast, slow := a.client(), a.client()
	for _, c := range []*client{fast, slow} {
		if got := c.do("REPLCONF", "capa", "eof", "capa", "psync2"); got != "OK" {
			t.Fatal(got)
		}
		c.send("PSYNC", "?", "-1")
	}
	go io.Copy(io.Discard, fast.c) // the other one takes nothing at all
	until(t, "the fast replica has all", func() bool { return a.log.has("succeeded") })
	fast.c.Close()
	until(t, "the fast replica is gone", func() bool { return a.log.has("Connection with replica") })
	slow.c.Close()
	until(t, "the end of the transfer", func() bool { return a.log.has("Diskless rdb transfer") })
	if !a.log.has("Diskless rdb transfer, last replica dropped, killing fork child.") {
		t.Error("a lost replica is still counted")
	}
}
