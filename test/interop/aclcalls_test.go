package interop

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// aclCalls are calls of commands whose keys, channels or first arguments are found in each way that there is. K stands for a key, C for a
// channel or a pattern of them, m for a member, N for the name of a command.
const aclCalls = `GET K|SET K m|SET K m GET|SET K m NX GET|GETDEL K|GETEX K|MGET K K|MSET K m K m|COPY K K|RENAME K K|DEL K K|UNLINK K|EXISTS K K|TOUCH K|TYPE K|DUMP K|OBJECT ENCODING K|OBJECT REFCOUNT K|APPEND K m
STRLEN K|INCR K|SETRANGE K 0 m|GETRANGE K 0 -1|BITFIELD K GET u8 0|BITFIELD K SET u8 0 1|BITFIELD K GET u8 0 INCRBY u8 0 1|BITFIELD K|BITFIELD_RO K GET u8 0|BITOP AND K K K|BITCOUNT K|LCS K K|LPUSH K m|LMOVE K K LEFT LEFT
RPOPLPUSH K K|LMPOP 2 K K LEFT|LMPOP x K LEFT|LMPOP 3 K K LEFT|BLPOP K K 0.01|BLMPOP 0.01 2 K K LEFT|BRPOPLPUSH K K 0.01|SORT K|SORT K BY nosort|SORT K BY w* ALPHA|SORT K GET # GET w* ALPHA|SORT K ALPHA STORE K|SORT_RO K BY w* ALPHA
SORT K STORE K STORE K|SORT K BY|SORT K GET # LIMIT 0 1 STORE K|SADD K m|SMOVE K K m|SINTER K K|SINTERCARD 2 K K|SINTERCARD 0 K|SUNIONSTORE K K K|ZADD K 1 m|ZUNION 2 K K|ZUNIONSTORE K 2 K K|ZINTERSTORE K 3 K K|ZDIFF 1 K
ZRANGESTORE K K 0 -1|ZMPOP 1 K MIN|BZMPOP 0.01 1 K MIN|GEOADD K 1 2 m|GEORADIUS K 1 2 1 km|GEORADIUS K 1 2 1 km STORE K|GEORADIUS_RO K 1 2 1 km|GEORADIUSBYMEMBER K m 1 km STOREDIST K|GEOSEARCHSTORE K K FROMLONLAT 1 2 BYRADIUS 1 km
HSET K m m|HGETALL K|HRANDFIELD K|PFADD K m|PFCOUNT K K|PFMERGE K K|XADD K 1-1 m m|XREAD STREAMS K K 0 0|XREAD COUNT 1 STREAMS K 0|XREAD STREAMS K K 0|XREAD BLOCK 10 STREAMS K 9|XREADGROUP GROUP g c STREAMS K >|XGROUP CREATE K g 0 MKSTREAM
XINFO STREAM K|XRANGE K - +|XLEN K|MIGRATE 127.0.0.1 1 K 0 100|MIGRATE 127.0.0.1 1 '' 0 100 KEYS K K|MIGRATE 127.0.0.1 1 '' 0 100 COPY REPLACE AUTH m KEYS K|EXPIRE K 100|PERSIST K|RANDOMKEY x|KEYS nosuch*|DBSIZE|FLUSHDB|SWAPDB 0 1|SELECT 0
SELECT 1|SELECT|SCAN 0 MATCH nosuch|PUBLISH C m|SPUBLISH C m|PUBSUB NUMSUB C|PUBSUB CHANNELS C|CONFIG GET maxmemory|CONFIG SET maxmemory 0|CONFIG NOSUCH|CONFIG|CLIENT ID x|CLIENT GETNAME|CLIENT SETNAME m|ACL WHOAMI|ACL CAT read x|ACL DRYRUN u GET K
ACL DRYRUN nosuch GET K|ACL LOG RESET|ACL GENPASS 0|COMMAND COUNT x|COMMAND GETKEYS GET K|MEMORY USAGE nosuch:K|DEBUG STRINGMATCH-LEN 1 K|EVAL 'return 1' 1 K|EVAL 'return KEYS' 2 K K|EVAL 'return 1' 0|EVAL 'return 1' x K|EVAL_RO 'return 1' 1 K
EVALSHA nosuch 1 K|FCALL pass 1 K PING|FCALL_RO pass 1 K|FCALL nosuch 1 K|SCRIPT EXISTS m|FUNCTION STATS|WATCH K|UNWATCH|PING|ECHO m|nosuch K|GET|SET K|WAIT 0 0|LASTSAVE x|LOLWUT VERSION x|RESTORE K 0 m|RESTORE-ASKING K 0 m|LATENCY RESET nosuch
SLOWLOG LEN x|MODULE LIST|REPLICAOF|ROLE x|SUBSTR K 0 1|HELLO 4 SETNAME m|AUTH u wrong|AUTH nosuch m|AUTH wrong|HELLO 2 AUTH nosuch m|EVAL "return redis.pcall('GET',KEYS[1])" 1 K|EVAL "return redis.call('SET',ARGV[1],'v')" 1 K K|EVAL '#!lua flags=no-writes
return 1' 1 K|SUBSCRIBE C C|PSUBSCRIBE C|SSUBSCRIBE C|UNSUBSCRIBE C|MONITOR x|OBJECT FREQ K|OBJECT HELP x|XGROUP NOSUCH K|LPOS K m|HSCAN K 0|SSCAN K 0|GETSET K m|SMISMEMBER K m m|ZRANGE K 0 -1|ZADD K INCR 1 m|LINSERT K BEFORE m m`

