package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// stateConversations are about the states of a connection, how others see them, and how they end.
var stateConversations = map[string]string{
	"reply modes": `
a: CLIENT REPLY SKIP | NONSENSE | GET k
a: CLIENT REPLY SKIP | GET | GET k
a: CLIENT REPLY SKIP | CLIENT REPLY SKIP | GET a | GET b | GET c
a: CLIENT REPLY SKIP | CLIENT REPLY OFF | GET a | CLIENT REPLY ON | GET b
a: CLIENT REPLY OFF | NONSENSE | GET | CLIENT REPLY SKIP | CLIENT REPLY ON | GET a
a: MULTI | CLIENT REPLY SKIP | GET a | EXEC | GET b | GET c
a: MULTI | GET a | CLIENT REPLY OFF | GET b | EXEC | GET c | CLIENT REPLY ON
a: CLIENT REPLY OFF | MULTI | GET a | CLIENT REPLY ON | GET b | EXEC
a: WATCH w | SET w 1 | CLIENT REPLY OFF | MULTI | GET w | EXEC | CLIENT REPLY ON
a: CLIENT REPLY SKIP | RESET | GET a
a: CLIENT REPLY OFF | RESET | GET a
a: CLIENT REPLY SKIP | SUBSCRIBE x | UNSUBSCRIBE x
a: CLIENT REPLY SKIP | BLPOP none 0.01 | GET a
a: CLIENT REPLY OFF | BLPOP none 0.01 | WAIT 1 10 | CLIENT REPLY ON
a: CLIENT REPLY SKIP | WAIT 1 10 | GET a
a*: CLIENT REPLY SKIP | BLPOP l 0
b: RPUSH l 1
a: GET a
a*: CLIENT REPLY OFF | BLPOP l 0
b: RPUSH l 2
a: CLIENT REPLY ON | LRANGE l 0 -1
a*: CLIENT REPLY OFF | MONITOR
b: GET a
a: CLIENT REPLY ON
b: GET a`,
	"hello and reset": `
a: HELLO | HELLO 3 SETNAME x | CLIENT GETNAME | HELLO 3 SETNAME "" | CLIENT GETNAME | HELLO 2 SETNAME y SETNAME z | CLIENT GETNAME
a: HELLO 3 AUTH default wrong SETNAME q | CLIENT GETNAME | HELLO 3 AUTH default | HELLO 3 SETNAME | HELLO 4 | HELLO 99999999999999999999 | HELLO "" | hello 2 setname ok auth default ""
a: CLIENT SETNAME bb | SELECT 5 | HELLO 3 | CLIENT NO-EVICT ON | MULTI | SET a b | RESET | CLIENT LIST ID {id:a}
a: HELLO 3 | SUBSCRIBE c | PSUBSCRIBE p* | SSUBSCRIBE s | RESET
b: PUBLISH c x | PUBSUB NUMPAT | PUBSUB SHARDNUMSUB s | PUBSUB NUMSUB c
a: CLIENT TRACKING ON | RESET | CLIENT TRACKINGINFO | CLIENT GETREDIR | MULTI | RESET | EXEC
a: MULTI | GET | RESET | MULTI | GET a | EXEC
a: MONITOR | CLIENT LIST ID {id:a} | GET a | RESET
b: GET a
c: MULTI | PING | QUIT | EXEC
c: PING | QUIT a b | PING`,
	"before login": `
a: CONFIG SET requirepass secret | ACL SETUSER joe on >pw ~* +@all
b: GET k | HELLO | HELLO 3 | NONSENSE | GET | CLIENT NONSENSE | MULTI | EXEC | HELLO 9 | HELLO x | CLIENT | RESET | AUTH joe bad | AUTH joe pw | ACL WHOAMI
c: HELLO 3 AUTH default wrong | AUTH default secret | AUTH default secret
d: AUTH joe pw
a: CLIENT KILL USER nobody | CLIENT KILL USER joe | CLIENT KILL USER joe`,
	"kill": `
a: CLIENT KILL ID 0 x | CLIENT KILL ID {id:b} x | CLIENT KILL ID | CLIENT KILL x y | CLIENT KILL ADDR 1.2.3.4:5 | CLIENT KILL LADDR nothing | CLIENT KILL TYPE pubsub
a: CLIENT KILL ADDR {addr:b} | CLIENT KILL {addr:c} | CLIENT KILL {addr:c}
d: SUBSCRIBE x
e: HELLO 3 | PSUBSCRIBE y
f: SSUBSCRIBE s
a: CLIENT KILL TYPE pubsub ID {id:d} | CLIENT KILL TYPE normal ID {id:e} | CLIENT KILL TYPE pubsub LADDR {laddr} SKIPME no
g: CLIENT KILL ID {id:g} | PING
g: CLIENT KILL ID {id:g} SKIPME no
a*: BLPOP l 0
h: CLIENT KILL ID {id:a}
h: CLIENT KILL {addr:h}`,
	"list and unblock": `
a: CLIENT LIST ID {id:b} {id:a} {id:b} 99999 | CLIENT LIST ID -1 | CLIENT LIST TYPE normal x
b*: MULTI | SET a b | PING
a: CLIENT LIST ID {id:b}
b*: EXEC | WATCH a | MULTI
a: SET a c | CLIENT LIST ID {id:b}
b: EXEC | CLIENT TRACKING ON BCAST PREFIX x NOLOOP | SELECT 7 | CLIENT SETNAME joe | READONLY
a: CLIENT LIST ID {id:b}
b: RESET | CLIENT TRACKING ON REDIRECT {id:c} | GET k
a: CLIENT KILL ID {id:c} | SET k v | CLIENT LIST ID {id:b}
b: HELLO 3 | GET k
a: SET k w
b*: BLPOP l 0
a: CLIENT LIST ID {id:b} | CLIENT UNBLOCK {id:b} x | CLIENT UNBLOCK {id:b} ERROR | CLIENT UNBLOCK {id:b}
b*: BLMOVE l m LEFT LEFT 0
a: CLIENT UNBLOCK {id:b} TIMEOUT
b*: WAIT 1 0
a: CLIENT UNBLOCK {id:b} ERROR
b: GET k`,
	"last command": `
b*: NONSENSE | EVAL "return redis.call('get','k')" 0
a: CLIENT LIST ID {id:b}
b*: GET
a: CLIENT LIST ID {id:b}
b*: GET k | MULTI | GET k | EXEC
a: CLIENT LIST ID {id:b}`,
	"pause": `
a: CLIENT PAUSE 100000 WRITE
b*: SET k v
c: GET k | MULTI | GET k | EXEC | EVAL_RO "return redis.call('get','k')" 0
d*: MULTI | SET k w
e*: EVAL "return redis.call('get','k')" 0
f*: PFCOUNT hll
g*: PUBLISH x y
h: SCRIPT LOAD "return 1" | SORT_RO l
i*: EVAL "redis.call('set','k','x')" 0
a: GET k | CLIENT UNPAUSE
b: GET k
d: GET k | EXEC
e: GET k
f: GET k
g: GET k
i: GET k
a*: CLIENT PAUSE 50 ALL | PING
b: GET k
a: CLIENT PAUSE 100000 WRITE | CLIENT PAUSE 1 WRITE
b*: MULTI | SET k 9
c: GET k
a: CLIENT UNPAUSE
b: EXEC`,
	"monitor of scripts and of who waits": `
m: MONITOR
a: EVALSHA nope 0 | EVAL "syntax error" 0 | EVAL "redis.call('select',5) redis.pcall('nonsense') return redis.call('get',KEYS[1])" 1 k
a: FUNCTION LOAD "#!lua name=l\n redis.register_function('f', function(k,a) return redis.call('get','k') end)" | FCALL f 0 | FCALL_RO f 0 | FCALL g 0
a: HELLO 3 AUTH default z SETNAME q | MIGRATE 127.0.0.1 1 k 0 100 AUTH2 u x | ACL SETUSER joe on >secret | CONFIG SET requirepass ""
a: MULTI | SELECT 3 | SET b 2 | EXEC | SELECT 0
b*: BLPOP l 0
a: RPUSH l x
b: GET k`,
	"one command of CLIENT CACHING": `
a: HELLO 3 | CLIENT TRACKING ON OPTIN
a: CLIENT CACHING YES | NONSENSE | GET k1 | CLIENT CACHING YES | GET | GET k2 | CLIENT CACHING YES | CLIENT NONSENSE | GET k3
a: CLIENT CACHING YES | CLIENT SETNAME | GET k4 | CLIENT CACHING YES | MULTI | GET | GET k5 | EXEC | GET k6 | CLIENT CACHING YES | EXEC | GET k7
b: MSET k1 v k2 v k3 v k4 v k5 v k6 v k7 v
a: CLIENT CACHING YES | MULTI | GET k1 | GET k2 | EXEC | GET k3 | CLIENT CACHING YES | EVAL "return redis.call('get',KEYS[1])" 1 k4 | GET k5
b: MSET k1 v k2 v k3 v k4 v k5 v
b: XGROUP CREATE s g $ MKSTREAM | WATCH s
a: XGROUP DESTROY s g
b: MULTI | XLEN s | EXEC`,
}

// Guarantee: a command that waits is one call, whatever becomes of it.
func TestWaitingCommandsCountOnce(t *testing.T) {
	bothKinds(t, func(t *testing.T, kind rig.Kind) {
		s := rig.Start(t, kind, "A", nil)
		w := s.Dial()
		w.Command("BLPOP", "l", "0")
		rig.Until(t, timeout, func() error {
			if n := s.Info("clients")["blocked_clients"]; n != "1" {
				return fmt.Errorf("%s clients wait", n)
			}
			return nil
		})
		s.Must("RPUSH", "l", "x")
		expect(t, w, "*2")
		if line := s.Info("commandstats")["cmdstat_blpop"]; !strings.HasPrefix(line, "calls=1,") {
			t.Errorf("one BLPOP is counted as %s", line)
		}
	})
}
