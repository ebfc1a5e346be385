package pubsub

import (
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// tracker remembers who caches what.
//
//	a read     --Remember--> keys: key -> clients         --Invalidate--> those clients, who are forgotten for the key
//	a change   --Invalidate--> prefixes: changed keys     --Broadcast, once a turn--> the clients of the prefix
//
// Clients are remembered by ID and looked up when they are to be told: one that is gone costs nothing before.
// Keys are those of all databases together, as the protocol has no word for a database.
type tracker struct {
	clients  int
	keys     map[string][]int64 // ascending IDs
	items    int                // all IDs in keys
	prefixes []*prefix          // ascending
	over     int                // how often in a row Limit did not get below the limit
	pending  []invalidation     // for the client whose command runs: they follow its reply
	scratch  []command.KeyPos
}

// prefix is what clients in broadcasting mode listen to.
type prefix struct {
	name    string
	clients []*session.Session
	changed map[string]*session.Session // key -> who changed it last, nil: nobody did (expiry)
}

// invalidation is what a client is to be told: a key, or all keys.
type invalidation struct {
	to  *session.Session
	key string
	all bool
}

// Track switches client-side caching on, or changes its options. Prefixes are added to those that the client had.
func (h *Hub) Track(s *session.Session, t session.Track) {
	tr := &h.tracker
	if s.Track == nil {
		tr.clients++
	} else {
		t.Caching = s.Track.Caching
	}
	var added []string
	if t.Bcast {
		added = t.Prefixes
		if len(added) == 0 {
			added = []string{""}
		}
		t.Prefixes = nil
		if s.Track != nil {
			t.Prefixes = s.Track.Prefixes
		}
	}
	s.Track = &t
	s.Set(session.Tracking)
	for _, name := range added {
		if !slices.Contains(s.Track.Prefixes, name) {
			s.Track.Prefixes = append(s.Track.Prefixes, name)
			p := tr.prefix(name)
			p.clients = append(p.clients, s)
		}
	}
	slices.Sort(s.Track.Prefixes)
	h.host.SetTracking(true)
}

// prefix finds or makes a prefix.
func (tr *tracker) prefix(name string) *prefix {
	i, found := tr.find(name)
	if !found {
		tr.prefixes = slices.Insert(tr.prefixes, i, &prefix{name: name, changed: map[string]*session.Session{}})
	}
	return tr.prefixes[i]
}

func (tr *tracker) find(name string) (int, bool) {
	return slices.BinarySearchFunc(tr.prefixes, name, func(p *prefix, n string) int { return strings.Compare(p.name, n) })
}

// Untrack switches client-side caching off.
func (h *Hub) Untrack(s *session.Session) {
	if s.Track == nil {
		return
	}
	tr := &h.tracker
	for _, name := range s.Track.Prefixes {
		i, _ := tr.find(name)
		p := tr.prefixes[i]
		at := slices.Index(p.clients, s)
		if p.clients = slices.Delete(p.clients, at, at+1); len(p.clients) == 0 {
			tr.prefixes = slices.Delete(tr.prefixes, i, i+1)
		}
	}
	// A key that s changed last was changed by nobody who will ask.
	for _, p := range tr.prefixes {
		for key, by := range p.changed {
			if by == s {
				p.changed[key] = nil
			}
		}
	}
	s.Track = nil
	s.Clear(session.Tracking)
	tr.clients--
}

// Remember notes that a client has read the keys of a call.
func (h *Hub) Remember(s *session.Session, spec *command.Spec, args [][]byte) {
	if !s.Track.Remembers() {
		return
	}
	tr := &h.tracker
	tr.scratch, _ = spec.AppendKeys(tr.scratch[:0], args)
	for _, k := range tr.scratch {
		key := args[k.Index]
		ids := tr.keys[string(key)]
		if at, found := slices.BinarySearch(ids, s.ID); !found {
			tr.keys[string(key)] = slices.Insert(ids, at, s.ID)
			tr.items++
		}
	}
}

// Invalidate tells the clients that cache a key of its change. by is who changed it, nil for expiry and eviction; current is the
// client whose command runs, if any: it is told after its reply.
func (h *Hub) Invalidate(by, current *session.Session, key []byte) {
	for _, p := range h.tracker.prefixes {
		if len(p.name) <= len(key) && string(key[:len(p.name)]) == p.name {
			p.changed[string(key)] = by
		}
	}
	h.invalidate(current, key)
}

func (h *Hub) invalidate(current *session.Session, key []byte) {
	tr := &h.tracker
	ids, cached := tr.keys[string(key)]
	if !cached {
		return
	}
	delete(tr.keys, string(key))
	tr.items -= len(ids)
	for _, id := range ids {
		s := h.host.Client(id)
		if s == nil || s.Track == nil || s.Track.Bcast || s.Track.NoLoop && s == current {
			continue
		}
		if s == current {
			tr.pending = append(tr.pending, invalidation{to: s, key: string(key)})
			continue
		}
		h.tellKeys(s, [][]byte{key})
	}
}

// Flushed tells all clients that cache anything that everything has changed.
func (h *Hub) Flushed(current *session.Session) {
	tr := &h.tracker
	h.host.Clients(func(s *session.Session) bool {
		switch {
		case s.Track == nil:
		case s == current:
			tr.pending = append(tr.pending, invalidation{to: s, all: true})
		default:
			h.tellKeys(s, nil)
		}
		return true
	})
	tr.keys, tr.items = map[string][]int64{}, 0
}

// AfterCommand sends what waited for the reply of a client's command.
func (h *Hub) AfterCommand(s *session.Session) {
	tr := &h.tracker
	for _, p := range tr.pending {
		switch {
		case p.to != s || s.Track == nil: // it has ended meanwhile
		case p.all:
			h.tellKeys(s, nil)
		default:
			h.tellKeys(s, [][]byte{[]byte(p.key)})
		}
	}
	tr.pending = tr.pending[:0]
}

// Broadcast tells the clients of prefixes which keys have changed since it was last called.
func (h *Hub) Broadcast() {
	for _, p := range h.tracker.prefixes {
		if len(p.changed) == 0 {
			continue
		}
		changed := p.changed
		p.changed = map[string]*session.Session{}
		keys := make([][]byte, 0, len(changed))
		for k := range changed {
			keys = append(keys, []byte(k))
		}
		slices.SortFunc(keys, func(a, b []byte) int { return strings.Compare(string(a), string(b)) })
		for _, s := range p.clients {
			if !s.Track.NoLoop {
				h.tellKeys(s, keys)
				continue
			}
			others := make([][]byte, 0, len(keys))
			for _, k := range keys {
				if changed[string(k)] != s {
					others = append(others, k)
				}
			}
			if len(others) > 0 {
				h.tellKeys(s, others)
			}
		}
	}
}

// limitEffort is how many keys Limit forgets at least; more when it had to give up before.
const limitEffort = 100

// Limit forgets keys beyond the most that may be remembered, as if they had changed. 0: no limit.
func (h *Hub) Limit(most int) {
	tr := &h.tracker
	if most == 0 || len(tr.keys) <= most {
		tr.over = 0
		return
	}
	effort := limitEffort * (tr.over + 1)
	for key := range tr.keys {
		h.invalidate(nil, []byte(key))
		if len(tr.keys) <= most {
			tr.over = 0
			return
		}
		if effort--; effort == 0 {
			break
		}
	}
	tr.over++
}

// TrackingCounts returns how many clients use client-side caching, the keys that are remembered for them, how many pairs of key and
// client that is, and the prefixes that are broadcast.
func (h *Hub) TrackingCounts() (clients, keys, items, prefixes int) {
	tr := &h.tracker
	return tr.clients, len(tr.keys), tr.items, len(tr.prefixes)
}

// tellKeys sends an invalidation of keys, or of all keys when there are none:
//
//	RESP3   > invalidate [keys]
//	RESP2   a message of the channel __redis__:invalidate, to a client of REDIRECT that has subscribed to something
func (h *Hub) tellKeys(s *session.Session, keys [][]byte) {
	to := s
	if id := s.Track.Redirect; id != 0 {
		// One that is only being let go, with its last reply on the way, is gone already: Redis frees it in the turn of its QUIT.
		if to = h.host.Client(id); to == nil || to.Has(session.Closing) {
			h.redirectionBroken(s, id)
			return
		}
	}
	switch {
	case to.W.Proto >= 3:
		h.begin(2, "invalidate")
	case to != s && to.Has(session.InPubSub):
		h.begin(3, "message")
		h.msg.BulkString("__redis__:invalidate")
	default:
		return // RESP2 has no way to tell it on the same connection
	}
	if keys == nil {
		h.null(to)
	} else {
		h.msg.Array(len(keys))
		for _, k := range keys {
			h.msg.Bulk(k)
		}
	}
	h.push(to)
}

func (h *Hub) redirectionBroken(s *session.Session, id int64) {
	s.Track.Broken = true
	if s.W.Proto >= 3 {
		h.begin(2, "tracking-redir-broken")
		h.msg.Int(id)
		h.push(s)
	}
}
