package pubsub

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// KeyspaceEvent publishes what happened to a key, on the channels that are configured:
//
//	K   __keyspace@<db>__:<key>    the event
//	E   __keyevent@<db>__:<event>  the key
func (h *Hub) KeyspaceEvent(on command.NotifyClass, event string, db int, key []byte) {
	if on&command.NotifyKeyspace != 0 {
		channel := append(h.channel("__keyspace@", db), key...)
		h.Publish(channel, []byte(event))
		h.name = channel
	}
	if on&command.NotifyKeyevent != 0 {
		channel := append(h.channel("__keyevent@", db), event...)
		h.Publish(channel, key)
		h.name = channel
	}
}

// channel begins the name of a channel of keyspace events.
func (h *Hub) channel(prefix string, db int) []byte {
	b := append(h.name[:0], prefix...)
	b = strconv.AppendInt(b, int64(db), 10)
	return append(b, "__:"...)
}
