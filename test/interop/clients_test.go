package interop

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// conversations are what several clients say in turn: "a: SUBSCRIBE x", two commands on one line are sent at once. {id:b} is the ID of
// client b, {addr:b} its address, {laddr} the server's. After each line all that any client was sent is compared. Of a client that says
// something as "a*" no answer is expected until it speaks again; its last command is not CLIENT.
var conversations = map[string]string{
	"channels": `
a: HELLO 3
a: SUBSCRIBE x y x
b: PSUBSCRIBE x*
c: PUBLISH x hello | PUBLISH z "" | PUBLISH none | PUBSUB NUMPAT | PUBSUB NUMSUB x y q | PUBSUB CHANNELS y*
b: GET k | PING | PING text | PUBLISH x y | SUBSCRIBE x
c: PUBLISH x again
b: PUNSUBSCRIBE x* other | UNSUBSCRIBE | UNSUBSCRIBE | PUNSUBSCRIBE | GET k
a: UNSUBSCRIBE y q | PUBLISH x self | GET k | RESET | PUBLISH x gone
c: PUBSUB CHANNELS | PUBSUB NUMPAT | PUBSUB HELP | PUBSUB NUMPAT x | PUBSUB nonsense | PUBSUB CHANNELS a b`,
	"shard channels": `
a: SSUBSCRIBE s t
b: SUBSCRIBE s
c: SPUBLISH s one | PUBLISH s two | PUBSUB SHARDCHANNELS s* | PUBSUB SHARDNUMSUB s t u | PUBSUB CHANNELS
a: SUNSUBSCRIBE t none | SUNSUBSCRIBE | SUNSUBSCRIBE | GET k`,
	"transactions and replies": `
a: MULTI | SUBSCRIBE m | SSUBSCRIBE n | PUBLISH other inside | EXEC
b: HELLO 3
b: SUBSCRIBE m | PUBLISH m own | MULTI | PUBLISH other x | EXEC
b: CLIENT REPLY OFF | SUBSCRIBE off | PUBLISH off dropped | SET k v | CLIENT REPLY ON
b: CLIENT REPLY SKIP | PUBLISH m skipped | UNSUBSCRIBE m off
a: CLIENT REPLY SKIP | MULTI | PING a | CLIENT REPLY SKIP | PING b | EXEC | PING skipped | PING d
a: MULTI | PING a | CLIENT REPLY OFF | PING off | CLIENT REPLY ON | PING c | CLIENT REPLY OFF | EXEC | PING off | CLIENT REPLY ON`,
	"keyspace events": `
a: PSUBSCRIBE *
b: CONFIG SET notify-keyspace-events KEAnm
b: SET k v | GET missing | SET k w | DEL k | LPUSH l a b | RPOP l | LPOP l | SADD s 1 | SMOVE s t 1 | RENAME t u | COPY u w | HSET h f v | HDEL h f
b: SETRANGE r 3 x | APPEND r y | INCR n | GETDEL n | EXPIRE r 100 | PERSIST r | EXPIRE r -1 | ZADD z 1 a | ZADD z XX 2 a | ZPOPMIN z | MOVE u 1
b: SORT none STORE d | SINTERSTORE d w none | SUNIONSTORE d w | ZRANGESTORE d w 0 -1 | SETEX e 100 v | GETEX e PERSIST | RESTORE q 0 bad | MSET a 1 b 2 | TOUCH a nope
b: CONFIG SET notify-keyspace-events Kg | FLUSHALL | SET k v | DEL k | CONFIG GET notify-keyspace-events | CONFIG SET notify-keyspace-events Q`,
	"tracking": `
a: HELLO 3
a: CLIENT TRACKING ON | GET k | MGET k l | GET k
b: SET k v | SET k v | SET l v
a: GET k | SET k own | CLIENT TRACKINGINFO | CLIENT GETREDIR
a: GET k | MULTI | SET k tx | GET k | SET l tx | EXEC
b: MSET k 1 l 2 | FLUSHDB
a: CLIENT TRACKING ON BCAST | CLIENT TRACKING ON OPTIN OPTOUT | CLIENT TRACKING ON PREFIX p | CLIENT CACHING YES | CLIENT TRACKING ON OPTIN | CLIENT TRACKINGINFO
a: GET a | CLIENT CACHING YES | GET b | GET c | CLIENT CACHING NO | CLIENT CACHING maybe | CLIENT TRACKING ON OPTOUT
b: MSET a 1 b 1 c 1
a: CLIENT TRACKING OFF | CLIENT TRACKING ON NOLOOP | GET a | SET a 2 | GET b
b: SET b 3 | EXPIRE b -1
a: CLIENT TRACKING OFF | CLIENT TRACKING maybe | CLIENT TRACKINGINFO | CLIENT CACHING YES | CLIENT TRACKING ON REDIRECT 99999 | CLIENT TRACKING ON REDIRECT x`,
	"broadcast and redirect": `
a: CLIENT TRACKING ON BCAST PREFIX u: PREFIX v: REDIRECT {id:b} | CLIENT GETREDIR | CLIENT TRACKINGINFO
b: SUBSCRIBE __redis__:invalidate
c: SET u:1 a | SET w a | MSET v:2 b u:2 c
a: CLIENT TRACKING ON BCAST PREFIX u:1 | CLIENT TRACKING ON BCAST PREFIX x PREFIX xy | CLIENT TRACKING ON BCAST OPTIN
c: FLUSHALL
d: HELLO 3
d: CLIENT TRACKING ON BCAST NOLOOP | SET u:3 mine | CLIENT TRACKINGINFO
c: SET u:3 theirs`,
	"client": `
a: CLIENT SETNAME x | CLIENT GETNAME | CLIENT SETNAME "a b" | CLIENT NO-EVICT ON | CLIENT NO-EVICT maybe | CLIENT REPLY maybe | CLIENT UNBLOCK {id:b} | CLIENT UNBLOCK x
a: CLIENT LIST TYPE nope | CLIENT LIST ID x | CLIENT LIST ID 99999 | CLIENT LIST x | CLIENT KILL ID 0 | CLIENT KILL TYPE nope | CLIENT KILL 1:1 | CLIENT KILL ID 99999 | CLIENT KILL SKIPME maybe
a: CLIENT PAUSE x | CLIENT PAUSE -1 | CLIENT PAUSE 1 SOME | CLIENT PAUSE 1 WRITE | CLIENT UNPAUSE | CLIENT nonsense | CLIENT TRACKING | RESET x
b: RESET | HELLO 3 | RESET | HELLO 9 | HELLO x | HELLO 3 SETNAME "a b" | HELLO 3 NONSENSE
b: HELLO 3 SETNAME y NONSENSE | CLIENT GETNAME | HELLO 2 AUTH nobody secret secret
a: ACL SETUSER u on >secret +@all -client
b: HELLO 2 AUTH u secret NONSENSE | ACL WHOAMI | CLIENT GETNAME | HELLO 3 AUTH u wrong SETNAME "a b" | RESET`,
	"monitor": `
m: MONITOR
a: SET k "v\x00\"\n" | GET nope | nonsense | MULTI | INCR n | EXEC | MULTI | nonsense | EXEC | AUTH secret | AUTH user secret
a: HELLO 3 AUTH default secret | SELECT 3 | PING | EVAL "return redis.call('get', KEYS[1])" 1 k
m: GET k | MONITOR`,
}

