package interop

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee (R30): the link to the master comes from the node's own source address.
func TestLinkComesFromSourceAddress(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		master := rig.Start(t, rig.Ours, "master", nil)
		replica := rig.Start(t, kind, "replica", rig.Config{"bind-source-addr": "127.0.0.2"})
		replica.Follow(master.Port)
		replica.WaitLink()
		if line := master.Info("replication")["slave0"]; !strings.HasPrefix(line, "ip=127.0.0.2,") {
			t.Errorf("the replica is %s", line)
		}
	})
}

// Guarantee (R33): a background save of the replica's old data is ended when a full sync comes, and does not overwrite the
// received file: after a restart the new data is there, and continues partially.
func TestOwnSaveEndsWithFullSync(t *testing.T) {
	master := rig.Start(t, rig.Ours, "master", nil)
	rig.Populate(t, master, 50)
	replica := rig.Start(t, rig.Ours, "replica", rig.Config{"rdb-key-save-delay": "10000"})
	replica.Must("DEBUG", "POPULATE", 2000, "old")
	replica.Must("BGSAVE")
	replica.Follow(master.Port)
	replica.WaitLink()
	rig.WaitSame(t, master, replica)
	if info := replica.Info("persistence"); info["rdb_bgsave_in_progress"] != "0" {
		t.Error("the save of the old data goes on")
	}
	before := master.Syncs()
	replica.Shutdown("NOSAVE")
	replica.Restart(rig.Config{"replicaof": fmt.Sprintf("127.0.0.1 %d", master.Port)})
	replica.WaitLink()
	rig.WaitSame(t, master, replica)
	if now := master.Syncs(); now.Full != before.Full {
		t.Errorf("the restarted replica was synchronised fully: %+v", now)
	}
}

// Guarantee (R36): an error that a master replies to its replica, or a replica to its master's stream, is logged with the
// command and its arguments, cut to a sane length.
func TestErrorsOfTheLinkAreLogged(t *testing.T) {
	s := rig.Start(t, rig.Ours, "server", nil)
	w := s.Dial()
	greet(t, w, "eof", "psync2")
	w.Command("PSYNC", "?", "-1")
	fullResync(t, w.Line())
	w.Payload()
	w.Command("NOSUCHCOMMAND", "first", strings.Repeat("x", 5000))
	waitLog(t, s, "== CRITICAL == This master is sending an error to its replica: '-ERR unknown command 'NOSUCHCOMMAND'")
	waitLog(t, s, "after processing the command 'NOSUCHCOMMAND' 'first' 'xxx")

	m := rig.NewFakeMaster(t)
	link := follow(t, s, m, 100)
	link.Command("INCR", "a", "b")
	waitLog(t, s, "== CRITICAL == This replica is sending an error to its master: '-ERR wrong number of arguments for 'incr' command' after processing the command 'INCR' 'a' 'b'")
	for line := range strings.Lines(s.Log()) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes: %.100s", len(line), line)
		}
	}
}

func waitLog(t *testing.T, s *rig.Server, text string) {
	t.Helper()
	rig.Until(t, timeout, func() error {
		if !strings.Contains(s.Log(), text) {
			return fmt.Errorf("the log of %s does not say %q", s.Name, text)
		}
		return nil
	})
}

// Guarantee (R38): clients that wait for keys are told when their master becomes a replica; a replica hides a key whose time
// is over, but holds it until the master's DEL comes.
func TestLifeAsReplica(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		master := rig.Start(t, kind, "master", nil)
		replica := rig.Start(t, rig.Ours, "replica", nil)
		waiting := replica.Dial()
		waiting.Command("BLPOP", "nothing", "0")
		rig.Until(t, timeout, func() error {
			if n := replica.Info("clients")["blocked_clients"]; n != "1" {
				return fmt.Errorf("%s blocked clients", n)
			}
			return nil
		})
		replica.Follow(master.Port)
		expect(t, waiting, "-UNBLOCKED")
		replica.WaitLink()

		master.Must("DEBUG", "SET-ACTIVE-EXPIRE", "0") // whatever it takes until it is stopped
		master.Must("SET", "volatile", "x", "PX", "600")
		rig.WaitSame(t, master, replica)
		master.Signal(syscall.SIGSTOP)
		defer master.Signal(syscall.SIGCONT)
		rig.Until(t, timeout, func() error {
			if n := replica.Must("EXISTS", "volatile"); n != int64(0) {
				return fmt.Errorf("a key whose time is over exists")
			}
			return nil
		})
		if n := replica.Must("DBSIZE"); n != int64(1) {
			t.Errorf("before the master's DEL the replica has %v keys, want the hidden one", n)
		}
		master.Signal(syscall.SIGCONT)
		master.Must("DEBUG", "SET-ACTIVE-EXPIRE", "1")
		rig.Until(t, timeout, func() error {
			if n := replica.Must("DBSIZE"); n != int64(0) {
				return fmt.Errorf("the master's DEL has not come")
			}
			return nil
		})
	})
}

