package interop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// rewritten runs a rewrite of the append-only file to its end.
func rewritten(t *testing.T, s *rig.Server) {
	t.Helper()
	s.Must("BGREWRITEAOF")
	rig.Until(t, 30*time.Second, func() error {
		i := s.Info("persistence")
		if i["aof_rewrite_in_progress"] != "0" || i["aof_rewrite_scheduled"] != "0" {
			return errors.New("the rewrite goes on")
		}
		if i["aof_last_bgrewrite_status"] != "ok" {
			return errors.New("the rewrite failed")
		}
		return nil
	})
}

// Guarantee: an append-only file of ours is one of Redis, and the other way round: base, changes since the rewrite, transactions and
// expiry, in both formats of the base. redis-check-aof accepts it.
func TestAOFDirectories(t *testing.T) {
	for _, kinds := range [][2]rig.Kind{{rig.Ours, rig.Peer}, {rig.Peer, rig.Ours}, {rig.Ours, rig.Ours}} {
		for _, preamble := range []string{"yes", "no"} {
			t.Run(fmt.Sprintf("%v to %v, preamble %s", kinds[0], kinds[1], preamble), func(t *testing.T) {
				dir := t.TempDir()
				config := rig.Config{"appendonly": "yes", "aof-use-rdb-preamble": preamble, "aof-timestamp-enabled": "yes"}
				from := rig.StartIn(t, kinds[0], "A", dir, config)
				rig.Populate(t, from, 200)
				from.Must("SET", "volatile", "v", "EX", "10000")
				rewritten(t, from)
				load := rig.StartLoad(t, from, 2, 11)
				load.WaitOps(500)
				load.Stop()
				makeLasting(t, from)
				sum := from.Digest()
				from.Shutdown("NOSAVE")
				checkAOF(t, dir)
				to := rig.StartIn(t, kinds[1], "B", dir, config)
				if got := to.Digest(); got != sum {
					t.Errorf("digest %s after loading, want %s", got, sum)
				}
				rewritten(t, to)
				to.Must("SET", "after", "it")
				sum = to.Digest()
				to.Shutdown("NOSAVE")
				checkAOF(t, dir)
				if got := rig.StartIn(t, kinds[0], "C", dir, config).Digest(); got != sum {
					t.Errorf("digest %s after going back, want %s", got, sum)
				}
			})
		}
	}
}

// makeLasting takes the time to live from what would be gone before the other server has loaded it.
func makeLasting(t *testing.T, s *rig.Server) {
	t.Helper()
	ctx := context.Background()
	for db := range 16 {
		c := s.DB(db)
		keys, err := c.Keys(ctx, "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if ttl := c.PTTL(ctx, k).Val(); ttl > 0 && ttl < time.Hour {
				c.Persist(ctx, k)
			}
		}
	}
	// What had expired before is still counted until the server has found it.
	last := ""
	rig.Until(t, 30*time.Second, func() error {
		time.Sleep(200 * time.Millisecond)
		if sum := s.Digest(); sum != last {
			last = sum
			return errors.New("keys still expire")
		}
		return nil
	})
}

// checkAOF has Redis's own tool check a directory.
func checkAOF(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command("redis-check-aof", filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "All AOF files and manifest are valid") {
		t.Errorf("redis-check-aof: %v\n%s", err, out)
	}
}

