package diff

import (
	"regexp"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// aclRules: users u1 and u2 come and go; the default one stays as it is, because everything else is done by it.
func aclRules() map[string]rule {
	users := map[string][]string{"username": {"u1", "u2", "u1", "nosuch"}}
	sha := strings.Repeat("0123456789abcdef", 4)
	return map[string]rule{
		"acl|setuser": {words: map[string][]string{"username": {"u1", "u2", "u 3"}, "rule": {
			"on", "off", ">secret", "<secret", "nopass", "resetpass", "~*", "~s*", "%R~l*", "%W~x", "%RW~y", "%X~z", "allkeys", "resetkeys", "&*", "&ch*", "allchannels", "resetchannels",
			"+@all", "-@all", "+get", "-get", "+@read", "-@write", "+config|get", "-config|set", "+config", "-config", "+select|0", "allcommands", "nocommands", "reset", "sanitize-payload",
			"skip-sanitize-payload", "clearselectors", "(+get ~s1)", "(%R~s* -@all +set)", "(", "(+nosuch)", "#" + sha, "!" + sha, "#x", "nosuch", "+nosuch", "+@nosuch", "-debug|segfault", "+client|id", "-client|nosuch", ""}}},
		"acl|getuser": {words: users, view: view{unordered: true, bags: true}, why: "rules about commands come in the order of a hash table"}, "acl|list": {view: view{bags: true}, why: "as acl|getuser"}, "acl|dryrun": {words: map[string][]string{"username": users["username"], "command": {"get", "set", "mget", "nosuch", "config", "eval", "copy"}}},
		"acl|deluser": {words: map[string][]string{"username": {"u1", "u2", "nosuch", "default"}}},
		"acl|cat":     {words: map[string][]string{"categoryname": {"read", "write", "string", "dangerous", "nosuch", "READ"}}, view: view{unordered: true, ownNames: sortedNames(onlyOurs)}, why: tableOrder},
		"acl|genpass": {words: map[string][]string{"bits": {"1", "5", "256", "4096", "4097", "0", "-1", "x"}}, view: view{mask: regexp.MustCompile(`[0-9a-f]`)}, why: "by chance: the length is compared"},
		"acl|log": {words: map[string][]string{"count": {"1", "3", "10", "0", "-1", "x"}}, view: view{slack: map[string]slack{"age-seconds": kind, "client-info": likeClient}},
			why: "tells ages and connections"},
		"acl|help": helpRule,
	}
}

// likeClient compares two lines of clients but for numbers: sizes, addresses, IDs.
func likeClient(a, b *resp.Value) bool {
	v := view{mask: digits}
	return v.differ(a, b) == ""
}

// serverRules are about what a server says of itself.
func serverRules(s *span) map[string]rule {
	text := view{slack: map[string]slack{"": kind}}
	named := map[string][]string{"command-name": {"get", "SET", "config|get", "config", "nosuch", "sort", "eval", "xadd", "migrate", "georadius"}}
	return map[string]rule{
		"command":       {rare: true, view: commandView, why: "as command|info"},
		"command|count": {view: view{slack: map[string]slack{"": near(int64(len(onlyOurs)))}}, why: "ours has commands that Redis has not"},
		"command|docs": {words: named, make: somebody, view: view{unordered: true, pairs: true, slack: map[string]slack{"summary": kind, "complexity": anything, "history": anything, "doc_flags": anything, "deprecated_since": anything, "replaced_by": anything},
			ownNames: sortedNames(onlyOurs)}, why: "summaries, complexities and notes are our own words"},
		"command|info": {words: named, make: somebody, view: commandView, why: "flags and categories have no order, notes are our own words"},
		"command|list": {words: map[string][]string{"module-name": {"nosuch"}, "category": {"read", "nosuch", "hash", "scripting"}}, view: view{unordered: true, ownNames: sortedNames(onlyOurs)}, why: tableOrder},
		"command|help": helpRule, "memory|help": helpRule, "latency|help": helpRule, "slowlog|help": helpRule, "config|help": helpRule, "cluster|help": helpRule, "module|help": helpRule,
		"role":                {view: view{slack: map[string]slack{"#1": kind}}, why: "tells an offset: other bytes are replicated"},
		"info":                {words: map[string][]string{"section": infoSections}, check: sameInfo, view: text, why: "figures of the machine: sections, names of fields and the types of their values are compared"},
		"lolwut":              {words: map[string][]string{"version": {"5", "6", "1", "x", "-1"}}, view: text, why: "pictures are our own"},
		"memory|usage":        {view: text, why: "another memory"},
		"memory|doctor":       {view: text, why: "another memory, other words"},
		"memory|malloc-stats": {view: text, why: "another memory"},
		"memory|stats":        {check: sameNames, view: text, why: "another memory: the names are compared"},
		"latency|doctor":      {view: text, why: "our own words"},
		"latency|histogram":   {words: map[string][]string{"command": {"get", "set", "config|get", "config", "nosuch", "HSET"}}, check: sameHistograms, view: text, why: "tells times: the commands asked for are compared"},
		"slowlog|get":         {talk: slow, view: slowView(s), why: "tells times and addresses"},
		"slowlog|len":         {talk: slow, view: slowView(s), why: "tells times and addresses"},
		"debug":               {make: debug, alone: true, settle: true, view: view{mask: debugMask}, why: "addresses, sizes and ages are other ones; what ends the server is not called"},
	}
}

// adminRules are about what a server is told to do.
func adminRules() map[string]rule {
	saving := rule{alone: true, settle: true, rare: true}
	return map[string]rule{
		"config|get": {words: map[string][]string{"parameter": append(configNames(), "*", "*max*", "nosuch", "[a-f]*", "slave-*", "h?", "MAXMEMORY")},
			view: view{unordered: true, pairs: true, slack: map[string]slack{"port": kind, "dir": kind}, ownNames: ownDirectives}, why: "ours has directives that Redis has not, and none of TLS; ports and directories differ"},
		"config|set":     {make: configSet, after: configBack, alone: true, why: "what would cut the conversation or the memory off is not set; each is set back"},
		"config|rewrite": {alone: true, rare: true},
		"bgsave":         saving, "bgrewriteaof": saving, "save": saving,
		"failover":    {words: map[string][]string{"host": {"127.0.0.1"}, "port": {"2", "x"}, "milliseconds": {"100", "0", "x", "-5"}}},
		"shutdown":    {make: shutdown, why: "only what is refused; the run ends with the other one"},
		"module|load": {words: map[string][]string{"path": {"nosuch.so"}}}, "module|loadex": {words: map[string][]string{"path": {"nosuch.so"}}},
		"latency|reset": {words: map[string][]string{"event": {"command", "fork", "nosuch"}}}, "latency|history": {words: map[string][]string{"event": {"command", "nosuch"}}},
		"latency|graph": {words: map[string][]string{"event": {"command", "nosuch"}}},
	}
}

// commandView leaves out the flag that REPLICAOF has only in Redis: ours can be given another master while it loads.
var commandView = view{unordered: true, ownFields: []string{"notes"}, ownNames: sortedNames(onlyOurs), ownWords: []string{"loading", "no_async_loading"}}

var infoSections = []string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "errorstats", "cluster", "keyspace", "default", "all", "everything", "nosuch", "KEYSPACE"}

