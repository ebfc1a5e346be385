package interop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// Guarantee: a push stands between replies, never inside one. A client of RESP3 that changes keys is told of them in all ways at once: it
// caches keys itself, another client's invalidations are redirected to it, it listens to keyspace events and to a channel on which it
// publishes. redis-server 7.0 puts what is not its own invalidation inside of EXEC's reply, where a client takes it for a result; 7.2 does
// not. But for the place both say the same in the same order.
func TestPushesTearNoReply(t *testing.T) {
	config := rig.Config{"notify-keyspace-events": "KEA"}
	ours, peer := rig.Start(t, rig.Ours, "A", config), rig.Start(t, rig.Peer, "B", config)
	fresh := uint64(time.Now().UnixNano())
	t.Logf("the last round is of seed %d", fresh)
	for _, seed := range []uint64{1, 2, fresh} {
		rnd := rand.New(rand.NewPCG(seed, 1))
		a, b := newPushed(t, ours, rnd.IntN(2) == 0), newPushed(t, peer, false)
		b.tracks(a.own)
		for range 120 {
			reads, calls := pushedCalls(rnd)
			x, y := a.say(reads, calls), b.say(reads, calls)
			if x.torn {
				t.Errorf("seed %d: a push inside of a reply: %q\n%s", seed, calls, strings.Join(x.all, " "))
			}
			if d := x.differs(&y); d != "" || x.torn {
				t.Fatalf("seed %d, %q: %s\n--- ours\n%s\n--- redis\n%s", seed, calls, d, strings.Join(x.all, " "), strings.Join(y.all, " "))
			}
		}
	}
}

// pushedCalls are reads by those who cache, and then calls of the client that is told.
func pushedCalls(rnd *rand.Rand) (reads, calls [][]string) {
	pick := func(templates string) []string {
		list := strings.FieldsFunc(templates, split)
		return eventCall(rnd, list[rnd.IntN(len(list))])
	}
	for range 4 {
		reads = append(reads, pick(`GET K|MGET K K|LRANGE L 0 -1|HGETALL H|SMEMBERS T|ZRANGE Z 0 -1|XRANGE X - +|TTL K|EXISTS K K K`))
	}
	for range 1 + rnd.IntN(4) {
		call := pick(eventCalls)
		for strings.HasPrefix(call[0], "B") || call[0] == "SPOP" && call[2] != "0" || slices.Contains(call, "PXAT") || slices.Contains(call, "0.01") {
			call = pick(eventCalls) // what waits cannot in a transaction; when a key is found expired is chance
		}
		switch rnd.IntN(8) {
		case 0:
			call = []string{"PUBLISH", "ch", "text"}
		case 1:
			call = append([]string{"EVAL", "redis.call('publish', 'ch', 'script') return redis.pcall(unpack(ARGV))", "0"}, call...)
		case 2:
			call = [][]string{{"SUBSCRIBE", "other", "ch"}, {"UNSUBSCRIBE", "other"}, {"PING"}, {"LRANGE", "L0", "0", "-1"}, {"PUBLISH", "other", "x"}}[rnd.IntN(5)]
		}
		calls = append(calls, call)
	}
	if rnd.IntN(3) > 0 {
		calls = append(append([][]string{{"MULTI"}}, calls...), []string{"EXEC"})
	}
	return reads, calls
}

// pushed is a client that is told of much, and one whose invalidations it gets.
type pushed struct {
	t         *testing.T
	ear, from *rig.Wire
	own       bool // it caches, too
	marks     int
}

func newPushed(t *testing.T, s *rig.Server, own bool) *pushed {
	s.Must("FLUSHALL")
	s.Must("DEBUG", "SET-ACTIVE-EXPIRE", "0")
	p := &pushed{t: t, ear: s.Dial(), from: s.Dial()}
	p.ear.Command("CLIENT", "ID")
	id := strings.TrimPrefix(p.ear.Line(), ":")
	for _, call := range [][]string{{"HELLO", "3"}, {"SUBSCRIBE", "ch"}, {"PSUBSCRIBE", "__key*"}} {
		p.ear.Command(call...)
	}
	p.from.Command("CLIENT", "TRACKING", "ON", "REDIRECT", id)
	expect(t, p.from, "+OK")
	p.tracks(own)
	return p
}

// tracks says whether the client caches keys itself.
func (p *pushed) tracks(own bool) {
	if p.own = own; own {
		p.ear.Command("CLIENT", "TRACKING", "ON")
	}
	p.hear()
}

