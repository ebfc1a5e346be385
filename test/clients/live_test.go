package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

const timeout = 20 * time.Second

// onBoth runs a test with a client of ours and of redis-server, over RESP2 and RESP3.
func onBoth(t *testing.T, test func(t *testing.T, ctx context.Context, s *rig.Server, c *redis.Client)) {
	for _, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		s := rig.Start(t, kind, "A", config)
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s, RESP%d", kind, protocol), func(t *testing.T) {
				s.Must("FLUSHALL")
				o := s.Options(0)
				o.Protocol = protocol
				c := redis.NewClient(o)
				defer c.Close()
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				defer cancel()
				test(t, ctx, s, c)
			})
		}
	}
}

// Guarantee: subscribers get what is published to their channels, patterns and shard channels, in its order.
func TestGoRedisSubscribes(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, _ *rig.Server, c *redis.Client) {
		subscriber, sharded := c.Subscribe(ctx, "news"), c.SSubscribe(ctx, "shard")
		defer subscriber.Close()
		defer sharded.Close()
		if err := subscriber.PSubscribe(ctx, "w*"); err != nil {
			t.Fatal(err)
		}
		receive := func(p *redis.PubSub) string {
			t.Helper()
			got, err := p.Receive(ctx)
			if err != nil {
				t.Fatal(err)
			}
			switch got := got.(type) {
			case *redis.Subscription:
				return fmt.Sprintf("%s %s %d", got.Kind, got.Channel, got.Count)
			case *redis.Message:
				return fmt.Sprintf("%s %s: %s", got.Pattern, got.Channel, got.Payload)
			case *redis.Pong:
				return "pong " + got.Payload
			}
			return fmt.Sprint(got)
		}
		expect := func(p *redis.PubSub, want ...string) {
			t.Helper()
			for _, w := range want {
				if got := receive(p); got != w {
					t.Fatalf("got %q, want %q", got, w)
				}
			}
		}
		expect(subscriber, "subscribe news 1", "psubscribe w* 2")
		expect(sharded, "ssubscribe shard 1")
		for _, m := range [][2]string{{"news", "one"}, {"weather", "rain"}, {"news", "two"}} {
			if n := c.Publish(ctx, m[0], m[1]).Val(); n != 1 {
				t.Errorf("PUBLISH %s reached %d", m[0], n)
			}
		}
		c.SPublish(ctx, "shard", "of the shard")
		expect(subscriber, " news: one", "w* weather: rain", " news: two")
		expect(sharded, " shard: of the shard")
		if err := errors.Join(subscriber.Ping(ctx, "still here"), subscriber.Unsubscribe(ctx, "news"), subscriber.PUnsubscribe(ctx), sharded.SUnsubscribe(ctx, "shard")); err != nil {
			t.Fatal(err)
		}
		expect(subscriber, "pong still here", "unsubscribe news 1", "punsubscribe w* 0")
		expect(sharded, "sunsubscribe shard 0")
	})
}

// Guarantee: an optimistic transaction fails when a watched key has changed, and only then.
func TestGoRedisWatches(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, _ *rig.Server, c *redis.Client) {
		increment := func(between func()) error {
			return c.Watch(ctx, func(tx *redis.Tx) error {
				n, err := tx.Get(ctx, "n").Int()
				if err != nil && !errors.Is(err, redis.Nil) {
					return err
				}
				between()
				_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Set(ctx, "n", n+1, 0)
					p.Incr(ctx, "times")
					return nil
				})
				return err
			}, "n")
		}
		if err := increment(func() {}); err != nil {
			t.Fatal(err)
		}
		if err := increment(func() { c.Set(ctx, "n", 41, 0) }); !errors.Is(err, redis.TxFailedErr) {
			t.Errorf("a watched key was changed: %v", err)
		}
		if err := increment(func() { c.Set(ctx, "other", 1, 0) }); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.MGet(ctx, "n", "times").Val()); got != "[42 2]" {
			t.Errorf("n and times: %s", got)
		}
	})
}

