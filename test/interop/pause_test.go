package interop

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: a pause of all commands ends at its time although a hand-over pauses writes for longer: else nobody could abort that.
func TestPauseOfAllEndsWithinFailover(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "M", rig.Config{"repl-ping-replica-period": "3600"})
		w := s.Dial()
		greet(t, w, "psync2")
		w.Command("PSYNC", "?", "-1")
		_, offset := fullResync(t, w.Line())
		w.Payload()
		w.Command("REPLCONF", "ACK", fmt.Sprint(offset))
		rig.Until(t, timeout, func() error {
			if state := s.Info("replication")["slave0"]; !strings.Contains(state, "state=online") {
				return fmt.Errorf("slave0:%s", state)
			}
			return nil
		})
		a, b := s.Dial(), s.Dial()
		for _, call := range []string{"SET k v", "FAILOVER"} { // which waits for the replica's ACK
			a.Command(strings.Fields(call)...)
			expect(t, a, "+OK")
		}
		b.Command("SET", "k", "w")
		a.Command("CLIENT", "PAUSE", "100", "ALL")
		expect(t, a, "+OK")
		a.Command("GET", "k")
		expect(t, a, "$1")
		expect(t, a, "v")
		a.Command("FAILOVER", "ABORT")
		expect(t, a, "+OK")
		expect(t, b, "+OK")
	})
}

// Guarantee: who monitors is not paused, and can end a pause of all commands.
func TestMonitorIsNotPaused(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "A", nil)
		a, m := s.Dial(), s.Dial()
		m.Command("MONITOR")
		expect(t, m, "+OK")
		a.Command("CLIENT", "PAUSE", "100000", "ALL")
		expect(t, a, "+OK")
		a.Command("ECHO", "paused")
		m.Command("CLIENT", "UNPAUSE")
		expect(t, m, "+OK")
		expect(t, a, "$6")
		expect(t, m, "+") // the ECHO
	})
}

// Guarantee: a pause does not keep a server from ending, by SHUTDOWN where that is not paused itself, or by a signal.
func TestEndDuringPause(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		for _, mode := range []string{"WRITE", "ALL"} {
			s := rig.Start(t, kind, "A", nil)
			w := s.Dial()
			s.Must("SET", "k", "v")
			s.Must("CLIENT", "PAUSE", 100_000, mode)
			w.Command("SET", "k", "w")
			if mode == "WRITE" {
				s.Shutdown("SAVE")
			} else {
				s.Signal(syscall.SIGTERM)
			}
			if code := s.WaitExit(); code != 0 {
				t.Errorf("%s: it ended with %d", mode, code)
			}
			if line, ok := w.LineOrEnd(); ok {
				t.Errorf("%s: the paused write was answered: %s", mode, line)
			}
		}
	})
}

// Guarantee (R26): while writes are paused nothing goes into the stream but PINGs: keys whose time is over and keys that would be evicted
// stay, what waits for keys goes on waiting. When the pause is over all of it comes, and the replica ends with the same data.
func TestStreamDuringPause(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		master := rig.Start(t, kind, "master", rig.Config{"repl-ping-replica-period": "3600", "maxmemory-policy": "allkeys-random"})
		replica := rig.Start(t, rig.Ours, "replica", nil)
		replica.Follow(master.Port)
		replica.WaitLink()
		waits, writes, execs, scripts, publishes := master.Dial(), master.Dial(), master.Dial(), master.Dial(), master.Dial()
		waits.Command("BLPOP", "l", "0")
		master.Must("MSET", "k", "v", "evicted", "x")
		execs.Command("MULTI")
		execs.Command("SET", "k", "exec")
		expect(t, execs, "+OK")
		expect(t, execs, "+QUEUED")
		rig.WaitSame(t, master, replica)
		master.Must("SET", "volatile", "x", "PX", "30")
		master.Must("CLIENT", "PAUSE", 100_000, "WRITE")
		writes.Command("RPUSH", "l", "1", "2")
		execs.Command("EXEC")
		scripts.Command("EVAL", "return redis.call('incr', 'n')", "0")
		publishes.Command("PUBLISH", "c", "x")
		rig.Until(t, timeout, func() error {
			if n := master.Info("clients")["blocked_clients"]; n != "5" {
				return fmt.Errorf("%s clients wait", n)
			}
			if n := master.Must("EXISTS", "volatile"); n != int64(0) {
				return fmt.Errorf("the key is still there")
			}
			return nil
		})
		offset := master.Counter("master_repl_offset")
		master.Must("CONFIG", "SET", "maxmemory", 1)
		for range 20 { // each of them would evict a key
			master.Must("GET", "k")
		}
		if n := master.Must("WAIT", 1, 5000); n != int64(1) {
			t.Errorf("WAIT during the pause tells %v replicas", n)
		}
		if n, size := master.Counter("evicted_keys"), master.Must("DBSIZE"); n != 0 || size != int64(3) || master.Counter("expired_keys") != 0 {
			t.Errorf("%d keys were evicted, %d expired during the pause; %v are there, want 3", n, master.Counter("expired_keys"), size)
		}
		if now := master.Counter("master_repl_offset"); now != offset {
			t.Errorf("the offset went from %d to %d during the pause", offset, now)
		}
		master.Must("CONFIG", "SET", "maxmemory", 0)
		master.Must("CLIENT", "UNPAUSE")
		expect(t, writes, ":2")
		expect(t, waits, "*2")
		expect(t, execs, "*1")
		expect(t, scripts, ":1")
		expect(t, publishes, ":0")
		rig.WaitSame(t, master, replica)
	})
}

// Guarantee (R26): a long pause does not cost the link: a replica gives up a master that is silent for repl-timeout.
func TestLongPauseKeepsTheLink(t *testing.T) {
	t.Parallel() // it waits most of the time
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			master := rig.Start(t, rig.Ours, "master", rig.Config{"repl-timeout": "3"})
			replica := rig.Start(t, kind, "replica", rig.Config{"repl-timeout": "3"})
			replica.Follow(master.Port)
			replica.WaitLink()
			before := master.Syncs()
			master.Must("CLIENT", "PAUSE", 6000, "WRITE")
			start := time.Now()
			master.Must("SET", "k", "v") // answered when the pause is over
			if took := time.Since(start); took < 5*time.Second {
				t.Fatalf("the pause took %v", took)
			}
			rig.WaitSame(t, master, replica)
			if now := master.Syncs(); now != before {
				t.Errorf("the link broke in the pause: %+v, before %+v", now, before)
			}
		})
	}
}
