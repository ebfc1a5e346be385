package interop

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: for the same commands in the same order our server answers what redis-server answers, value for value and error for
// error, over RESP2 and RESP3, and ends with the same data in the same encodings.
func TestSameRepliesAsRedis(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", protocol), func(t *testing.T) {
			config := rig.Config{"hash-max-listpack-entries": "40", "zset-max-listpack-entries": "40", "list-max-listpack-size": "20", "set-max-intset-entries": "30"}
			ours, peer := rig.Start(t, rig.Ours, "A", config), rig.Start(t, rig.Peer, "B", config)
			a, b := connect(t, ours, protocol), connect(t, peer, protocol)
			rnd := rand.New(rand.NewPCG(11, uint64(protocol)))
			wrong := 0
			for range 8000 {
				args := rig.Command(rnd)
				if rnd.IntN(2) == 0 {
					args = readCommand(rnd)
				}
				if !repeatable(args) {
					continue
				}
				ra, rb := answer(a, args), answer(b, args)
				if ra == rb {
					continue
				}
				t.Errorf("%v\n  ours  %s\n  redis %s", args, ra, rb)
				if wrong++; wrong == 20 {
					t.Fatal("more than enough")
				}
			}
			if da, db := ours.Digest(), peer.Digest(); da != db {
				t.Errorf("digests differ: %s, %s\n%s", da, db, rig.Difference(ours, peer))
			}
		})
	}
}

func connect(t *testing.T, s *rig.Server, protocol int) *redis.Client {
	t.Helper()
	o := s.Options(0)
	o.Protocol, o.PoolSize = protocol, 1
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

// repeatable reports whether a command has one right answer: no chance, no clock.
func repeatable(args []any) bool {
	switch args[0] {
	case "SPOP", "SWAPDB", "BLPOP", "BLMOVE", "BZPOPMIN": // the last three only wait here, when the key is missing
		return false
	}
	for _, a := range args[1:] {
		if a == "PX" || a == "EX" || strings.Contains(fmt.Sprint(a), "SPOP") {
			return false
		}
	}
	return !strings.HasPrefix(fmt.Sprint(args[0]), "PEXPIRE") && args[0] != "EXPIRE"
}

// answer returns a reply as text. Replies whose order Redis leaves open are sorted.
func answer(c *redis.Client, args []any) string {
	v, err := c.Do(context.Background(), args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "error " + err.Error()
	}
	switch args[0] {
	case "SMEMBERS", "SINTER", "SUNION", "SDIFF", "HKEYS", "HVALS", "KEYS":
		if list, ok := v.([]any); ok {
			slices.SortFunc(list, func(x, y any) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		}
	case "HGETALL":
		if list, ok := v.([]any); ok { // RESP2: field, value, field, value
			var pairs []string
			for i := 0; i+1 < len(list); i += 2 {
				pairs = append(pairs, fmt.Sprintf("%q=%q", list[i], list[i+1]))
			}
			slices.Sort(pairs)
			return strings.Join(pairs, " ")
		}
	}
	return fmt.Sprintf("%#v", v)
}

// readCommand returns a random command that reads.
func readCommand(rnd *rand.Rand) []any {
	k := func(kind string) string { return fmt.Sprint(kind, ":", rnd.IntN(60)) }
	n, m := rnd.IntN(60)-30, rnd.IntN(60)-30
	all := [][]any{
		{"GET", k("S")}, {"STRLEN", k("S")}, {"GETRANGE", k("S"), n, m}, {"MGET", k("S"), k("S"), k("H")}, {"LCS", k("S"), k("S")},
		{"LCS", k("S"), k("S"), "IDX", "WITHMATCHLEN"}, {"LRANGE", k("L"), n, m}, {"LLEN", k("L")}, {"LINDEX", k("L"), n}, {"LPOS", k("L"), rnd.IntN(20), "COUNT", 0},
		{"HGETALL", k("H")}, {"HKEYS", k("H")}, {"HVALS", k("H")}, {"HLEN", k("H")}, {"HGET", k("H"), "n"}, {"HMGET", k("H"), "n", "d", "f1"}, {"HSTRLEN", k("H"), "f2"},
		{"HEXISTS", k("H"), "f3"}, {"SMEMBERS", k("T")}, {"SCARD", k("T")}, {"SISMEMBER", k("T"), n}, {"SMISMEMBER", k("T"), n, m}, {"SINTER", k("T"), k("T")},
		{"SUNION", k("T"), k("T")}, {"SDIFF", k("T"), k("T")}, {"SINTERCARD", 2, k("T"), k("T"), "LIMIT", 3}, {"ZRANGE", k("Z"), n, m, "WITHSCORES"},
		{"ZRANGE", k("Z"), n, m, "REV"}, {"ZRANGEBYSCORE", k("Z"), n, m, "WITHSCORES", "LIMIT", 1, 5}, {"ZREVRANGEBYSCORE", k("Z"), m, "(" + fmt.Sprint(n)},
		{"ZCOUNT", k("Z"), "-inf", n}, {"ZRANK", k("Z"), fmt.Sprint("m", rnd.IntN(300))}, {"ZCARD", k("Z")},
		{"ZSCORE", k("Z"), fmt.Sprint("m", rnd.IntN(300))}, {"ZMSCORE", k("Z"), "m1", "m2"}, {"ZINTER", 2, k("Z"), k("Z"), "WITHSCORES"}, {"ZDIFF", 2, k("Z"), k("Z")},
		{"ZUNION", 2, k("Z"), k("T"), "WEIGHTS", 2, 3, "AGGREGATE", "SUM", "WITHSCORES"}, {"TYPE", k("L")}, {"TTL", k("S")},
		{"EXISTS", k("S"), k("L"), k("S")}, {"OBJECT", "ENCODING", k("L")}, {"OBJECT", "ENCODING", k("H")}, {"OBJECT", "ENCODING", k("T")}, {"OBJECT", "ENCODING", k("Z")},
		{"SORT", k("T"), "ALPHA", "LIMIT", 0, 5}, {"SORT", k("L"), "ALPHA", "DESC"}, {"DBSIZE"}, {"GET"}, {"LRANGE", k("L"), "a", 1}, {"HINCRBY", k("H"), "n", "x"},
		{"ZADD", k("Z"), "NX", "GT", 1, "a"}, {"SETRANGE", k("S"), -1, "x"}, {"SET", k("S"), "v", "EX", 0}, {"NOSUCH", "a", "b"}, {"OBJECT", "NOSUCH", "k"},
	}
	return all[rnd.IntN(len(all))]
}
