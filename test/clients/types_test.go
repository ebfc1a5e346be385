package clients

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// later is a time at which no test is still running, in whole seconds.
var later = time.Unix(4_000_000_000, 0)

func typeFamilies() []family {
	return []family{
		{name: "strings", calls: stringCalls}, {name: "bits", calls: bitCalls}, {name: "HyperLogLog", calls: hllCalls}, {name: "lists", calls: listCalls},
		{name: "hashes", calls: hashCalls}, {name: "sets", calls: setCalls}, {name: "sorted sets", calls: zsetCalls},
		{name: "ranges of sorted sets", calls: zrangeCalls}, {name: "streams", calls: streamCalls}, {name: "groups of streams", calls: groupCalls}, {name: "places", calls: geoCalls},
	}
}

func stringCalls(ctx context.Context, c caller) {
	c.Set(ctx, "k", "value", 0)
	c.Get(ctx, "k")
	c.Get(ctx, "none")
	c.Set(ctx, "n", 10, time.Hour)
	c.SetEx(ctx, "e", "x", time.Minute)
	c.SetNX(ctx, "k", "other", time.Minute)
	c.SetNX(ctx, "fresh", 1.5, time.Minute)
	c.Do(ctx, "SETNX", "bare", 1)
	c.SetXX(ctx, "k", "there", redis.KeepTTL)
	c.SetArgs(ctx, "k", "again", redis.SetArgs{Get: true, ExpireAt: later})
	c.SetArgs(ctx, "none", "x", redis.SetArgs{Mode: "XX"})
	c.ExpireTime(ctx, "k")
	c.Append(ctx, "k", "\x00\r\nbytes")
	c.GetRange(ctx, "k", 2, -3)
	c.SetRange(ctx, "k", 3, "SET")
	c.StrLen(ctx, "k")
	c.Incr(ctx, "n")
	c.IncrBy(ctx, "n", 5)
	c.Decr(ctx, "n")
	c.DecrBy(ctx, "n", 3)
	c.IncrByFloat(ctx, "n", 0.25)
	c.GetSet(ctx, "n", "new")
	c.GetEx(ctx, "n", time.Hour)
	c.GetDel(ctx, "n")
	c.MSet(ctx, "a", 1, "b", "two")
	c.MSetNX(ctx, "a", 1, "z", 2)
	c.MSetNX(ctx, map[string]any{"y": 1})
	c.MGet(ctx, "a", "none", "b")
	c.MSet(ctx, "p", "ohmytext", "q", "mynewtext")
	c.LCS(ctx, &redis.LCSQuery{Key1: "p", Key2: "q"})
	c.LCS(ctx, &redis.LCSQuery{Key1: "p", Key2: "q", Len: true})
	c.LCS(ctx, &redis.LCSQuery{Key1: "p", Key2: "q", Idx: true, MinMatchLen: 2, WithMatchLen: true})
	c.Do(ctx, "PSETEX", "ms", 100000, "v")
}

func bitCalls(ctx context.Context, c caller) {
	c.SetBit(ctx, "b", 7, 1)
	c.SetBit(ctx, "b", 100, 1)
	c.GetBit(ctx, "b", 7)
	c.Set(ctx, "t", "foobar", 0)
	c.BitCount(ctx, "t", nil)
	c.BitCount(ctx, "t", &redis.BitCount{Start: 5, End: 30, Unit: "BIT"})
	c.BitPos(ctx, "t", 1, 2, -1)
	c.BitPosSpan(ctx, "t", 0, 3, 20, "bit")
	c.BitOpAnd(ctx, "and", "b", "t")
	c.BitOpOr(ctx, "or", "b", "t")
	c.BitOpXor(ctx, "xor", "b", "t")
	c.BitOpNot(ctx, "not", "t")
	c.MGet(ctx, "and", "or", "xor", "not")
	c.BitField(ctx, "f", "SET", "i5", 100, 7, "INCRBY", "u2", "#3", 3, "OVERFLOW", "SAT", "INCRBY", "i8", 0, 200, "GET", "u4", 0)
	c.BitFieldRO(ctx, "f", "i8", 0)
}