var aclTemplates = strings.Split(strings.ReplaceAll(aclCalls, "\nreturn", "\x00return"), "|")

// aclCall fills a template in.
func aclCall(rnd *rand.Rand) []string {
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	var templates []string
	for _, t := range aclTemplates {
		templates = append(templates, strings.Split(t, "\n")...)
	}
	var out []string
	for _, w := range words.FindAllString(strings.ReplaceAll(pick(templates...), "\x00", "\n"), -1) {
		quoted := len(w) > 1 && (w[0] == '\'' || w[0] == '"')
		switch {
		case quoted:
			w = w[1 : len(w)-1]
		case strings.HasSuffix(w, "K"):
			w = strings.TrimSuffix(w, "K") + pick("k1", "k2", "p:a", "l1", "h", "src", "dst", "x", "s1", "")
		case w == "C":
			w = pick("ch1", "ch2", "ch*", "news.a", "news.*", "*", "a", "")
		case w == "m":
			w = pick("a", "b", "1")
		}
		out = append(out, w)
	}
	if rnd.IntN(3) == 0 {
		out[0] = strings.ToLower(out[0])
	}
	return out
}

var words = regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)

const aclLibrary = `#!lua name=acl
redis.register_function('pass', function(keys, args) if #args > 0 then return redis.pcall(unpack(args)) end return 'none' end)
redis.register_function('may', function(keys, args) return {pcall(redis.acl_check_cmd, unpack(args))} end)
redis.register_function{function_name='reads', callback=function(keys, args) return redis.call(unpack(args)) end, flags={'no-writes'}}`

// aclWays are the ways to make a call: CALL stands for it.
var aclWays = [][]string{
	{"CALL"}, {"CALL"}, {"CALL"},
	{"MULTI", "CALL", "EXEC"},
	{"MULTI", "CHANGE", "CALL", "CHANGE", "EXEC"},
	{"EVAL return redis.call(unpack(ARGV)) 0 CALL"}, {"EVAL return redis.pcall(unpack(ARGV)) 0 CALL", "EVAL return redis.pcall(unpack(ARGV)) 0 CALL"},
	{"EVAL_RO return redis.call(unpack(ARGV)) 0 CALL"},
	{"EVAL return {pcall(redis.acl_check_cmd,unpack(ARGV))} 0 CALL"},
	{"FCALL pass 0 CALL"}, {"FCALL may 0 CALL"}, {"FCALL reads 0 CALL"}, {"FCALL_RO reads 0 CALL"},
	{"MULTI", "EVAL return redis.pcall(unpack(ARGV)) 0 CALL", "FCALL pass 0 CALL", "EXEC"},
	{"MULTI", "CALL", "CALL", "DISCARD"},
}

// aclUser draws rules of a user that may do something.
func aclUser(rnd *rand.Rand, names []string) []string {
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	rules := strings.Fields("reset on nopass " + pick("+@all", "+@all -@dangerous", "+@read +@write +eval +fcall +multi +exec", "+@all -@write", "+@scripting +@transaction +@read", "+@all", "allcommands -get -publish") +
		" " + pick("~*", "~k* ~p:*", "%R~* %W~k*", "%R~k1 %W~k2 ~s*", "%RW~*", "", "~* -select +select|0", "%R~* ~dst", "%W~*") + " " + pick("&*", "&ch*", "", "&ch1 &news.*", "&ch* &*"))
	for range rnd.IntN(4) {
		rule := aclRule(rnd, names, 0)
		if !strings.Contains("off resetpass ) reset RESET", rule) && rule != "" && !strings.HasPrefix(rule, ">") {
			rules = append(rules, rule)
		}
	}
	for range rnd.IntN(3) {
		rules = append(rules, "("+pick("+@all", "+@read", "+set +get +copy", "+@all -@write", "+sort +eval +xread +migrate", "+publish +subscribe +psubscribe")+" "+pick("~*", "~k1", "%R~*", "%W~*", "%R~w* ~l1 ~k1", "")+" "+pick("&*", "&ch1", "")+")")
	}
	return rules
}

