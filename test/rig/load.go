package rig

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Load is a number of clients that write to a server until Stop.
type Load struct {
	t      testing.TB
	cancel context.CancelFunc
	wg     sync.WaitGroup
	ops    atomic.Int64
	mu     sync.Mutex
	broken error // the first error that is no reply
}

// loadKeys is the number of keys of each type and database: few, so that commands meet existing values of every size.
const loadKeys = 60

// StartLoad begins to write with a number of clients, each of them in several databases. The commands depend on
// seed alone, their interleaving on the machine.
func StartLoad(t testing.TB, s *Server, clients int, seed uint64) *Load {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{t: t, cancel: cancel}
	for i := range clients {
		l.wg.Add(1)
		go func() {
			defer l.wg.Done()
			l.write(ctx, s, rand.New(rand.NewPCG(seed, uint64(i))), 2+i%2)
		}()
	}
	t.Cleanup(func() { l.cancel(); l.wg.Wait() })
	return l
}

// Ops returns the number of commands or transactions sent so far.
func (l *Load) Ops() int64 { return l.ops.Load() }

// WaitOps waits until n more commands were sent.
func (l *Load) WaitOps(n int64) {
	l.t.Helper()
	want := l.Ops() + n
	Until(l.t, time.Minute, func() error {
		if have := l.Ops(); have < want {
			l.mu.Lock()
			defer l.mu.Unlock()
			return fmt.Errorf("%d writes of %d (%v)", have, want, l.broken)
		}
		return nil
	})
}

// Stop ends the load and fails the test if a client lost its connection to the server.
func (l *Load) Stop() {
	l.t.Helper()
	l.cancel()
	l.wg.Wait()
	if l.broken != nil {
		l.t.Fatalf("a writing client failed: %v", l.broken)
	}
}

// write sends commands over one connection for each database, with one protocol version of RESP.
func (l *Load) write(ctx context.Context, s *Server, rnd *rand.Rand, protocol int) {
	var dbs []*redis.Client
	for _, db := range []int{0, 3, 9} {
		o := s.Options(db)
		o.Protocol, o.PoolSize = protocol, 1
		c := redis.NewClient(o)
		defer c.Close()
		dbs = append(dbs, c)
	}
	for ctx.Err() == nil {
		c := dbs[rnd.IntN(len(dbs))]
		// The command is not bound to ctx: a write that was begun is finished, so that no reply is lost.
		if err := step(c, rnd); err != nil {
			if !isReply(err) {
				l.mu.Lock()
				l.broken = errors.Join(l.broken, err)
				l.mu.Unlock()
				return
			}
		}
		l.ops.Add(1)
	}
}

// step sends one command, or a transaction of a few.
func step(c *redis.Client, rnd *rand.Rand) error {
	ctx := context.Background()
	if rnd.IntN(20) > 0 {
		return c.Do(ctx, Command(rnd)...).Err()
	}
	_, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for range 1 + rnd.IntN(5) {
			p.Do(ctx, Command(rnd)...)
		}
		if rnd.IntN(4) == 0 {
			p.Do(ctx, "SELECT", 5)
			p.Do(ctx, Command(rnd)...)
		}
		return nil
	})
	if err != nil && !isReply(err) {
		return err
	}
	// The transaction may have left the connection in database 5.
	if serr := c.Do(ctx, "SELECT", c.Options().DB).Err(); serr != nil {
		return serr
	}
	return err
}

func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

// Command returns a random write of any type. Some fail on purpose (wrong type, not a number): a master must not
// propagate those.
func Command(rnd *rand.Rand) []any {
	switch rnd.IntN(15) {
	case 0, 1:
		return stringCommand(rnd)
	case 2, 3:
		return listCommand(rnd)
	case 4, 5:
		return hashCommand(rnd)
	case 6, 7:
		return setCommand(rnd)
	case 8, 9:
		return zsetCommand(rnd)
	case 10:
		return bitsCommand(rnd)
	case 11:
		return placesCommand(rnd)
	case 12:
		return scriptCommand(rnd)
	default:
		return keyCommand(rnd)
	}
}

// key returns a key of a type, seldom one of another type.
func key(rnd *rand.Rand, kind string) string {
	if rnd.IntN(100) == 0 {
		kind = []string{"S", "L", "H", "T", "Z", "P", "G"}[rnd.IntN(7)]
	}
	return fmt.Sprint(kind, ":", rnd.IntN(loadKeys))
}

