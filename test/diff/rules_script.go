package diff

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
)

// scripts run in every conversion of values that scripts know. Those that do not compile are left out: words of syntax errors are our own
// (docs/COMPAT.md); so are error({}) and the like, which end redis-server.
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
	// tables in tables, and errors in them
	"return {1, {2, {3, {ok='in'}, {err='ERR in'}}, false, {}}, 'x'}", "return {{double=1.5}, {map={a=1}}, {set={a=true}}}", "redis.setresp(3) return {map={a={1, 2}}}", "redis.setresp(3) return {set={x=true}}",
	"redis.setresp(3) return {{map={a={map={b={double=0.1}}}}}}", "redis.setresp(3) return {big_number='123456789012345678901'}", "redis.setresp(3) return {verbatim_string={format='txt', string='a'}}",
	"redis.setresp(3) return {redis.call('SMEMBERS', KEYS[1]), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}", "redis.setresp(3) return redis.call('XRANGE', KEYS[1], '-', '+')", "redis.setresp(3) return {redis.call('GET', 'nosuch')}",
	"redis.setresp(3) local t = redis.call('HGETALL', KEYS[1]) return type(t.map)", "redis.setresp(3) return redis.call('SISMEMBER', KEYS[1], 'a')", "redis.setresp(4)", "redis.setresp(2) return redis.call('HGETALL', KEYS[1])",
	"return {redis.pcall('HGET', KEYS[1]), redis.pcall('nosuch'), redis.pcall('GET', KEYS[1])}", "local e = redis.pcall('nosuch') return e.err", "local e = redis.pcall('nosuch') return e", "local e = redis.pcall('LPUSH', KEYS[1], {}) return e",
	"error({err='ERR own table'})", "error({err='NOSPACE'})", "error()", "error(nil)", "error('in a place', 0)", "error('in a place', 2)", "error(5)", "error(redis.error_reply('CODE own'))", "local f = function() error('deep') end f()",
	"return redis.error_reply('')", "return redis.error_reply('-x')", "return redis.error_reply('two\\nlines')", "return redis.error_reply('two\\r\\nlines')", "return redis.error_reply(5)", "return redis.error_reply()", "return redis.error_reply({})", "return redis.error_reply('a', 'b')",
	"return redis.status_reply('')", "return redis.status_reply('two\\nlines')", "return redis.status_reply()", "return {err=5}", "return {ok=5}", "return {ok='a', err='b'}", "return {err='WITH CODE', source='x', line='7', ignore_error_stats_update=true}",
	"redis.call('SET', KEYS[1], 'x') return redis.call('LPUSH', KEYS[1], 'y')", "redis.pcall('SET', KEYS[1], 'x') local e = redis.pcall('LPUSH', KEYS[1], 'y') redis.call('SET', KEYS[1], e.err) return redis.call('GET', KEYS[1])",
	"for i = 1, 30 do redis.call('RPUSH', KEYS[1], i) end return redis.call('LRANGE', KEYS[1], 0, -1)", "for i = 1, 30 do redis.call('HSET', KEYS[1], 'f' .. i, i) end return redis.call('HLEN', KEYS[1])",
	"for i = 1, 200 do redis.call('PFADD', KEYS[1], 'e' .. i) end return redis.call('PFCOUNT', KEYS[1])", "for i = 1, 20 do redis.call('ZADD', KEYS[1], i * 0.5, 'm' .. i) end return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
	"for i = 1, 20 do redis.call('SADD', KEYS[1], i) end return redis.call('SCARD', KEYS[1])", "local n = 0 for _, v in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do n = n + (tonumber(v) or 0) end return tostring(n)",
	"return redis.call('EXPIRE', KEYS[1], 100000000)", "return redis.call('OBJECT', 'ENCODING', KEYS[1])", "return redis.call('SUBSCRIBE', 'a')", "return redis.call('BLPOP', KEYS[1], 0)", "return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', KEYS[1], '$')",
	"return {redis.call('INCRBYFLOAT', KEYS[1], 0.1), redis.call('INCRBYFLOAT', KEYS[1], 1e-3)}", "return redis.call('ZADD', KEYS[1], 1/3, 'third')", "return redis.call('ZADD', KEYS[1], math.huge, 'far')", "return redis.call('SET', KEYS[1], 1e20)", "return redis.call('SET', KEYS[1], 0.1)",
	"return redis.call('SET', KEYS[1], 2^53)", "return {2^31, -2^31, 2^53, 2^63, -2^63, 2^64, 1e300, 0/0, 1/0, -0.5}", "return tostring(2^53)", "return {tostring(1e15), tostring(1e16), tostring(-0.0), tostring(1e100), tostring(123456.789)}", "return tonumber('0x10')", "return {tonumber('1e3'), tonumber(' 5 '), tonumber('z', 36), tonumber('8', 8)}",
	"return redis.call('SET', KEYS[1], nil)", "return redis.call('SET', KEYS[1], true)", "return redis.call(nil)", "return redis.call({})", "return redis.call('GET', KEYS[1], unpack({}))", "return {KEYS[3], 1, 2}", "return {nil}", "return {[1]='a', [3]='c', x='y'}", "return {{}, {{}}, ''}",
	"return cjson.encode({a=1})", "return cjson.encode({1, 2.5, 1e20, -0.1, true, cjson.null, 'x\"y\\\\z\\n'})", "return cjson.decode(ARGV[1])", "return cjson.decode('{\"a\":[1,{\"b\":null}]}').a[1]", "return cjson.encode(cjson.decode('[1.0, 1e2, \"\\\\u00e9\", [], {}]'))", "return cjson.encode({[1]=1, [5]=5})",
	"return {cmsgpack.unpack(cmsgpack.pack(1, 'a', {1, {2}}, true, nil, 1.5, -1, 2^40))}", "return cmsgpack.pack({a=1})", "return cmsgpack.pack(1, -1, 128, 256, 65536, 2^33, -129, 0.5, 'x', true, false, nil, {}, {1, 2})", "return {cmsgpack.unpack_one(cmsgpack.pack(1, 2))}", "return cmsgpack.unpack(ARGV[1])",
	"return struct.pack('<bBhHlLfds', 1, 2, 3, 4, 5, 6, 1.5, 2.5, 'x')", "return {struct.unpack('>I4I2c0', '\\0\\0\\0\\1\\0\\2ab')}", "return struct.size('<i4!8d')", "return {bit.tobit(2^32 + 5), bit.bnot(0), bit.lshift(1, 31), bit.rshift(-1, 1), bit.arshift(-8, 1), bit.rol(1, 33), bit.bswap(1), bit.bxor(5, 3, 1)}", "return bit.tohex(ARGV[1] or 'x')",
	"return {string.rep('ab', 3), ('x'):upper(), string.reverse('abc'), string.find('hello', 'l+'), string.gsub('hello', 'l', '1')}", "return {string.match('key=val', '(%w+)=(%w+)')}", "local t = {3, 1, 2} table.sort(t) return t", "local t = {1, 2, 3} table.insert(t, 2, 9) table.remove(t, 1) return t", "return {select('#', 1, nil, nil), select(2, 'a', 'b')}",
	"return {math.max(1, 5), math.fmod(-7, 3), -7 % 3, math.pow(2, 10), math.abs(-3)}", "return os.clock() >= 0", "return type(os.time)", "return loadstring('return 1 + 1')()", "return load(function() return nil end) ~= nil", "return _G.nosuch", "_G.x = 1", "setmetatable(_G, nil)", "getmetatable('').__index = nil", "redis.call = nil", "KEYS[1] = 'other' return KEYS[1]", "table.x = 1",
	"#!lua flags=allow-oom,allow-stale\nreturn redis.call('SET', KEYS[1], 'x')", "#!lua flags=no-cluster\nreturn 1", "#!lua flags=allow-cross-slot-keys\nreturn redis.call('MGET', 's0', 's1')", "#!lua flags=\nreturn 1", "#!lua flags=no-writes,\nreturn 1", "#!lua  flags=no-writes\nreturn 1", "#!lua flags=no-writes flags=allow-oom\nreturn 1", "#! lua\nreturn 1", "#!lua",
	"return redis.breakpoint()", "redis.debug('x') return 1", "return redis.REDIS_VERSION_NUM", "return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING, redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_ALL}", "redis.log(9, 'x')", "redis.log('x')", "redis.sha1hex()", "return redis.sha1hex(5)", "return redis.acl_check_cmd('nosuch')",
	"return redis.acl_check_cmd()", "return redis.register_function", "return redis.setresp()", "return redis.set_repl(redis.REPL_NONE)", "redis.set_repl(redis.REPL_NONE) redis.call('SET', KEYS[1], 'x') redis.set_repl(redis.REPL_ALL) return 1", "return redis.call('FLUSHALL')", "return redis.call('TIME') ~= nil", "return redis.call('DEBUG', 'JMAP')",
	"return redis.call('CONFIG', 'GET', 'hz')", "return redis.call('EXEC')", "return redis.call('WATCH', KEYS[1])", "return redis.call('FCALL', 'f1', 0)", "return redis.call('SCRIPT', 'EXISTS', 'x')", "return redis.call('HELLO', '3')", "return redis.call('AUTH', 'x')", "return redis.call('CLIENT', 'ID')", "return redis.call('ACL', 'WHOAMI')", "return redis.call('INFO', 'nosuch')",
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
	"#!lua name=lib1\nlocal n = 0\nredis.register_function('f1', function(keys, args) n = n + 1 return n end)\nredis.register_function('f2', function() return n end)",
	"#!lua name=lib1\nredis.register_function{function_name='f1', callback=function(keys, args) return {keys, args, {#keys, {#args}}} end, flags={'allow-oom', 'no-cluster'}}",
	"#!lua name=lib2\nredis.register_function{function_name='f2', callback=function(keys) redis.setresp(3) return redis.call('HGETALL', keys[1] or 'h0') end, flags={'no-writes', 'allow-cross-slot-keys'}}",
	"#!lua name=lib2\nlocal function help(k) return redis.pcall('LPUSH', k, 1) end\nredis.register_function('f2', function(keys) local r = help(keys[1] or 's0') if r.err then return {r.err, r} end return r end)\nredis.register_function('f3', function() error('in f3') end)",
	"#!lua name=lib3\nredis.register_function('f3', function(keys) return redis.call('INCR', keys[1] or 'l0') end)", "#!lua name=lib3\nredis.register_function('f3', function() return redis.error_reply('ERR f3') end)", "#!lua name=lib3\nredis.register_function('f3', function() error({err='OWN f3'}) end)",
	"#!lua name=lib3\nredis.register_function('f3', function() x = 1 end)", "#!lua name=lib3\nredis.register_function('f3', function() return redis.register_function('f4', function() end) end)", "#!lua name=lib3\nredis.register_function('f3', function() return KEYS end)",
	"#!lua name=lib11\nredis.register_function('f3', function() end)\nredis.register_function('f3', function() end)", "#!lua name=lib12\nredis.register_function()", "#!lua name=lib13\nredis.register_function('a', 'b')", "#!lua name=lib14\nredis.register_function({})", "#!lua name=lib15\nredis.register_function{function_name='x'}",
	"#!lua name=lib16\nredis.register_function{callback=function() end}", "#!lua name=lib17\nredis.register_function{function_name='x', callback=function() end, nosuch=1}", "#!lua name=lib18\nredis.register_function{function_name='x', callback=function() end, flags='no-writes'}", "#!lua name=lib19\nredis.register_function{function_name=5, callback=function() end}",
	"#!lua name=lib20\nx = 1", "#!lua name=lib21\nredis.log(redis.LOG_DEBUG, 'x') redis.register_function('f3', function() return 21 end)", "#!lua name=lib22\nredis.setresp(3)", "#!lua name=\nreturn 1", "#!lua name=lib23 name=lib24\nreturn 1", "#!lua name='lib25'\nreturn 1", "#!LUA name=lib26\nredis.register_function('f26', function() return 1 end)",
	"#!lua name=lib27\nredis.register_function('', function() end)", "#!lua name=lib28\nredis.register_function('f28', function() end, 'x')", "#!lua name=lib29\nlocal t = redis.sha1hex('') redis.register_function('f29', function() return t end)", "#!lua name=lib30\nreturn redis.pcall('GET', 's0')", "#!lua name=lib31\nredis.acl_check_cmd('get')", "",
}