// Guarantee (R8, for append-only files): a replica that has nothing but its append-only file continues partially after it was
// killed, although PINGs and PUBLISH moved the offset without leaving bytes in the file. redis-check-aof accepts the positions.
func TestKilledReplicaContinuesFromAOF(t *testing.T) {
	if !rig.Lockstep() {
		t.Skip("Redis 7.0 keeps no positions in its append-only file")
	}
	for _, kind := range []rig.Kind{rig.Peer, rig.Ours} {
		t.Run(kind.String()+" as master", func(t *testing.T) {
			master := rig.Start(t, kind, "M", nil)
			rig.Populate(t, master, 100)
			replica := rig.Start(t, rig.Ours, "R", rig.Config{"appendonly": "yes", "appendfsync": "always"})
			replica.Follow(master.Port)
			replica.WaitLink()
			rig.Until(t, 20*time.Second, func() error { // the first rewrite, from the new data
				if replica.Info("persistence")["aof_rewrites"] == "0" || replica.Info("persistence")["aof_rewrite_in_progress"] != "0" {
					return errors.New("no append-only file yet")
				}
				return nil
			})
			load := rig.StartLoad(t, master, 2, 5)
			load.WaitOps(300)
			master.Must("PUBLISH", "channel", "message")
			load.WaitOps(300)
			replica.Signal(syscall.SIGKILL)
			replica.WaitExit()
			checkAOF(t, replica.Dir)
			load.WaitOps(300)
			before := master.Syncs()
			replica.Restart(rig.Config{"replicaof": fmt.Sprintf("127.0.0.1 %d", master.Port)})
			master.WaitPartial(before, 1)
			replica.WaitLink()
			load.WaitOps(200)
			load.Stop()
			rig.WaitSame(t, master, replica)
			// Once more, after a rewrite and some silence in which only PINGs come.
			rewritten(t, replica)
			quiet := replica.Counter("slave_repl_offset")
			rig.Until(t, 30*time.Second, func() error {
				if n := replica.Counter("slave_repl_offset") - quiet; n < 2*int64(len("*1\r\n$4\r\nPING\r\n")) {
					return fmt.Errorf("%d bytes of PINGs", n)
				}
				return nil
			})
			replica.Signal(syscall.SIGKILL)
			replica.WaitExit()
			before = master.Syncs()
			replica.Restart(nil)
			master.WaitPartial(before, 1)
			replica.WaitLink()
			rig.WaitSame(t, master, replica)
		})
	}
}

// Guarantee (R8, for append-only files): replicas of a master that restarts from its append-only file continue partially.
func TestReplicasContinueWithMasterFromAOF(t *testing.T) {
	if !rig.Lockstep() {
		t.Skip("Redis 7.0 keeps no positions in its append-only file")
	}
	for _, kind := range []rig.Kind{rig.Peer, rig.Ours} {
		t.Run(kind.String()+" as replica", func(t *testing.T) {
			master := rig.Start(t, rig.Ours, "M", rig.Config{"appendonly": "yes"})
			replica := rig.Start(t, kind, "R", nil)
			rig.Populate(t, master, 50)
			replica.Follow(master.Port)
			replica.WaitLink()
			load := rig.StartLoad(t, master, 2, 3)
			load.WaitOps(300)
			rewritten(t, master)
			load.WaitOps(300)
			load.Stop()
			rig.WaitSame(t, master, replica)
			master.Shutdown("NOSAVE")
			master.Restart(nil)
			replica.WaitLink()
			if s := master.Syncs(); s.Full != 0 || s.PartialOK != 1 {
				t.Errorf("%+v, want one partial synchronisation and no full one", s)
			}
			master.Must("SET", "after", "the restart")
			rig.WaitSame(t, master, replica)
		})
	}
}

// Guarantee: a single file of Redis before 7.0, with or without a preamble, becomes the base of a directory.
func TestOldSingleFile(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		t.Run("preamble "+preamble, func(t *testing.T) {
			from := rig.Start(t, rig.Peer, "A", rig.Config{"appendonly": "yes", "aof-use-rdb-preamble": preamble})
			rig.Populate(t, from, 100)
			rewritten(t, from)
			from.Must("SET", "tail", "1")
			sum := from.Digest()
			from.Shutdown("NOSAVE")
			dir := t.TempDir()
			var whole []byte
			for _, part := range []string{"appendonly.aof.2.base." + map[string]string{"yes": "rdb", "no": "aof"}[preamble], "appendonly.aof.2.incr.aof"} {
				b, err := os.ReadFile(filepath.Join(from.Dir, "appendonlydir", part))
				if err != nil {
					t.Fatal(err)
				}
				whole = append(whole, b...)
			}
			if err := os.WriteFile(filepath.Join(dir, "appendonly.aof"), whole, 0o644); err != nil {
				t.Fatal(err)
			}
			to := rig.StartIn(t, rig.Ours, "B", dir, rig.Config{"appendonly": "yes"})
			if got := to.Digest(); got != sum {
				t.Errorf("digest %s, want %s", got, sum)
			}
			to.Shutdown("NOSAVE")
			checkAOF(t, dir)
			if got := rig.StartIn(t, rig.Peer, "C", dir, rig.Config{"appendonly": "yes"}).Digest(); got != sum {
				t.Errorf("digest %s in Redis, want %s", got, sum)
			}
		})
	}
}