func hllCalls(ctx context.Context, c caller) {
	c.PFAdd(ctx, "h", "a", "b", "c")
	c.PFAdd(ctx, "h", "a")
	c.PFAdd(ctx, "g", "c", "d")
	c.PFCount(ctx, "h")
	c.PFCount(ctx, "h", "g")
	c.PFMerge(ctx, "m", "h", "g")
	c.PFCount(ctx, "m")
}

func listCalls(ctx context.Context, c caller) {
	c.RPush(ctx, "l", "a", 2, "c", "a")
	c.LPush(ctx, "l", "first")
	c.LPushX(ctx, "none", "x")
	c.RPushX(ctx, "l", "last")
	c.LRange(ctx, "l", 0, -1)
	c.LIndex(ctx, "l", -1)
	c.LIndex(ctx, "l", 99)
	c.LInsertBefore(ctx, "l", "c", "before")
	c.LInsertAfter(ctx, "l", "c", "after")
	c.LLen(ctx, "l")
	c.LPos(ctx, "l", "a", redis.LPosArgs{Rank: -1})
	c.LPosCount(ctx, "l", "a", 0, redis.LPosArgs{})
	c.LSet(ctx, "l", 1, "set")
	c.LRem(ctx, "l", -1, "a")
	c.LPop(ctx, "l")
	c.LPopCount(ctx, "l", 2)
	c.RPop(ctx, "l")
	c.RPopCount(ctx, "none", 2)
	c.RPush(ctx, "l", 1, 2, 3, 4, 5)
	c.LTrim(ctx, "l", 1, -2)
	c.LMove(ctx, "l", "m", "RIGHT", "LEFT")
	c.RPopLPush(ctx, "l", "m")
	c.LMPop(ctx, "left", 2, "none", "m")
	c.BLMPop(ctx, time.Second, "right", 1, "none", "l")
	c.BLPop(ctx, time.Second, "none", "l")
	c.BRPop(ctx, time.Second, "l")
	c.RPush(ctx, "l", 7, 8)
	c.BRPopLPush(ctx, "l", "m", time.Second)
	c.BLMove(ctx, "l", "m", "LEFT", "RIGHT", time.Second)
	c.LRange(ctx, "m", 0, -1)
}

func hashCalls(ctx context.Context, c caller) {
	c.HSet(ctx, "h", "f", "v", "n", 1)
	c.HSet(ctx, "h", map[string]any{"m": "map"})
	c.HMSet(ctx, "h", "old", "style")
	c.HSetNX(ctx, "h", "f", "no")
	c.HGet(ctx, "h", "f")
	c.HGet(ctx, "h", "none")
	c.HMGet(ctx, "h", "f", "none", "n")
	c.HGetAll(ctx, "h")
	c.HGetAll(ctx, "none")
	c.HIncrBy(ctx, "h", "n", 41)
	c.HIncrByFloat(ctx, "h", "n", 0.5)
	c.HExists(ctx, "h", "m")
	c.HStrLen(ctx, "h", "old")
	c.HKeys(ctx, "h")
	c.HVals(ctx, "h")
	c.HLen(ctx, "h")
	c.HScan(ctx, "h", 0, "*", 100)
	c.HDel(ctx, "h", "f", "m", "old", "none")
	c.HRandField(ctx, "h", 3)
	c.HRandField(ctx, "h", -2)
	c.HRandFieldWithValues(ctx, "h", 1)
}

