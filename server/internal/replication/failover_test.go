package replication

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// R40: FAILOVER exchanges the roles of a master and a replica. A write that comes meanwhile waits, and is refused by what is a replica
// then; nobody needs a full sync.
func TestFailover(t *testing.T) {
	w := newNetwork()
	a, b, c := w.start(t, "a"), w.start(t, "b"), w.start(t, "c")
	b.follow(a)
	c.follow(a)
	synced(t, a, b, c)
	a.do("SET", "k", "before")
	speakB, speakC := b.silence(), c.silence()
	a.do("SET", "k", "last")
	user := a.client()
	if got := user.do("FAILOVER", "TO", "b", strconv.Itoa(b.addr.Port)); got != "OK" {
		t.Fatal(got)
	}
	if got := a.field("master_failover_state"); got != "waiting-for-sync" {
		t.Fatalf("state %q while the target has not said that it has all", got)
	}
	for args, want := range map[string]string{
		"FAILOVER":         "ERR FAILOVER already in progress.",
		"REPLICAOF b 2":    "ERR REPLICAOF not allowed while failing over.",
		"PSYNC ? -1":       "NOMASTERLINK Can't SYNC while failing over",
		"GET k":            "last",
		"FAILOVER ABORT x": "ERR syntax error",
	} {
		if got := a.do(strings.Fields(args)...); got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
	write := a.client().send("SET", "k", "too late")
	speakC()
	speakB()
	until(t, "the end of the failover", func() bool { return a.field("master_failover_state") == "no-failover" })
	if got := write(); !strings.HasPrefix(got, "READONLY") {
		t.Errorf("a write during the failover was answered %q", got)
	}
	synced(t, b, a)
	c.follow(b)
	synced(t, b, c)
	for _, n := range []*node{a, b, c} {
		if got := n.do("GET", "k"); got != "last" {
			t.Errorf("%s has %q", n.addr.Host, got)
		}
	}
	if b.field("role") != "master" || a.field("role") != "slave" || b.stat(fullSyncs) != 0 {
		t.Errorf("roles %s and %s, %d full syncs at the new master", a.field("role"), b.field("role"), b.stat(fullSyncs))
	}
	if !a.log.has("Failover target b:2 is synced, failing over.") || !b.log.has("MASTER MODE enabled (failover request from") {
		t.Error("the log does not tell")
	}
}

// R40: without an answer in time the master stays what it is, and goes on with the writes that waited; with FORCE it hands over all the same,
// and is no master from then on.
func TestFailoverTimesOut(t *testing.T) {
	a, b := followed(t)
	until(t, "b to have said that it is there", func() bool { return strings.Contains(a.field("slave0"), "state=online") })
	speak := b.silence()
	a.do("SET", "k", "1")
	if got := a.do("FAILOVER", "TIMEOUT", "50"); got != "OK" {
		t.Fatal(got)
	}
	if got := a.do("SET", "k", "2"); got != "OK" { // waits for the end
		t.Fatal(got)
	}
	if !a.log.has("FAILOVER to any replica aborted: Replica never caught up before timeout") || a.field("role") != "master" {
		t.Fatal("the failover did not end by its time-out")
	}
	if got := a.do("FAILOVER"); got != "OK" {
		t.Fatal(got)
	}
	if got := a.do("FAILOVER", "ABORT"); got != "OK" || a.field("master_failover_state") != "no-failover" {
		t.Fatal(got)
	}
	if got := a.do("FAILOVER", "ABORT"); got != "ERR No failover in progress." {
		t.Fatal(got)
	}
	if got := a.do("FAILOVER", "TO", "b", "2", "FORCE", "TIMEOUT", "20"); got != "OK" {
		t.Fatal(got)
	}
	until(t, "the forced failover", func() bool { return a.log.has("FAILOVER to b:2 time out exceeded, failing over.") })
	until(t, "a to be no master", func() bool { return a.field("role") == "slave" })
	speak()
	until(t, "b to be master", func() bool { return b.field("role") == "master" })
	synced(t, b, a)
	if got := b.do("GET", "k"); got != "2" {
		t.Errorf("b has %q", got)
	}
}

// A target that refuses leaves the master a master: never is there none.
func TestFailoverRefused(t *testing.T) {
	a, b := followed(t)
	a.do("SET", "k", "1")
	synced(t, a, b)
	speak := b.silence()
	a.do("SET", "k", "2")
	a.do("FAILOVER", "TO", "b", "2", "TIMEOUT", "60000")
	b.e.Do(func() { b.d.ChangeID() }) // it is on another history now
	speak()
	until(t, "the end of the failover", func() bool { return a.log.has("FAILOVER to b:2 aborted: Failover target rejected psync request") })
	if a.field("role") != "master" || b.field("role") != "slave" {
		t.Fatalf("roles %s and %s", a.field("role"), b.field("role"))
	}
	if got := a.do("SET", "k", "3"); got != "OK" {
		t.Fatal(got)
	}
	synced(t, a, b)
	if got := b.do("PSYNC", "abc", "1", "FAILOVER"); got != "ERR PSYNC FAILOVER replid must match my replid." {
		t.Error(got)
	}
	if got := a.do("PSYNC", "abc", "1", "FAILOVER"); got != "ERR PSYNC FAILOVER can't be sent to a master." {
		t.Error(got)
	}
}

// CLIENT PAUSE on a replica holds its master's stream: what is not applied does not count, and comes with the end of the pause.
func TestPausedReplica(t *testing.T) {
	a, b := followed(t)
	a.do("SET", "k", "1")
	synced(t, a, b)
	at := b.field("slave_repl_offset")
	b.do("CLIENT", "PAUSE", "100000", "WRITE")
	a.do("SET", "k", "2")
	a.do("SET", "k", "3")
	until(t, "the bytes", func() bool { return b.field("slave_read_repl_offset") == a.field("master_repl_offset") })
	if got := b.do("GET", "k"); got != "1" || b.field("slave_repl_offset") != at {
		t.Fatalf("k is %q at %s, was at %s", got, b.field("slave_repl_offset"), at)
	}
	b.do("CLIENT", "UNPAUSE")
	synced(t, a, b)
	if got := b.do("GET", "k"); got != "3" {
		t.Fatalf("k is %q", got)
	}
}

// WAIT waits for what its own connection wrote, and for nothing else.
func TestWaitForOwnWrite(t *testing.T) {
	a, b := followed(t)
	until(t, "an acknowledgement", func() bool { return a.do("WAIT", "1", "1000") == "1" })
	early := a.client()
	early.do("SET", "early", "1")
	if got := early.do("WAIT", "1", "10000"); got != "1" {
		t.Fatalf("%s replicas", got)
	}
	speak := b.silence()
	writer := a.client()
	writer.do("SET", "late", "1")
	for name, c := range map[string]*client{"whoever wrote before": early, "whoever wrote nothing": a.client()} {
		start := time.Now()
		if got := c.do("WAIT", "1", "10000"); got != "1" || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %s replicas after %v", name, got, time.Since(start))
		}
	}
	if got := writer.do("WAIT", "1", "50"); got != "0" {
		t.Errorf("the writer is told %s replicas", got)
	}
	if got := writer.do("WAIT", "0", "0"); got != "0" {
		t.Errorf("WAIT 0 says %s", got)
	}
	wait := writer.send("WAIT", "1", "0")
	speak()
	if got := wait(); got != "1" {
		t.Errorf("the writer is told %s replicas", got)
	}
}

