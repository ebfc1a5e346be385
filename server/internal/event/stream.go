// Package event is the server's one stream of events (R45): what happens to the server as a whole, as values with a type.
//
//	replication, persist, engine --Publish--> Stream --> log, INFO, service manager, extensions
//
// A subscriber names the type that it wants and is called at once, on the engine's thread, in the order in which the
// subscribers came. It must neither block nor subscribe. An event that nobody wants costs a look into an array: it is not
// made into an interface, so nothing is allocated.
package event

// Kind tells the types apart.
type Kind uint8

// The kinds, one for each type.
const (
	KindRole Kind = iota
	KindMasterLink
	KindReplicaLink
	KindPersistence
	KindLoading
	KindFlush
	KindCron
	KindStarted
	KindShutdown
	KindExtension
	kinds
)

// Event is one of the types of this package. An event formats itself, as a line for the log.
type Event interface {
	Kind() Kind
	String() string
}

// Stream hands events to subscribers. The zero value is ready. It belongs to the engine's thread.
type Stream struct {
	subscribers [kinds][]func(Event)
	counts      [kinds]int64
}

// On calls f with each event of a type from now on.
func On[E Event](s *Stream, f func(E)) {
	var none E
	k := none.Kind()
	s.subscribers[k] = append(s.subscribers[k], func(e Event) { f(e.(E)) })
}

// OnAny calls f with each event of any type but Cron, which is no news.
func OnAny(s *Stream, f func(Event)) {
	for k := range kinds {
		if k != KindCron {
			s.subscribers[k] = append(s.subscribers[k], f)
		}
	}
}

// Publish tells the subscribers.
func Publish[E Event](s *Stream, e E) {
	k := e.Kind()
	s.counts[k]++
	for _, f := range s.subscribers[k] {
		f(e)
	}
}

// Count returns how many events of a kind were published.
func (s *Stream) Count(k Kind) int64 { return s.counts[k] }
