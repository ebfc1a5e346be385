package interop

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// history returns REPLICATION HISTORY of a server of ours, the newest first.
func history(t *testing.T, s *rig.Server) []map[any]any {
	t.Helper()
	list, ok := s.Must("REPLICATION", "HISTORY", -1).([]any)
	if !ok {
		t.Fatalf("REPLICATION HISTORY answers %v", list)
	}
	var out []map[any]any
	for _, e := range list {
		out = append(out, e.(map[any]any))
	}
	return out
}

// replicaLine returns the fields of our own line about a replica.
func replicaLine(t *testing.T, s *rig.Server, n int) map[string]string {
	t.Helper()
	out := map[string]string{}
	for f := range strings.SplitSeq(s.Info("replication")[fmt.Sprint("lockstep_replica", n)], ",") {
		name, value, _ := strings.Cut(f, "=")
		out[name] = value
	}
	return out
}

// Guarantee (B2): on both ends every synchronisation has its reason, its times and its bytes, in the log, in INFO and in
// REPLICATION HISTORY; a redis-server on the other end changes nothing about that.
func TestEverySyncHasItsReason(t *testing.T) {
	for _, kinds := range [][]rig.Kind{{rig.Ours, rig.Ours}, {rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}} {
		t.Run(chainName(kinds), func(t *testing.T) {
			nodes := chain(t, rig.Config{"repl-backlog-size": "16kb"}, kinds...)
			master, replica := nodes[0], nodes[1]
			rig.Populate(t, master.Server, 30)
			attach(nodes)
			check := func(step, kind, onMaster, onReplica string) {
				t.Helper()
				rig.WaitSame(t, master.Server, replica.Server)
				if master.Kind == rig.Ours {
					checkReport(t, step, master.Server, "replica", kind, onMaster)
				}
				if replica.Kind == rig.Ours {
					checkReport(t, step, replica.Server, "master", kind, onReplica)
					info := replica.Info("replication")
					if info["lockstep_last_sync"] != kind || info["lockstep_last_sync_state"] != "done" || info["lockstep_last_sync_handshake_ms"] == "" {
						t.Errorf("%s: INFO of the replica: %s %s, handshake %q", step, info["lockstep_last_sync"], info["lockstep_last_sync_state"], info["lockstep_last_sync_handshake_ms"])
					}
				}
			}
			check("first", "full", "unknown-history", "unknown-history") // it asks with the history that it had as a master
			before := master.Syncs()
			replica.link.Cut()
			master.WaitPartial(before, 1)
			check("cut", "partial", "continues", "continues")
			replica.link.Refuse(true)
			replica.link.Cut()
			replica.WaitLinkDown(10 * time.Second)
			master.Must("SET", "large", strings.Repeat("x", 100<<10))
			replica.link.Refuse(false)
			replica.WaitLink()
			check("behind", "full", "backlog-too-short", "backlog-too-short")
			if master.Kind == rig.Ours {
				checkForget(t, master.Server)
			}
		})
	}
}

// checkReport waits for the newest entry about a peer to be the wanted one.
func checkReport(t *testing.T, step string, s *rig.Server, role, kind, reason string) {
	t.Helper()
	var e map[any]any
	rig.Until(t, 10*time.Second, func() error {
		for _, e = range history(t, s) {
			if e["peer-role"] != role {
				continue
			}
			if e["sync"] != kind || e["reason"] != reason || e["result"] != "ok" {
				return fmt.Errorf("%s: the newest entry of %s is %v, want %s %s", step, s.Name, e, kind, reason)
			}
			return nil
		}
		return fmt.Errorf("%s: %s has no entry about a %s", step, s.Name, role)
	})
	want := []string{"handshake-ms", "catch-up-ms"}
	if kind == "full" {
		want = append(want, "snapshot-ms", "transfer-ms", "load-ms")
	}
	for _, phase := range want {
		if _, ok := e[phase].(float64); !ok {
			t.Errorf("%s: %s tells no %s: %v", step, s.Name, phase, e)
		}
	}
	if n, _ := e["bytes"].(int64); kind == "full" && n < 500 {
		t.Errorf("%s: %s counts %d bytes of a snapshot", step, s.Name, n)
	}
	if line := fmt.Sprintf("Synchronization %d with %s ", e["id"], role); !strings.Contains(s.Log(), line) {
		t.Errorf("%s: the log of %s has no line %q", step, s.Name, line)
	}
}