// Guarantee: Script.Run loads a script that the server does not know, and iterators see every key and member.
func TestGoRedisScriptsAndIterators(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *rig.Server, c *redis.Client) {
		s.Must("SCRIPT", "FLUSH")
		script := redis.NewScript(`return redis.call('INCRBY', KEYS[1], ARGV[1])`)
		for want := 2; want <= 4; want += 2 {
			if got, err := script.Run(ctx, c, []string{"n"}, 2).Int(); got != want || err != nil {
				t.Fatalf("script: %d, %v, want %d", got, err, want)
			}
		}
		for i := range 1000 {
			c.SAdd(ctx, "set", i)
			if i < 300 {
				c.HSet(ctx, "hash", fmt.Sprint("f", i), i)
				c.ZAdd(ctx, "sorted", redis.Z{Score: float64(i), Member: i})
				c.Set(ctx, fmt.Sprint("key:", i), i, 0)
			}
		}
		for name, tc := range map[string]struct {
			it   *redis.ScanIterator
			want int
		}{
			"keys": {c.Scan(ctx, 0, "key:*", 10).Iterator(), 300}, "strings": {c.ScanType(ctx, 0, "*", 50, "string").Iterator(), 301},
			"set": {c.SScan(ctx, "set", 0, "", 20).Iterator(), 1000}, "hash": {c.HScan(ctx, "hash", 0, "", 20).Iterator(), 600}, "sorted set": {c.ZScan(ctx, "sorted", 0, "", 20).Iterator(), 600},
		} {
			seen := map[string]bool{}
			n := 0
			for tc.it.Next(ctx) {
				seen[tc.it.Val()] = true
				n++
			}
			if err := tc.it.Err(); err != nil || n < tc.want || name != "hash" && name != "sorted set" && len(seen) != tc.want {
				t.Errorf("%s: %d, %d different ones, want %d (%v)", name, n, len(seen), tc.want, err)
			}
		}
	})
}

// Guarantee: what waits for another client gets what that writes.
func TestGoRedisBlocks(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *rig.Server, c *redis.Client) {
		answers := make(chan string, 3)
		go func() { answers <- fmt.Sprint(c.BLPop(ctx, timeout, "l", "m").Val()) }()
		go func() { answers <- fmt.Sprint(c.BZPopMin(ctx, timeout, "z").Val()) }()
		go func() {
			answers <- fmt.Sprint(c.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "$"}, Block: timeout}).Val())
		}()
		rig.Until(t, timeout, func() error {
			if n := s.Info("clients")["blocked_clients"]; n != "3" {
				return fmt.Errorf("%s clients wait, want 3", n)
			}
			return nil
		})
		c.RPush(ctx, "m", "pushed")
		c.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "added"})
		c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "7-7", Values: []any{"f", "v"}})
		var got []string
		for range 3 {
			got = append(got, <-answers)
		}
		slices.Sort(got)
		if text := strings.Join(got, "; "); !strings.Contains(text, "[m pushed]") || !strings.Contains(text, "{1 added} z") || !strings.Contains(text, "7-7 map[f:v]") {
			t.Errorf("got %s", text)
		}
	})
}

// Guarantee: the client's own cache forgets a key that somebody else changes.
func TestGoRedisCaches(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *rig.Server, c *redis.Client) {
		o := *c.Options()
		if o.Protocol < 3 {
			t.Skip("the cache needs RESP3")
		}
		o.ClientSideCacheConfig = &redis.ClientSideCacheConfig{}
		cached := redis.NewClient(&o)
		defer cached.Close()
		c.Set(ctx, "k", "old", 0)
		for range 50 {
			if got := cached.Get(ctx, "k").Val(); got != "old" {
				t.Fatalf("got %q", got)
			}
		}
		if calls := s.Info("commandstats")["cmdstat_get"]; !strings.HasPrefix(calls, "calls=1,") {
			t.Errorf("50 cached reads came to the server as %s", calls)
		}
		c.Set(ctx, "k", "new", 0)
		rig.Until(t, timeout, func() error {
			if got := cached.Get(ctx, "k").Val(); got != "new" {
				return fmt.Errorf("the cache has %q still", got)
			}
			return nil
		})
	})
}