// Guarantee: what clients are sent, asked for and without asking, and in which place among replies, is what redis-server sends, byte for byte.
func TestSameConversationsAsRedis(t *testing.T) {
	all := maps.Clone(conversations)
	maps.Copy(all, stateConversations)
	maps.Copy(all, limitConversations)
	for name, script := range all {
		t.Run(name, func(t *testing.T) {
			ours, peer := newParty(rig.Start(t, rig.Ours, "A", nil)), newParty(rig.Start(t, rig.Peer, "B", nil))
			for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
				a, b := ours.say(t, line), peer.say(t, line)
				if a != b {
					t.Errorf("%s\n--- ours\n%s\n--- redis\n%s", line, a, b)
				}
			}
		})
	}
}

// party is a server with its clients.
type party struct {
	server *rig.Server
	wires  map[string]*rig.Wire
	names  []string
	ids    map[string]string
	silent map[string]bool // they will not answer
	marks  int
}

func newParty(s *rig.Server) *party {
	for range 50 {
		s.Dial() // so that IDs are unlike other numbers
	}
	return &party{server: s, wires: map[string]*rig.Wire{}, ids: map[string]string{}, silent: map[string]bool{}}
}

// wire finds or connects a client.
func (p *party) wire(name string) *rig.Wire {
	if p.wires[name] == nil {
		w := p.server.Dial()
		w.Command("CLIENT", "ID")
		p.wires[name], p.ids[name] = w, strings.TrimPrefix(w.Line(), ":")
		if !slices.Contains(p.names, name) {
			p.names = append(p.names, name)
		}
	}
	return p.wires[name]
}