func oneOf(rnd *rand.Rand, choices ...[]any) []any { return choices[rnd.IntN(len(choices))] }

func stringCommand(rnd *rand.Rand) []any {
	k, v := key(rnd, "S"), value(rnd)
	return oneOf(rnd,
		[]any{"SET", k, v}, []any{"SET", k, v, "EX", 1 + rnd.IntN(100)}, []any{"SET", k, v, "PX", 1 + rnd.IntN(300)},
		[]any{"SET", k, rnd.IntN(1000)}, []any{"APPEND", k, v}, []any{"INCRBY", k, rnd.IntN(100)}, []any{"INCRBYFLOAT", k, rnd.Float64()},
		[]any{"SETRANGE", k, rnd.IntN(100), v}, []any{"GETSET", k, v}, []any{"GETDEL", k}, []any{"GETEX", k, "PX", 1 + rnd.IntN(500)},
		[]any{"GETEX", k, "PERSIST"}, []any{"MSET", k, v, key(rnd, "S"), v}, []any{"SETNX", k, v}, []any{"SET", k, v, "KEEPTTL", "XX"})
}

func listCommand(rnd *rand.Rand) []any {
	k, v, n := key(rnd, "L"), value(rnd), rnd.IntN(20)
	return oneOf(rnd,
		[]any{"RPUSH", k, v, n, v}, []any{"LPUSH", k, v, n}, []any{"RPUSH", k, v}, []any{"LPOP", k}, []any{"RPOP", k, 2}, []any{"LSET", k, n, v},
		[]any{"LINSERT", k, "BEFORE", n, v}, []any{"LREM", k, 1, n}, []any{"LTRIM", k, n, 200}, []any{"LMOVE", k, key(rnd, "L"), "LEFT", "RIGHT"},
		[]any{"RPOPLPUSH", k, key(rnd, "L")}, []any{"BLPOP", k, key(rnd, "L"), 0.01}, []any{"BLMOVE", k, key(rnd, "L"), "RIGHT", "LEFT", 0.01},
		[]any{"LMPOP", 2, k, key(rnd, "L"), "LEFT", "COUNT", 3}, []any{"RPUSHX", k, v})
}

func hashCommand(rnd *rand.Rand) []any {
	k, f, v := key(rnd, "H"), fmt.Sprint("f", rnd.IntN(150)), value(rnd)
	return oneOf(rnd,
		[]any{"HSET", k, f, v}, []any{"HSET", k, f, v, fmt.Sprint("g", rnd.IntN(600)), v}, []any{"HDEL", k, f}, []any{"HINCRBY", k, "n", rnd.IntN(100)},
		[]any{"HINCRBYFLOAT", k, "d", rnd.Float64()}, []any{"HSETNX", k, f, v}, []any{"HSET", k, f, rnd.Int64()})
}

func setCommand(rnd *rand.Rand) []any {
	k, m := key(rnd, "T"), value(rnd)
	return oneOf(rnd,
		[]any{"SADD", k, m, rnd.IntN(1000)}, []any{"SADD", k, rnd.IntN(1000), rnd.IntN(1000)}, []any{"SREM", k, rnd.IntN(1000)}, []any{"SPOP", k},
		[]any{"SPOP", k, 1 + rnd.IntN(20)}, []any{"SMOVE", k, key(rnd, "T"), rnd.IntN(1000)}, []any{"SUNIONSTORE", k, key(rnd, "T"), key(rnd, "T")},
		[]any{"SINTERSTORE", k, key(rnd, "T"), key(rnd, "T")}, []any{"SDIFFSTORE", k, key(rnd, "T"), key(rnd, "T")})
}

func zsetCommand(rnd *rand.Rand) []any {
	k, m, score := key(rnd, "Z"), fmt.Sprint("m", rnd.IntN(300)), rnd.NormFloat64()*100
	return oneOf(rnd,
		[]any{"ZADD", k, score, m}, []any{"ZADD", k, rnd.IntN(50), m, score, value(rnd)}, []any{"ZADD", k, "GT", "CH", score, m}, []any{"ZINCRBY", k, score, m},
		[]any{"ZREM", k, m}, []any{"ZPOPMIN", k, 2}, []any{"ZPOPMAX", k}, []any{"ZREMRANGEBYRANK", k, 0, 3}, []any{"ZREMRANGEBYSCORE", k, score, score + 5},
		[]any{"ZUNIONSTORE", k, 2, key(rnd, "Z"), key(rnd, "T")}, []any{"ZINTERSTORE", k, 2, key(rnd, "Z"), key(rnd, "Z"), "AGGREGATE", "MAX"},
		[]any{"ZRANGESTORE", k, key(rnd, "Z"), 0, 20}, []any{"BZPOPMIN", k, 0.01}, []any{"ZADD", k, "inf", m}, []any{"ZDIFFSTORE", k, 2, key(rnd, "Z"), key(rnd, "Z")})
}