// Guarantee: WAITAOF counts disks: the master's own, and those of replicas that say so. Redis 7.0 does not.
func TestWaitAOF(t *testing.T) {
	if !rig.Lockstep() {
		t.Skip("WAITAOF came with Redis 7.2")
	}
	master := rig.Start(t, rig.Ours, "M", rig.Config{"appendonly": "yes"})
	ours := rig.Start(t, rig.Ours, "R", rig.Config{"appendonly": "yes"})
	peer := rig.Start(t, rig.Peer, "P", rig.Config{"appendonly": "yes"})
	for _, r := range []*rig.Server{ours, peer} {
		r.Follow(master.Port)
		r.WaitLink()
	}
	c := master.Conn()
	defer c.Close()
	ctx := context.Background()
	wait := func(args ...any) string {
		return fmt.Sprint(c.Do(ctx, append([]any{"WAITAOF"}, args...)...).Val())
	}
	if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := wait(1, 1, 10000); got != "[1 1]" {
		t.Errorf("WAITAOF 1 1: %s", got)
	}
	if err := c.Set(ctx, "k", "w", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := wait(0, 2, 3000); got != "[1 1]" {
		t.Errorf("WAITAOF 0 2: %s, Redis 7.0 tells nothing of its disk", got)
	}
	master.Must("CONFIG", "SET", "appendonly", "no")
	if err := c.Do(ctx, "WAITAOF", 1, 0, 0).Err(); err == nil || !strings.Contains(err.Error(), "appendonly is disabled") {
		t.Errorf("WAITAOF 1 without a file: %v", err)
	}
	if got := fmt.Sprint(master.Must("WAIT", 2, 5000)); got != "2" {
		t.Errorf("WAIT: %s", got)
	}
}

// What waits to be written to the append-only file, or is being written, is in INFO's mem_aof_buffer and used_memory, and causes no eviction.
func TestMemoryOfAOFBuffer(t *testing.T) {
	const size = 4 << 20
	s := rig.Start(t, rig.Ours, "A", rig.Config{"appendonly": "yes", "appendfsync": "always"})
	s.Must("SET", "k", "v")
	before := s.Info("memory")
	s.Must("DEBUG", "AOF-FLUSH-SLEEP", 2_000_000)
	done := make(chan error, 1)
	go func() { done <- s.Do(context.Background(), "SET", "k", strings.Repeat("v", size)).Err() }()
	rig.Until(t, timeout, func() error {
		info := s.Info("memory")
		if n, _ := strconv.Atoi(info["mem_aof_buffer"]); n < size || n > 3*size {
			return fmt.Errorf("mem_aof_buffer is %d while %d bytes are written, %s before", n, size, before["mem_aof_buffer"])
		}
		if n, _ := strconv.Atoi(info["mem_not_counted_for_evict"]); n < size {
			return fmt.Errorf("mem_not_counted_for_evict is %d", n)
		}
		return nil
	})
	s.Must("DEBUG", "AOF-FLUSH-SLEEP", 0)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	rig.Until(t, timeout, func() error {
		if n := s.Counter("mem_aof_buffer"); n > size/2 {
			return fmt.Errorf("mem_aof_buffer is %d with nothing to write", n)
		}
		return nil
	})
}