// A replica that sends a command which is answered is disconnected: the answer would be taken for a part of the stream.
func TestStrayReply(t *testing.T) {
	w := newNetwork()
	a := w.start(t, "a")
	for cmd, logged := range map[string]string{
		"PING":  "Replica generated a reply to command 'ping', disconnecting it",
		"GET k": "Replica can't interact with the keyspace",
	} {
		c := a.client()
		if got := c.do("PSYNC", "?", "-1"); !strings.HasPrefix(got, "FULLRESYNC ") {
			t.Fatal(got)
		}
		c.send(strings.Fields(cmd)...)
		buf := make([]byte, 4096)
		_ = c.c.SetReadDeadline(time.Now().Add(20 * time.Second))
		for {
			n, err := c.c.Read(buf)
			if strings.Contains(string(buf[:n]), "PONG") {
				t.Errorf("%s was answered", cmd)
			}
			if err != nil {
				if ne, ok := err.(interface{ Timeout() bool }); ok && ne.Timeout() {
					t.Errorf("%s: still connected", cmd)
				}
				break
			}
		}
		if !a.log.has(logged) {
			t.Errorf("%s: the log does not say %q", cmd, logged)
		}
	}
}

// min-replicas-to-write refuses writes that too few replicas would get, and none that enough do.
func TestTooFewReplicas(t *testing.T) {
	a, b := followed(t)
	a.set("min-replicas-to-write", "1")
	until(t, "a write that one replica gets", func() bool { return a.do("SET", "k", "1") == "OK" })
	synced(t, a, b)
	a.set("min-replicas-to-write", "2")
	if got := a.do("SET", "k", "2"); got != "NOREPLICAS Not enough good replicas to write." {
		t.Fatalf("a write that one replica of two gets: %q", got)
	}
	if got := a.do("GET", "k"); got != "1" {
		t.Fatalf("k is %q", got)
	}
}