// say lets both read, and the one make calls.
func (p *pushed) say(reads, calls [][]string) said {
	for _, call := range reads {
		p.from.Command(call...)
		if p.own {
			p.ear.Command(call...)
		}
	}
	p.from.Command("PING", "end")
	for p.from.Line() != "end" {
	}
	p.hear()
	var all strings.Builder
	for _, call := range calls {
		all.WriteString(rig.Encode(call...))
	}
	p.ear.Send(all.String())
	return p.hear()
}

// said is what a client was sent: replies by their kinds, invalidations, other messages.
type said struct {
	all, replies, invalidations, messages []string
	torn                                  bool // a message was inside of a reply
}

func (a *said) differs(b *said) string {
	switch {
	case !slices.Equal(a.replies, b.replies):
		return fmt.Sprintf("replies %q and %q", a.replies, b.replies)
	case !slices.Equal(a.invalidations, b.invalidations):
		return fmt.Sprintf("invalidations %q and %q", a.invalidations, b.invalidations)
	case !slices.Equal(a.messages, b.messages):
		return fmt.Sprintf("messages %q and %q", a.messages, b.messages)
	}
	return ""
}

// hear reads all that comes until the echo of a mark.
func (p *pushed) hear() (s said) {
	p.marks++
	mark := fmt.Sprint("mark", p.marks)
	p.ear.Command("PING", mark)
	open := 0 // values that are still to come of the reply
	for {
		head := p.ear.Line()
		n, _ := strconv.Atoi(head[1:])
		if head[0] == '>' {
			var words []string
			for range n {
				words = append(words, p.value())
			}
			text := strings.Join(words, " ")
			s.all = append(s.all, ">("+text+")")
			switch kind := words[0]; {
			case kind == "invalidate":
				s.invalidations = append(s.invalidations, text)
				s.torn = s.torn || open > 0
			case strings.HasSuffix(kind, "message"):
				s.messages = append(s.messages, text)
				s.torn = s.torn || open > 0
			default: // a reply of SUBSCRIBE
				s.replies = append(s.replies, text)
				open = max(open-1, 0)
			}
			continue
		}
		s.all = append(s.all, head)
		if open = max(open-1, 0); n > 0 {
			switch head[0] {
			case '$':
				text := p.ear.Bulk(n)
				if text == mark {
					return s
				}
				s.all = append(s.all, text)
			case '*', '~':
				open += n
				s.replies = append(s.replies, head)
				continue
			case '%':
				open += 2 * n
			}
		}
		if head[0] == '-' {
			s.replies = append(s.replies, head)
		} else {
			s.replies = append(s.replies, head[:1])
		}
	}
}

// value reads one value of a push.
func (p *pushed) value() string {
	head := p.ear.Line()
	n, _ := strconv.Atoi(head[1:])
	switch head[0] {
	case '$':
		if n <= 0 {
			return ""
		}
		return p.ear.Bulk(n)
	case '*':
		var words []string
		for range n {
			words = append(words, p.value())
		}
		return "[" + strings.Join(words, " ") + "]"
	case '_': // redis-server takes the null of the protocol of who caches
		return ""
	}
	return head
}

// Guarantee: the same for clients of RESP2, whose messages look like replies.
func TestPushesFollowEXECOfRESP2(t *testing.T) {
	s := rig.Start(t, rig.Ours, "A", nil)
	c, cacher := s.Dial(), s.Dial()
	c.Command("CLIENT", "ID")
	cacher.Command("CLIENT", "TRACKING", "ON", "REDIRECT", strings.TrimPrefix(c.Line(), ":"))
	expect(t, cacher, "+OK")
	cacher.Command("GET", "k")
	expect(t, cacher, "$-1")
	for _, call := range []string{"MULTI", "SUBSCRIBE __redis__:invalidate", "SET k v", "PUBLISH __redis__:invalidate text", "INCR n", "EXEC", "PING"} {
		c.Command(strings.Fields(call)...)
	}
	var got []string
	for len(got) == 0 || got[len(got)-1] != "pong" {
		got = append(got, c.Line())
	}
	want := "+OK +QUEUED +QUEUED +QUEUED +QUEUED *4 *3 $9 subscribe $20 __redis__:invalidate :1 +OK :1 :1 " +
		"*3 $7 message $20 __redis__:invalidate *1 $1 k *3 $7 message $20 __redis__:invalidate $4 text *2 $4 pong"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
