package interop

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// encodingCases are what can convert a value. N stands for a number around the limit of entries, L for a text around the limit of a value's
// length, for which each case is run:
//
//	ints:N        0 1 2 ...             words:N:a   a0 a1 a2 ...
//	scored:N:a    0 a0 1 a1 2 a2 ...    pairs:N:a   a0 v a1 v a2 v ...
//	places:N:a    1 1 a0 2 2 a1 ...     dump:k      what DUMP k returns
var encodingCases = []string{
	// Sets: integers until there are too many of them, or something else.
	"SADD s ints:N | SADD s 999 | SREM s 999", "SADD s ints:N | SADD s 1 2 | SADD s x | SREM s x", "SADD s x ints:N | SREM s x | COPY s t", "SADD s L", "SADD s 1 L | SREM s L",
	"SADD s 9223372036854775807 -9223372036854775808 | SADD s 9223372036854775808", "SADD s 01", "SADD s +1", "SADD s ints:N | SREM s ints:N | SADD s 1",
	"SADD s ints:N | SADD t x 1 | SUNIONSTORE d s t | SINTERSTORE e s t | SDIFFSTORE f s t | SDIFFSTORE g t s | SUNIONSTORE h s | SUNIONSTORE i s none | SINTERSTORE j s",
	"SADD s ints:N | SADD t ints:N 1000 1001 | SUNIONSTORE d s t | SINTERSTORE e s t | SDIFFSTORE f t s | SINTERSTORE t t s | SUNIONSTORE s s t",
	"SADD s x 1 2 3 | SADD t x | SDIFFSTORE d s t | SADD u x y z w v q | SDIFFSTORE e s u | SDIFFSTORE s s t", "SADD s x ints:N | SADD t ints:N | SINTERSTORE d s t | SUNIONSTORE t t d",
	"SADD s ints:N | SMOVE s t 1 | SADD u x y | SMOVE u s x | SMOVE u t y", "SADD s ints:40 x | SREM s x | SPOP s 1 | SPOP s 35", "SADD s ints:40 x | SREM s x | SPOP s 3 | SPOP s 100 | SADD s 1",
	"SADD s ints:N | SPOP s | SADD s 5 6 7 8", "SADD s x ints:N | SREM s x | AGAIN s t | RENAME s u | MOVE u 1 | DEBUG RELOAD", "SADD s ints:N | CONFIG SET set-max-intset-entries 2 | AGAIN s t | COPY s u | SADD s 1 | SADD u 77",
	"SADD s ints:N | CONFIG SET set-max-intset-entries 2 | DEBUG RELOAD | SREM s 1 | SUNIONSTORE d s | SORT s STORE l",
	// Hashes.
	"HSET h pairs:N:a | HSET h extra v | HDEL h extra", "HSET h pairs:N:a | HSET h a0 w | HSETNX h a0 v | HSETNX h new v | HDEL h new a0", "HSET h f L | HDEL h f", "HSET h f v | HSET h f L | HSET h f v", "HSET h L v", "HSET h a 1 b 2 c L",
	"HSET h f v | HSETNX h f L | HSETNX h g L", "HSET h f v | HSETNX h L v", "HSETNX h f L", "HINCRBY h L 1", "HINCRBY h f 1234567890123 | HINCRBY h f 1", "HINCRBYFLOAT h f 1.0123456789012345", "HSET h f 1 | HINCRBYFLOAT h f 1e-10 | HINCRBYFLOAT h L 1",
	"HSET h a 1 a 2 a 3 a 4 a 5 a 6", "HSET h pairs:N:a pairs:N:a", "HMSET h pairs:N:a b w", "HSET h f x | HINCRBY h f L | HINCRBY h L x | HINCRBY h g L", "HSET h pairs:N:a | HINCRBY h new 1 | COPY h i | AGAIN h j | RENAME h k | DEBUG RELOAD",
	"HSET h pairs:N:a f L | HDEL h f | COPY h i | AGAIN h j | DEBUG RELOAD", "HSET h pairs:N:a | CONFIG SET hash-max-listpack-entries 2 | HSET h a0 w", "HSET h pairs:N:a | CONFIG SET hash-max-listpack-entries 2 | HINCRBYFLOAT h n 1",
	"HSET h pairs:N:a | CONFIG SET hash-max-listpack-entries 2 | COPY h i | AGAIN h j | DEBUG RELOAD | HSET h a0 w | HDEL h a1 | HSET i new v",
	"HSET h f L | CONFIG SET hash-max-listpack-value 1000 | COPY h i | AGAIN h j | DEBUG RELOAD", "HSET h f v g LL | CONFIG SET hash-max-listpack-value 3 | COPY h i | AGAIN h j | DEBUG RELOAD", "HSET h words:N:a",
	"HSET h f LLLL | HGET h f | HSTRLEN h f", "HSET h pairs:N:a | HDEL h words:N:a | HSET h f v",
	// Sorted sets.
	"ZADD z scored:N:a | ZADD z 5 extra | ZREM z extra", "ZADD z scored:N:a | ZADD z 7 a0 | ZADD z NX 7 a0 8 b | ZREM z b a0", "ZADD z 1 L | ZREM z L", "ZADD z 1 a | ZADD z 1 L | ZREM z L | ZADD z 1 b", "ZADD z 1 a 2 L", "ZADD z 1 L 2 a | ZREM z L",
	"ZADD z XX 1 L", "ZADD z 1 a | ZADD z XX 1 L | ZADD z XX INCR 1 L", "ZADD z 1 a | ZADD z NX 1 a 2 L", "ZADD z NX 1 a 2 L 3 b", "ZADD z 1 L x b", "ZADD z INCR 1 L", "ZINCRBY z 1 L", "ZADD z 1 a | ZINCRBY z 1 L", "ZADD z GT 1 L", "ZADD z inf a | ZADD z INCR -inf a",
	"ZADD z 1 a 1 a 1 a 1 a 1 a 1 a", "ZADD z scored:N:a scored:N:a | ZADD z GT 100 a1", "ZADD z scored:N:a | ZADD z GT CH 100 new",
	"ZADD z scored:N:a | ZUNIONSTORE d 1 z | ZINTERSTORE e 1 z | ZDIFFSTORE f 1 z | ZRANGESTORE g z 0 -1 | ZRANGESTORE h z -inf +inf BYSCORE | ZRANGESTORE i z - + BYLEX | ZRANGESTORE j z 0 -1 REV | ZRANGESTORE k z 0 1 | ZRANGESTORE l z -inf +inf BYSCORE LIMIT 0 2",
	"ZADD z scored:N:a | ZADD y scored:N:a 1 b 2 c 3 d | ZUNIONSTORE d 2 z y | ZINTERSTORE e 2 z y | ZDIFFSTORE f 2 y z | ZDIFFSTORE g 2 z y | ZUNIONSTORE z 2 z y | ZINTERSTORE y 2 z y AGGREGATE MIN | ZDIFFSTORE y 2 y z",
	"ZADD z 1 a 2 L | ZADD y 1 a 3 b | ZUNIONSTORE d 2 z y | ZINTERSTORE e 2 z y | ZDIFFSTORE f 2 z y | ZDIFFSTORE g 2 y z | ZINTERSTORE h 1 z | ZRANGESTORE i z 0 0 | ZRANGESTORE j z 0 -1 | ZRANGESTORE k z 1 1 | ZRANGESTORE l z 2 3 BYSCORE | ZRANGESTORE m z 1 1 BYSCORE",
	"ZADD z scored:N:a 1 L | ZADD y 1 L | ZDIFFSTORE d 2 z y | ZDIFFSTORE e 3 z y y | ZADD x scored:N:a | ZINTERSTORE f 2 z x | ZUNIONSTORE g 2 x y WEIGHTS 0 1 | ZREM z L | ZUNIONSTORE z 1 z | ZRANGESTORE z z 0 -1",
	"ZADD z scored:N:a 1 L | ZADD y 1 L 2 q 3 r 4 s 5 t 6 u | ZDIFFSTORE d 2 z y | ZDIFFSTORE e 4 z y y y", "SADD s ints:N | ZUNIONSTORE d 1 s | ZINTERSTORE e 1 s | ZDIFFSTORE f 1 s | SADD s L | ZUNIONSTORE g 1 s | ZADD z 1 1 2 2 | ZINTERSTORE h 2 s z | ZDIFFSTORE i 2 z s | ZDIFFSTORE j 2 s z",
	"ZADD z scored:N:a 5 x | ZREM z x | ZRANGESTORE d z 0 -1 | COPY z y | AGAIN z w | RENAME z v | MOVE v 1 | DEBUG RELOAD", "ZADD z 1 a 2 L | ZREM z L | COPY z y | AGAIN z w | ZRANGESTORE d z 0 -1 | ZUNIONSTORE z 1 z",
	"ZADD z scored:N:a 5 x 6 y 7 q | ZPOPMIN z 3 | ZREMRANGEBYRANK z 0 0 | ZREMRANGEBYSCORE z 1 1 | ZMPOP 1 z MAX | ZADD z 1 b | ZPOPMAX z 100 | ZADD z 1 b",
	"ZADD z scored:N:a | CONFIG SET zset-max-listpack-entries 2 | COPY z y | AGAIN z w | ZUNIONSTORE d 1 z | ZRANGESTORE e z 0 -1 | ZRANGESTORE f z 0 -1 BYSCORE | ZRANGESTORE g z 0 1 | DEBUG RELOAD | ZADD z XX 1 a0 | ZREM z a1 | ZADD y 9 new",
	"ZADD z 1 L | CONFIG SET zset-max-listpack-value 1000 | COPY z y | AGAIN z w | ZUNIONSTORE d 1 z | ZRANGESTORE e z 0 -1 | DEBUG RELOAD", "ZADD z 1 aaaa 2 b | CONFIG SET zset-max-listpack-value 3 | COPY z y | AGAIN z w | ZRANGESTORE e z 0 -1 | ZRANGESTORE f z 1 1 | ZINCRBY z 1 aaaa | DEBUG RELOAD",
	"ZADD z scored:N:a | ZADD z 1.5 a0 -inf a1 3.0000000000000004 a2 | ZINCRBY z 1e300 a0", "ZADD z scored:N:a | ZREM z words:N:a | ZADD z 1 b", "ZADD z scored:N:a | ZRANGESTORE d z 0 -1 | ZADD d 1 more | ZRANGESTORE d z 5 2 | ZRANGESTORE none2 none 0 -1",
	"ZADD z 1 L 2 LL 3 a | ZRANGESTORE d z 2 2 | ZRANGESTORE e z (1 +inf BYSCORE LIMIT 1 1 | ZRANGESTORE f z 0 1 REV", "ZADD z scored:N:a 1 extra | ZRANGESTORE d z 0 1 | ZRANGESTORE e z -inf +inf BYSCORE LIMIT 0 1 | ZRANGESTORE f z [a0 [a1 BYLEX",
	// Places.
	"GEOADD g places:N:a | GEOADD g 3 3 extra | ZREM g extra | GEOADD g NX 4 4 L", "GEOADD g 1 1 L", "GEOADD g XX 1 1 L", "GEOADD g 1 1 a 1 1 L | GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 1 km ASC COUNT 1 | GEOSEARCHSTORE e g FROMLONLAT 1 1 BYRADIUS 1 km STOREDIST | ZREM g L | GEOSEARCHSTORE f g FROMLONLAT 1 1 BYRADIUS 1 km",
	"GEOADD g places:N:a | GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 9999 km | GEORADIUS g 0 0 9999 km STORE e | GEORADIUS g 0 0 9999 km STOREDIST f | GEORADIUSBYMEMBER g a0 9999 km STORE h | GEOSEARCHSTORE i g FROMLONLAT 0 0 BYBOX 9999 9999 km COUNT 2 | GEOADD d 1 1 x 1 1 y | GEOADD g 1 1 x | GEORADIUS g 0 0 9999 km STORE g",
	// Strings.
	"SET s 12 | APPEND s 3 | COPY s t | AGAIN s u | DEBUG RELOAD", "APPEND s 12 | APPEND s x", "APPEND s x | APPEND s y", "SET s 12 | SETRANGE s 0 3 | INCR s", "SETRANGE s 0 12", "SETRANGE s 3 x", "SETRANGE s 0 \"\"", "SET s 1 | INCR s | INCRBYFLOAT s 1 | INCRBYFLOAT s 1.5 | GETSET s 5 | GETDEL s",
	"INCRBYFLOAT s 2", "SETBIT s 1 1", "SET s 5 | SETBIT s 1 1 | COPY s t | DEBUG RELOAD", "SET s 5 | GETBIT s 1 | BITFIELD s GET u8 0", "BITFIELD s SET u8 0 49 | COPY s t | DEBUG RELOAD", "SET s 1 | BITOP AND d s s | BITOP NOT e s | COPY d f | DEBUG RELOAD", "PFADD p a b | PFCOUNT p | PFMERGE d p | COPY p q | AGAIN p r",
	"PFADD p a | AGAIN p q | PFADD q a | AGAIN p r | PFCOUNT r | PFCOUNT p | AGAIN p s | PFCOUNT s | AGAIN p t | PFDEBUG ENCODING t | AGAIN p u | PFDEBUG DECODE u | AGAIN p v | PFCOUNT p v | PFMERGE w v | AGAIN p y | PFDEBUG nosuch y",
	"SET s 9223372036854775807 | SET t 9223372036854775808 | SET u -0 | SET v 01 | SET w +1 | SET x 1.0 | SET y \" 1\"", "SET s 1234567890123456789 | APPEND s 0 | SET t 12345678901234567890 | GETEX t | GETRANGE t 0 1",
	"SET s 44444444444444444444444444444444444444444444 | SET t 4444444444444444444444444444444444444444444x | SET u 44444444444444444444444444444444444444444444x | APPEND t y | COPY t v | COPY u w | DEBUG RELOAD", "MSET s 1 t x u L | MSETNX v 1 w xx | SETNX a 1 | PSETEX b 100000 1 | SETEX c 100 1 | GETSET t 2 | SET s 5 KEEPTTL GET | SET s 6 XX",
	"SET s x | RENAME s t | MOVE t 1", "SET s L | APPEND s \"\" | SETRANGE s 0 \"\" | APPEND new \"\" | SET e \"\"", "SET s 10000 | DECRBY s 1 | INCRBY s 1 | SET t 9999", "EVAL \"return redis.call('SET', 's', 12)\" 0 | EVAL \"redis.call('APPEND', 's', '')\" 0", "LPUSH l 1 | RPUSH m 1 | LPOP l", "SET s 1 | SUBSTR s 0 0 | LCS s s",
	// Lists and streams.
	"RPUSH l words:N:a | RPUSH l L | LINSERT l BEFORE a0 L | LSET l 0 L | LREM l 0 L | LTRIM l 0 1 | COPY l m | AGAIN l n | SORT m ALPHA STORE o | LMOVE l p LEFT LEFT | DEBUG RELOAD", "RPUSH l ints:N | LPUSHX l LLLL | RPOPLPUSH l m | SORT l STORE m BY nosort",
	"XADD x 1-1 f L | XADD x 1-2 pairs:N:a | XTRIM x MAXLEN 1 | COPY x y | AGAIN x w",
}

