package interop

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

const (
	evictKeys = 3000 // of rising worth; as many bytes of better ones as half of them then come in
	evictPad  = 100
)

// evictCase is a policy and how a key gets its worth under it, from 0 to 1.
var evictCases = []struct {
	policy string
	worth  func(float64) []any // what follows RESTORE key ttl payload; the first is the ttl
}{
	{"allkeys-lru", func(w float64) []any { return []any{0, "IDLETIME", int((1 - w) * 10000)} }},
	{"allkeys-lfu", func(w float64) []any { return []any{0, "FREQ", int(w * 255)} }},
	{"allkeys-random", func(float64) []any { return []any{0} }},
	{"volatile-lru", func(w float64) []any { return []any{900_000_000, "IDLETIME", int((1 - w) * 10000)} }},
	{"volatile-lfu", func(w float64) []any { return []any{900_000_000, "FREQ", int(w * 255)} }},
	{"volatile-random", func(float64) []any { return []any{900_000_000} }},
	{"volatile-ttl", func(w float64) []any { return []any{100_000_000 + int(w*500_000_000)} }},
}

// evictRun fills a server, writes beyond maxmemory and returns which shares of the keys' sixths are left, the best one first, and how
// far memory went beyond maxmemory.
func evictRun(t *testing.T, kind rig.Kind, policy string, samples int, worth func(float64) []any) (left [6]float64, over int64) {
	t.Helper()
	ctx := context.Background()
	s := rig.Start(t, kind, policy, rig.Config{"maxmemory-policy": policy, "maxmemory-samples": strconv.Itoa(samples), "lfu-decay-time": "0"})
	defer s.Shutdown("NOSAVE")
	s.Must("SET", "pattern", strings.Repeat("v", evictPad))
	payload := s.Must("DUMP", "pattern")
	restore := func(pipe redis.Pipeliner, key string, w float64) {
		how := worth(w)
		pipe.Do(ctx, append([]any{"RESTORE", key, how[0], payload}, how[1:]...)...)
	}
	volatile := strings.HasPrefix(policy, "volatile")
	send := func(n int, each func(pipe redis.Pipeliner, i int)) {
		for from := 0; from < n; from += 100 {
			pipe := s.Pipeline()
			for i := from; i < min(from+100, n); i++ {
				each(pipe, i)
			}
			if _, err := pipe.Exec(ctx); err != nil {
				t.Fatalf("%s: %v", policy, err)
			}
			if limit := s.Counter("maxmemory"); limit > 0 {
				over = max(over, s.Counter("used_memory")-limit)
			}
		}
	}
	send(evictKeys, func(pipe redis.Pipeliner, i int) {
		restore(pipe, fmt.Sprint("k", i), 1-float64(i)/evictKeys)
		if volatile && i%10 == 0 {
			pipe.Do(ctx, "SET", fmt.Sprint("p", i), "without a time to live")
		}
	})
	s.Must("CONFIG", "SET", "maxmemory", s.Counter("used_memory"))
	send(evictKeys/2, func(pipe redis.Pipeliner, i int) { restore(pipe, fmt.Sprint("n", i), 1) })
	s.Must("CONFIG", "SET", "maxmemory", 0)
	for sixth := range left {
		keys := []any{"EXISTS"}
		for i := sixth * evictKeys / 6; i < (sixth+1)*evictKeys/6; i++ {
			keys = append(keys, fmt.Sprint("k", i))
		}
		left[sixth] = float64(s.Must(keys...).(int64)) / (evictKeys / 6)
	}
	for i := 0; volatile && i < evictKeys; i += 10 {
		if s.Must("EXISTS", fmt.Sprint("p", i)) != int64(1) {
			t.Fatalf("%s: a key without a time to live was evicted", policy)
		}
	}
	// A little more than what comes in must go: the memory of a client that sends counts too.
	if n := s.Counter("evicted_keys"); kind == rig.Ours && n > evictKeys/2*115/100 {
		t.Errorf("%s %s: %d keys were evicted for %d new ones", s.Name, policy, n, evictKeys/2)
	}
	return left, over
}

