package interop

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// eventCalls are calls of everything that tells of keys. S, N, L, H, T, Z, X, G, P and D stand for one of two keys (D: of a destination), K for
// any of them; m for a member, i for a small number.
const eventCalls = `SET S m|SET S m EX 100|SET S m NX|SET S m XX GET|SET S m KEEPTTL|SET S m PXAT 1|SETEX S 100 m|PSETEX S 100000 m|SETNX S m|MSET S m S m|MSETNX S m D m
GETSET S m|GETDEL S|GETEX S|GETEX S PERSIST|GETEX S EX 100|GETEX S PXAT 1|APPEND S m|SETRANGE S 3 x|SETRANGE S 0 ''|INCR N|DECRBY N i|INCRBYFLOAT N 0.5|SETBIT S 7 1|BITOP AND D S S|LCS K K
BITOP NOT D S|BITFIELD S SET u8 0 1|BITFIELD S GET u8 0|BITFIELD S OVERFLOW FAIL INCRBY u8 0 300|LPUSH L m m|RPUSH L m|LPUSHX L m|LPOP L|RPOP L 2|LPOP L 0|LREM L i m|LSET L i m
LINSERT L BEFORE m m|LTRIM L i i|RPOPLPUSH L L|LMOVE L L LEFT RIGHT|LMPOP 2 L L LEFT COUNT 2|BLPOP L 0.01|BLMOVE L L LEFT LEFT 0.01|BLMPOP 0.01 1 L LEFT|HSET H m m|HSETNX H m m|HDEL H m m
HINCRBY H m 1|HINCRBYFLOAT H m 1.5|SADD T m m|SREM T m m|SMOVE T T m|SPOP T 100|SPOP T 0|SINTERSTORE D T T|SUNIONSTORE D T T|SDIFFSTORE D T T|ZADD Z i m|ZADD Z GT CH i m|ZADD Z XX INCR i m
ZINCRBY Z i m|ZREM Z m m|ZREMRANGEBYSCORE Z i i|ZREMRANGEBYRANK Z i i|ZPOPMIN Z|ZPOPMAX Z 0|BZPOPMIN Z 0.01|ZMPOP 1 Z MIN|BZMPOP 0.01 1 Z MAX COUNT 2|ZUNIONSTORE D 2 Z T|ZINTERSTORE D 2 Z Z
ZDIFFSTORE D 2 Z Z|ZRANGESTORE D Z i i|XADD X 1-i m m|XADD X MAXLEN 1 2-i m m|XADD X NOMKSTREAM 3-i m m|XDEL X 1-1|XTRIM X MAXLEN 1|XSETID X 20-1|XGROUP CREATE X m 0|XGROUP CREATE X m $ MKSTREAM
XGROUP DESTROY X m|XGROUP SETID X m 0|XGROUP CREATECONSUMER X m m|XGROUP DELCONSUMER X m m|XREADGROUP GROUP m m COUNT 1 STREAMS X >|XREADGROUP GROUP m m NOACK STREAMS X >|XACK X m 1-1
XCLAIM X m m 0 1-1|XCLAIM X m m 0 1-1 FORCE JUSTID|XAUTOCLAIM X m m 0 0|PFADD P m|PFADD P|PFMERGE P P|PFCOUNT P P|GEOADD G 1 2 m|GEOADD G XX CH 1 2 m
GEOSEARCHSTORE D G FROMLONLAT 1 2 BYRADIUS 1 km|GEORADIUS G 1 2 1 km STORE D|DEL K K|UNLINK K|EXPIRE K 100|EXPIRE K -1|EXPIRE K 100 NX|PEXPIREAT K 99999999999999|PERSIST K|RENAME K K|RENAMENX K K
COPY K K|COPY K K REPLACE|COPY K K DB 1 REPLACE|MOVE K 1|SORT L ALPHA STORE D|SORT T BY nosort STORE D|SWAPDB 0 1|FLUSHDB|GET K|MGET K K|TOUCH K|TYPE K|EXISTS K K|STRLEN K|XREAD STREAMS X 0`

// eventCall fills a template in.
func eventCall(rnd *rand.Rand, template string) []string {
	words := strings.Fields(template)
	for i, w := range words[1:] {
		switch {
		case w == "''":
			w = ""
		case w == "m":
			w = []string{"a", "b", "c", "1", "2"}[rnd.IntN(5)]
		case strings.HasSuffix(w, "i") && len(w) <= 3:
			w = strings.TrimSuffix(w, "i") + fmt.Sprint(rnd.IntN(4))
		case w == "K":
			w = string("SNLHTZXGPD"[rnd.IntN(10)]) + fmt.Sprint(rnd.IntN(2))
		case len(w) == 1 && strings.Contains("SNLHTZXGPD", w):
			w += fmt.Sprint(rnd.IntN(2))
		}
		words[1+i] = w
	}
	return words
}

// told returns the messages up to the next one on the channel "end".
func (c *rawConn) told() (events []string) {
	for {
		v, err := c.r.Read()
		if err != nil {
			c.t.Fatal(err)
		}
		c.came.Reset()
		if parts := v.Elems; len(parts) == 4 {
			events = append(events, fmt.Sprintf("%s %s", parts[2].Text, parts[3].Text))
		} else if len(parts) == 3 && string(parts[0].Text) == "message" {
			return events
		}
	}
}

// Guarantee: every command tells of keys what redis-server tells, in its order: all classes of events with those of new and of missing keys.
func TestSameKeyspaceEvents(t *testing.T) {
	config := rig.Config{"notify-keyspace-events": "KEAnm"}
	var speak, listen [2]*rawConn
	for i, kind := range []rig.Kind{rig.Ours, rig.Peer} {
		s := rig.Start(t, kind, fmt.Sprint("server", i), config)
		speak[i], listen[i] = dialRaw(t, s), dialRaw(t, s)
		speak[i].do("DEBUG", "SET-ACTIVE-EXPIRE", "0") // when a key is found expired is chance
		listen[i].do("SUBSCRIBE", "end")
		listen[i].do("PSUBSCRIBE", "__key*")
	}
	rnd := rand.New(rand.NewPCG(7, 7))
	templates := strings.FieldsFunc(eventCalls, func(r rune) bool { return r == '|' || r == '\n' })
	for wrong := 0; wrong < 10 && !sameEvents(t, rnd, templates, speak, listen); wrong++ {
	}
}

// sameEvents makes calls until the events of one differ.
func sameEvents(t *testing.T, rnd *rand.Rand, templates []string, speak, listen [2]*rawConn) bool {
	for range 3000 {
		call := eventCall(rnd, templates[rnd.IntN(len(templates))])
		if rnd.IntN(10) == 0 {
			call = append([]string{"EVAL", "return redis.call(unpack(ARGV))", "0"}, call...)
		}
		var events, reply [2]string
		for i := range speak {
			reply[i] = speak[i].do(call...)
			_ = listen[i].c.SetDeadline(time.Now().Add(timeout))
			speak[i].do("PUBLISH", "end", "")
			events[i] = strings.Join(listen[i].told(), ", ")
		}
		if events[0] != events[1] {
			t.Errorf("%q\n  ours  %s\n  redis %s\n  replies %q, %q", call, events[0], events[1], reply[0], reply[1])
			return false
		}
	}
	return true
}