// encodingLimits are the settings under which the cases are run: entries and lengths of small values, and of lists and stream nodes.
var encodingLimits = []struct{ entries, length int }{{4, 10}, {5, 44}, {4, 64}, {0, 64}, {4, 0}, {1, 1}}

// Guarantee: a value has the encoding that it has in redis-server, whatever made it, at the limits of small values and whatever these are.
func TestSameEncodingsAtTheLimits(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", nil), rig.Start(t, rig.Peer, "B", nil)
	said := map[string]bool{}
	for _, limit := range encodingLimits {
		for n := max(limit.entries-1, 1); n <= limit.entries+1; n++ {
			for l := limit.length; l <= limit.length+1; l++ {
				a, b := encodings(t, ours, limit.entries, limit.length, n, l), encodings(t, peer, limit.entries, limit.length, n, l)
				for i, e := range a {
					if e.now != b[i].now && !said[e.whole] {
						said[e.whole] = true
						t.Errorf("%d entries of %d bytes at most, N = %d, L = %d: %s\n  after %s\n  ours  %s\n  redis %s", limit.entries, limit.length, n, l, e.whole, e.call, e.now, b[i].now)
					}
				}
			}
		}
	}
}

const encodingsOfAll = `local out = {} for _, k in ipairs(redis.call('KEYS', '*')) do out[#out + 1] = k .. ' ' .. redis.call('OBJECT', 'ENCODING', k) end table.sort(out) return out`