// Of keys with a history, the policies give up those of little worth at least as surely as Redis, from samples of 5 and of 10, and memory
// goes no further beyond maxmemory. The shares of the six sixths that were left, the best first, on 28 November 2026:
//
//	samples                Lockstep                        Redis 7.0.15
//	   5  LRU, LFU, TTL   100  98  57  28  14  12 %       100  92  45  25  12  11 %
//	  10  LRU, LFU, TTL   100 100  83  21   4   1 %       100 100  59  12   3   1 %
//	      random           62  62  61  62  62  62 %        59  58  57  57  58  57 %
//	      beyond            0 bytes                      1840 bytes
func TestEvictionIsAsGoodAsRedis(t *testing.T) {
	for _, c := range evictCases {
		for _, samples := range []int{5, 10} {
			random := strings.HasSuffix(c.policy, "random")
			if random && samples > 5 {
				continue
			}
			ours, over := evictRun(t, rig.Ours, c.policy, samples, c.worth)
			peer, peerOver := evictRun(t, rig.Peer, c.policy, samples, c.worth)
			t.Logf("%-15s %2d samples: ours %.2f, %d bytes over; peer %.2f, %d bytes over", c.policy, samples, ours, over, peer, peerOver)
			if over > max(peerOver, 16<<10) {
				t.Errorf("%s: memory went %d bytes beyond maxmemory, Redis's %d", c.policy, over, peerOver)
			}
			if random {
				for i, share := range ours { // 500 keys each: the deviation is 2.2 %
					if share < ours[0]-0.15 || share > ours[0]+0.15 {
						t.Errorf("%s: sixth %d has %.2f left, the first %.2f", c.policy, i, share, ours[0])
					}
				}
				continue
			}
			// 1500 keys: the deviation of a share is less than 1.3 %, and of the difference less than 1.9 %
			if o, p := ours[0]+ours[1]+ours[2], peer[0]+peer[1]+peer[2]; o/3 < p/3-0.08 {
				t.Errorf("%s with %d samples: %.2f of the better half are left, Redis keeps %.2f", c.policy, samples, o/3, p/3)
			}
			if ours[0] < 0.97 || ours[5] > 0.3 {
				t.Errorf("%s with %d samples: %.2f of the best and %.2f of the worst are left", c.policy, samples, ours[0], ours[5])
			}
		}
	}
}

// Lowering maxmemory evicts in rounds of half a millisecond, as maxmemory-eviction-tenacity says, between which clients are served.
func TestLoweredMaxMemoryEvictsInRounds(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", rig.Config{"maxmemory-policy": "allkeys-random"})
	const keys = 300_000
	s.Must("DEBUG", "POPULATE", keys, "key", 20)
	limit := s.Counter("used_memory") / 4
	pipe := s.Pipeline()
	pipe.Do(context.Background(), "CONFIG", "SET", "maxmemory", limit)
	size := pipe.Do(context.Background(), "DBSIZE")
	if _, err := pipe.Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n, _ := size.Int(); n < keys*8/10 {
		t.Errorf("right after maxmemory was lowered %d of %d keys are left: it did not end after a round", n, keys)
	}
	rig.Until(t, timeout, func() error { // no client asks for it
		if used := s.Counter("used_memory"); used > limit+64<<10 {
			return fmt.Errorf("%d bytes are used, maxmemory is %d", used, limit)
		}
		return nil
	})
	rig.Until(t, timeout, func() error {
		if s.Counter("current_eviction_exceeded_time") != 0 || s.Counter("total_eviction_exceeded_time") == 0 {
			return fmt.Errorf("current_eviction_exceeded_time is %d, total_eviction_exceeded_time %d", s.Counter("current_eviction_exceeded_time"), s.Counter("total_eviction_exceeded_time"))
		}
		return nil
	})
}

