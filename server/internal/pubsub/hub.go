package pubsub

import (
	"slices"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Hub knows who has subscribed to what.
type Hub struct {
	topics   [3]map[string]*topic // by session.TopicKind
	patterns []*topic             // those of topics[session.Pattern] in order
	host     Host
	tracker  tracker
	msg      resp.Writer // the message being delivered
	name     []byte      // scratch: a channel of keyspace events
}

// topic is a channel, pattern or shard channel that somebody has subscribed to.
type topic struct {
	name []byte
	subs []*session.Session
}

// Host is what the hub needs of the engine.
type Host interface {
	// CheckOutput enforces the output limits of a client that was sent something.
	CheckOutput(s *session.Session)
	Client(id int64) *session.Session
	Clients(f func(*session.Session) bool)
	// SetTracking says that changes of keys are to be told to Invalidate from now on.
	SetTracking(on bool)
}

// New makes a hub.
func New(host Host) *Hub {
	h := &Hub{host: host, tracker: tracker{keys: map[string][]int64{}}}
	for k := range h.topics {
		h.topics[k] = map[string]*topic{}
	}
	return h
}

// Subscribe adds a subscription and tells the client, even when it had it.
func (h *Hub) Subscribe(s *session.Session, k session.TopicKind, name []byte) {
	if s.PubSub == nil {
		s.PubSub = &session.Subscriptions{}
	}
	if n := string(name); s.PubSub.Add(k, n) {
		t := h.topics[k][n]
		if t == nil {
			t = &topic{name: []byte(n)}
			h.topics[k][n] = t
			if k == session.Pattern {
				h.patterns = append(h.patterns, t)
			}
		}
		t.subs = append(t.subs, s)
	}
	s.Set(session.InPubSub)
	h.confirm(s, k, subscribed(k), name)
}

// Unsubscribe ends a subscription and tells the client, even when it had none.
func (h *Hub) Unsubscribe(s *session.Session, k session.TopicKind, name []byte) {
	h.remove(s, k, string(name))
	h.confirm(s, k, unsubscribed(k), name)
	leave(s)
}

// UnsubscribeAll ends all subscriptions of one kind, and tells the client of each, or that there was none.
func (h *Hub) UnsubscribeAll(s *session.Session, k session.TopicKind) {
	names := s.PubSub.Names(k)
	slices.Sort(names)
	for _, n := range names {
		h.remove(s, k, n)
		h.confirm(s, k, unsubscribed(k), []byte(n))
	}
	if len(names) == 0 {
		h.confirm(s, k, unsubscribed(k), nil)
	}
	leave(s)
}

// Forget ends all subscriptions of a client, and what it caches, without telling it.
func (h *Hub) Forget(s *session.Session) {
	h.Untrack(s)
	for k := session.Channel; k <= session.ShardChannel; k++ {
		for _, n := range s.PubSub.Names(k) {
			h.remove(s, k, n)
		}
	}
	leave(s)
}

// leave ends the mode in which a client of RESP2 may not send ordinary commands.
func leave(s *session.Session) {
	if s.PubSub.Empty() {
		s.PubSub = nil
		s.Clear(session.InPubSub)
	}
}

func (h *Hub) remove(s *session.Session, k session.TopicKind, name string) {
	if !s.PubSub.Remove(k, name) {
		return
	}
	t := h.topics[k][name]
	i := slices.Index(t.subs, s)
	t.subs = slices.Delete(t.subs, i, i+1)
	if len(t.subs) > 0 {
		return
	}
	delete(h.topics[k], name)
	if k == session.Pattern {
		i := slices.Index(h.patterns, t)
		h.patterns = slices.Delete(h.patterns, i, i+1)
	}
}

// Publish delivers a message to a channel's subscribers and those of matching patterns. It returns how many were reached.
func (h *Hub) Publish(channel, text []byte) int {
	n := 0
	if t := h.topics[session.Channel][string(channel)]; t != nil {
		h.begin(3, "message")
		h.msg.Bulk(channel)
		h.msg.Bulk(text)
		n = h.send(t)
	}
	for _, t := range h.patterns {
		if !command.Match(t.name, channel, false) {
			continue
		}
		h.begin(4, "pmessage")
		h.msg.Bulk(t.name)
		h.msg.Bulk(channel)
		h.msg.Bulk(text)
		n += h.send(t)
	}
	return n
}

// PublishShard delivers a message to the subscribers of a shard channel.
func (h *Hub) PublishShard(channel, text []byte) int {
	t := h.topics[session.ShardChannel][string(channel)]
	if t == nil {
		return 0
	}
	h.begin(3, "smessage")
	h.msg.Bulk(channel)
	h.msg.Bulk(text)
	return h.send(t)
}

// Topics lists the channels or shard channels that have subscribers and match a pattern; nil: all.
func (h *Hub) Topics(k session.TopicKind, pattern []byte) []string {
	var out []string
	for n := range h.topics[k] {
		if pattern == nil || command.Match(pattern, []byte(n), false) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// Subscribers is the number of clients that have subscribed to a topic.
func (h *Hub) Subscribers(k session.TopicKind, name []byte) int {
	if t := h.topics[k][string(name)]; t != nil {
		return len(t.subs)
	}
	return 0
}

// Patterns is the number of different patterns.
func (h *Hub) Patterns() int { return len(h.patterns) }

// Counts returns the numbers of channels, patterns and shard channels that have subscribers.
func (h *Hub) Counts() (channels, patterns, shard int) {
	return len(h.topics[session.Channel]), len(h.patterns), len(h.topics[session.ShardChannel])
}