var taken = view{mask: regexp.MustCompile(`^ERR (Library|Function) \S+ already exists$`)}

const takenFirst = "which of several libraries or functions is in the way is told in the order of a hash table"

func scriptRules() map[string]rule {
	sums := []string{"0000000000000000000000000000000000000000", "x"}
	for _, s := range scripts {
		sum := sha1.Sum([]byte(s))
		sums = append(sums, hex.EncodeToString(sum[:]))
	}
	words := map[string][]string{
		"script": scripts, "sha1": sums, "function-code": libraries, "function": {"f1", "f2", "f3", "f1", "f2", "f3", "nosuch", "F1", "f26"}, "library-name": {"lib1", "lib2", "nosuch"}, "library-name-pattern": {"*", "lib?", "x", "LIB*", ""},
	}
	// In RESP3 a reply with a map of several fields is a table on its way through Lua.
	evaluated := rule{words: words, make: evaluate, often: 5, view: noOrder, why: "maps that pass a script have no order"}
	loaded := rule{words: words}
	return map[string]rule{
		"eval": evaluated, "eval_ro": evaluated, "evalsha": evaluated, "evalsha_ro": evaluated, "fcall": evaluated, "fcall_ro": evaluated,
		"script|load": loaded, "script|exists": loaded, "script|flush": {rare: true}, "script|help": helpRule, "script|kill": {},
		"script|debug": {alone: true, talk: func(g *generator, _ *command) [][]string {
			return [][]string{{"SCRIPT", "DEBUG", pick(g, "NO", "x")}, {"PING"}}
		}, why: "YES and SYNC begin a conversation that is not RESP"},
		"function|load": {words: words, often: 6, view: taken, why: takenFirst}, "function|delete": loaded, "function|list": {words: words, view: noOrder, why: tableOrder}, "function|flush": {rare: true}, "function|help": helpRule,
		"function|dump":    {check: restorableFunctions, view: view{slack: map[string]slack{"": kind}}, why: "libraries come in the order of a hash table: each server restores the other's payload"},
		"function|restore": {make: restoreFunctions, view: taken, why: takenFirst},
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