func checkForget(t *testing.T, s *rig.Server) {
	t.Helper()
	if one := s.Must("REPLICATION", "HISTORY", 1).([]any); len(one) != 1 {
		t.Errorf("REPLICATION HISTORY 1 answers %d entries", len(one))
	}
	s.Must("REPLICATION", "RESET")
	if left := history(t, s); len(left) != 0 {
		t.Errorf("after REPLICATION RESET there are %d entries", len(left))
	}
	if err := s.Do(context.Background(), "REPLICATION", "HISTORY", "many").Err(); err == nil {
		t.Error("REPLICATION HISTORY many is accepted")
	}
}

// Guarantee (B2): what tools read of INFO replication is Redis's, field by field; ours stand in lines of their own.
func TestOurFieldsStandApart(t *testing.T) {
	lines := func(kind rig.Kind) (names []string) {
		nodes := chain(t, nil, kind, rig.Peer)
		attach(nodes)
		rig.WaitSame(t, servers(nodes)...)
		text := nodes[0].Must("INFO", "replication").(string)
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			if strings.HasPrefix(name, "slave") {
				for f := range strings.SplitSeq(value, ",") {
					part, _, _ := strings.Cut(f, "=")
					name += " " + part
				}
			}
			if !strings.HasPrefix(name, "lockstep_") {
				names = append(names, name)
			}
		}
		return names
	}
	if ours, redis := fmt.Sprint(lines(rig.Ours)), fmt.Sprint(lines(rig.Peer)); ours != redis {
		t.Errorf("ours  %s\nRedis %s", ours, redis)
	}
}

// Guarantee (B3): the master shows how far behind in time a replica is: nothing while it follows, seconds when it stands
// still; with min-replicas-lag-by data such a replica does not count as a good one although it was just heard of.
func TestLagIsShownInTime(t *testing.T) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			nodes := chain(t, nil, rig.Ours, kind)
			attach(nodes)
			master, replica := nodes[0], nodes[1]
			load := rig.StartLoad(t, master.Server, 1, 9)
			load.WaitOps(500)
			lag := func() int64 {
				n, err := strconv.ParseInt(replicaLine(t, master.Server, 0)["lag_ms"], 10, 64)
				if err != nil {
					t.Fatalf("INFO replication of the master: %v", err)
				}
				return n
			}
			rig.Until(t, 10*time.Second, func() error {
				if n := lag(); n > 1000 {
					return fmt.Errorf("a replica that follows lags by %d ms", n)
				}
				return nil
			})
			stopped := time.Now()
			replica.Signal(syscall.SIGSTOP)
			defer replica.Signal(syscall.SIGCONT)
			rig.Until(t, 20*time.Second, func() error {
				if n := lag(); n < 3000 {
					return fmt.Errorf("a replica that stands still lags by %d ms", n)
				}
				return nil
			})
			if truth := time.Since(stopped).Milliseconds(); truth < 3000 || lag() > time.Since(stopped).Milliseconds()+2500 {
				t.Errorf("it stands still for %d ms, the lag is %d", truth, lag())
			}
			replica.Signal(syscall.SIGCONT)
			load.Stop()
			rig.Until(t, 20*time.Second, func() error {
				if n := lag(); n != 0 {
					return fmt.Errorf("a replica that has all lags by %d ms", n)
				}
				return nil
			})
			rig.WaitSame(t, servers(nodes)...)
		})
	}
}

// Guarantee (B1): two and three failovers in a row, with a restart from the file in between, and a replica that slept
// through all of them continues partially; Redis remembers one history and would need a full sync.
func TestManyFailoversContinue(t *testing.T) {
	names := []string{"A", "B", "C", "D"}
	var s []*rig.Server
	for _, n := range names {
		s = append(s, rig.Start(t, rig.Ours, n, rig.Config{"repl-backlog-size": "8mb"}))
	}
	sleeper := rig.Start(t, rig.Ours, "sleeper", nil)
	link := rig.NewProxy(t, s[0])
	rig.Populate(t, s[0], 40)
	for i := 1; i < len(s); i++ {
		s[i].Follow(s[i-1].Port)
		s[i].WaitLink()
	}
	sleeper.Follow(link.Port)
	sleeper.WaitLink()
	rig.WaitSame(t, append(s, sleeper)...)
	link.Refuse(true)
	link.Cut()
	sleeper.WaitLinkDown(10 * time.Second)

	for i := range 3 { // A dies, B takes over; B dies, C does; C dies, D does
		s[i].Must("SET", fmt.Sprint("term:", i), names[i])
		rig.WaitSame(t, s[i:]...)
		s[i].Shutdown("NOSAVE")
		s[i+1].Must("REPLICAOF", "NO", "ONE")
		if i == 1 { // the new master starts anew from its file, and with it the list of what came before
			s[2].Shutdown("SAVE")
			s[2].Restart(nil)
			s[3].WaitLink()
		}
	}
	last := s[3]
	last.Must("SET", "term:3", "D")
	full := last.Syncs().Full
	sleeper.Follow(last.Port)
	sleeper.WaitLink()
	rig.WaitSame(t, last, sleeper)
	if now := last.Syncs(); now.Full != full {
		t.Errorf("after three failovers the replica that slept was synchronised fully: %+v", now)
	}
	if e := history(t, last)[0]; e["reason"] != "continues-older-history" {
		t.Errorf("the newest synchronisation is %v", e)
	}
}

