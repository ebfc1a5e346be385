package interop

// limitConversations are about memory that is full and clients that are paused, see conversations. maxmemory 1 is always exceeded, by any
// server. Of a client in an open transaction no answer is expected: while memory is full its PING is refused.
var limitConversations = map[string]string{
	"memory is full": `
z: SET k v | RPUSH l 1 2 3 | CONFIG SET maxmemory 1
a: SET a b | GET k | DEL nokey | INCR n | EXPIRE k 100 | PERSIST k | LPOP l | COPY k k2 | RENAME k k3 | RENAME k3 k | SORT l STORE d | SORT l | SORT_RO l | GETSET k v | GETDEL nokey | APPEND k x | MOVE k 3
a: LMPOP 1 l LEFT | ZPOPMIN z | SPOP s | RPOPLPUSH l l | LMOVE l l LEFT LEFT | SMOVE s t x | SINTERSTORE d s | PFCOUNT hll | PFMERGE p q | BITOP NOT d k | SETBIT k 0 1 | GETEX k | LTRIM l 0 0
a: XADD x * a b | XGROUP CREATE x g $ MKSTREAM | XDEL x 1-1 | XTRIM x MAXLEN 1 | XACK x g 1-1 | GEORADIUS g 1 2 3 km | GEOADD g 1 2 m | RESTORE r 0 bad | PUBLISH c x | SPUBLISH c x | EVAL "return 1" 0
a: WATCH k | UNWATCH | SUBSCRIBE foo | UNSUBSCRIBE foo | BLMOVE a b LEFT LEFT 0.01 | BLPOP a 0.01 | FUNCTION RESTORE x | FUNCTION FLUSH | SCRIPT LOAD "return 1" | SCRIPT FLUSH | SELECT 3 | SELECT 0 | MIGRATE 127.0.0.1 1 nokey 0 100
z: CONFIG SET maxmemory-policy allkeys-lru | CONFIG SET maxmemory-policy noeviction | INFO errorstats | CONFIG RESETSTAT | INFO errorstats`,

	"a queue when memory is full": `
z: SET k v | RPUSH l 1 | CONFIG SET maxmemory 1
a: MULTI | SET a b | EXEC | MULTI | GET k | EXEC | MULTI | PING | DISCARD | MULTI | GET k | RESET | MULTI | EXEC | MULTI | MULTI | DISCARD | MULTI | LATENCY RESET | WATCH k | EXEC
q: MULTI | QUIT
z: CONFIG SET maxmemory 0
a*: MULTI | SET a b | GET k
z: CONFIG SET maxmemory 1
a: EXEC | EXEC
z: CONFIG SET maxmemory 0
a*: MULTI | GET k | LLEN l
z: CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a*: WATCH k | MULTI | SET k 1
z: SET k 2 | CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a*: MULTI | NONSENSE | SET k 1
z: CLIENT LIST ID {id:a} | CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0 | SET w 1
a*: WATCH w | MULTI | GET k
z: SET w 2
a*: SET k 5 | LLEN l
z: CLIENT LIST ID {id:a} | CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a: MULTI | CONFIG SET maxmemory 1 | SET x y | EVAL "return redis.call('set','x','y')" 0 | EXEC | SET x y
z: INFO errorstats`,

	"scripts when memory is full": `
z: SET k v | CONFIG SET maxmemory 1
a: EVAL "return redis.call('set','x','y')" 0 | EVAL "return redis.pcall('set','x','y')" 0 | EVAL "return redis.pcall('set','x','y').err" 0 | EVAL "return redis.call('get','k')" 0 | EVAL_RO "return redis.call('get','k')" 0
a: EVAL "redis.call('del','none') return redis.call('set','x','y')" 0 | EVAL "redis.call('get','none') return redis.call('set','x','y')" 0 | EVAL "redis.call('lpop','none') redis.call('set','big',string.rep('x',100000)) return redis.call('strlen','big')" 0
a: EVAL "local r = redis.pcall('set','big','x') redis.call('del','none') return {r.err, redis.call('set','big','y')}" 0 | EVAL "redis.call('publish','c','d') return redis.pcall('set','x','y')" 0
a: EVAL "#!lua\nreturn 1" 0 | EVAL "#!lua flags=allow-oom\nreturn redis.call('set','x','y')" 0 | EVAL "#!lua flags=no-writes\nreturn redis.call('get','k')" 0 | EVAL "#!lua flags=no-writes\nreturn redis.call('set','k','v')" 0
a: EVAL_RO "#!lua\nreturn 1" 0 | EVAL_RO "#!lua flags=no-writes\nreturn redis.call('get','k')" 0 | EVAL_RO "#!lua flags=allow-oom\nreturn redis.call('set','k','v')" 0
z: CONFIG SET maxmemory 0
a: FUNCTION LOAD "#!lua name=l\nlocal function set() return redis.call('set','x','z') end redis.register_function('f', set) redis.register_function{function_name='g', callback=set, flags={'allow-oom'}} redis.register_function{function_name='h', callback=function() return redis.call('get','x') end, flags={'no-writes'}}"
z: CONFIG SET maxmemory 1
a: FCALL f 0 | FCALL g 0 | FCALL h 0 | FCALL_RO f 0 | FCALL_RO g 0 | FCALL_RO h 0 | FCALL none 0 | EVALSHA none 0 | FUNCTION DELETE l | FUNCTION LOAD "#!lua name=l\nredis.register_function('f', function() return 1 end)"
a: MULTI | EVAL "return redis.call('set','x','y')" 0 | EXEC
z: CONFIG SET maxmemory 0
a*: MULTI | EVAL "#!lua flags=allow-oom\nreturn redis.call('set','x','y')" 0 | EVAL "#!lua flags=no-writes\nreturn redis.call('get','x')" 0
z: CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a*: MULTI | EVAL "#!lua\nreturn redis.call('set','x','y')" 0
z: CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a*: MULTI | EVAL "return redis.call('set','x','y')" 0 | EVAL "return redis.pcall('get','x')" 0
z: CONFIG SET maxmemory 1
a: EXEC
z: CONFIG SET maxmemory 0
a: MULTI | CONFIG SET maxmemory 1 | EVAL "#!lua\nreturn redis.call('set','x','y')" 0 | EXEC
z: INFO errorstats`,

	"who waits when memory is full": `
b*: BLPOP q 0
c*: BLMOVE q2 q3 LEFT LEFT 0
d*: BZPOPMIN z 0
z: CONFIG SET maxmemory 1
z: LPUSH q 1 | EVAL "redis.call('del','none') redis.call('lpush','q','1') redis.call('rpush','q2','1') return redis.call('zadd','z','1','m')" 0
b: GET q
c: LRANGE q3 0 -1
b*: BLMOVE q3 q4 LEFT LEFT 0
b: EXISTS q3 | INFO errorstats`,

	"paused when memory is full": `
z: SET k v | CONFIG SET maxmemory 1
z: CLIENT PAUSE 100000 WRITE
a*: SET x y
b*: MULTI | GET k | EVAL_RO "return redis.call('get','k')" 0
c: MULTI | GET k | EXEC | EVAL "#!lua flags=no-writes\nreturn redis.call('get','k')" 0
e*: EVAL "#!lua\nreturn redis.call('get','k')" 0
z: CLIENT LIST ID {id:a} {id:b} {id:e} | INFO errorstats | CONFIG SET maxmemory 0 | CLIENT UNPAUSE
a: GET x
b: EXEC
e: GET k
z: CONFIG SET maxmemory 1
z: CLIENT PAUSE 100000 WRITE
a*: SET x z
b*: PUBLISH c x
z: CLIENT UNPAUSE
a: GET x
b: GET k
z: INFO errorstats`,

	"limits as settings": `
a: CONFIG SET client-output-buffer-limit "normal 1kb 2KB 3" | CONFIG GET client-output-buffer-limit | CONFIG SET client-output-buffer-limit "pubsub 1m 1gb 1 slave 1k 2b 60" | CONFIG GET client-output-buffer-limit
a: CONFIG SET client-output-buffer-limit "" | CONFIG GET client-output-buffer-limit | CONFIG SET client-output-buffer-limit "REPLICA 7 8 9" | CONFIG SET client-output-buffer-limit "normal 1 2" | CONFIG SET client-output-buffer-limit "normal 1 2 3 4"
a: CONFIG SET client-output-buffer-limit "master 1 2 3" | CONFIG SET client-output-buffer-limit "normal 1x 2 3" | CONFIG SET client-output-buffer-limit "normal -1 2 3" | CONFIG SET client-output-buffer-limit "normal 1 2 -3" | CONFIG SET client-output-buffer-limit "normal 1 2 3s"
a: CONFIG SET client-output-buffer-limit "normal 1 2 3  pubsub 1 2 3" | CONFIG SET client-output-buffer-limit " normal 1 2 3" | CONFIG SET client-output-buffer-limit "pubsub 4 5 6 normal 1 2 x" | CONFIG GET client-output-buffer-limit
a: CONFIG SET client-output-buffer-limit "normal 1 2 3 normal 4mb 5mb 6" | CONFIG SET client-output-buffer-limit "normal 4mb 5mb 007" | CONFIG SET client-output-buffer-limit "normal 4mb 5mb +7" | CONFIG SET client-output-buffer-limit "normal 4mb 5mb 1e2" | CONFIG SET client-output-buffer-limit "normal 4mb 5mb "
a: CONFIG SET client-output-buffer-limit "normal 9mb 05mb 1" | CONFIG SET client-output-buffer-limit "normal 1.5mb 0 0" | CONFIG SET client-output-buffer-limit "normal 4MB 5tb 1" | CONFIG GET client-output-buffer-limit
a: CONFIG SET maxmemory-clients 1gb | CONFIG GET maxmemory-clients | CONFIG SET maxmemory-clients 5% | CONFIG GET maxmemory-clients | CONFIG SET maxmemory-clients 101% | CONFIG SET maxmemory-clients -5 | CONFIG SET maxmemory-clients 1.5% | CONFIG SET maxmemory-clients 0% | CONFIG SET maxmemory-clients 300mb | CONFIG GET maxmemory-clients
a: CONFIG SET maxmemory-clients 5%x | CONFIG SET maxmemory-clients % | CONFIG SET maxmemory-clients 007% | CONFIG SET maxmemory-clients "" | CONFIG GET maxmemory-clients | CONFIG SET maxmemory 100mb | CONFIG SET maxmemory 5% | CONFIG SET maxmemory -1 | CONFIG SET maxmemory 0
a: CONFIG SET maxmemory-samples 0 | CONFIG SET maxmemory-policy nonsense | CONFIG SET replica-ignore-maxmemory maybe | CONFIG SET client-query-buffer-limit 1 | CONFIG SET maxmemory-eviction-tenacity 101 | CLIENT NO-EVICT | CLIENT NO-EVICT 1 | CLIENT NO-EVICT on x`,

	"another role during a pause": `
z: SET k v
b*: BLPOP l 0
z: CLIENT PAUSE 100000 WRITE
a*: SET k w
c*: EVAL "return redis.call('get','k')" 0
d*: MULTI | SET k 1
e: MULTI | GET k | EXEC | WAIT 0 10 | REPLICAOF 127.0.0.1 1
z: WAIT 0 0 | GET k | CLIENT LIST ID {id:a} {id:c} {id:d} | CLIENT UNPAUSE
a: GET k
c: GET k
d: EXEC
z: CLIENT PAUSE 100000 WRITE
a*: SET k x
z: REPLICAOF NO ONE | CLIENT UNPAUSE
a: GET k
z: CLIENT PAUSE 100000 WRITE
a*: BLPOP l 1
c*: LPUSH l 1
d*: PUBLISH c x
z: CLIENT KILL ID {id:c} | CLIENT UNPAUSE
a*: PING
z: LPUSH l 2
d: GET k`,

	"pushes and replies": `
a: SET k v | SET l v
b: HELLO 3 | CLIENT TRACKING ON | GET k | CLIENT REPLY OFF | SUBSCRIBE d | SET k 1 | UNSUBSCRIBE d | CLIENT REPLY ON
b: GET k | CLIENT REPLY SKIP | SUBSCRIBE d | PING | CLIENT REPLY SKIP | SET k 2 | PING | CLIENT REPLY SKIP | GET k | SET k 3
b: GET k | MULTI | CLIENT REPLY OFF | SET k 3 | PING | EXEC | PING | CLIENT REPLY ON
b: GET k | MULTI | SET k 4 | CLIENT REPLY SKIP | PING | EXEC | PING | PING
b: GET k | GET l | MULTI | SET k 1 | GET k | SET k 2 | SUBSCRIBE z | DEL l | UNSUBSCRIBE z | EXEC | PING
b: GET k | MULTI | CLIENT TRACKING OFF | SET k 5 | EXEC | CLIENT TRACKING ON
b: MULTI | GET k | SET k 6 | EXEC | MULTI | GET k | DISCARD | GET k | SET k 7 | SET k 8 | EVAL "redis.call('set','k','9') return redis.call('get','k')" 1 k | FLUSHALL
b: GET k | MULTI | SET k 9 | RESET | PING | HELLO 3 | CLIENT TRACKING ON NOLOOP | GET k | MULTI | SET k 1 | GET k | EXEC
a: SET k x
b: CLIENT TRACKING OFF | CLIENT TRACKING ON | GET k | MULTI | SET k 10 | QUIT`,

	"pauses that overlap": `
a: CLIENT PAUSE 150 ALL
b: GET k
a: CLIENT PAUSE 100000 WRITE
b*: SET k 1
a: CLIENT PAUSE 150 WRITE | GET k
c*: EVAL "return 1" 0
a: CLIENT UNPAUSE | GET k
b: GET k
c: GET k
a: CLIENT PAUSE 0 WRITE | SET k 2 | CLIENT PAUSE 0 | SET k 3 | CLIENT PAUSE 9223372036854775808 | CLIENT PAUSE 1.5`,
}