func setCalls(ctx context.Context, c caller) {
	c.SAdd(ctx, "s", 1, 2, 3, 4)
	c.SAdd(ctx, "t", 3, 4, 5)
	c.SAdd(ctx, "text", "a", "b", "a")
	c.SCard(ctx, "s")
	c.SIsMember(ctx, "s", 2)
	c.SMIsMember(ctx, "s", 2, 9)
	c.SMembers(ctx, "s")
	c.SMembersMap(ctx, "text")
	c.SDiff(ctx, "s", "t")
	c.SInter(ctx, "s", "t")
	c.SInterCard(ctx, 1, "s", "t")
	c.SUnion(ctx, "s", "t")
	c.SDiffStore(ctx, "d", "s", "t")
	c.SInterStore(ctx, "i", "s", "t")
	c.SUnionStore(ctx, "u", "s", "t")
	c.SMove(ctx, "s", "t", 1)
	c.SRem(ctx, "s", 2, 9)
	c.SScan(ctx, "t", 0, "", 100)
	c.SAdd(ctx, "one", "only")
	c.SRandMember(ctx, "one")
	c.SRandMemberN(ctx, "one", -2)
	c.SPop(ctx, "one")
	c.SPop(ctx, "one")
	c.SAdd(ctx, "one", "only")
	c.SPopN(ctx, "one", 3)
	c.SMembers(ctx, "none")
}

func zsetCalls(ctx context.Context, c caller) {
	c.ZAdd(ctx, "z", redis.Z{Score: 1, Member: "a"}, redis.Z{Score: 2.5, Member: "b"}, redis.Z{Score: -3e10, Member: "c"})
	c.ZAddNX(ctx, "z", redis.Z{Score: 9, Member: "a"})
	c.ZAddXX(ctx, "z", redis.Z{Score: 1.1, Member: "a"})
	c.ZAddGT(ctx, "z", redis.Z{Score: 0, Member: "a"})
	c.ZAddLT(ctx, "z", redis.Z{Score: 0, Member: "a"})
	c.ZAddArgs(ctx, "z", redis.ZAddArgs{Ch: true, Members: []redis.Z{{Score: 7, Member: "a"}}})
	c.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{Members: []redis.Z{{Score: 0.5, Member: "a"}}})
	c.ZAddArgsIncr(ctx, "z", redis.ZAddArgs{NX: true, Members: []redis.Z{{Score: 0.5, Member: "a"}}})
	c.ZIncrBy(ctx, "z", 1e300, "b")
	c.ZCard(ctx, "z")
	c.ZCount(ctx, "z", "-inf", "(7.5")
	c.ZScore(ctx, "z", "b")
	c.ZScore(ctx, "z", "none")
	c.ZMScore(ctx, "z", "a", "none")
	c.ZRank(ctx, "z", "a")
	c.ZRevRank(ctx, "z", "a")
	c.ZRank(ctx, "z", "none")
	c.ZScan(ctx, "z", 0, "*", 100)
	c.ZAdd(ctx, "y", redis.Z{Score: 2, Member: "a"}, redis.Z{Score: 3, Member: "x"})
	store := &redis.ZStore{Keys: []string{"z", "y"}, Weights: []float64{2, 3}, Aggregate: "MAX"}
	c.ZInter(ctx, store)
	c.ZInterWithScores(ctx, store)
	c.ZInterCard(ctx, 0, "z", "y")
	c.ZInterStore(ctx, "i", store)
	c.ZUnion(ctx, *store)
	c.ZUnionWithScores(ctx, *store)
	c.ZUnionStore(ctx, "u", store)
	c.ZDiff(ctx, "z", "y")
	c.ZDiffWithScores(ctx, "z", "y")
	c.ZDiffStore(ctx, "d", "z", "y")
	c.ZPopMin(ctx, "u")
	c.ZPopMax(ctx, "u", 2)
	c.ZMPop(ctx, "min", 1, "none", "z")
	c.BZMPop(ctx, time.Second, "max", 1, "none", "z")
	c.BZPopMin(ctx, time.Second, "none", "y")
	c.BZPopMax(ctx, time.Second, "y")
	c.ZRandMember(ctx, "z", -2)
	c.ZRandMemberWithScores(ctx, "z", 5)
	c.ZRem(ctx, "z", "a", "none")
}

