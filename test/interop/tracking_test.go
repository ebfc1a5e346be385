package interop

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/test/rig"
)

// The clients of a caching party: three that cache, of RESP3 but the last, two that others redirect to, and one that only writes.
const (
	cachers = 3
	ear2    = 3 // RESP2, has subscribed to __redis__:invalidate
	ear3    = 4 // RESP3
	writer  = 5
	members = 6
)

// cacheReads are calls that make a client cache keys, or seem to.
const cacheReads = `GET K|MGET K K|GETRANGE K 0 1|STRLEN K|EXISTS K K|TYPE K|TTL K|OBJECT ENCODING K|MEMORY USAGE K|DUMP K|TOUCH K|LRANGE L 0 -1|LLEN K|HGETALL H|HGET K m|SMEMBERS T|SINTER T T
SINTERCARD 2 T T|SORT_RO L ALPHA|ZRANGE Z 0 -1|ZUNION 2 Z T|ZSCORE Z m|XRANGE X - +|XREAD STREAMS X X 0 0|XLEN X|XINFO STREAM X|BITCOUNT S|BITFIELD_RO S GET u8 0|GEOPOS G m|GEODIST G m m
PFCOUNT P P|LCS S S|GETEX S|SORT L ALPHA|GEORADIUS_RO G 1 2 1 km|GEORADIUS G 1 2 1 km|EXPIRETIME K|LPOS L m|ZUNION 9 Z|WATCH K|SUBSTR S 0 1|XPENDING X m|XINFO GROUPS X|OBJECT FREQ K`

// cacheScripts read and write keys that they declare, and others.
var cacheScripts = [][]string{
	{"EVAL", "return redis.call('get', KEYS[1])", "2", "S0", "S1"},
	{"EVAL", "redis.pcall('get', 'S1') return redis.pcall('set', KEYS[1], 'x')", "1", "S0"},
	{"EVAL", "redis.pcall('set', KEYS[1], 'y') redis.pcall('get', KEYS[1]) redis.pcall('incr', KEYS[2]) return redis.pcall('set', KEYS[1], 'z')", "2", "S0", "N0"},
	{"EVAL_RO", "return redis.call('exists', KEYS[1])", "1", "L0"},
	{"EVAL", "return 1", "1", "S0"},
	{"EVAL", "redis.call('select', 3) return redis.pcall('get', KEYS[1])", "1", "N1"},
	{"EVAL", "redis.pcall('get', KEYS[1]) return redis.call('flushall')", "1", "S1"},
}

