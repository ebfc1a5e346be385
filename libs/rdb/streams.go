package rdb

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// stream reads a stream. The value stays raw; the parsed form says what it holds.
//
//	stream   = number { string of 16 bytes (master ID), string (listpack) }
//	           length last-ID [ first-ID max-deleted-ID entries-added ] number { group }
//	group    = string (name) last-ID [ entries-read ] number { pending } number { consumer }
//	pending  = 16 bytes (ID), 8 bytes (ms), deliveries
//	consumer = string (name) 8 bytes (seen) [ 8 bytes (active) ] number { 16 bytes (ID) }
//
// The first two brackets came with TypeStream2, the last with TypeStream3; what TypeStream4 and TypeStream5 added
// stands in foreign.go. IDs are two lengths where no size is given.
func (d *Decoder) stream(v *Value) error {
	v.Kind = KindRaw
	d.startCapture()
	s := &d.meta
	*s = stream.Stream{Nodes: s.Nodes[:0], Groups: s.Groups[:0]}
	v.Stream = s
	first, last, live, nodes, err := d.streamNodes(s)
	if err != nil {
		return err
	}
	if err := d.lengths(&s.Length, &s.LastID.Ms, &s.LastID.Seq); err != nil {
		return err
	}
	if v.Type == TypeStream {
		s.FirstID, s.EntriesAdded = first, s.Length
	} else if err := d.lengths(&s.FirstID.Ms, &s.FirstID.Seq, &s.MaxDeletedID.Ms, &s.MaxDeletedID.Seq, &s.EntriesAdded); err != nil {
		return err
	}
	if s.Length > 0 && nodes == 0 || d.opts.Deep && s.Length != live {
		return fmt.Errorf("stream of length %d has nodes with %d entries", s.Length, live)
	}
	if d.opts.Deep && last.Compare(s.LastID) > 0 {
		return fmt.Errorf("stream with last ID %s has an entry %s", s.LastID, last)
	}
	groups, err := d.length()
	if err != nil {
		return err
	}
	for range groups {
		s.Groups = append(s.Groups, stream.Group{})
		if err := d.group(v.Type, s); err != nil {
			return err
		}
	}
	d.forget()
	for _, g := range s.Groups {
		if !d.first(g.Name) {
			return fmt.Errorf("stream group %s is there twice", quote(g.Name))
		}
	}
	if v.Type == TypeStream4 || v.Type == TypeStream5 {
		if err := d.producers(); err != nil {
			return err
		}
	}
	v.Len = int(min(s.Length, math.MaxInt))
	v.Raw = d.stopCapture()
	return nil
}

// streamNodes reads the nodes; first and last entry are known after a deep check.
func (d *Decoder) streamNodes(s *stream.Stream) (first, last stream.ID, live, count uint64, err error) {
	if count, err = d.length(); err != nil {
		return
	}
	var before stream.ID
	for i := range count {
		var key, lp []byte
		if key, err = d.str(&d.strMem); err != nil {
			return
		}
		if len(key) != stream.IDSize {
			err = fmt.Errorf("stream node: ID of %d bytes, want %d", len(key), stream.IDSize)
			return
		}
		n := stream.Node{Master: stream.DecodeID(key)}
		if i > 0 && n.Master.Compare(before) <= 0 {
			err = fmt.Errorf("stream node %s follows %s", n.Master, before)
			return
		}
		if d.opts.Deep && live > 0 && n.Master.Compare(last) <= 0 {
			err = fmt.Errorf("stream node %s follows an entry %s", n.Master, last)
			return
		}
		before = n.Master
		if lp, err = d.str(&d.strMem); err != nil {
			return
		}
		n.Listpack = lp
		var info stream.Info
		if info, err = stream.ValidateNode(n, d.opts.Deep); err != nil {
			err = fmt.Errorf("node %s: %w", n.Master, err)
			return
		}
		if live += uint64(info.Entries); first == (stream.ID{}) {
			first = info.First
		}
		if info.Last != (stream.ID{}) {
			last = info.Last
		}
		if d.opts.StreamNodes {
			n.Listpack = append([]byte{}, lp...)
			s.Nodes = append(s.Nodes, n)
		}
	}
	return
}