func zrangeCalls(ctx context.Context, c caller) {
	for i, m := range []string{"a", "b", "c", "d", "e"} {
		c.ZAdd(ctx, "z", redis.Z{Score: float64(i), Member: m})
		c.ZAdd(ctx, "lex", redis.Z{Member: m})
	}
	by := &redis.ZRangeBy{Min: "(0", Max: "+inf", Offset: 1, Count: 2}
	lex := &redis.ZRangeBy{Min: "[b", Max: "(e"}
	c.ZRange(ctx, "z", 1, -2)
	c.ZRangeWithScores(ctx, "z", 0, 1)
	c.ZRevRange(ctx, "z", 0, 1)
	c.ZRevRangeWithScores(ctx, "z", 0, 1)
	c.ZRangeByScore(ctx, "z", by)
	c.ZRangeByScoreWithScores(ctx, "z", by)
	c.ZRevRangeByScore(ctx, "z", by)
	c.ZRevRangeByScoreWithScores(ctx, "z", by)
	c.ZRangeByLex(ctx, "lex", lex)
	c.ZRevRangeByLex(ctx, "lex", lex)
	c.ZLexCount(ctx, "lex", "-", "(c")
	c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "z", Start: "(1", Stop: "inf", ByScore: true, Offset: 1, Count: 1})
	c.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: "z", Start: 0, Stop: 1, Rev: true})
	c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "lex", Start: "-", Stop: "[c", ByLex: true})
	c.ZRangeStore(ctx, "dst", redis.ZRangeArgs{Key: "z", Start: 0, Stop: 2})
	c.ZRemRangeByRank(ctx, "z", 0, 0)
	c.ZRemRangeByScore(ctx, "z", "1", "(3")
	c.ZRemRangeByLex(ctx, "lex", "[a", "[b")
	c.ZRange(ctx, "z", 0, -1)
}

func streamCalls(ctx context.Context, c caller) {
	add := func(id string, values ...any) { c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: id, Values: values}) }
	add("1-1", "f", "v", "g", 2)
	add("1-*", "f", "w")
	add("5-0", "other", "x")
	c.XAdd(ctx, &redis.XAddArgs{Stream: "none", NoMkStream: true, Values: []any{"f", "v"}})
	c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "6-0", MaxLen: 3, Values: map[string]any{"m": "map"}})
	c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: "7-0", MinID: "1-2", Approx: true, Limit: 10, Values: []string{"a", "b"}})
	c.XLen(ctx, "s")
	c.XRange(ctx, "s", "-", "+")
	c.XRangeN(ctx, "s", "(1-2", "+", 1)
	c.XRevRange(ctx, "s", "+", "-")
	c.XRevRangeN(ctx, "s", "+", "-", 1)
	c.XRead(ctx, &redis.XReadArgs{Streams: []string{"s", "none", "5-0", "0"}, Count: 1, Block: -1})
	c.XRead(ctx, &redis.XReadArgs{Streams: []string{"s"}, ID: "99", Block: 10 * time.Millisecond})
	c.XInfoStream(ctx, "s")
	c.XDel(ctx, "s", "5-0", "9-9")
	c.XTrimMaxLen(ctx, "s", 2)
	c.XTrimMaxLenApprox(ctx, "s", 1, 100)
	c.XTrimMinID(ctx, "s", "7")
	c.XTrimMinIDApprox(ctx, "s", "8", 100)
	c.Do(ctx, "XSETID", "s", "20-1")
	c.XRange(ctx, "s", "-", "+")
}