// Guarantee: calls whose answers are of the moment are understood.
func TestGoRedisReadsTheMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, ctx context.Context, s *rig.Server, c *redis.Client) {
		c.Set(ctx, "k", "value", 0)
		if at := c.Time(ctx).Val(); time.Since(at).Abs() > time.Minute {
			t.Errorf("TIME: %s", at)
		}
		if n := c.MemoryUsage(ctx, "k", 5).Val(); n < 5 || n > 1000 {
			t.Errorf("MEMORY USAGE: %d", n)
		}
		info, err := c.ClientInfo(ctx).Result()
		if err != nil || info.ID != c.ClientID(ctx).Val() || info.Resp != c.Options().Protocol || info.LastCmd != "client|info" {
			t.Errorf("CLIENT INFO: %+v, %v", info, err)
		}
		if list := c.ClientList(ctx).Val(); !strings.Contains(list, fmt.Sprintf("id=%d ", info.ID)) {
			t.Errorf("CLIENT LIST: %s", list)
		}
		all, err := c.Command(ctx).Result()
		if get := all["get"]; err != nil || get == nil || get.Arity != 2 || !get.ReadOnly || get.FirstKeyPos != 1 || len(all) < 200 {
			t.Errorf("COMMAND: %d of them, %+v, %v", len(all), all["get"], err)
		}
		if m := c.InfoMap(ctx, "server").Val(); m["Server"]["redis_mode"] != "standalone" {
			t.Errorf("INFO: %v", m)
		}
		slow, err := c.SlowLogGet(ctx, 1).Result()
		if err != nil || len(slow) != 1 || len(slow[0].Args) == 0 || slow[0].ClientAddr == "" {
			t.Errorf("SLOWLOG GET: %+v, %v", slow, err)
		}
		if pass := c.ACLGenPass(ctx, 40).Val(); len(pass) != 10 {
			t.Errorf("ACL GENPASS: %q", pass)
		}
		if names := c.ACLCat(ctx).Val(); !slices.Contains(names, "sortedset") {
			t.Errorf("ACL CAT: %v", names)
		}
		if text := c.DebugObject(ctx, "k").Val(); !strings.Contains(text, "encoding:embstr") {
			t.Errorf("DEBUG OBJECT: %s", text)
		}
		dump := c.Dump(ctx, "k").Val()
		if err := c.RestoreReplace(ctx, "k2", time.Hour, dump).Err(); err != nil || c.Get(ctx, "k2").Val() != "value" {
			t.Errorf("RESTORE: %v, %q", err, c.Get(ctx, "k2").Val())
		}
		c.FunctionLoadReplace(ctx, "#!lua name=lib\nredis.register_function('f', function() return 'kept' end)")
		library := c.FunctionDump(ctx).Val()
		if err := errors.Join(c.FunctionFlush(ctx).Err(), c.FunctionRestore(ctx, library).Err()); err != nil || c.FCall(ctx, "f", nil).Val() != "kept" {
			t.Errorf("FUNCTION RESTORE: %v, %v", err, c.FCall(ctx, "f", nil))
		}
		for _, args := range [][]any{{"MEMORY", "STATS"}, {"MEMORY", "DOCTOR"}, {"MEMORY", "MALLOC-STATS"}, {"LATENCY", "DOCTOR"}, {"LATENCY", "HISTOGRAM", "get"}, {"ROLE"}, {"LOLWUT"}, {"COMMAND", "DOCS"}} {
			if answer, err := c.Do(ctx, args...).Result(); err != nil || fmt.Sprint(answer) == "" {
				t.Errorf("%v: %v, %v", args, answer, err)
			}
		}
		saved := c.LastSave(ctx).Val()
		if err := errors.Join(c.Save(ctx).Err(), c.ConfigRewrite(ctx).Err()); err != nil || c.LastSave(ctx).Val() < saved {
			t.Errorf("SAVE, CONFIG REWRITE: %v", err)
		}
	})
}

// Guarantee: go-redis's failover client follows redis-sentinel from one of our servers to the other.
func TestGoRedisFailsOver(t *testing.T) {
	master, replica := rig.Start(t, rig.Ours, "master", nil), rig.Start(t, rig.Ours, "replica", nil)
	replica.Follow(master.Port)
	replica.WaitLink()
	sentinels := rig.StartSentinels(t, master, 1, 500*time.Millisecond)
	sentinels[0].WaitKnows(1, 0)
	c := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: rig.WatchedMaster, SentinelAddrs: []string{fmt.Sprint("127.0.0.1:", sentinels[0].Port)}})
	defer c.Close()
	ctx := context.Background()
	if err := c.Set(ctx, "k", "before", 0).Err(); err != nil {
		t.Fatal(err)
	}
	rig.WaitSame(t, master, replica)
	// The sentinel knows the replica some time before it has asked it how it is.
	rig.Until(t, time.Minute, func() error { return sentinels[0].Failover(ctx, rig.WatchedMaster).Err() })
	rig.Until(t, time.Minute, func() error {
		if err := c.Set(ctx, "k", "after", 0).Err(); err != nil {
			return err
		}
		if got := replica.Get(ctx, "k").Val(); got != "after" {
			return fmt.Errorf("the write went elsewhere: the promoted replica has %q", got)
		}
		return nil
	})
}
