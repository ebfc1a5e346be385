package clients

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

func serverFamilies() []family {
	return []family{
		{name: "keys", calls: keyCalls}, {name: "times to live", calls: expireCalls}, {name: "sort", calls: sortCalls},
		{name: "scripts", calls: scriptCalls}, {name: "functions", calls: functionCalls}, {name: "users", calls: userCalls},
		{name: "messages", calls: messageCalls}, {name: "commands", calls: commandCalls}, {name: "server", calls: serverCalls}, {name: "connection", calls: connectionCalls, plain: true},
	}
}

func keyCalls(ctx context.Context, c caller) {
	c.Set(ctx, "a", 1, 0)
	c.RPush(ctx, "l", "x")
	c.Exists(ctx, "a", "l", "a", "none")
	c.Type(ctx, "l")
	c.Type(ctx, "none")
	c.Touch(ctx, "a", "none")
	c.ObjectEncoding(ctx, "a")
	c.ObjectRefCount(ctx, "l")
	c.ObjectIdleTime(ctx, "a")
	c.MemoryUsage(ctx, "none")
	c.Copy(ctx, "a", "b", 0, false)
	c.Copy(ctx, "l", "b", 0, true)
	c.Copy(ctx, "a", "a", 5, false)
	c.Move(ctx, "a", 3)
	c.Rename(ctx, "b", "c")
	c.RenameNX(ctx, "c", "l")
	c.Keys(ctx, "l*")
	c.Del(ctx, "c", "none")
	c.Scan(ctx, 0, "*", 100)
	c.ScanType(ctx, 0, "", 100, "list")
	c.RandomKey(ctx)
	c.Get(ctx, "l")
	c.Set(ctx, "d", "dumped", 0)
	c.Dump(ctx, "d")
	c.Restore(ctx, "r", time.Hour, "\x00\x06dumped\n\x00\xdcJ\x84\xcd\x9a\x91\xec\xe2")
	c.RestoreReplace(ctx, "r", 0, "bad")
	c.Unlink(ctx, "l", "r", "d")
	c.Do(ctx, "SWAPDB", 0, 3)
	c.DBSize(ctx)
	c.FlushDB(ctx)
	c.FlushAllAsync(ctx)
	c.DBSize(ctx)
}

func expireCalls(ctx context.Context, c caller) {
	c.Set(ctx, "k", "v", 0)
	c.TTL(ctx, "k")
	c.PTTL(ctx, "none")
	c.ExpireAt(ctx, "k", later)
	c.ExpireTime(ctx, "k")
	c.PExpireAt(ctx, "k", later.Add(7*time.Millisecond))
	c.PExpireTime(ctx, "k")
	c.Persist(ctx, "k")
	c.Persist(ctx, "k")
	c.Expire(ctx, "k", time.Hour)
	c.PExpire(ctx, "k", 2*time.Hour)
	c.ExpireNX(ctx, "k", time.Hour)
	c.ExpireXX(ctx, "k", time.Hour)
	c.ExpireGT(ctx, "k", 3*time.Hour)
	c.ExpireLT(ctx, "k", 4*time.Hour)
	c.Expire(ctx, "none", time.Hour)
	c.Expire(ctx, "k", -time.Second)
	c.Exists(ctx, "k")
}

func sortCalls(ctx context.Context, c caller) {
	c.RPush(ctx, "l", 3, 1, 2)
	c.MSet(ctx, "w_1", 30, "w_2", 20, "w_3", 10, "d_1", "one", "d_3", "three")
	c.Sort(ctx, "l", &redis.Sort{Order: "DESC"})
	c.Sort(ctx, "l", &redis.Sort{By: "w_*", Offset: 1, Count: 2, Get: []string{"#", "d_*"}})
	c.SortRO(ctx, "l", &redis.Sort{Alpha: true})
	c.SortInterfaces(ctx, "l", &redis.Sort{Get: []string{"d_*"}})
	c.SortStore(ctx, "l", "to", &redis.Sort{By: "nosort"})
	c.LRange(ctx, "to", 0, -1)
}

func scriptCalls(ctx context.Context, c caller) {
	const script = `return {KEYS[1], ARGV[1], redis.call('INCRBY', KEYS[1], ARGV[1]), 3.9, false, true, redis.status_reply('FINE'), {}}`
	s := redis.NewScript(script)
	s.Eval(ctx, c, []string{"k"}, 5)
	c.EvalSha(ctx, s.Hash(), []string{"k"}, 6)
	c.EvalRO(ctx, `return redis.call('GET', KEYS[1])`, []string{"k"})
	c.EvalShaRO(ctx, s.Hash(), []string{"k"}, 1)
	c.ScriptLoad(ctx, "return 'loaded'")
	c.ScriptExists(ctx, s.Hash(), "ffffffffffffffffffffffffffffffffffffffff")
	c.Eval(ctx, `return redis.error_reply('ERR refused by the script')`, nil)
	c.Eval(ctx, `return redis.call('LPUSH', KEYS[1], 'x')`, []string{"k"})
	c.Eval(ctx, `redis.setresp(3) return {map={a=1}, double=2.5}`, nil)
	c.Eval(ctx, `return {double=2.5}`, nil)
	c.ScriptFlush(ctx)
	c.EvalSha(ctx, s.Hash(), []string{"k"}, 6)
}