func groupCalls(ctx context.Context, c caller) {
	for _, id := range []string{"1", "2", "3", "4"} {
		c.XAdd(ctx, &redis.XAddArgs{Stream: "s", ID: id, Values: []any{"n", id}})
	}
	c.XGroupCreate(ctx, "s", "g", "0")
	c.XGroupCreateMkStream(ctx, "new", "g", "$")
	c.XGroupCreateConsumer(ctx, "s", "g", "idle")
	c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: []string{"s", ">"}, Count: 3, Block: -1})
	c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: []string{"s", "2"}, Block: -1})
	c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "d", Streams: []string{"s", ">"}, NoAck: true, Block: 10 * time.Millisecond})
	c.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "d", Streams: []string{"s", ">"}, Block: 10 * time.Millisecond})
	c.XAck(ctx, "s", "g", "1", "9")
	c.XPending(ctx, "s", "g")
	c.XPending(ctx, "new", "g")
	c.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: "s", Group: "g", Idle: time.Hour, Start: "-", End: "+", Count: 10})
	c.XClaim(ctx, &redis.XClaimArgs{Stream: "s", Group: "g", Consumer: "d", Messages: []string{"2"}})
	c.XClaimJustID(ctx, &redis.XClaimArgs{Stream: "s", Group: "g", Consumer: "c", Messages: []string{"2", "3"}})
	c.XDel(ctx, "s", "3")
	c.XAutoClaim(ctx, &redis.XAutoClaimArgs{Stream: "s", Group: "g", Consumer: "d", Start: "0", Count: 1})
	c.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{Stream: "s", Group: "g", Consumer: "d", Start: "0"})
	c.XAutoClaimWithDeleted(ctx, &redis.XAutoClaimArgs{Stream: "s", Group: "g", Consumer: "c", Start: "0"})
	c.XInfoGroups(ctx, "s")
	c.XGroupSetID(ctx, "s", "g", "1")
	c.XGroupDelConsumer(ctx, "s", "g", "idle")
	c.XGroupDestroy(ctx, "s", "g")
	c.XInfoGroups(ctx, "s")
	c.XInfoConsumers(ctx, "new", "g")
}

func geoCalls(ctx context.Context, c caller) {
	c.GeoAdd(ctx, "g", &redis.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556},
		&redis.GeoLocation{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669}, &redis.GeoLocation{Name: "Roma", Longitude: 12.496366, Latitude: 41.902782})
	c.GeoPos(ctx, "g", "Palermo", "none")
	c.GeoHash(ctx, "g", "Catania", "Roma")
	c.GeoDist(ctx, "g", "Palermo", "Catania", "km")
	c.GeoDist(ctx, "g", "Palermo", "none", "m")
	around := redis.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, RadiusUnit: "km", Sort: "ASC"}
	box := redis.GeoSearchQuery{Member: "Roma", BoxWidth: 800, BoxHeight: 900, BoxUnit: "km", Sort: "DESC", Count: 2}
	c.GeoSearch(ctx, "g", &around)
	c.GeoSearch(ctx, "g", &box)
	c.GeoSearchLocation(ctx, "g", &redis.GeoSearchLocationQuery{GeoSearchQuery: around, WithCoord: true, WithDist: true, WithHash: true})
	c.GeoSearchStore(ctx, "g", "stored", &redis.GeoSearchStoreQuery{GeoSearchQuery: around, StoreDist: true})
	c.ZRange(ctx, "stored", 0, -1) // distances may differ in the last digit, see COMPAT.md
	c.GeoRadius(ctx, "g", 15, 37, &redis.GeoRadiusQuery{Radius: 200, WithCoord: true, WithDist: true, WithGeoHash: true, Sort: "ASC"})
	c.GeoRadiusByMember(ctx, "g", "Roma", &redis.GeoRadiusQuery{Radius: 500, Unit: "km", Count: 1})
	c.GeoRadiusStore(ctx, "g", 15, 37, &redis.GeoRadiusQuery{Radius: 200, Store: "r"})
	c.GeoRadiusByMemberStore(ctx, "g", "Roma", &redis.GeoRadiusQuery{Radius: 500, Unit: "km", Store: "m"})
}
