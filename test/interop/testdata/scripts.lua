-- One script a line, or between lines of dashes. test/interop sends each to redis-server and to ours, with KEYS {k1, k2}
-- and ARGV {"a", "10", "", "x\0y"}, in RESP2 and in RESP3.
return 1
return 1.99
return -1.5
return 0/0
return 1/0
return -1/0
return 2^53
return 2^63
return -2^70
return 'hello'
return ''
return 'a\0b'
return nil
return
return true
return false
return {}
return {1,2,3}
return {1,nil,3}
return {1,2,nil}
return {nil}
return {'a',{'b',{'c'}}}
return {true,false,true}
return {1.7,-1.7,'1.7'}
return {ok='fine'}
return {ok='fi\r\nne'}
return {ok=1}
return {err='MY text'}
return {err='text'}
return {err='-MY text'}
return {err=''}
return {err=5}
return {err='a',ok='b'}
return {double=3.5}
return {double=1e300}
return {double='3.5'}
return {double=-0.1}
return {double=1/0}
return {big_number='123456789012345678901234567890'}
return {verbatim_string={format='txt',string='hello'}}
return {verbatim_string={format='mkd',string='# hi'}}
return {verbatim_string={format='txt'}}
return {map={a=1}}
return {map={[1]='x'}}
return {map={}}
return {set={a=true}}
return {set={}}
return {map=1,1,2}
return function() end
return coroutine.create(function() end)
return KEYS
return ARGV
return {KEYS[1],ARGV[4],#KEYS,#ARGV,KEYS[3]}
return #ARGV[4]
return redis.call('set',KEYS[1],'v')
return redis.call('get',KEYS[1])
return redis.call('get','nosuchkey')
return redis.call('incr',KEYS[1])
return redis.pcall('incr',KEYS[1])
return redis.pcall('incr',KEYS[1]).err
return redis.call()
return redis.pcall()
return redis.call('nosuch')
return redis.pcall('nosuch')
return redis.call('get')
return redis.call('get','a','b')
return redis.call('set','a')
return redis.call({})
return redis.call('echo',nil)
return redis.call('echo',true)
return redis.call('echo',{})
return redis.call('echo',12345)
return redis.call('echo',0.1)
return redis.call('echo',1/3)
return redis.call('echo',1e15)
return redis.call('echo',1e16)
return redis.call('echo',1e17)
return redis.call('echo',123456789012345678)
return redis.call('echo',-0)
return redis.call('echo',1e100)
return redis.call('echo',1/0)
return redis.call('echo',9007199254740993)
return redis.call('ping')
return redis.call('PING','x')
return redis.call('multi')
return redis.call('subscribe','x')
return redis.call('eval','return 1',0)
return redis.call('script','load','return 1')
return redis.call('config','get','maxmemory')
return redis.call('config','nosuch')
return redis.call('select','99')
return redis.call('select','abc')
redis.call('select','3'); redis.call('set','in3','x'); return redis.call('get','in3')
return redis.call('get','in3')
redis.call('del','l'); redis.call('rpush','l','a','b','c'); return redis.call('lrange','l',0,-1)
redis.call('del','h'); redis.call('hset','h','f','v'); return redis.call('hgetall','h')
redis.setresp(3); return redis.call('hgetall','h')
redis.setresp(3); return redis.call('hgetall','nosuch')
redis.setresp(3); local t = redis.call('hgetall','h'); return {type(t), type(t.map), t.map.f}
redis.call('del','s'); redis.call('sadd','s','m'); return redis.call('smembers','s')
redis.setresp(3); return redis.call('smembers','s')
redis.setresp(3); local t = redis.call('smembers','s'); return {type(t.set), tostring(t.set.m)}
redis.call('del','z'); redis.call('zadd','z','1.5','m'); return redis.call('zscore','z','m')
redis.setresp(3); return redis.call('zscore','z','m')
redis.setresp(3); return redis.call('zscore','z','m').double
redis.setresp(3); return redis.call('zrange','z',0,-1,'withscores')
redis.setresp(3); return redis.call('get','nosuchkey')
redis.setresp(3); return type(redis.call('get','nosuchkey'))
return type(redis.call('get','nosuchkey'))
redis.setresp(3); return true
redis.setresp(3); return {true,false}
redis.setresp(2); return {true,false}
return redis.setresp(4)
return redis.setresp()
return redis.setresp('3')
return redis.call('lrange','nosuchkey',0,-1)
return redis.call('lpop','nosuchkey','2')
return redis.call('blpop','nosuchkey','0')
return redis.call('set','k','v','NX','GET')
return redis.sha1hex('')
return redis.sha1hex('abc')
return redis.sha1hex(12)
return redis.sha1hex()
return redis.sha1hex('a','b')
return redis.error_reply('X')
return redis.error_reply('X y')
return redis.error_reply('-X y')
return redis.error_reply('')
return redis.error_reply(5)
return redis.error_reply()
return redis.status_reply('X y')
return redis.status_reply(5)
return redis.status_reply()
return redis.error_reply('X y').err
return redis.status_reply('X y').ok
return {redis.error_reply('X y'), 1}
return redis.log(redis.LOG_DEBUG,'x')
return redis.log(9,'x')
return redis.log('x')
return redis.log()
return redis.log('a','b')
return {redis.LOG_DEBUG,redis.LOG_VERBOSE,redis.LOG_NOTICE,redis.LOG_WARNING}
return {redis.REPL_ALL,redis.REPL_AOF,redis.REPL_NONE,redis.REPL_REPLICA,redis.REPL_SLAVE}
return redis.set_repl(redis.REPL_ALL)
return redis.set_repl(9)
return redis.set_repl()
return redis.replicate_commands()
return redis.breakpoint()
return redis.debug('x')
return redis.acl_check_cmd('get','x')
return redis.acl_check_cmd('nosuch','x')
return redis.acl_check_cmd()
return redis.REDIS_VERSION_NUM > 0x70000
return redis.nosuch
return redis.nosuch()
-- globals and the sandbox
return foo
foo = 1
return _G.foo
_G.foo = 1
return type(_G)
return _G == _G._G
return _VERSION
return rawget(_G,'foo')
rawset(_G,'foo',1)
return rawget(_G,'redis') == redis
return getmetatable(_G).__index == nil
return type(getmetatable(_G))
return getmetatable(redis)
return type(getmetatable(''))
getmetatable('').__index = 1
return getmetatable(1)
setmetatable(_G, {})
setmetatable(redis, {})
redis.call = 1
redis.foo = 1
math.foo = 1
string.foo = 1
table.insert(redis, 1)
table.remove(math)
return next({})
for k,v in pairs(redis) do if k == 'call' then return type(v) end end
print('x')
return os
return io
return require
return module
return dofile
return loadfile
return package
return debug
return setfenv
return getfenv
return newproxy
return collectgarbage('collect')
return type(collectgarbage('count'))
return collectgarbage('nosuch')
return type(gcinfo())
return loadstring('return 1+1')()
return loadstring('return foo')()
return {loadstring('x x')}
return loadstring('return ...')(7)
return load(function() return nil end)
local i = 0; return load(function() i = i + 1; if i == 1 then return 'return 42' end end)()
return loadstring(string.dump(function() return 1 end))
-- errors (not: a table without err, which crashes redis-server 7.0)
error('boo')
error('boo', 0)
error('boo', 2)
error()
error(nil)
error(5)
error({err='MY boo'})
error({err='boo'})
error(redis.error_reply('X y'))
return {pcall(error,'x')}
return {pcall(error,'x',0)}
return {pcall(error,{err='X y'})}
return {pcall(error)}
return {pcall(function() error('x') end)}
return {pcall(function() error('x', 2) end)}
return {pcall(function() return 1,2,3 end)}
return {pcall(redis.call,'nosuch')}
return {pcall(function() return foo end)}
return {pcall(5)}
return {pcall()}
return {xpcall(function() error('x') end, function(e) return 'handled '..e end)}
return {xpcall(function() return 1,2 end, function(e) return e end)}
return {xpcall(function() local x; return x.y end, function(e) return e end)}
return select('#', pcall(function() end))
assert(false)
assert(nil,'msg')
assert(false,'msg')
return {assert(1,2,3)}
assert()
local x; return x.y
local x = {}; return x.y.z
local x = {}; return x.a.b.c
return redis.x.y
local x; x.y = 1
local x = {a={}}; x.a.b.c = 1
local x; x()
local x = {}; x.y()
local x = {}; x:y()
local x = 5; x()
local x = 'str'; return x.y.z
return ('x'):nosuch()
return nil .. 'x'
local x; return x .. 'y'
local x = {}; return 'a' .. x
local x = {}; return 'a' .. x.y
return 'a' .. {} .. 'b'
return 1 + nil
local x; return x + 1
local x; return 1 + x
local x = {}; return x.y * 2
return 'abc' + 1
return {} + 1
return -{}
local x; return -x
return -'abc'
return #5
local x; return #x
return #nil
return 1 < 'x'
return {} < {}
return {} < 1
return nil < 1
return 'a' < 'b'
return 'a' < 1
for i='a',2 do end
for i=1,'b' do end
for i=1,2,{} do end
return ({})[nil]
local t = {}; t[nil] = 1
local t = {}; t[0/0] = 1
local function f() return f() + 1 end; return f()
local t = setmetatable({},{__index=function(t,k) return k..'!' end}); return t.x
local t = setmetatable({},{__call=function(self,a) return a end}); return t(5)
local t = setmetatable({},{__add=function(a,b) return 'added' end}); return t + 1
local t = setmetatable({},{__concat=function(a,b) return 'joined' end}); return t .. 'x'
local t = setmetatable({},{__concat=function(a,b) return 'joined' end}); return 'x' .. t
local t = setmetatable({},{__concat=function(a,b) return 'joined' end}); return 'x' .. 1 .. t
local t = setmetatable({},{__tostring=function() return 'text' end}); return tostring(t)
local t = setmetatable({},{__eq=function() return true end}); return t == setmetatable({},getmetatable(t))
local t = setmetatable({},{__lt=function() return true end}); return t < setmetatable({},getmetatable(t))
local t = setmetatable({},{__len=function() return 7 end}); return #t
local t = setmetatable({},{__newindex=function(t,k,v) rawset(t,k,v..'!') end}); t.x = 'a'; return t.x
local t = setmetatable({},{__metatable='locked'}); return getmetatable(t)
local t = setmetatable({},{__metatable='locked'}); setmetatable(t,{})
setmetatable(1,{})
setmetatable({},1)
setmetatable({})
local t = {}; local b = {t}; t[1] = b; return 1
-- numbers and their texts
return tostring(1)
return tostring(-0)
return tostring(0.1)
return tostring(1/3)
return tostring(100)
return tostring(1e14)
return tostring(1e15)
return tostring(123456789012345)
return tostring(12345678901234)
return tostring(1e100)
return tostring(1e-5)
return tostring(0.0001)
return tostring(2^53)
return tostring(1/0)..tostring(-1/0)..tostring(0/0)
return tostring(3.14159265358979)
return 1 .. ''
return 1.5 .. '|' .. 2^40 .. '|' .. 1e20
return 0.1 + 0.2 .. ''
return 010 .. ''
return 0x10 .. ''
return 1e2 .. ''
return .5 .. ''
return 5 % 3 .. ',' .. -5 % 3 .. ',' .. 5 % -3 .. ',' .. 5.5 % 2
return 7 / 2 .. ''
return 2^0.5 .. ''
return 2^-1 .. ''
return '10' + 5
return '0x10' + 0
return ' 10 ' + 1
return '1e1' + 1
return '010' + 0
return 10 == '10'
return tonumber('10')
return tonumber('0x1F')
return tonumber('  12  ')
return tonumber('1e3')
return tonumber('1.5e1')
return tonumber('')
return tonumber(' ')
return tonumber('abc')
return tonumber('10abc')
return tonumber('1 2')
return tonumber('z',36)
return tonumber('ff',16)
return tonumber('0xff',16)
return tonumber('777',8)
return tonumber('8',8)
return tonumber('-ff',16) == -255
return tonumber('1',1)
return tonumber('1',99)
return tonumber(nil)
return tonumber({})
return tonumber()
return tonumber('inf') == nil
return tostring(tonumber('nan'))
return tonumber('1_000')
return tonumber('0b1')
return tostring(nil)..tostring(true)
return tostring()
return type(nil)..type(1)..type('')..type({})..type(print == nil)
return type()
return type(cjson.null)
return {select(2,'a','b','c')}
return {select(-1,'a','b','c')}
return select('#')
return select('#',nil,nil)
return select(0,1)
return select(-5,1)
return {unpack({1,2,3})}
return {unpack({1,2,3},2)}
return {unpack({1,2,3},2,3)}
return {unpack({1,2,3},1,0)}
return {unpack({},1,3)}
return unpack()
return rawequal('a','a')
return rawequal({},{})
return rawlen
return ipairs()
local s = 0; for i,v in ipairs({1,2,3,nil,5}) do s = s + v end; return s
local s = 0; for k,v in pairs({10,20,30}) do s = s + k * v end; return s
local t = {1,2,3}; for k in pairs(t) do t[k] = nil end; return next(t)
return next({},'nosuch')
local f = coroutine.wrap(function(a) local b = coroutine.yield(a+1); return b * 2 end); return {f(1), f(10)}
local co = coroutine.create(function() error('in co') end); return {coroutine.resume(co)}
local co = coroutine.create(function() return 1 end); coroutine.resume(co); return {coroutine.resume(co)}
local co = coroutine.create(function() end); return coroutine.status(co)
return coroutine.running()
local co = coroutine.wrap(function() redis.call('set','fromco','1') return redis.call('get','fromco') end); return co()
coroutine.yield(1)
-- table
return table.concat({1,2,3})
return table.concat({1,2,3},',')
return table.concat({1,2,3},',',2)
return table.concat({1,2,3},',',2,3)
return table.concat({1,2,3},',',3,2)
return table.concat({},',')
return table.concat({1,{},3},',')
return table.concat({1.5,0.1,'x'},'|')
return table.concat({1,2},',',1,3)
local t = {1,2,3}; table.insert(t,4); return t
local t = {1,2,3}; table.insert(t,1,0); return t
local t = {1,2,3}; table.insert(t,5,0); return #t
local t = {}; table.insert(t,1,'x'); return t
table.insert({})
table.insert({},1,2,3)
table.insert(nil,1)
local t = {1,2,3}; return {table.remove(t), #t}
local t = {1,2,3}; return {table.remove(t,1), t[1], #t}
local t = {1,2,3}; return table.remove(t,7)
return table.remove({})
return table.getn({1,2,3})
return table.maxn({1,2,[10]=3})
return table.maxn({})
table.setn({},1)
local t = {3,1,2}; table.sort(t); return t
local t = {3,1,2}; table.sort(t,function(a,b) return a > b end); return t
local t = {'b','a','C'}; table.sort(t); return t
local t = {3,'a'}; table.sort(t); return t
local r = {}; table.foreach({1,2},function(k,v) r[#r+1] = k * v end); return r
return table.foreachi({1,2,3},function(i,v) if v == 2 then return 'found' end end)
return table.unpack
-- string
return string.byte('abc')
return {string.byte('abc',1,-1)}
return {string.byte('abc',10)}
return {string.byte('',1)}
return string.char(72,105)
return string.char()
return string.char(256)
return string.char(-1)
return ('abc'):upper()..('ABC'):lower()
return ('abc'):rep(3)
return ('abc'):rep(0)
return ('abc'):rep(-1)
return ('abc'):reverse()
return ('abc'):len()
return #'a\0b'
return ('hello'):sub(2)
return ('hello'):sub(-3)
return ('hello'):sub(2,3)
return ('hello'):sub(4,2)
return ('hello'):sub(0)
return ('hello'):sub(-100,100)
return string.len(5)
return string.len()
return string.len({})
return string.upper(nil)
return {('hello'):find('l')}
return {('hello'):find('l',4)}
return {('hello'):find('l',-1)}
return {('hello'):find('xyz')}
return {('hello'):find('')}
return {('hello'):find('',10)}
return {('a.b'):find('.',1,true)}
return {('a+b'):find('+',1,true)}
return {('hello'):find('(l)(l)')}
return {('hello'):find('()ll()')}
return {('key = value'):match('^(%w+)%s*=%s*(%w+)$')}
return ('hello'):match('h.-o')
return ('hello'):match('x')
return ('  trim  '):match('^%s*(.-)%s*$')
return ('2024-01-02'):match('(%d+)-(%d+)')
return {('2024-01-02'):match('(%d+)-(%d+)-(%d+)')}
return ('f(a(b)c)d'):match('%b()')
return ('THE (quick) fox'):find('%((%a+)%)')
return ('THE (quick) fox'):gsub('%f[%a]%a+','x')
return {('hello world'):gsub('o','0')}
return {('hello world'):gsub('o','0',1)}
return {('hello'):gsub('','-')}
return {('hello'):gsub('l+',function(s) return #s end)}
return {('hello'):gsub('l',{l='L'})}
return {('hello'):gsub('l',{})}
return {('hello'):gsub('(h)(e)','%2%1')}
return {('hello'):gsub('h','%0%0')}
return {('hello'):gsub('h','%%')}
return {('hello'):gsub('h','%2')}
return {('hello'):gsub('^h','x')}
return {('abc'):gsub('%w','%0%0')}
return {('abc'):gsub('b',function() return false end)}
return {('abc'):gsub('b',function() return {} end)}
return ('abc'):gsub('b',true)
return ('abc'):gsub()
return {('hello'):gsub('(l','x')}
return ('x'):find('[a')
return ('x'):find('%')
return ('x'):find('(')
return ('x'):find(')')
return ('x'):find('%b')
return ('x'):find('%f')
return ('x'):find('%1')
return ('a]b'):find('[]]')
return ('a-b'):find('[a-]')
return ('a^b'):match('[%^]')
return ('abc'):match('[^a]+')
return ('AbC'):gsub('%u',string.lower)
return ('a,b,,c'):gsub(',',';')
local r = {}; for w in ('one two three'):gmatch('%a+') do r[#r+1] = w end; return r
local r = {}; for k,v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do r[#r+1] = k..v end; return r
local r = 0; for _ in ('abc'):gmatch('') do r = r + 1 end; return r
return ('x'):rep(3,',')
return ('%d'):format(5)
return ('%d'):format(5.7)
return ('%d'):format(-5)
return ('%5d|%-5d|%05d|%+d|% d'):format(1,2,3,4,5)
return ('%.3d'):format(5)
return ('%i'):format(5)
return ('%u'):format(5)
return ('%x %X %o'):format(255,255,8)
return ('%#x %#o'):format(255,8)
return ('%c%c'):format(72,105)
return ('%s'):format('x')
return ('%s'):format(1.5)
return ('%s'):format(nil)
return ('%s'):format({})
return ('%10s|%-10s|%.2s'):format('abc','abc','abc')
return ('%q'):format('a"b\\c\nd\0e\rf')
return ('%f'):format(1.5)
return ('%.2f'):format(1/3)
return ('%e'):format(12345.678)
return ('%g'):format(12345.678)
return ('%g'):format(1e20)
return ('%G'):format(1e-10)
return ('%.3g'):format(0.00012345)
return ('%10.2f|%-10.2f|%+.1f|%010.2f'):format(1.5,1.5,1.5,-1.5)
return ('%f %f'):format(1/0,-1/0)
return ('%5.1f|%g'):format(0/0,0/0)
return ('%#g'):format(1.5)
return ('%#.0f'):format(2)
return ('%%'):format()
return ('%d'):format()
return ('%d'):format('x')
return ('%d'):format('10')
return ('%y'):format(1)
return ('%'):format(1)
return ('%123d'):format(1)
return ('%.123d'):format(1)
return ('%------d'):format(1)
return ('%x'):format(-1)
return ('%d'):format(2^53)
return ('%d'):format(-2^63)
return ('%.14g'):format(0.1)
return ('%.17g'):format(0.1)
return ('%.20f'):format(0.1)
return ('%5s%%'):format('a')
return string.format(5)
return string.format()
return string.gfind == string.gmatch
-- math
return math.floor(1.5)..','..math.ceil(1.5)..','..math.floor(-1.5)
return math.abs(-3)..math.max(1,5,3)..math.min(4,2)
return math.max()
return math.sqrt(16)..','..math.pow(2,10)
return math.fmod(7,3)..','..math.fmod(-7,3)
return math.mod(7,3)
return {math.modf(3.7)}
return table.concat({math.modf(3.7)},',')
return table.concat({math.modf(-3.7)},',')
return table.concat({math.frexp(10)},',')
return math.ldexp(0.5,4)
return math.log(1)..','..math.log10(1000)..','..math.exp(0)
return math.deg(math.pi)..','..math.rad(180)
return math.huge..','..-math.huge
return math.sin(0)..math.cos(0)..math.tan(0)
return math.floor('1.5')
return math.floor('x')
return math.floor()
math.randomseed(1); return {math.random(100),math.random(100),math.random(100),math.random(1000000)}
math.randomseed(42); return tostring(math.random())..tostring(math.random())
math.randomseed(-7); return {math.random(5,10),math.random(-10,-5),math.random(1,1)}
math.randomseed(1); return math.random(0)
math.randomseed(1); return math.random(2,1)
math.randomseed(1); return math.random(1,2,3)
math.randomseed()
-- bit
return bit.band(0xff,0x0f)
return bit.bor(1,2,4)..','..bit.bxor(5,3)..','..bit.bnot(0)
return bit.lshift(1,31)..','..bit.rshift(-1,28)..','..bit.arshift(-8,1)
return bit.rol(0x12345678,8)..','..bit.ror(0x12345678,8)
return bit.tohex(255)..bit.tohex(255,4)..bit.tohex(255,-4)..bit.tohex(255,-2147483648)
return bit.tobit(0xffffffff)..','..bit.tobit(2^32+5)..','..bit.tobit(1.5)..','..bit.tobit(2.5)
return bit.bswap(0x12345678)
return bit.band()
return bit.band('x')
return bit.band('5',3)
return bit.lshift(1,32)..','..bit.lshift(1,33)
-- struct
return struct.pack('b',5)
return struct.pack('bBhHlL',1,2,3,4,5,6)
return struct.pack('>I2<I4',1,2)
return struct.pack('i3',-2)
return struct.pack('>i16',-2)
return struct.pack('s','abc')
return struct.pack('c2','abc')
return struct.pack('c5','abc')
return struct.pack('c0','abc')
return struct.pack('fd',1.5,2.5)
return struct.pack('>fd',1.5,2.5)
return struct.pack('!4bi',1,2)
return struct.pack('!bxh',1,2)
return struct.pack('b b',1,2)
return struct.pack('y',1)
return struct.pack('i99',1)
return struct.pack('!3b',1)
return struct.pack('b')
return struct.pack('b','x')
return struct.pack()
return {struct.unpack('b','\5')}
return {struct.unpack('bB','\255\255')}
return {struct.unpack('>I2<I2','\1\2\1\2')}
return {struct.unpack('i3','\254\255\255')}
return {struct.unpack('s','abc\0def')}
return {struct.unpack('s','abc')}
return {struct.unpack('c2','abc')}
return {struct.unpack('bc0','\3abc')}
return {struct.unpack('c0','abc')}
return {struct.unpack('b','')}
return {struct.unpack('b','\1\2',2)}
return {struct.unpack('b','\1\2',0)}
return {struct.unpack('b','\1\2',9)}
return {struct.unpack('i4','\1\2')}
return table.concat({struct.unpack('d',struct.pack('d',0.1))},',')
return table.concat({struct.unpack('>f',struct.pack('>f',0.5))},',')
return {struct.unpack('L','\255\255\255\255\255\255\255\255')}
return {struct.unpack('l','\255\255\255\255\255\255\255\255')}
return struct.size('bhil')
return struct.size('!bhil')
return struct.size('s')
return struct.size('c0')
return struct.size('z')
return struct.size('c10b')
-- cmsgpack
return cmsgpack.pack(1)
return cmsgpack.pack(127,128,255,256,65535,65536,2^32,2^53)
return cmsgpack.pack(-1,-32,-33,-128,-129,-32768,-32769,-2^31,-2^31-1,-2^53)
return cmsgpack.pack(0.5,0.1,1/0,-1/0,1e300)
return cmsgpack.pack(2^63,2^64)
return cmsgpack.pack('')
return cmsgpack.pack('abc')
return cmsgpack.pack(('x'):rep(31),('x'):rep(32),('x'):rep(255),('x'):rep(256))
return #cmsgpack.pack(('x'):rep(65536))
return cmsgpack.pack(true,false,nil)
return cmsgpack.pack({})
return cmsgpack.pack({1,2,3})
return cmsgpack.pack({a=1})
return cmsgpack.pack({[1]=1,[3]=3})
return cmsgpack.pack({[0]=1})
return cmsgpack.pack({[1.5]=1})
return cmsgpack.pack({{{{}}}})
return cmsgpack.pack(function() end)
return cmsgpack.pack()
local t = {}; for i=1,20 do t[i] = i end; return cmsgpack.pack(t)
return {cmsgpack.unpack(cmsgpack.pack(1,'a',{1,2}))}
return {cmsgpack.unpack('\1\2\3')}
return {cmsgpack.unpack('\204\255\205\1\2\206\1\2\3\4')}
return {cmsgpack.unpack('\208\255\209\255\254\210\255\255\255\253')}
return {cmsgpack.unpack('\207\0\0\0\0\0\0\1\0')}
return {cmsgpack.unpack('\207\255\255\255\255\255\255\255\255')}
return {cmsgpack.unpack('\211\255\255\255\255\255\255\255\255')}
return {cmsgpack.unpack('\192\194\195')}
return {cmsgpack.unpack('\224')}
return {cmsgpack.unpack('\193')}
return {cmsgpack.unpack('\205\1')}
return {cmsgpack.unpack('\165ab')}
return {cmsgpack.unpack('\217\3abc\218\0\1x')}
return {cmsgpack.unpack('\147\1\2')}
return {cmsgpack.unpack('\129\161a\1').a}
return cmsgpack.unpack('\129\192\1')
return {cmsgpack.unpack('')}
return cmsgpack.unpack()
return cmsgpack.unpack({})
return {cmsgpack.unpack_one('\1\2\3')}
return {cmsgpack.unpack_one('\1\2\3',2)}
return {cmsgpack.unpack_one('\1\2\3',9)}
return {cmsgpack.unpack_one('\1\2\3',-1)}
return {cmsgpack.unpack_limit('\1\2\3',2)}
return {cmsgpack.unpack_limit('\1\2\3',2,1)}
return {cmsgpack.unpack_limit('\1\2\3',0)}
return {cmsgpack.unpack_limit('\1\2\3')}
return cmsgpack._NAME..cmsgpack._VERSION
return cmsgpack.unpack(cmsgpack.pack(0.1)) == 0.1
-- cjson
return cjson.encode(1)
return cjson.encode(1.5)
return cjson.encode(0.1)
return cjson.encode(1/3)
return cjson.encode(1e15)
return cjson.encode(1e100)
return cjson.encode(123456789012345)
return cjson.encode(-0)
return cjson.encode('abc')
return cjson.encode('a"b\\c/d\n\r\t\b\f\0\1\127')
return cjson.encode('\195\164')
return cjson.encode(true)..cjson.encode(false)..cjson.encode(nil)
return cjson.encode(cjson.null)
return cjson.encode({})
return cjson.encode({1,2,3})
return cjson.encode({a=1})
return cjson.encode({[1]='a',[2]='b'})
return cjson.encode({1,nil,3})
return cjson.encode({1,2,[5]=5})
return cjson.encode({[100]=1})
return cjson.encode({[0]=1})
return cjson.encode({[1.5]=1})
return cjson.encode({[-1]=1})
return cjson.encode({[true]=1})
return cjson.encode({{},{a={}}})
return cjson.encode(1/0)
return cjson.encode(0/0)
return cjson.encode(function() end)
return cjson.encode()
return cjson.encode(1,2)
local t = {}; t[1] = t; return cjson.encode(t)
cjson.encode_max_depth(2); local ok, e = pcall(cjson.encode,{{{}}}); cjson.encode_max_depth(1000); return e
cjson.encode_number_precision(3); local s = cjson.encode(3.14159); cjson.encode_number_precision(14); return s
cjson.encode_invalid_numbers(true); local s = cjson.encode({1/0,-1/0,0/0}); cjson.encode_invalid_numbers(false); return s
cjson.encode_invalid_numbers('null'); local s = cjson.encode({1/0,0/0}); cjson.encode_invalid_numbers(false); return s
cjson.encode_sparse_array(true); local s = cjson.encode({[100]=1}); cjson.encode_sparse_array(false); return s
cjson.encode_sparse_array(false,0); local s = cjson.encode({[12]=1}); cjson.encode_sparse_array(false,2,10); return s
return {cjson.encode_sparse_array()}
return cjson.encode_max_depth()
return cjson.encode_max_depth(0)
return cjson.encode_number_precision(15)
return cjson.encode_number_precision(1,2)
return cjson.encode_keep_buffer('x')
return cjson.decode('1')
return cjson.decode('"abc"')
return cjson.decode('[1,2,3]')
return cjson.decode('{"a":1}').a
return cjson.decode('{"a":{"b":[1,{"c":"d"}]}}').a.b[2].c
return cjson.decode('  [ 1 , 2 ]  ')
return cjson.decode('true')
return cjson.decode('false')
return cjson.decode('null') == cjson.null
return cjson.decode('[null,1]')[2]
return tostring(cjson.decode('1.5e3'))
return tostring(cjson.decode('-0.25'))
return tostring(cjson.decode('[1e999]')[1])
return cjson.decode('"\\u00e4\\n\\"\\\\\\/"')
return cjson.decode('"\\ud83d\\ude00"')
return cjson.decode('"\\ud83d"')
return cjson.decode('"\\ude00"')
return cjson.decode('"\\u12"')
return cjson.decode('"\\x"')
return cjson.decode('"abc')
return cjson.decode('[1,2')
return cjson.decode('[1,]')
return cjson.decode('[1 2]')
return cjson.decode('{"a" 1}')
return cjson.decode('{"a":}')
return cjson.decode('{a:1}')
return cjson.decode('{"a":1,}')
return cjson.decode('{1:2}')
return cjson.decode('{"a":1')
return cjson.decode('')
return cjson.decode(' ')
return cjson.decode('nul')
return cjson.decode('tru')
return cjson.decode('x')
return cjson.decode('1 2')
return cjson.decode('[1]x')
return cjson.decode('01')
return cjson.decode('0x10')
return cjson.decode('+1')
return cjson.decode('-')
return cjson.decode('.5')
return cjson.decode('1.')
return cjson.decode('1e')
return tostring(cjson.decode('nan'))
return tostring(cjson.decode('Infinity'))
return tostring(cjson.decode('-inf'))
cjson.decode_invalid_numbers(false); local ok, e = pcall(cjson.decode,'[nan]'); cjson.decode_invalid_numbers(true); return e
cjson.decode_invalid_numbers(false); local ok, e = pcall(cjson.decode,'01'); cjson.decode_invalid_numbers(true); return e
cjson.decode_max_depth(2); local ok, e = pcall(cjson.decode,'[[[]]]'); cjson.decode_max_depth(1000); return e
return cjson.decode('a\0b')
return cjson.decode('\0a')
return cjson.decode('[1]\0')
return cjson.decode()
return cjson.decode({})
return cjson.decode(5)
return cjson.encode(cjson.decode('{"a":[1,2.5,null,true]}'))
return cjson.encode(cjson.decode('[]'))
return cjson._NAME..cjson._VERSION
return cjson.new().encode({1})
cjson.foo = 1
-- shebangs
---
#!lua
return 1
---
#!lua flags=no-writes
return redis.call('set','x','1')
---
#!lua flags=no-writes
return redis.pcall('set','x','1')
---
#!lua flags=allow-oom,allow-stale,no-cluster,allow-cross-slot-keys
return 'ok'
---
#!lua flags=
return 'ok'
---
#!lua flags=nosuch
return 1
---
#!lua name=x
return 1
---
#!python
return 1
---
#!
return 1
---
#!lua
error('on line two')
---
local a = 1
local b = nil
return a + b
---
local function deep()
  error({err='MY deep'})
end
local function outer()
  deep()
end
outer()
---
-- a comment
return [[long
string]]
---
return [==[with ]] inside]==]
---
local s = 'a\
b\065\x'
return s
---
local t = {
  f = function(self, x)
    return x
  end
}
return t:f('method')
---
local n = 0
repeat
  local done = n > 3
  n = n + 1
until done
while n < 10 do n = n + 1; if n == 7 then break end end
for i = 10, 1, -3 do n = n + i end
return n
---
local function va(...)
  return select('#', ...), ...
end
return {va(1, nil, 3)}
---
local function va(...)
  local t = {...}
  return #t .. (... or 'none')
end
return va('a', 'b') .. va()
---
local function old(...)
  return arg.n
end
return old(1, 2, 3)
---
local fns = {}
for i = 1, 3 do fns[i] = function() return i end end
return {fns[1](), fns[2](), fns[3]()}
---
local a, b, c = (function() return 1, 2, 3 end)()
local d, e = ((function() return 1, 2 end)())
return {a, b, c, d, tostring(e)}
---
return {(function() return 1, 2 end)(), (function() return 1, 2 end)()}
---
local t = {10, 20, 30}
t[#t + 1] = 40
t[2] = nil
return {#t, t[1], t[4]}
---
return not nil and 'yes' or 'no'
---
return 1 == 1.0 and 'a' ~= 'b' and 2 >= 1 and 'x' <= 'y'
---
local x <const> = 1
return x
---
goto done
::done::
return 1
---
return 7 // 2
---
return 1 & 2
---
local r = {}
for k, v in pairs({1, 2, x = 3}) do r[#r + 1] = tostring(k) .. '=' .. v end
return r