// Guarantee: who caches is told what redis-server tells, in its order and in its place among the replies: in all modes of CLIENT TRACKING,
// by writes of every command, expiry, transactions, scripts and clients that are served.
func TestSameInvalidations(t *testing.T) {
	ours, peer := rig.Start(t, rig.Ours, "A", nil), rig.Start(t, rig.Peer, "B", nil)
	fresh := uint64(time.Now().UnixNano())
	t.Logf("the last round is of seed %d", fresh)
	for _, seed := range []uint64{1, 2, 3, 4, fresh} {
		g := &cacheGame{t: t, rnd: rand.New(rand.NewPCG(seed, 0))}
		for i, s := range []*rig.Server{ours, peer} {
			s.Must("FLUSHALL")
			s.Must("DEBUG", "SET-ACTIVE-EXPIRE", "0") // when a key is found expired is chance
			g.parties[i] = newCacheParty(t, s)
		}
		for n := 0; n < 300 && g.step(); n++ {
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// cacheGame lets two parties do the same.
type cacheGame struct {
	t       *testing.T
	rnd     *rand.Rand
	parties [2]*cacheParty
	history []string
}

// step lets a member say something and compares what all are sent until everything is answered.
func (g *cacheGame) step() bool {
	who, calls := g.rnd.IntN(members), [][]string(nil)
	switch {
	case who == ear2 || who == ear3: // only listen: what is redirected to a client that changes keys comes before or after its reply, by the command
		if g.rnd.IntN(20) > 0 {
			return true
		}
		calls = [][]string{{"QUIT"}}
	default:
		calls = g.calls(who)
	}
	var came [2]string
	for i, p := range g.parties {
		came[i] = p.say(who, calls)
	}
	g.history = append(g.history, fmt.Sprintf("%d: %q", who, calls))
	if came[0] == came[1] {
		return true
	}
	g.t.Errorf("%s\n--- ours\n%s--- redis\n%s", strings.Join(g.history[max(0, len(g.history)-12):], "\n"), came[0], came[1])
	return false
}

// calls are what one member says at once.
func (g *cacheGame) calls(who int) [][]string {
	switch caches := who < cachers; {
	case caches && g.rnd.IntN(12) == 0:
		return append(g.ordinary(false), g.track(who), []string{"CLIENT", "TRACKINGINFO"})
	case g.rnd.IntN(15) == 0:
		return g.block(who)
	default:
		return g.ordinary(caches)
	}
}

// ordinary calls are reads and writes, perhaps a transaction of them.
func (g *cacheGame) ordinary(caches bool) (calls [][]string) {
	for range 1 + g.rnd.IntN(3) {
		if caches && g.rnd.IntN(3) == 0 {
			calls = append(calls, []string{"CLIENT", "CACHING", []string{"YES", "NO"}[g.rnd.IntN(2)]})
		}
		calls = append(calls, g.call())
	}
	if g.rnd.IntN(4) == 0 {
		calls = append(append([][]string{{"MULTI"}}, calls...), []string{[]string{"EXEC", "EXEC", "EXEC", "DISCARD"}[g.rnd.IntN(4)]})
		if caches && g.rnd.IntN(3) == 0 {
			calls = append([][]string{{"CLIENT", "CACHING", "YES"}}, calls...)
		}
	}
	return calls
}

func (g *cacheGame) call() []string {
	reads, writes := strings.FieldsFunc(cacheReads, split), strings.FieldsFunc(eventCalls, split)
	switch n := g.rnd.IntN(20); {
	case n == 0:
		return append([]string(nil), cacheScripts[g.rnd.IntN(len(cacheScripts))]...)
	case n == 1:
		return [][]string{{"FLUSHALL"}, {"NONSENSE"}, {"GET"}, {"SELECT", "1"}, {"SELECT", "0"}, {"PING"}, {"UNWATCH"}, {"RESTORE", "S0", "0", "bad", "REPLACE"}}[g.rnd.IntN(8)]
	case n < 10:
		return eventCall(g.rnd, reads[g.rnd.IntN(len(reads))])
	default:
		return eventCall(g.rnd, writes[g.rnd.IntN(len(writes))])
	}
}

func split(r rune) bool { return r == '|' || r == '\n' }

// track changes how a client caches. {1} is the ID of member 1.
func (g *cacheGame) track(who int) []string {
	if n := g.rnd.IntN(8); n == 0 {
		return []string{"CLIENT", "TRACKING", "OFF"}
	} else if n == 1 {
		return []string{"RESET"}
	}
	args := []string{"CLIENT", "TRACKING", "ON"}
	option := func(odds int, words ...string) {
		if g.rnd.IntN(odds) == 0 {
			args = append(args, words...)
		}
	}
	prefix := func() string { return []string{"", "S", "S0", "L", "L1", "N", "D", "T0"}[g.rnd.IntN(8)] }
	if g.rnd.IntN(2) == 0 {
		args = append(args, "BCAST")
		option(2, "PREFIX", prefix())
		option(3, "PREFIX", prefix())
	} else {
		option(5, "PREFIX", prefix())
	}
	option(5, "OPTIN")
	option(5, "OPTOUT")
	option(3, "NOLOOP")
	option(3, "REDIRECT", fmt.Sprintf("{%d}", []int{ear2, ear3, who}[g.rnd.IntN(3)]))
	return args
}

// block waits for a key; another member serves it, or ends the wait: what follows "then" is said by that.
func (g *cacheGame) block(who int) [][]string {
	waits := []string{"BLPOP L L 0", "BRPOP L 0", "BLMOVE L L LEFT RIGHT 0", "XREAD BLOCK 0 STREAMS X $", "BLMPOP 0 2 L L LEFT COUNT 2", "BZPOPMIN Z 0", "BZMPOP 0 1 Z MAX COUNT 2"}
	if who < cachers {
		waits = waits[:4] // of the others redis-server does not tell who is served with BCAST and NOLOOP that the key was changed by another one, too
	}
	wait := eventCall(g.rnd, waits[g.rnd.IntN(len(waits))])
	serve := eventCall(g.rnd, []string{"RPUSH L m m m", "LPUSH L m", "ZADD Z 1 m 2 m", "XADD X * m m", "DEL K K", "RENAME L L", "MOVE L 1"}[g.rnd.IntN(7)])
	return [][]string{wait, {"then"}, serve, {"CLIENT", "UNBLOCK", fmt.Sprintf("{%d}", who)}}
}

// cacheParty is a server with its members.
type cacheParty struct {
	t       *testing.T
	server  *rig.Server
	members [members]*rawConn
	ids     [members]string
	names   map[string]string // of all IDs that members have had
}

func newCacheParty(t *testing.T, s *rig.Server) *cacheParty {
	p := &cacheParty{t: t, server: s, names: map[string]string{}}
	for i := range p.members {
		p.enter(i)
	}
	return p
}

// enter connects a member.
func (p *cacheParty) enter(i int) {
	c := dialRaw(p.t, p.server)
	p.members[i] = c
	p.ids[i] = strings.Trim(c.do("CLIENT", "ID"), ":\r\n")
	p.names[p.ids[i]] = fmt.Sprintf("{%d}", i)
	switch i {
	case ear2:
		c.do("SUBSCRIBE", "__redis__:invalidate")
	case cachers - 1, writer:
	default:
		c.do("HELLO", "3")
	}
}

// say lets a member say calls and returns what all are sent meanwhile.
func (p *cacheParty) say(who int, calls [][]string) string {
	var came [members]string
	at := slices.IndexFunc(calls, func(call []string) bool { return call[0] == "then" })
	switch {
	case calls[0][0] == "QUIT":
		p.send(who, calls)
		came[who] = p.rest(who)
		p.enter(who)
	case at >= 0:
		p.send(who, calls[:at])
		p.waitFor(who, calls[at-1][0])
		other := (who + 1) % cachers
		p.send(other, calls[at+1:])
		came[other] = p.hear(other, len(calls)-at-1)
		came[who] = p.hear(who, at)
	default:
		p.send(who, calls)
		came[who] = p.hear(who, len(calls))
	}
	// What others are sent because of a call has left when that is answered, so it is in front of the answer to what they ask now.
	for i := range p.members {
		mark := []string{"CLIENT", "ID"}
		if i == ear2 {
			mark = []string{"PING"}
		}
		p.send(i, [][]string{mark})
	}
	for i := range p.members {
		came[i] = fmt.Sprintf("  %d: %s %s", i, came[i], p.hear(i, 1))
	}
	return strings.Join(came[:], "\n") + "\n"
}

// send writes calls at once. {1} is the ID of member 1.
func (p *cacheParty) send(i int, calls [][]string) {
	var out []byte
	for _, call := range calls {
		args := slices.Clone(call)
		for j, a := range args {
			if len(a) == 3 && a[0] == '{' {
				args[j] = p.ids[a[1]-'0']
			}
		}
		out = resp.AppendCommand(out, args...)
	}
	c := p.members[i]
	_ = c.c.SetDeadline(time.Now().Add(timeout))
	if _, err := c.c.Write(out); err != nil {
		p.t.Fatal(err)
	}
}

// waitFor waits until the last command that a member has sent was run, and perhaps waits for a key.
func (p *cacheParty) waitFor(who int, command string) {
	rig.Until(p.t, timeout, func() error {
		line := fmt.Sprint(p.server.Must("CLIENT", "LIST", "ID", p.ids[who]))
		if strings.Contains(line, " cmd="+strings.ToLower(command)+" ") {
			return nil
		}
		return fmt.Errorf("it has not come: %s", line)
	})
}

// hear returns what a member is sent up to so many replies.
func (p *cacheParty) hear(i, replies int) string {
	var out []string
	for replies > 0 {
		v, err := p.members[i].r.Read()
		if err != nil {
			p.t.Fatalf("member %d of %s: %v; until then %q", i, p.server.Name, err, out)
		}
		text, push := p.shown(&v)
		if !push {
			replies--
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// rest returns what a member is sent until it is disconnected.
func (p *cacheParty) rest(i int) string {
	var out []string
	for {
		v, err := p.members[i].r.Read()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			p.t.Fatal(err)
		}
		if err != nil {
			return strings.Join(out, " ")
		}
		text, _ := p.shown(&v)
		out = append(out, text)
	}
}

// shown is a message as text, and of a reply what does not depend on the data.
func (p *cacheParty) shown(v *resp.Value) (text string, push bool) {
	if push = v.Kind == resp.KindPush; !push && len(v.Elems) == 3 && string(v.Elems[0].Text) == "message" {
		push = true
	}
	if push || len(v.Elems) == 6 && string(v.Elems[0].Text) == "flags" || v.IsError() || v.Kind == resp.KindSimpleString {
		return p.full(v), push
	}
	return "R", false
}

func (p *cacheParty) full(v *resp.Value) string {
	text := string(v.Text)
	if v.Kind == resp.KindInt {
		text = strconv.FormatInt(v.Int, 10)
		if name := p.names[text]; name != "" {
			text = name
		}
	}
	if v.IsNull() { // which null: redis-server takes that of the protocol of who caches, also where another client is told
		return "null"
	}
	for i := range v.Elems {
		text += " " + p.full(&v.Elems[i])
	}
	return fmt.Sprintf("%v(%s)", v.Kind, strings.TrimSpace(text))
}
