package pubsub

import (
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// host stands for the engine. Its clients write to memory: their sessions are open, so that nothing reaches the connection.
type host struct {
	list    []*session.Session
	checked int
}

func (h *host) CheckOutput(*session.Session) { h.checked++ }
func (h *host) SetTracking(bool)             {}
func (h *host) Client(id int64) *session.Session {
	for _, s := range h.list {
		if s.ID == id {
			return s
		}
	}
	return nil
}
func (h *host) Clients(f func(*session.Session) bool) {
	for _, s := range h.list {
		f(s)
	}
}

func (h *host) client(proto int) *session.Session {
	s := &session.Session{ID: int64(len(h.list) + 1), Conn: &loop.Conn{}}
	s.Open()
	s.W.Proto = proto
	h.list = append(h.list, s)
	return s
}

// said returns what a client was sent, with spaces for line ends, and forgets it.
func said(s *session.Session) string {
	text := strings.TrimSpace(strings.ReplaceAll(string(s.W.Buf), "\r\n", " "))
	s.W.Buf = nil
	return text
}

func expect(t *testing.T, s *session.Session, want string) {
	t.Helper()
	if got := said(s); got != want {
		t.Errorf("client %d got  %q\nwant %q", s.ID, got, want)
	}
}

func TestMessagesReachChannelsThenPatterns(t *testing.T) {
	e := &host{}
	h := New(e)
	a, b := e.client(2), e.client(3)
	h.Subscribe(a, session.Pattern, []byte("n*"))
	h.Subscribe(a, session.Channel, []byte("news"))
	h.Subscribe(b, session.Channel, []byte("news"))
	expect(t, a, "*3 $10 psubscribe $2 n* :1 *3 $9 subscribe $4 news :2")
	expect(t, b, ">3 $9 subscribe $4 news :1")
	if n := h.Publish([]byte("news"), []byte("hi")); n != 3 {
		t.Errorf("reached %d, want 3", n)
	}
	expect(t, a, "*3 $7 message $4 news $2 hi *4 $8 pmessage $2 n* $4 news $2 hi")
	expect(t, b, ">3 $7 message $4 news $2 hi")
	h.PublishShard([]byte("news"), []byte("shard"))
	expect(t, a, "")
	h.UnsubscribeAll(a, session.Channel)
	h.UnsubscribeAll(a, session.Channel)
	expect(t, a, "*3 $11 unsubscribe $4 news :1 *3 $11 unsubscribe $-1 :1")
	if !a.Has(session.InPubSub) {
		t.Error("a pattern is left, so the client is a subscriber")
	}
	h.Unsubscribe(a, session.Pattern, []byte("n*"))
	if a.Has(session.InPubSub) || a.PubSub != nil {
		t.Error("nothing is left, but the client is a subscriber")
	}
	h.Forget(b)
	if c, p, s := h.Counts(); c+p+s != 0 {
		t.Errorf("topics without subscribers are left: %d channels, %d patterns, %d shard channels", c, p, s)
	}
}

// CLIENT REPLY OFF drops replies, never messages: they are kept apart until the running command's reply has been dropped.
func TestMessagesAreNoReplies(t *testing.T) {
	e := &host{}
	h := New(e)
	s := e.client(2)
	s.Set(session.ReplyOff)
	s.BeginReply()
	s.W.OK()
	h.Subscribe(s, session.Channel, []byte("c"))
	s.W.Buf = s.W.Buf[:0] // as the engine does after the command
	s.EndReply()
	expect(t, s, "*3 $9 subscribe $1 c :1")
}

func TestKeyspaceEventsGoWhereTheyAreConfigured(t *testing.T) {
	e := &host{}
	h := New(e)
	s := e.client(2)
	h.Subscribe(s, session.Pattern, []byte("*"))
	said(s)
	h.KeyspaceEvent(command.NotifyKeyspace, "set", 3, []byte("k"))
	expect(t, s, "*4 $8 pmessage $1 * $16 __keyspace@3__:k $3 set")
	h.KeyspaceEvent(command.NotifyKeyevent, "set", 12, []byte("k"))
	expect(t, s, "*4 $8 pmessage $1 * $19 __keyevent@12__:set $1 k")
}

func get(keys ...string) (*command.Spec, [][]byte) {
	args := [][]byte{[]byte("mget")}
	for _, k := range keys {
		args = append(args, []byte(k))
	}
	return &command.Spec{Name: "mget", Keys: command.AllKeys(command.KeyRO, 1)}, args
}

// read lets a client read keys.
func (h *Hub) read(s *session.Session, keys ...string) {
	spec, args := get(keys...)
	h.Remember(s, spec, args)
}

func TestReadersHearOfAChangeOnce(t *testing.T) {
	e := &host{}
	h := New(e)
	reader, writer := e.client(3), e.client(3)
	h.Track(reader, session.Track{})
	h.read(reader, "a", "b", "a")
	if _, keys, items, _ := h.TrackingCounts(); keys != 2 || items != 2 {
		t.Errorf("%d keys, %d items, want 2 and 2", keys, items)
	}
	h.Invalidate(writer, writer, []byte("a"))
	expect(t, reader, ">2 $10 invalidate *1 $1 a")
	h.Invalidate(writer, writer, []byte("a"))
	expect(t, reader, "")
	// The reader's own change is told after its reply.
	h.Invalidate(reader, reader, []byte("b"))
	expect(t, reader, "")
	reader.W.OK()
	h.AfterCommand(reader)
	expect(t, reader, "+OK >2 $10 invalidate *1 $1 b")
	h.Flushed(writer)
	expect(t, reader, ">2 $10 invalidate _")
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name  string
		track session.Track
		want  string // after a read, and a change by the reader itself
	}{
		{"default", session.Track{}, ">2 $10 invalidate *1 $1 k"},
		{"noloop", session.Track{NoLoop: true}, ""},
		{"optin without caching", session.Track{OptIn: true}, ""},
		{"optin with caching", session.Track{OptIn: true, Caching: true}, ">2 $10 invalidate *1 $1 k"},
		{"optout", session.Track{OptOut: true}, ">2 $10 invalidate *1 $1 k"},
		{"optout with caching no", session.Track{OptOut: true, Caching: true}, ""},
		{"bcast of another prefix", session.Track{Bcast: true, Prefixes: []string{"x"}}, ""},
		{"bcast", session.Track{Bcast: true}, ">2 $10 invalidate *1 $1 k"},
		{"bcast, noloop", session.Track{Bcast: true, NoLoop: true}, ""},
	} {
		e := &host{}
		h := New(e)
		s := e.client(3)
		h.Track(s, tc.track)
		h.read(s, "k")
		h.Invalidate(s, s, []byte("k"))
		h.AfterCommand(s)
		h.Broadcast()
		if got := said(s); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestBroadcastTellsEachPrefixOnceATurn(t *testing.T) {
	e := &host{}
	h := New(e)
	a, b := e.client(3), e.client(3)
	h.Track(a, session.Track{Bcast: true, Prefixes: []string{"user:"}})
	h.Track(b, session.Track{Bcast: true, NoLoop: true})
	for _, k := range []string{"user:2", "user:1", "other", "user:2"} {
		h.Invalidate(b, b, []byte(k))
	}
	h.Invalidate(nil, b, []byte("expired"))
	h.Broadcast()
	expect(t, a, ">2 $10 invalidate *2 $6 user:1 $6 user:2")
	expect(t, b, ">2 $10 invalidate *1 $7 expired")
	h.Broadcast()
	expect(t, a, "")
	h.Untrack(a)
	h.Untrack(b)
	if clients, _, _, prefixes := h.TrackingCounts(); clients+prefixes != 0 {
		t.Errorf("%d clients and %d prefixes are left", clients, prefixes)
	}
}

func TestRedirection(t *testing.T) {
	e := &host{}
	h := New(e)
	reader, ear := e.client(3), e.client(2)
	h.Track(reader, session.Track{Redirect: ear.ID})
	h.read(reader, "k")
	h.Invalidate(nil, nil, []byte("k"))
	expect(t, ear, "") // RESP2, and it has subscribed to nothing
	h.Subscribe(ear, session.Channel, []byte("__redis__:invalidate"))
	said(ear)
	h.read(reader, "k")
	h.Invalidate(nil, nil, []byte("k"))
	expect(t, ear, "*3 $7 message $20 __redis__:invalidate *1 $1 k")
	expect(t, reader, "")
	ear.Set(session.Closing) // after QUIT, before its connection is closed
	h.read(reader, "k")
	h.Invalidate(nil, nil, []byte("k"))
	expect(t, ear, "")
	expect(t, reader, ">2 $21 tracking-redir-broken :2")
	e.list = e.list[:1] // the ear is gone
	h.read(reader, "k")
	h.Invalidate(nil, nil, []byte("k"))
	expect(t, reader, ">2 $21 tracking-redir-broken :2")
	if !reader.Track.Broken {
		t.Error("the broken redirection is not remembered")
	}
}

func TestLimitForgetsKeysAsIfTheyChanged(t *testing.T) {
	e := &host{}
	h := New(e)
	s := e.client(3)
	h.Track(s, session.Track{})
	var keys []string
	for i := range 30 {
		keys = append(keys, strings.Repeat("k", i+1))
	}
	h.read(s, keys...)
	h.Limit(10)
	_, left, items, _ := h.TrackingCounts()
	if told := strings.Count(said(s), "invalidate"); left != 10 || items != 10 || told != 20 {
		t.Errorf("%d keys left, %d items, %d told; want 10, 10, 20", left, items, told)
	}
}

// audience makes n subscribers of a channel, every other of RESP3.
func audience(n int) (*host, *Hub) {
	e := &host{}
	h := New(e)
	for i := range n {
		s := e.client(2 + i%2)
		h.Subscribe(s, session.Channel, []byte("channel"))
		s.W.Buf = slices.Grow(s.W.Buf[:0], 1024)
	}
	return e, h
}

func TestPublishAllocatesNothing(t *testing.T) {
	e, h := audience(100)
	channel, text := []byte("channel"), []byte("sixteen bytes...")
	n := testing.AllocsPerRun(100, func() {
		h.Publish(channel, text)
		for _, s := range e.list {
			s.W.Buf = s.W.Buf[:0]
		}
	})
	if n > 0 {
		t.Errorf("a message to 100 subscribers allocates %.0f times", n)
	}
}

func BenchmarkPublishTo100(b *testing.B) {
	e, h := audience(100)
	channel, text := []byte("channel"), []byte("sixteen bytes...")
	b.ReportAllocs()
	for b.Loop() {
		h.Publish(channel, text)
		for _, s := range e.list {
			s.W.Buf = s.W.Buf[:0]
		}
	}
}