// Guarantee (R41): what does not do the same everywhere is propagated by its effect, as Redis does.
func TestPropagatedByEffect(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "master", rig.Config{"repl-diskless-sync": "no"})
		w := s.Dial()
		greet(t, w, "psync2")
		w.Command("PSYNC", "?", "-1")
		fullResync(t, w.Line())
		w.Payload()
		for _, tc := range []struct {
			run  []any
			want string // the command and its first words
		}{
			{[]any{"SADD", "s", "a"}, "SADD s a"}, {[]any{"SPOP", "s"}, "SREM s a"}, // its last member
			{[]any{"SET", "k", "1"}, "SET k 1"}, {[]any{"INCRBYFLOAT", "k", "0.5"}, "SET k 1.5 KEEPTTL"}, {[]any{"EXPIRE", "k", "100"}, "PEXPIREAT k 1"},
			{[]any{"SET", "k", "2", "EX", "100"}, "SET k 2 PXAT 1"}, {[]any{"GETEX", "k", "PERSIST"}, "PERSIST k"}, {[]any{"GETDEL", "k"}, "DEL k"},
			{[]any{"RPUSH", "l", "x"}, "RPUSH l x"}, {[]any{"BLPOP", "l", "1"}, "LPOP l"},
			{[]any{"HSET", "h", "f", "1"}, "HSET h f 1"}, {[]any{"HINCRBYFLOAT", "h", "f", "0.5"}, "HSET h f 1.5"},
		} {
			s.Must(tc.run...)
			var got string
			for got == "" || strings.HasPrefix(got, "SELECT") {
				args, _ := w.Next(true)
				got = strings.ToUpper(args[0]) + " " + strings.Join(args[1:], " ")
			}
			if !strings.HasPrefix(got, tc.want) {
				t.Errorf("%v is propagated as %q, want %q", tc.run, got, tc.want)
			}
		}
	})
}

// Guarantee (R42): the counters of replication's traffic and of its syncs are Redis's and count what passed.
func TestReplicationIsCounted(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		nodes := chain(t, nil, kind, kind)
		master, replica := nodes[0], nodes[1]
		rig.Populate(t, master.Server, 50)
		attach(nodes)
		rig.WaitSame(t, servers(nodes)...)
		sent, taken := master.Counter("total_net_repl_output_bytes"), replica.Counter("total_net_repl_input_bytes")
		if sent < 1000 || taken < sent/2 || taken > 2*sent {
			t.Errorf("the snapshot was counted as %d bytes sent, %d received", sent, taken)
		}
		for range 100 {
			master.Must("SET", "key", strings.Repeat("v", 1000))
		}
		rig.WaitSame(t, servers(nodes)...)
		for name, grown := range map[string]int64{"sent": master.Counter("total_net_repl_output_bytes") - sent, "received": replica.Counter("total_net_repl_input_bytes") - taken} {
			if grown < 100_000 || grown > 150_000 {
				t.Errorf("of a stream of 100 kB %d bytes were %s", grown, name)
			}
		}
		info := master.Info("stats")
		for _, field := range []string{"instantaneous_input_kbps", "instantaneous_output_kbps", "instantaneous_input_repl_kbps", "instantaneous_output_repl_kbps",
			"sync_full", "sync_partial_ok", "sync_partial_err", "total_net_repl_input_bytes"} {
			if info[field] == "" {
				t.Errorf("INFO has no %s", field)
			}
		}
	})
}

// Guarantee (R46): clients and replicas whose connections break under a reply are closed at once, and the server goes on.
func TestBrokenConnectionsAreClosed(t *testing.T) {
	s := rig.Start(t, rig.Ours, "server", nil)
	link := rig.NewProxy(t, s)
	replica := node{rig.Start(t, rig.Ours, "replica", nil), link}
	replica.Follow(link.Port)
	replica.WaitLink()
	s.Must("SET", "large", strings.Repeat("v", 1<<20))
	for range 10 {
		w := s.Dial()
		for range 20 {
			w.Command("GET", "large") // never read
		}
		w.Close() // with replies unread: a reset
	}
	before := s.Syncs()
	for i := range 50 {
		s.Must("APPEND", "log", fmt.Sprintf("entry %d;", i))
		if i%10 == 0 {
			link.Cut()
		}
	}
	s.WaitPartial(before, 1)
	rig.WaitSame(t, s, replica.Server)
	rig.Until(t, timeout, func() error {
		if n := s.Counter("connected_clients"); n > 3 {
			return fmt.Errorf("%d clients are left", n)
		}
		return nil
	})
}