// A large value that is evicted, or deleted, makes room as a whole: while its memory goes back in slices no other key has to go, and no
// write is refused.
func TestLargeValueMakesRoom(t *testing.T) {
	const members = 200_000
	ctx := context.Background()
	large := func(s *rig.Server, ttl time.Duration) {
		for from := 0; from < members; from += 10000 {
			args := []any{"SADD", "large"}
			for i := from; i < from+10000; i++ {
				args = append(args, fmt.Sprint("member:", i))
			}
			s.Must(args...)
		}
		s.Must("PEXPIRE", "large", ttl.Milliseconds())
		s.Must("CONFIG", "SET", "maxmemory", s.Counter("used_memory")-2<<20)
	}
	t.Run("evicted", func(t *testing.T) {
		s := rig.Start(t, rig.Ours, "A", rig.Config{"maxmemory-policy": "volatile-ttl", "maxmemory-samples": "1000"})
		pipe := s.Pipeline()
		for i := range 500 {
			pipe.Do(ctx, "SET", fmt.Sprint("small", i), "v", "EX", 100_000)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		large(s, time.Hour)
		rig.Until(t, timeout, func() error {
			if used, limit := s.Counter("used_memory"), s.Counter("maxmemory"); used > limit {
				return fmt.Errorf("%d bytes are used, maxmemory is %d", used, limit)
			}
			return nil
		})
		if n := s.Counter("evicted_keys"); n != 1 {
			t.Errorf("%d keys were evicted, one was enough", n)
		}
	})
	t.Run("deleted", func(t *testing.T) {
		s := rig.Start(t, rig.Ours, "A", nil)
		large(s, time.Hour)
		if err := s.Do(ctx, "SET", "k", "v").Err(); err == nil || !strings.HasPrefix(err.Error(), "OOM ") {
			t.Errorf("SET beyond maxmemory: %v", err)
		}
		pipe := s.Pipeline()
		pipe.Do(ctx, "DEL", "large")
		pipe.Do(ctx, "SET", "k", "v")
		if _, err := pipe.Exec(ctx); err != nil {
			t.Errorf("DEL and SET: %v", err)
		}
	})
}

// Guarantee: a replica with replica-ignore-maxmemory no makes room for what its master sends although no client asks it anything. What the
// master has done is never refused by ours.
func TestReplicaEvictsForItsMaster(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		master := rig.Start(t, rig.Ours, "master", rig.Config{"repl-backlog-size": "16kb", "repl-ping-replica-period": "3600"})
		replica := rig.Start(t, kind, "replica", rig.Config{"replica-ignore-maxmemory": "no", "maxmemory-policy": "allkeys-random", "repl-backlog-size": "16kb"})
		replica.Follow(master.Port)
		replica.WaitLink()
		limit := replica.Counter("used_memory") + 1<<20
		replica.Must("CONFIG", "SET", "maxmemory", limit)
		pipe := master.Pipeline()
		for i := range 2000 {
			pipe.Do(context.Background(), "SET", fmt.Sprint("key:", i), strings.Repeat("v", 2000))
		}
		if _, err := pipe.Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
		end := fmt.Sprint(master.Counter("master_repl_offset"))
		rig.Until(t, timeout, func() error { // the master hears of it without asking
			if line := master.Info("replication")["slave0"]; !strings.Contains(line, "offset="+end+",") {
				return fmt.Errorf("slave0:%s, want %s", line, end)
			}
			return nil
		})
		if peak := replica.Counter("used_memory_peak"); peak > limit+1<<20 {
			t.Errorf("memory went %d KiB beyond maxmemory", (peak-limit)>>10)
		}
		if n := replica.Counter("evicted_keys"); n == 0 {
			t.Error("no key was evicted")
		}
		if !rig.Lockstep() || kind == rig.Peer {
			return
		}
		replica.Must("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", 1)
		master.Must("SET", "last", "v")
		rig.Until(t, timeout, func() error {
			if v := replica.Get(context.Background(), "last").Val(); v != "v" {
				return fmt.Errorf("a write of the master was refused: %q", v)
			}
			return nil
		})
	})
}