// somebody names commands: all of them only seldom, since that is a long reply.
func somebody(g *generator, c *command) []string {
	call := g.any(c)
	if len(call) == len(c.words) && g.IntN(20) != 0 {
		call = append(call, "get")
	}
	return call
}

// slow logs what it calls.
func slow(g *generator, c *command) [][]string {
	long := append([]string{"RPUSH", "l0"}, make([]string, 40)...)
	return [][]string{{"SLOWLOG", "RESET"}, {"CONFIG", "SET", "slowlog-log-slower-than", "0"}, g.call(&g.plain[g.IntN(len(g.plain))]),
		pick(g, long, []string{"SET", "s0", strings.Repeat("x", 200)}, []string{"EVAL", "return redis.call('GET', 's0')", "0"}, []string{"AUTH", "a", "secret"}, []string{"nosuch"}),
		{"CONFIG", "SET", "slowlog-log-slower-than", "-1"}, g.any(c), {"SLOWLOG", "GET"}, {"SLOWLOG", "LEN"}, {"SLOWLOG", "RESET"}}
}

// slowView leaves out when and for how long a call ran, and for whom.
func slowView(s *span) view {
	return view{slack: map[string]slack{"#1": s.within(time.Second), "#2": near(10_000_000)}, mask: regexp.MustCompile(`^127\.0\.0\.1:\d+$`)}
}

var debugMask = regexp.MustCompile(`0x[0-9a-f]+|(lru|lru_seconds_idle|serializedlength|key_sds_avail|key_zmalloc|val_sds_avail|val_zmalloc): ?\d+|ql_\w+:[\d.]+|bits:(.|\n)*|(?s)\[.*`)

func debug(g *generator, _ *command) []string {
	return append([]string{"DEBUG"}, pick(g,
		[]string{"OBJECT", g.key()}, []string{"DIGEST-VALUE", g.key(), g.key()}, []string{"SLEEP", "0"}, []string{"ERROR", g.text()},
		[]string{"PROTOCOL", pick(g, "string", "integer", "double", "bignum", "null", "array", "set", "map", "verbatim", "true", "false", "x")}, []string{"LOG", "a line"},
		[]string{"SET-ACTIVE-EXPIRE", "1"}, []string{"QUICKLIST-PACKED-THRESHOLD", pick(g, "0", "x")}, []string{"CHANGE-REPL-ID"},
		[]string{"RELOAD"}, []string{"RELOAD", pick(g, "NOSAVE", "MERGE", "x")}, []string{"SDSLEN", g.key()}, []string{"LISTPACK", g.key()}, []string{"QUICKLIST", g.key()}, []string{"HTSTATS", pick(g, "0", "x", "99")},
		[]string{"HTSTATS-KEY", g.key()}, []string{"STRUCTSIZE"}, []string{"POPULATE", "3", "pop", pick(g, "5", "20")}, []string{"PAUSE-CRON", "0"}, []string{"REPLYBUFFER", "RESIZING", "1"},
		[]string{"SET-DISABLE-DENY-SCRIPTS", "0"}, []string{"nosuch"}, []string{"OBJECT"}, []string{"SLEEP"}, []string{"SLEEP", "x"}, []string{"POPULATE", "x"}, []string{"POPULATE", "1", "pop", "-1"}, []string{"help", "x"},
		[]string{"QUICKLIST-PACKED-THRESHOLD", "5gb"}, []string{"REPLICATE"})...)
}