// bitsCommand changes strings bit by bit, and counts distinct elements.
func bitsCommand(rnd *rand.Rand) []any {
	k, p := key(rnd, "S"), key(rnd, "P")
	return oneOf(rnd,
		[]any{"SETBIT", k, rnd.IntN(2000), rnd.IntN(2)}, []any{"BITFIELD", k, "SET", "u8", rnd.IntN(200), rnd.IntN(256), "INCRBY", "i16", rnd.IntN(200), 7},
		[]any{"BITFIELD", k, "OVERFLOW", "FAIL", "INCRBY", "u4", 0, 9, "GET", "u4", 0}, []any{"BITOP", "XOR", k, key(rnd, "S"), key(rnd, "S")},
		[]any{"BITOP", "NOT", k, key(rnd, "S")}, []any{"PFADD", p, value(rnd), rnd.IntN(100000)}, []any{"PFADD", p, rnd.IntN(10)},
		[]any{"PFMERGE", p, key(rnd, "P"), key(rnd, "P")}, []any{"PFCOUNT", p})
}

// placesCommand keeps places.
func placesCommand(rnd *rand.Rand) []any {
	k, long, lat := key(rnd, "G"), rnd.Float64()*360-180, rnd.Float64()*160-80
	return oneOf(rnd,
		[]any{"GEOADD", k, long, lat, fmt.Sprint("m", rnd.IntN(100))}, []any{"GEOADD", k, "NX", "CH", long, lat, fmt.Sprint("m", rnd.IntN(100))},
		[]any{"GEOSEARCHSTORE", k, key(rnd, "G"), "FROMLONLAT", long, lat, "BYRADIUS", 3000, "km", "ASC", "COUNT", 5},
		[]any{"GEOADD", k, long, 90, "nowhere"}, []any{"ZREM", k, fmt.Sprint("m", rnd.IntN(100))})
}

// scriptCommand changes several keys at once, or some before it fails: what was done is propagated (R41).
func scriptCommand(rnd *rand.Rand) []any {
	const (
		several = `redis.call('SET', KEYS[1], ARGV[1], 'PX', 200) redis.call('RPUSH', KEYS[2], ARGV[1], ARGV[2]) return redis.call('SPOP', KEYS[3])`
		fails   = `redis.call('INCR', KEYS[1]) return redis.call('LPUSH', KEYS[1], 'x')`
		nothing = `return redis.call('EXISTS', KEYS[1])`
	)
	return oneOf(rnd,
		[]any{"EVAL", several, 3, key(rnd, "S"), key(rnd, "L"), key(rnd, "T"), value(rnd), rnd.IntN(100)},
		[]any{"EVAL", fails, 1, "script:counter"}, []any{"EVAL", nothing, 1, key(rnd, "S")})
}

func keyCommand(rnd *rand.Rand) []any {
	kind := []string{"S", "L", "H", "T", "Z"}[rnd.IntN(5)]
	k, to := key(rnd, kind), key(rnd, kind)
	if rnd.IntN(400) == 0 {
		return oneOf(rnd, []any{"FLUSHDB"}, []any{"SWAPDB", 3, 9}, []any{"FLUSHDB", "ASYNC"})
	}
	return oneOf(rnd,
		[]any{"DEL", k, to}, []any{"UNLINK", k}, []any{"RENAME", k, to}, []any{"RENAMENX", k, to}, []any{"COPY", k, to, "REPLACE"}, []any{"COPY", k, to, "DB", 7},
		[]any{"EXPIRE", k, 1 + rnd.IntN(50)}, []any{"PEXPIRE", k, 1 + rnd.IntN(300)}, []any{"PEXPIRE", k, 1 + rnd.IntN(300), "NX"}, []any{"PERSIST", k},
		[]any{"MOVE", k, 3}, []any{"SORT", key(rnd, "T"), "ALPHA", "STORE", key(rnd, "L")}, []any{"EXPIREAT", k, 1})
}