func functionCalls(ctx context.Context, c caller) {
	const lib = "#!lua name=lib\nredis.register_function{function_name='get', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}, description='reads'}\n" +
		"redis.register_function('set', function(keys, args) return redis.call('SET', keys[1], args[1]) end)"
	c.FunctionLoad(ctx, lib)
	c.FunctionLoadReplace(ctx, lib)
	c.FCall(ctx, "set", []string{"k"}, "value")
	c.FCall(ctx, "get", []string{"k"})
	c.FCallRo(ctx, "get", []string{"k"})
	c.FCallRO(ctx, "set", []string{"k"}, "x")
	c.FunctionList(ctx, redis.FunctionListQuery{LibraryNamePattern: "l*"})
	c.FunctionStats(ctx)
	c.FunctionDelete(ctx, "lib")
	c.FunctionRestore(ctx, "\n\x00]\x9b\\@\x0f\x7f\xa2\xda") // of no library
	c.FunctionFlush(ctx)
	c.FunctionFlushAsync(ctx)
	c.FunctionList(ctx, redis.FunctionListQuery{WithCode: true})
}

func userCalls(ctx context.Context, c caller) {
	c.ACLWhoAmI(ctx)
	c.ACLSetUser(ctx, "alice", "on", ">secret", "~cached:*", "+@read", "&news")
	c.ACLUsers(ctx)
	c.ACLDryRun(ctx, "alice", "GET", "cached:1")
	c.ACLDryRun(ctx, "alice", "SET", "cached:1", "x")
	c.ACLList(ctx)
	c.Do(ctx, "ACL", "GETUSER", "alice")
	c.ACLLogReset(ctx)
	c.ACLLog(ctx, 10)
	c.ACLDelUser(ctx, "alice")
	c.ACLUsers(ctx)
}

func messageCalls(ctx context.Context, c caller) {
	c.Publish(ctx, "news", "to nobody")
	c.SPublish(ctx, "shard", "to nobody")
	c.PubSubChannels(ctx, "*")
	c.PubSubNumSub(ctx, "news", "other")
	c.PubSubNumPat(ctx)
	c.PubSubShardChannels(ctx, "*")
	c.PubSubShardNumSub(ctx, "shard")
}

func commandCalls(ctx context.Context, c caller) {
	c.CommandGetKeys(ctx, "MSET", "a", 1, "b", 2)
	c.CommandGetKeysAndFlags(ctx, "LMOVE", "a", "b", "LEFT", "LEFT")
	c.CommandList(ctx, &redis.FilterBy{Pattern: "xread*x"})
	c.Do(ctx, "COMMAND", "INFO", "get", "none")
	c.Do(ctx, "COMMAND", "DOCS", "none")
}

func serverCalls(ctx context.Context, c caller) {
	c.ConfigSet(ctx, "maxmemory-samples", "7")
	c.ConfigGet(ctx, "maxmemory-s*")
	c.ConfigSet(ctx, "maxmemory-samples", "5")
	c.ConfigResetStat(ctx)
	c.SlowLogReset(ctx)
	c.ConfigSet(ctx, "slowlog-log-slower-than", "-1")
	c.SlowLogReset(ctx)
	c.SlowLogLen(ctx)
	c.SlowLogGet(ctx, 10)
	c.Do(ctx, "LATENCY", "RESET")
	c.Latency(ctx)
	c.LatencyReset(ctx, "command")
	c.Do(ctx, "LATENCY", "HISTORY", "command")
	c.Do(ctx, "LATENCY", "HISTOGRAM", "lolwut")
	c.Do(ctx, "MEMORY", "PURGE")
	c.FlushAll(ctx)
	c.FlushDBAsync(ctx)
}

func connectionCalls(ctx context.Context, c caller) {
	c.Ping(ctx)
	c.Echo(ctx, "echo\x00")
	c.ClientGetName(ctx)
	c.Do(ctx, "CLIENT", "SETNAME", "named")
	c.ClientGetName(ctx)
	c.ClientTrackingOn(ctx, &redis.ClientTrackingOptions{NoLoop: true})
	c.ClientTrackingOff(ctx)
	c.ClientUnblock(ctx, 99999)
	c.ClientUnblockWithError(ctx, 99999)
	c.ClientKillByFilter(ctx, "ID", "99999")
	c.ClientPause(ctx, time.Millisecond)
	c.ClientUnpause(ctx)
	c.Do(ctx, "CLIENT", "NO-EVICT", "ON")
	c.Do(ctx, "CLIENT", "TRACKINGINFO")
}
