package pubsub

import (
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// begin starts a message of n values with its kind.
func (h *Hub) begin(n int, kind string) {
	if cap(h.msg.Buf) > 1<<20 {
		h.msg.Buf = nil // a huge message was the last
	}
	h.msg.Buf = h.msg.Buf[:0]
	h.msg.Array(n)
	h.msg.BulkString(kind)
}

// send delivers the message to the subscribers of a topic.
func (h *Hub) send(t *topic) int {
	for _, s := range t.subs {
		h.push(s)
	}
	return len(t.subs)
}

// push delivers the message to one client.
func (h *Hub) push(s *session.Session) {
	if s.Listens() {
		s.Push(h.msg.Buf)
		h.host.CheckOutput(s)
	}
}

// subscribed and unsubscribed are the kinds of the messages that confirm a change of subscriptions.
func subscribed(k session.TopicKind) string {
	return [...]string{"subscribe", "psubscribe", "ssubscribe"}[k]
}

func unsubscribed(k session.TopicKind) string {
	return [...]string{"unsubscribe", "punsubscribe", "sunsubscribe"}[k]
}

// confirm tells a client of a subscription that began or ended, and how many it has now: channels and patterns are counted
// together, shard channels for themselves. A nil name stands for nothing to end.
func (h *Hub) confirm(s *session.Session, k session.TopicKind, kind string, name []byte) {
	if !s.Listens() {
		return
	}
	n := s.PubSub.Count(session.ShardChannel)
	if k != session.ShardChannel {
		n = s.PubSub.Count(session.Channel) + s.PubSub.Count(session.Pattern)
	}
	h.begin(3, kind)
	if name != nil {
		h.msg.Bulk(name)
	} else {
		h.null(s)
	}
	h.msg.Int(int64(n))
	s.Confirm(h.msg.Buf)
	h.host.CheckOutput(s)
}

// null appends the absent value as the receiver knows it.
func (h *Hub) null(to *session.Session) {
	w := resp.Writer{Buf: h.msg.Buf, Proto: to.W.Proto}
	w.Null()
	h.msg.Buf = w.Buf
}