// Guarantee: a user may do what the same user may do at redis-server, at top level, in transactions, scripts and functions; what is refused is
// refused in the same words and stands the same in ACL LOG.
func TestSamePermissions(t *testing.T) {
	p := startACLPair(t, rig.Config{"acllog-max-len": "5", "enable-module-command": "yes"})
	if _, differ := ask(p.admin, "FUNCTION", "LOAD", aclLibrary); differ != "" {
		t.Fatal(differ)
	}
	names := commandNames(p)
	rnd := rand.New(rand.NewPCG(3, 1))
	for wrong := 0; wrong < 10 && !samePermissions(t, p, rnd, names); wrong++ {
	}
}

func samePermissions(t *testing.T, p *aclPair, rnd *rand.Rand, names []string) bool {
	var user [2]*rawConn
	for i := range user {
		user[i] = dialRaw(t, p.servers[i])
	}
	for range 200 {
		rules := aclUser(rnd, names)
		set := func() []string { return append([]string{"ACL", "SETUSER", "u"}, rules...) }
		if reply, differ := ask(p.admin, set()...); differ != "" || reply[0] != '+' {
			if differ != "" {
				t.Error(differ)
			}
			continue
		}
		for range 10 {
			var said []string
			differs := func(on [2]*rawConn, call ...string) bool {
				said = append(said, fmt.Sprintf("%q", call))
				_, differ := ask(on, call...)
				if differ != "" {
					t.Errorf("%s\n  user  %q\n  after %s", differ, rules, strings.Join(said, " "))
				}
				return differ != ""
			}
			call := aclCall(rnd)
			if differs(user, "RESET") || differs(user, "AUTH", "u", "x") || differs(p.admin, append([]string{"ACL", "DRYRUN", "u"}, call...)...) {
				return false
			}
			if rnd.IntN(3) == 0 {
				p.admin[0].do("ACL", "LOG", "RESET")
				p.admin[1].do("ACL", "LOG", "RESET")
			}
			ways := aclWays
			if subscribes.MatchString(call[0]) {
				ways = ways[:2]
			}
			for _, w := range ways[rnd.IntN(len(ways))] {
				if w == "CHANGE" {
					rules = aclUser(rnd, names)
					if differs(p.admin, set()...) {
						return false
					}
					continue
				}
				var full []string
				if at := strings.Index(w, " 0 CALL"); at > 0 {
					head := strings.SplitN(w[:at], " ", 2)
					full = append([]string{head[0], head[1], "0"}, call...)
				} else if w == "CALL" {
					full = call
				} else {
					full = []string{w}
				}
				if differs(user, full...) {
					return false
				}
			}
			if subscribes.MatchString(call[0]) { // more replies follow, and the next change of the user may close it
				user = [2]*rawConn{dialRaw(t, p.servers[0]), dialRaw(t, p.servers[1])}
			}
			var logs [2]string
			for i := range logs {
				logs[i] = aclLog(p.admin[i].do("ACL", "LOG", "20"))
			}
			if logs[0] != logs[1] {
				t.Errorf("ACL LOG\n  ours  %q\n  redis %q\n  user  %q\n  after %s", logs[0], logs[1], rules, strings.Join(said, " "))
				return false
			}
		}
	}
	return true
}

var subscribes = regexp.MustCompile(`(?i)subscribe`)

// aclLog is a reply of ACL LOG without ages, addresses and sizes of buffers.
func aclLog(reply string) string {
	reply = regexp.MustCompile(`age-seconds\r\n.*(\r\n\d.*)?\r\n`).ReplaceAllString(reply, "")
	return regexp.MustCompile(`(\$\d+\r\n)?id=\d+|(l?addr|fd|age|idle|qbuf|qbuf-free|argv-mem|multi-mem|rbs|rbp|obl|oll|omem|tot-mem|events)=\S*`).ReplaceAllString(reply, "")
}