// encoded is how all keys were encoded after a call of a case.
type encoded struct{ whole, call, now string }

// encodings runs all cases.
func encodings(t *testing.T, s *rig.Server, entries, length, n, l int) []encoded {
	t.Helper()
	ctx := context.Background()
	pipe := s.Pipeline()
	var out []encoded
	var now []*redis.Cmd
	for _, c := range encodingCases {
		if !strings.Contains(c, "L") && l > length {
			continue
		}
		pipe.FlushAll(ctx)
		pipe.Do(ctx, "CONFIG", "SET", "hash-max-listpack-entries", entries, "zset-max-listpack-entries", entries, "set-max-intset-entries", entries, "list-max-listpack-size", entries, "stream-node-max-entries", entries,
			"hash-max-listpack-value", length, "zset-max-listpack-value", length)
		for call := range strings.SplitSeq(c, " | ") {
			pipe.Do(ctx, encodingWords(call, n, l)...)
			out, now = append(out, encoded{whole: c, call: call}), append(now, pipe.Eval(ctx, encodingsOfAll, nil))
		}
	}
	_, _ = pipe.Exec(ctx) // some calls are refused
	for i, cmd := range now {
		if err := cmd.Err(); err != nil {
			t.Fatalf("after %s: %v", out[i].call, err)
		}
		out[i].now = fmt.Sprint(cmd.Val())
	}
	return out
}

