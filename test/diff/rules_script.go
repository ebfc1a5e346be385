package diff

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
)

// scripts run in every conversion of values that scripts know. Those that do not compile are left out: words of syntax errors are our own
// (docs/COMPAT.md).
var scripts = []string{
	"return 1", "return {1, 2, {3, 'a'}}", "return redis.call('GET', KEYS[1])", "return redis.call('SET', KEYS[1], ARGV[1])", "return {KEYS, ARGV}", "return redis.error_reply('MY err')",
	"return redis.error_reply('ERR of mine')", "return redis.status_reply('fine')", "error('boom')", "return nil", "return {1, nil, 3}", "return 3.99", "return tostring(1/3)", "return {double=3.5}",
	"redis.setresp(3) return {double=3.5}", "redis.setresp(3) return redis.call('HGETALL', KEYS[1])", "redis.setresp(3) return redis.call('ZSCORE', KEYS[1], ARGV[1])", "return {ok='fine'}", "return {err='My err'}",
	"#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", "#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 'x')", "#!lua name=x\nreturn 1", "#!lua flags=nosuch\nreturn 1", "#!nosuch\nreturn 1", "#!lua\nreturn 5",
	"return redis.sha1hex(ARGV[1])", "return cjson.encode({1, 2, 'a', {}})", "return cjson.decode('[1,2,{\"a\":3}]')[2]", "return cmsgpack.unpack(cmsgpack.pack({1, 2, 3}))", "return cmsgpack.pack(ARGV[1])",
	"return struct.pack('>I2', 5)", "return {struct.unpack('<h', 'ab')}", "return bit.band(7, 12)", "return bit.tohex(-1)", "return redis.call('nosuch')", "return redis.pcall('INCR', KEYS[1])", "return redis.call('INCR', KEYS[1])",
	"redis.call('RPUSH', KEYS[1], 'a', unpack(ARGV)) return redis.call('LRANGE', KEYS[1], 0, -1)", "return redis.REDIS_VERSION", "return math.floor(3.7)", "x = 5", "return nosuch", "return redis.acl_check_cmd('get', 'a')",
	"return redis.call('GET')", "return redis.call()", "return redis.call('SET', KEYS[1], {})", "return {redis.call('PING'), redis.pcall('LPOP', KEYS[1])}", "return redis.replicate_commands()", "redis.set_repl(redis.REPL_ALL) return 1",
	"redis.set_repl(99)", "redis.log(redis.LOG_DEBUG, 'x')", "return redis.call('EVAL', 'return 1', 0)", "return redis.call('MULTI')", "return true", "return false", "return {true, false}", "return 9007199254740993", "return -1e15",
	"return string.format('%.17g %d %s %q', 0.1, 5, 'a', ARGV[1] or '')", "return tostring({}) ~= nil", "return #KEYS + #ARGV", "local t = {} for i = 1, 5 do t[i] = i * i end return t", "return table.concat(ARGV, ',')",
	"return redis.call('SELECT', 1)", "return pcall(redis.call, 'nosuch')", "local ok, e = pcall(redis.call, 'LPOP', 's0', 'x') return {ok, e and e.err or e}", "return {string.byte(ARGV[1] or 'a', 1, -1)}",
}

// libraries are what FUNCTION LOAD gets, good and bad.
var libraries = []string{
	"#!lua name=lib1\nredis.register_function('f1', function(keys, args) return {#keys, args} end)",
	"#!lua name=lib1\nredis.register_function('f1', function(keys, args) return redis.call('SET', keys[1] or 's0', 'f') end)\nredis.register_function{function_name='f3', callback=function() return 3 end, description='three'}",
	"#!lua name=lib2\nredis.register_function{function_name='f2', callback=function(keys) return redis.call('GET', keys[1] or 's0') end, flags={'no-writes'}}",
	"#!lua name=lib2\nredis.register_function{function_name='f2', callback=function(keys) return redis.call('DEL', keys[1] or 's0') end, flags={'no-writes', 'allow-stale'}}",
	"#!lua name=lib3\nreturn 1", "#!lua\nreturn 1", "no shebang", "#!nosuch name=a\nx", "#!lua name=bad name\nx", "#!lua name=a-b\nreturn 1", "#!lua name=lib4 nosuch=1\nreturn 1",
	"#!lua name=lib5\nredis.register_function('f1', function() return 5 end)", "#!lua name=lib6\nredis.register_function('f 6', function() end)", "#!lua name=lib7\nredis.register_function('f7')",
	"#!lua name=lib8\nredis.register_function{function_name='f8', callback=function() end, flags={'nosuch'}}", "#!lua name=lib9\nredis.call('GET', 's0')", "#!lua name=lib10\nerror('boom')",
}

func scriptRules() map[string]rule {
	sums := []string{"0000000000000000000000000000000000000000", "x"}
	for _, s := range scripts {
		sum := sha1.Sum([]byte(s))
		sums = append(sums, hex.EncodeToString(sum[:]))
	}
	words := map[string][]string{
		"script": scripts, "sha1": sums, "function-code": libraries, "function": {"f1", "f2", "f3", "nosuch", "F1"}, "library-name": {"lib1", "lib2", "nosuch"}, "library-name-pattern": {"*", "lib?", "x"},
	}
	// In RESP3 a reply with a map of several fields is a table on its way through Lua.
	evaluated := rule{words: words, make: evaluate, view: noOrder, why: "maps that pass a script have no order"}
	loaded := rule{words: words}
	return map[string]rule{
		"eval": evaluated, "eval_ro": evaluated, "evalsha": evaluated, "evalsha_ro": evaluated, "fcall": {words: words, make: evaluate}, "fcall_ro": {words: words, make: evaluate},
		"script|load": loaded, "script|exists": loaded, "script|flush": {rare: true}, "script|help": helpRule, "script|kill": {},
		"script|debug": {alone: true, talk: func(g *generator, _ *command) [][]string {
			return [][]string{{"SCRIPT", "DEBUG", pick(g, "NO", "x")}, {"PING"}}
		}, why: "YES and SYNC begin a conversation that is not RESP"},
		"function|load": loaded, "function|delete": loaded, "function|list": {words: words, view: noOrder, why: tableOrder}, "function|flush": {rare: true}, "function|help": helpRule,
		"function|dump":    {check: restorableFunctions, view: view{slack: map[string]slack{"": kind}}, why: "libraries come in the order of a hash table: each server restores the other's payload"},
		"function|restore": {make: restoreFunctions, view: view{mask: regexp.MustCompile(`^ERR (Library|Function) \S+ already exists$`)}, why: "which library of several is in the way first is told in the order of a hash table"},
	}
}

// evaluate makes the number of keys and the keys agree, mostly.
func evaluate(g *generator, c *command) []string {
	call := append(g.words(c), g.word(&c.args[0]))
	n := g.IntN(3)
	numkeys := pick(g, "0", "1", "2")
	if g.IntN(15) != 0 {
		numkeys = string(rune('0' + n))
	}
	call = append(call, numkeys)
	for range n {
		call = append(call, g.key())
	}
	for range g.IntN(3) {
		call = append(call, g.text())
	}
	return call
}
