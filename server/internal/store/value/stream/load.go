package stream

import (
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Load makes a stream of one that was read from a file, deeply checked and with its nodes. counted says that the file knows how much
// groups have read.
func Load(sp *arena.Space, from *stream.Stream, counted bool) *Stream {
	s := &Stream{LastID: from.LastID, MaxDeleted: from.MaxDeletedID, Added: from.EntriesAdded}
	for _, n := range from.Nodes {
		info, err := stream.ValidateNode(n, false)
		if err != nil {
			panic("BUG: a node that was checked is not valid: " + err.Error())
		}
		if info.Entries > 0 { // Redis writes no others, but reads them
			s.addNode(sp, makeNode(sp, n.Master, n.Listpack, info.Entries, info.Deleted))
		}
	}
	for i := range from.Groups {
		g := loadGroup(sp, &from.Groups[i])
		if !counted {
			g.Read = s.distance(&sp.Reader, g.LastID)
		}
		s.groups = append(s.groups, g)
	}
	slices.SortFunc(s.groups, func(a, b *Group) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func loadGroup(sp *arena.Space, from *stream.Group) *Group {
	g := &Group{Name: string(from.Name), LastID: from.LastID, Read: from.EntriesRead, epoch: sp.Epoch(), pending: newPending()}
	for _, c := range from.Consumers {
		g.consumers = append(g.consumers, &Consumer{Name: string(c.Name), Seen: c.SeenMs, Active: c.ActiveMs, epoch: sp.Epoch(), pending: newIDs()})
	}
	members := slices.Clone(g.consumers) // by the file's order
	for _, p := range from.Pending {
		c := members[p.Consumer]
		g.pending.Set(Pending{ID: p.ID, Delivered: p.DeliveredMs, Deliveries: p.Deliveries, Consumer: c.Name})
		c.pending.Set(p.ID)
	}
	slices.SortFunc(g.consumers, func(a, b *Consumer) int { return strings.Compare(a.Name, b.Name) })
	sp.Account(g.memory())
	return g
}

// EachNode calls f for the listpacks in order.
func (s *Stream) EachNode(r *arena.Reader, f func(master ID, lp []byte)) {
	for _, c := range s.dir {
		for i := range c.nodes {
			f(c.nodes[i].master, c.nodes[i].data(r))
		}
	}
}