func shutdown(g *generator, _ *command) []string {
	return append([]string{"SHUTDOWN"}, pick(g, []string{"x"}, []string{"NOSAVE", "x"}, []string{"SAVE", "NOSAVE"}, []string{"ABORT"}, []string{"ABORT", "NOW"}, []string{"NOW", "FORCE", "1"})...)
}

// settings are directives that may be set: what a run starts with, then other values, valid ones and not.
var settings = map[string][]string{
	"hash-max-listpack-entries": {"8", "0", "5", "-1", "x", "99999999999999999999"}, "zset-max-ziplist-value": {"64", "10", "x", ""}, "list-max-listpack-size": {"6", "-2", "-6", "0", "x"},
	"maxmemory": {"0", "1gb", "3GB", "x", "-1", "100zb"}, "maxmemory-policy": {"noeviction", "allkeys-lru", "volatile-ttl", "nosuch", ""}, "maxmemory-samples": {"5", "10", "0", "x"},
	"appendfsync": {"everysec", "always", "no", "x"}, "save": {"", "900 1", "900 x", "60 1 30 2", "0 0"}, "timeout": {"0", "100", "-1", "x"}, "hz": {"100", "10", "0", "x"},
	"notify-keyspace-events": {"", "KEA", "AKE", "g$lsz", "y", "Ex"}, "slowlog-max-len": {"128", "5", "-1", "x"}, "loglevel": {"verbose", "debug", "x"}, "repl-backlog-size": {"64mb", "1mb", "0", "x"},
	"client-output-buffer-limit":        {"normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", "normal 1gb 2gb 60", "x 1 2 3", "normal 1", "replica 1gb 1gb 0 pubsub 1 1 x"},
	"busy-reply-threshold":              {"5000", "100", "-1", "x"},
	"latency-tracking-info-percentiles": {"50 99 99.9", "1 2", "101", "", "x"}, "proto-max-bulk-len": {"1mb", "2mb", "1", "x"}, "activerehashing": {"yes", "no", "maybe"},
	"lazyfree-lazy-user-del": {"no", "yes", "1"}, "min-replicas-to-write": {"0", "-1", "x"}, "replica-priority": {"100", "0", "-1"}, "appendonly": {"no", "x"}, "oom-score-adj-values": {"0 200 800", "1", "0 0 9999", "x 1 2"},
	"databases": {"16"}, "dbfilename": {"dump.rdb", "a/b"}, "nosuch": {"1"}, "stream-node-max-entries": {"5", "0", "-1"}, "hll-sparse-max-bytes": {"100", "3000", "0", "x"}, "tracking-table-max-keys": {"1000000", "0", "x"},
	"latency-monitor-threshold": {"0", "100000", "-1"}, "acllog-max-len": {"128", "1", "-1"}, "lfu-decay-time": {"1", "0", "x"}, "shutdown-timeout": {"10", "0", "x"}, "repl-timeout": {"20", "60", "0", "x"},
}

var ownDirectives = []string{"io-backend", "rdb-save-version", "repl-accept-empty-master", "min-replicas-lag-by",
	"tls-auth-clients", "tls-ca-cert-dir", "tls-ca-cert-file", "tls-cert-file", "tls-ciphers", "tls-ciphersuites", "tls-client-cert-file", "tls-client-key-file", "tls-client-key-file-pass",
	"tls-cluster", "tls-dh-params-file", "tls-key-file", "tls-key-file-pass", "tls-port", "tls-prefer-server-ciphers", "tls-protocols", "tls-replication", "tls-session-cache-size",
	"tls-session-cache-timeout", "tls-session-caching"}

func configNames() []string { return sortedNames(settings) }

func configSet(g *generator, _ *command) []string {
	call := []string{"CONFIG", "SET"}
	for range 1 + g.IntN(2) {
		name := pick(g, configNames()...)
		call = append(call, name, pick(g, settings[name]...))
	}
	if g.IntN(10) == 0 {
		call = append(call, pick(g, "timeout", ""))
	}
	return call
}

// configBack sets every directive of a call back to what the run started with.
func configBack(call []string) [][]string {
	var out [][]string
	for i := 2; i < len(call); i += 2 {
		if v := settings[strings.ToLower(call[i])]; v != nil {
			out = append(out, []string{"CONFIG", "SET", call[i], v[0]})
		}
	}
	return out
}
