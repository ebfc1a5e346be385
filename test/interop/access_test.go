package interop

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// accessCalls are done with a key "k" that has a history, and a key "d" that is new. What is behind "=" is looked at afterwards.
const accessCalls = `
GET k = k|TOUCH k = k|EXISTS k = k|TYPE k = k|TTL k = k|OBJECT ENCODING k = k|DUMP k = k|STRLEN k = k|OBJECT FREQ k = k|EXPIRE k 1000 = k|PERSIST k = k|SCAN 0 = k|KEYS * = k|RANDOMKEY = k
DEBUG OBJECT k = k|MEMORY USAGE k = k|SORT k = k|MGET k k = k|GETRANGE k 0 1 = k|APPEND k x = k|SETRANGE k 0 x = k|SET k new = k|SET k new KEEPTTL = k|SET k new GET = k|GETSET k x = k|SETEX k 100 v = k
SETNX k v = k|MSET k v = k|INCR n = n|GETEX k EX 100 = k|BITCOUNT k = k|PFADD p x = p|RENAME k d = d|RENAME k new = new|RENAMENX k new = new|RENAME k k = k|COPY k new = k new|COPY k d REPLACE = k d
COPY k k DB 1 = k|MOVE k 1 ; SWAPDB 0 1 = k|COPY k k DB 1 ; SWAPDB 0 1 = k|BITOP NOT d k = k d|BITOP NOT new k = k new|SWAPDB 0 1 = |DEBUG RELOAD = k d|EVAL "return redis.call('get','k')" 0 = k
RESTORE new 0 PAYLOAD = new|RESTORE d 0 PAYLOAD REPLACE = d|RESTORE d 0 PAYLOAD REPLACE FREQ 77 = d|RESTORE d 0 PAYLOAD REPLACE IDLETIME 77 = d|RESTORE new 0 PAYLOAD FREQ 0 = new|RESTORE new 0 PAYLOAD FREQ 255 = new
SADD s a = s|SUNIONSTORE d s = d|ZRANGESTORE d z 0 -1 = d|SORT l STORE d = d|MULTI ; GET k ; EXEC = k|CLIENT NO-EVICT on = k|GETDEL n = |WATCH k = k|OBJECT REFCOUNT k = k|LCS k d = k
SUNIONSTORE d s2 = d|SINTERSTORE d s2 s2 = d|ZUNIONSTORE d z = d|GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 10 km = d|PFMERGE p2 p3 = p2
`

// accessOf runs one call after another and returns what OBJECT FREQ or IDLETIME tells of the keys behind each.
func accessOf(t *testing.T, kind rig.Kind, policy, history, ask string) (told []string) {
	t.Helper()
	s := rig.Start(t, kind, policy, rig.Config{"maxmemory-policy": policy, "lfu-log-factor": "0", "lfu-decay-time": "0"})
	c := one(t, s)
	do := func(args ...any) string { return answer(c, args) }
	do("SET", "pattern", "12345")
	payload, err := c.Dump(context.Background(), "pattern").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range accessLines() {
		do("FLUSHALL")
		for _, key := range []string{"k", "n"} {
			do(append([]any{"RESTORE", key, 0, payload}, history, map[string]int{"FREQ": 100, "IDLETIME": 5000}[history])...)
		}
		do(append([]any{"RESTORE", "d", 0, payload}, history, map[string]int{"FREQ": 50, "IDLETIME": 2500}[history])...)
		do("RPUSH", "l", "3", "1")
		do("ZADD", "z", "1", "a")
		do("SADD", "s2", "a")
		do("GEOADD", "g", "1", "1", "a")
		steps, keys, _ := strings.Cut(call, " = ")
		for step := range strings.SplitSeq(steps, " ; ") {
			var args []any
			for _, w := range quotedWords(step) {
				args = append(args, strings.NewReplacer("PAYLOAD", payload, "POLICY", policy).Replace(w))
			}
			do(args...)
		}
		line := call + ":"
		for _, key := range strings.Fields(keys) {
			n, err := c.Do(context.Background(), "OBJECT", ask, key).Int64()
			if ask == "IDLETIME" {
				n = (n + 50) / 100 * 100 // it goes on while we ask
			}
			line += fmt.Sprint(" ", n, " ", err)
		}
		told = append(told, line)
	}
	return told
}

func accessLines() (calls []string) {
	for line := range strings.SplitSeq(strings.TrimSpace(accessCalls), "\n") {
		calls = append(calls, strings.Split(line, "|")...)
	}
	return calls
}

// quotedWords cuts a line at spaces that are not in quotes.
func quotedWords(line string) (list []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

// Guarantee: what counts as an access, and which commands hand the counter or the time of the last access on, is as in Redis.
func TestAccessIsCountedAsInRedis(t *testing.T) {
	for _, tc := range []struct{ policy, history, ask string }{{"allkeys-lfu", "FREQ", "FREQ"}, {"allkeys-lru", "IDLETIME", "IDLETIME"}, {"noeviction", "IDLETIME", "IDLETIME"}} {
		ours, peer := accessOf(t, rig.Ours, tc.policy, tc.history, tc.ask), accessOf(t, rig.Peer, tc.policy, tc.history, tc.ask)
		for i := range ours {
			if ours[i] != peer[i] {
				t.Errorf("%s: %s\n   Redis: %s", tc.policy, ours[i], peer[i])
			}
		}
	}
}

// Guarantee: the counter grows with the number of accesses as in Redis, for each lfu-log-factor: means of 500 keys.
func TestCounterGrowsAsInRedis(t *testing.T) {
	const keys = 500
	grown := func(kind rig.Kind, factor string) (means []float64) {
		s := rig.Start(t, kind, factor, rig.Config{"maxmemory-policy": "allkeys-lfu", "lfu-log-factor": factor, "lfu-decay-time": "0"})
		ctx := context.Background()
		pipe := s.Pipeline()
		flush := func() (sum int64) {
			cmds, err := pipe.Exec(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, cmd := range cmds {
				if n, ok := cmd.(interface{ Val() int64 }); ok {
					sum += n.Val()
				}
			}
			return sum
		}
		each := func(do func(key string)) int64 {
			for i := range keys {
				do(fmt.Sprint("k", i))
			}
			return flush()
		}
		each(func(key string) { pipe.Set(ctx, key, "v", 0) })
		for hits, look := range []bool{1: true, 10: true, 50: true, 200: true} {
			each(func(key string) { pipe.Get(ctx, key) })
			if look {
				means = append(means, float64(each(func(key string) { pipe.ObjectFreq(ctx, key) }))/keys)
			}
			_ = hits
		}
		return means
	}
	for _, factor := range []string{"0", "1", "10", "100"} {
		ours, peer := grown(rig.Ours, factor), grown(rig.Peer, factor)
		t.Logf("lfu-log-factor %s: ours %.1f, Redis %.1f", factor, ours, peer)
		for i := range ours { // the deviation of a counter is below 4, that of a mean below 0.2
			if diff := ours[i] - peer[i]; diff > 1 || diff < -1 {
				t.Errorf("lfu-log-factor %s: the mean is %.1f, Redis has %.1f", factor, ours, peer)
				break
			}
		}
	}
}