// Guarantee (B1): a file with our list of histories is one that Redis loads, and continues from.
func TestFileWithManyHistoriesLoadsInRedis(t *testing.T) {
	a := rig.Start(t, rig.Ours, "A", nil)
	b := rig.Start(t, rig.Ours, "B", nil)
	rig.Populate(t, a, 20)
	b.Follow(a.Port)
	b.WaitLink()
	rig.WaitSame(t, a, b)
	for range 2 { // two promotions make two older histories
		b.Must("REPLICAOF", "NO", "ONE")
		b.Must("INCR", "terms")
		a.Follow(b.Port)
		a.WaitLink()
		rig.WaitSame(t, a, b)
		a, b = b, a
	}
	b.Must("SAVE")
	dropVolatile(t, a)
	rig.WaitSame(t, a, b)
	b.Must("SAVE")
	peer := loadFile(t, rig.Peer, "peer", b, rig.Config{"replicaof": fmt.Sprintf("127.0.0.1 %d", a.Port)})
	peer.WaitLink()
	rig.WaitSame(t, a, peer)
	if e := history(t, a)[0]; e["sync"] != "partial" {
		t.Errorf("the redis-server that loaded the file was synchronised: %v", e)
	}
}

// Guarantee (B7): while a master's password is changed its replicas hold the old and the new one, and lose no link but that of
// the change itself: no full sync, and the password that fits is found whichever comes first.
func TestPasswordRotation(t *testing.T) {
	for _, tc := range []struct {
		name string
		user bool
		kind rig.Kind
	}{{"default user, redis", false, rig.Peer}, {"default user, ours", false, rig.Ours}, {"masteruser, redis", true, rig.Peer}, {"masteruser, ours", true, rig.Ours}} {
		t.Run(tc.name, func(t *testing.T) {
			master := rig.Start(t, tc.kind, "master", nil)
			change := func(password string) {
				if tc.user {
					master.Must("ACL", "SETUSER", "replicator", "on", "resetpass", ">"+password, "+psync", "+replconf", "+ping")
					return
				}
				master.Must("CONFIG", "SET", "requirepass", password)
			}
			change("old word")
			config := rig.Config{"masterauth": `"old word"`}
			if tc.user {
				config["masteruser"] = "replicator"
			}
			replica := node{rig.Start(t, rig.Ours, "replica", config), rig.NewProxy(t, master)}
			replica.Follow(replica.link.Port)
			replica.WaitLink()
			replica.Must("CONFIG", "SET", "masterauth", `"new" "old word"`)
			if got := replica.Must("CONFIG", "GET", "masterauth").(map[any]any)["masterauth"]; got != `"new" "old word"` {
				t.Errorf("CONFIG GET masterauth: %v", got)
			}
			reconnect := func(step string) {
				t.Helper()
				before := master.Syncs()
				replica.link.Cut()
				rig.Until(t, 20*time.Second, func() error {
					if now := master.Syncs(); now.PartialOK == before.PartialOK || now.Full != before.Full {
						return fmt.Errorf("%s: %+v, before %+v", step, now, before)
					}
					return nil
				})
				replica.WaitLink()
			}
			reconnect("the master has the old password")
			if !tc.user {
				// The client of the rig stays authenticated on the connection that it has.
				master.Client = keepOne(t, master, "old word")
			}
			change("new")
			reconnect("the master has the new password")
			replica.Must("CONFIG", "SET", "masterauth", "new")
			reconnect("only the new password is left")
			replica.Must("CONFIG", "REWRITE")
			replica.Shutdown("NOSAVE")
		})
	}
}

// keepOne returns a client that holds on to one connection.
func keepOne(t *testing.T, s *rig.Server, password string) *redis.Client {
	o := s.Options(0)
	o.Password, o.PoolSize, o.MinIdleConns = password, 1, 1
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	if err := c.Ping(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}