var manyWords = regexp.MustCompile(`^(ints|words|scored|pairs|places):(N|\d+):?(\w*)$`)

// encodingWords are the words of a call of a case.
func encodingWords(call string, n, l int) []any {
	words, _, err := resp.SplitArgs(nil, nil, []byte(call))
	if err != nil {
		panic("BUG: " + call)
	}
	var out []any
	for i, word := range words {
		w, n := string(word), n
		many := manyWords.FindStringSubmatch(w)
		switch {
		case many != nil:
			if many[2] != "N" {
				n, _ = strconv.Atoi(many[2])
			}
			for j := range n {
				word := many[3] + strconv.Itoa(j)
				out = append(out, map[string][]any{"ints": {j}, "words": {word}, "scored": {j, word}, "pairs": {word, "v"}, "places": {j, j, word}}[many[1]]...)
			}
		case i > 0 && strings.Trim(w, "L") == "" && w != "":
			out = append(out, strings.Repeat("L", l+len(w)-1))
		case w == "AGAIN": // AGAIN from to
			return []any{"EVAL", "return redis.call('RESTORE', KEYS[2], 0, redis.call('DUMP', KEYS[1]))", 2, string(words[1]), string(words[2])}
		default:
			out = append(out, w)
		}
	}
	return out
}
