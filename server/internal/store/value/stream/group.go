package stream

import (
	"slices"
	"sort"
	"strings"

	"github.com/tidwall/btree"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Group is a consumer group. What is changed must come from Stream.OwnGroup.
type Group struct {
	Name   string
	LastID ID    // the last entry delivered
	Read   int64 // entries read, counted from the stream's first; -1: unknown

	epoch     uint32
	pending   *btree.BTreeG[Pending]
	consumers []*Consumer // by name
}

// Pending is an entry that was delivered and not acknowledged.
type Pending struct {
	ID         ID
	Delivered  int64 // Unix ms
	Deliveries uint64
	Consumer   string
}

// Consumer is a member of a group.
type Consumer struct {
	Name   string
	Seen   int64 // Unix ms of its last command
	Active int64 // of the last one that got it something

	epoch   uint32
	pending *btree.BTreeG[ID]
}

func newPending() *btree.BTreeG[Pending] {
	return btree.NewBTreeGOptions(func(a, b Pending) bool { return Less(a.ID, b.ID) }, btree.Options{NoLocks: true})
}

func newIDs() *btree.BTreeG[ID] { return btree.NewBTreeGOptions(Less, btree.Options{NoLocks: true}) }

// Groups lists the groups by name. The slice must not be changed.
func (s *Stream) Groups() []*Group { return s.groups }

func (s *Stream) findGroup(name string) (int, bool) {
	return sort.Find(len(s.groups), func(i int) int { return strings.Compare(name, s.groups[i].Name) })
}

// Group returns a group for reading, or nil.
func (s *Stream) Group(name []byte) *Group {
	if i, ok := s.findGroup(string(name)); ok {
		return s.groups[i]
	}
	return nil
}

// OwnGroup returns a group for changes, or nil.
func (s *Stream) OwnGroup(sp *arena.Space, name string) *Group {
	i, ok := s.findGroup(name)
	if !ok {
		return nil
	}
	if sp.Frozen(s.groups[i].epoch) {
		s.groups[i] = s.groups[i].clone(sp)
	}
	return s.groups[i]
}

// AddGroup makes a group; nil if there is one of that name.
func (s *Stream) AddGroup(sp *arena.Space, name string, last ID, read int64) *Group {
	i, found := s.findGroup(name)
	if found {
		return nil
	}
	g := &Group{Name: name, LastID: last, Read: read, epoch: sp.Epoch(), pending: newPending()}
	s.groups = slices.Insert(s.groups, i, g)
	sp.Account(g.memory())
	return g
}

// RemoveGroup deletes a group and reports whether it was there.
func (s *Stream) RemoveGroup(sp *arena.Space, name string) bool {
	i, found := s.findGroup(name)
	if found {
		sp.Account(-s.groups[i].memory())
		s.groups = slices.Delete(s.groups, i, i+1)
	}
	return found
}

func (g *Group) clone(sp *arena.Space) *Group {
	c := *g
	c.epoch, c.pending, c.consumers = sp.Epoch(), g.pending.Copy(), slices.Clone(g.consumers)
	return &c
}

// copyTo makes a group of another stream. clone leaves the members to both groups, which only the epoch of a snapshot keeps from being changed.
func (g *Group) copyTo(sp *arena.Space) *Group {
	c := g.clone(sp)
	for i, m := range c.consumers {
		c.consumers[i] = m.clone(sp)
	}
	sp.Account(c.memory())
	return c
}

// What groups take on Go's heap, measured: trees are half full when IDs come in order. The Space knows of it (Account).
const (
	pendingBytes  = 128 // a pending entry, in its group's tree and in its consumer's
	groupBytes    = 200 // beside its name
	consumerBytes = 140
)

func (g *Group) memory() int {
	n := groupBytes + len(g.Name) + g.pending.Len()*pendingBytes
	for _, c := range g.consumers {
		n += c.memory()
	}
	return n
}

// memory is what a member takes without its pending entries.
func (c *Consumer) memory() int { return consumerBytes + len(c.Name) }

// Pending returns the number of entries that are not acknowledged.
func (g *Group) Pending() int { return g.pending.Len() }

// Entry returns a pending entry.
func (g *Group) Entry(id ID) (Pending, bool) { return g.pending.Get(Pending{ID: id}) }

// EachPending calls f for the pending entries from an ID on, in order, until it returns false.
func (g *Group) EachPending(from ID, f func(p Pending) bool) { g.pending.Ascend(Pending{ID: from}, f) }

// EdgePending returns the first and the last pending ID; the group must have one.
func (g *Group) EdgePending() (first, last ID) {
	a, _ := g.pending.Min()
	b, _ := g.pending.Max()
	return a.ID, b.ID
}

// Consumers lists the members by name. The slice must not be changed.
func (g *Group) Consumers() []*Consumer { return g.consumers }

func (g *Group) findConsumer(name string) (int, bool) {
	return sort.Find(len(g.consumers), func(i int) int { return strings.Compare(name, g.consumers[i].Name) })
}

// Consumer returns a member for reading, or nil.
func (g *Group) Consumer(name []byte) *Consumer {
	if i, ok := g.findConsumer(string(name)); ok {
		return g.consumers[i]
	}
	return nil
}

// Pending returns the number of the consumer's entries.
func (c *Consumer) Pending() int { return c.pending.Len() }

// EachPending calls f for the consumer's IDs from one on, in order, until it returns false.
func (c *Consumer) EachPending(from ID, f func(id ID) bool) { c.pending.Ascend(from, f) }

// own returns a member for changes, or nil.
func (g *Group) own(sp *arena.Space, name string) *Consumer {
	i, ok := g.findConsumer(name)
	if !ok {
		return nil
	}
	if c := g.consumers[i]; sp.Frozen(c.epoch) {
		g.consumers[i] = c.clone(sp)
	}
	return g.consumers[i]
}

func (c *Consumer) clone(sp *arena.Space) *Consumer {
	d := *c
	d.epoch, d.pending = sp.Epoch(), c.pending.Copy()
	return &d
}

// AddConsumer makes a member; nil if there is one of that name.
func (g *Group) AddConsumer(sp *arena.Space, name string, now int64) *Consumer {
	i, found := g.findConsumer(name)
	if found {
		return nil
	}
	c := &Consumer{Name: name, Seen: now, Active: now, epoch: sp.Epoch(), pending: newIDs()}
	g.consumers = slices.Insert(g.consumers, i, c)
	sp.Account(c.memory())
	return c
}

// Touch notes that a member, who is made if missing, was heard of; added tells whether it was.
func (g *Group) Touch(sp *arena.Space, name string, now int64) (added bool) {
	c := g.own(sp, name)
	if c == nil {
		c, added = g.AddConsumer(sp, name, now), true
	}
	c.Seen = now
	return added
}

// RemoveConsumer deletes a member with its pending entries, and returns how many these were; ok is false if there is none.
func (g *Group) RemoveConsumer(sp *arena.Space, name string) (pending int, ok bool) {
	i, ok := g.findConsumer(name)
	if !ok {
		return 0, false
	}
	c, before := g.consumers[i], g.memory()
	c.pending.Scan(func(id ID) bool {
		g.pending.Delete(Pending{ID: id})
		return true
	})
	g.consumers = slices.Delete(g.consumers, i, i+1)
	sp.Account(g.memory() - before)
	return c.pending.Len(), true
}

// Assign makes an entry pending for p.Consumer, who must be there, whoever had it before.
func (g *Group) Assign(sp *arena.Space, p Pending) {
	old, had := g.pending.Set(p)
	if !had {
		sp.Account(pendingBytes)
	}
	if had && old.Consumer != p.Consumer {
		if c := g.own(sp, old.Consumer); c != nil {
			c.pending.Delete(p.ID)
		}
	}
	if !had || old.Consumer != p.Consumer {
		g.own(sp, p.Consumer).pending.Set(p.ID)
	}
}

// Acknowledge ends that an entry is pending and reports whether it was.
func (g *Group) Acknowledge(sp *arena.Space, id ID) bool {
	p, ok := g.pending.Delete(Pending{ID: id})
	if ok {
		sp.Account(-pendingBytes)
		if c := g.own(sp, p.Consumer); c != nil {
			c.pending.Delete(id)
		}
	}
	return ok
}
