package session

// TopicKind is what a client can subscribe to.
type TopicKind uint8

const (
	Channel TopicKind = iota
	Pattern
	ShardChannel
	topicKinds
)

// Subscriptions are what one client has subscribed to. The hub (package pubsub) changes them.
type Subscriptions struct {
	topics [topicKinds]map[string]struct{}
	bytes  int // lengths of all names
}

// Add takes a subscription; false if it was there.
func (p *Subscriptions) Add(k TopicKind, name string) bool {
	if _, there := p.topics[k][name]; there {
		return false
	}
	if p.topics[k] == nil {
		p.topics[k] = map[string]struct{}{}
	}
	p.topics[k][name] = struct{}{}
	p.bytes += len(name)
	return true
}

// Remove drops a subscription; false if it was not there.
func (p *Subscriptions) Remove(k TopicKind, name string) bool {
	if p == nil {
		return false
	}
	if _, there := p.topics[k][name]; !there {
		return false
	}
	delete(p.topics[k], name)
	p.bytes -= len(name)
	return true
}

// Count is the number of subscriptions of one kind, 0 for nil.
func (p *Subscriptions) Count(k TopicKind) int {
	if p == nil {
		return 0
	}
	return len(p.topics[k])
}

// Names lists the subscriptions of one kind, in no order.
func (p *Subscriptions) Names(k TopicKind) []string {
	if p == nil {
		return nil
	}
	names := make([]string, 0, len(p.topics[k]))
	for n := range p.topics[k] {
		names = append(names, n)
	}
	return names
}

// Empty reports whether nothing is subscribed to.
func (p *Subscriptions) Empty() bool {
	return p.Count(Channel)+p.Count(Pattern)+p.Count(ShardChannel) == 0
}

// subscriptionMemory is what a subscription costs beside its name: its entry in our map and its place in the hub's list.
const subscriptionMemory = 64

// Memory estimates the bytes of the subscriptions.
func (p *Subscriptions) Memory() int {
	if p == nil {
		return 0
	}
	return subscriptionMemory*(p.Count(Channel)+p.Count(Pattern)+p.Count(ShardChannel)) + p.bytes
}