var (
	reference = regexp.MustCompile(`\{(\w+):(\w+)\}`)
	monitored = regexp.MustCompile(`^\+\d+\.\d{6} \[(\d+) [^\]]*\]`)
	ofMemory  = regexp.MustCompile(` (addr|laddr|fd|age|idle|qbuf|qbuf-free|multi-mem|rbs|rbp|obl|oll|omem|tot-mem|usec|usec_per_call)=\S+|,usec=.*?,usec_per_call=[^,]*`)
	longText  = regexp.MustCompile(`^[$=]\d{3,}$`)
)

// say sends a line and returns what all clients got, each until the echo of a mark.
func (p *party) say(t *testing.T, line string) string {
	t.Helper()
	name, commands, _ := strings.Cut(line, ": ")
	name, silent := strings.CutSuffix(name, "*")
	w := p.wire(name)
	w.Send(strings.ReplaceAll(p.fill(commands), " | ", "\r\n") + "\r\n")
	if p.silent[name] = silent; silent {
		all := strings.Split(commands, " | ")
		last, _, _ := strings.Cut(all[len(all)-1], " ")
		p.waitFor(t, name, strings.ToLower(last))
	}
	var out strings.Builder
	p.marks++
	mark := fmt.Sprint("mark-", p.marks)
	for _, n := range append([]string{name}, p.names...) {
		if w := p.wires[n]; w != nil && !p.silent[n] {
			w.Offer(rig.Encode("PING", mark+n))
			fmt.Fprintf(&out, "%s:", n)
			for text := ""; text != mark+n && p.wires[n] != nil; {
				text = p.hear(n)
				fmt.Fprintf(&out, " %q", text)
			}
			fmt.Fprintln(&out)
		}
	}
	return out.String()
}

// hear returns the next line that a client is sent, without what differs between any two servers.
func (p *party) hear(name string) string {
	text, ok := p.wires[name].LineOrEnd()
	if !ok {
		p.wires[name] = nil
		return "(closed)"
	}
	if m := monitored.FindStringSubmatch(text); m != nil {
		return "+time [" + m[1] + "] " + text[len(m[0]):]
	}
	for n, id := range p.ids {
		if text == ":"+id {
			return "id of " + n
		}
		if rest, ok := strings.CutPrefix(text, "id="+id+" "); ok {
			text = "id of " + n + " " + rest
		}
		text = strings.ReplaceAll(text, " redir="+id+" ", " redir="+n+" ")
	}
	if longText.MatchString(text) {
		return "text"
	}
	return ofMemory.ReplaceAllString(text, "")
}

// fill puts in what is not known before.
func (p *party) fill(commands string) string {
	commands = strings.ReplaceAll(commands, "{laddr}", p.server.Addr())
	return reference.ReplaceAllStringFunc(commands, func(ref string) string {
		part := reference.FindStringSubmatch(ref)
		w := p.wire(part[2])
		if part[1] == "addr" {
			return w.Local()
		}
		return p.ids[part[2]]
	})
}

// waitFor waits until a client's command was run, or waits.
func (p *party) waitFor(t *testing.T, name, command string) {
	t.Helper()
	rig.Until(t, timeout, func() error {
		line := fmt.Sprint(p.server.Must("CLIENT", "LIST", "ID", p.ids[name]))
		if !strings.Contains(line, " cmd="+command+" ") {
			return fmt.Errorf("%s has not come to %s: %s", name, command, line)
		}
		return nil
	})
}