// group reads into the last of s.Groups.
func (d *Decoder) group(t Type, s *stream.Stream) error {
	g := &s.Groups[len(s.Groups)-1]
	name, err := d.str(&d.strMem)
	if err != nil {
		return err
	}
	g.Name = append([]byte{}, name...)
	if err := d.lengths(&g.LastID.Ms, &g.LastID.Seq); err != nil {
		return err
	}
	g.EntriesRead = -1
	if t != TypeStream {
		read, err := d.length()
		if err != nil {
			return err
		}
		g.EntriesRead = int64(read) // -1 is written as 2^64-1
	}
	if err := d.pending(g); err != nil {
		return err
	}
	consumers, err := d.length()
	if err != nil {
		return err
	}
	for range consumers {
		if err := d.consumer(t, g); err != nil {
			return fmt.Errorf("stream group %s: %w", quote(g.Name), err)
		}
	}
	refused := 0
	if t == TypeStream5 {
		if refused, err = d.refused(g); err != nil {
			return err
		}
	}
	if d.opts.Deep && refused == 0 {
		for _, p := range g.Pending {
			if p.Consumer < 0 {
				return fmt.Errorf("stream group %s: pending entry %s belongs to no consumer", quote(g.Name), p.ID)
			}
		}
	}
	return nil
}

// pending reads the entries that a group has not acknowledged.
func (d *Decoder) pending(g *stream.Group) error {
	n, err := d.length()
	if err != nil {
		return err
	}
	sorted := true
	for range n {
		p := stream.Pending{Consumer: -1}
		if p.ID, err = d.streamID(); err != nil {
			return err
		}
		at, err := d.fixed64()
		if err != nil {
			return err
		}
		p.DeliveredMs = int64(at)
		if p.Deliveries, err = d.length(); err != nil {
			return err
		}
		if k := len(g.Pending); k > 0 && g.Pending[k-1].ID.Compare(p.ID) >= 0 {
			sorted = false
		}
		g.Pending = append(g.Pending, p)
	}
	if sorted {
		return nil
	}
	slices.SortFunc(g.Pending, func(a, b stream.Pending) int { return a.ID.Compare(b.ID) })
	for i := 1; i < len(g.Pending); i++ {
		if g.Pending[i].ID == g.Pending[i-1].ID {
			return fmt.Errorf("stream group %s: pending entry %s is there twice", quote(g.Name), g.Pending[i].ID)
		}
	}
	return nil
}

func (d *Decoder) consumer(t Type, g *stream.Group) error {
	name, err := d.str(&d.strMem)
	if err != nil {
		return err
	}
	c := stream.Consumer{Name: append([]byte{}, name...)}
	seen, err := d.fixed64()
	if err != nil {
		return err
	}
	active := seen
	if t >= TypeStream3 {
		if active, err = d.fixed64(); err != nil {
			return err
		}
	}
	c.SeenMs, c.ActiveMs = int64(seen), int64(active)
	n, err := d.length()
	if err != nil {
		return err
	}
	self := len(g.Consumers)
	for range n {
		id, err := d.streamID()
		if err != nil {
			return err
		}
		i, found := slices.BinarySearchFunc(g.Pending, id, func(p stream.Pending, id stream.ID) int { return p.ID.Compare(id) })
		if !found {
			return fmt.Errorf("consumer %s: entry %s is not pending in the group", quote(c.Name), id)
		}
		if g.Pending[i].Consumer >= 0 {
			return fmt.Errorf("consumer %s: pending entry %s %w", quote(c.Name), id, errTwoConsumers)
		}
		g.Pending[i].Consumer = self
		c.Pending++
	}
	g.Consumers = append(g.Consumers, c)
	return d.consumerTwice(g)
}

// consumerTwice refuses a name that the group has already. Most groups have few consumers; for the others a set is made.
func (d *Decoder) consumerTwice(g *stream.Group) error {
	if len(g.Consumers) == 1 {
		d.forget()
	}
	if name := g.Consumers[len(g.Consumers)-1].Name; !d.first(name) {
		return fmt.Errorf("consumer %s %w", quote(name), errConsumerTwice)
	}
	return nil
}

// streamID reads an ID of 16 bytes.
func (d *Decoder) streamID() (stream.ID, error) {
	d.mark = d.offset()
	p, err := d.take(stream.IDSize, &d.strMem)
	if err != nil {
		return stream.ID{}, err
	}
	return stream.DecodeID(p), nil
}

// Stream reads the whole of a raw stream, nodes included, with deep checks if asked for.
func (r RawValue) Stream(deep bool) (*stream.Stream, error) {
	if r.Type.Object() != Stream {
		return nil, errors.New("rdb: not a stream")
	}
	d := newValueDecoder(r.Data, DecodeOptions{Deep: deep, StreamNodes: true})
	if err := d.one(r.Type); err != nil {
		return nil, err
	}
	return d.item.Value.Stream, nil
}
