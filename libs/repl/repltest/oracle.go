package repltest

import (
	"github.com/lockstep-db/lockstep/libs/repl"
)

// oracle checks the invariants of replication with bookkeeping of its own, which is as dumb as it can be: it forgets
// nothing.
type oracle struct {
	// seen is the digest of the data at every (history, offset) that any node ever reported (E1).
	seen map[point]uint64
}

type point struct {
	id repl.ID
	at repl.Offset
}

// book is what the oracle knows of one life's data since its last snapshot.
type book struct {
	// trail is the digest at each offset at which the data ever was (E2).
	trail map[repl.Offset]uint64
	// names are the IDs under which the data was ever known, with the last offset for each (E5).
	names map[repl.ID]repl.Offset
	id    repl.ID
	// counters that INFO must agree with.
	counters repl.SyncCounters
	// keep is the first byte that the backlog must still hold: none before it ever fitted the configured size.
	keep   repl.Offset
	active bool
}

func newOracle() oracle { return oracle{seen: map[point]uint64{}} }

// begin forgets a life's past: its data was replaced.
func (o *oracle) begin(l *life) {
	l.book.trail = map[repl.Offset]uint64{}
	l.book.names = map[repl.ID]repl.Offset{}
	h := l.stream.History()
	l.book.id, l.book.keep = h.ID, h.Offset
	for _, p := range h.Past {
		l.book.names[p.ID] = p.End
	}
}

// rename takes down that the data is known under none of its names any more.
func (b *book) rename(id repl.ID) {
	b.id, b.names = id, map[repl.ID]repl.Offset{}
}

// note takes down where a node is, and checks E1: whoever reports this history and offset has this data.
func (o *oracle) note(l *life) {
	h, b := l.stream.History(), &l.book
	if !l.stream.Active() {
		// Nobody can follow or have followed what is not counted.
		b.active = false
		b.trail = map[repl.Offset]uint64{}
		b.names = map[repl.ID]repl.Offset{}
		b.id = h.ID
		return
	}
	if !b.active {
		b.active, b.keep = true, h.Offset
		if b.id != h.ID {
			o.begin(l)
		}
	}
	if b.id != h.ID {
		b.names[b.id] = h.Offset
		b.id = h.ID
	}
	digest := l.data.digest
	p := point{h.ID, h.Offset}
	if old, ok := o.seen[p]; ok && old != digest {
		l.w.failf("E1: %s is at %s:%d with other data than a node that was there", l.n.name, l.w.idName(h.ID), h.Offset)
	}
	o.seen[p] = digest
	b.trail[h.Offset] = digest
	b.keep = max(b.keep, h.Offset-repl.Offset(l.stream.Backlog().Size()))
	if h.Offset != l.stream.Window().End {
		l.w.failf("%s: the offset is %d, the backlog ends at %d", l.n.name, h.Offset, l.stream.Window().End)
	}
}

// judged checks a verdict: E2, what is granted leads from the data that the replica has to ours; E5, what is refused
// could not be granted.
func (o *oracle) judged(l *life, f *feedConn, req repl.Request, before repl.Window, v repl.Verdict) {
	w, b := l.w, &l.book
	peer := f.conn.peer.here.life
	switch {
	case v.Partial:
		b.counters.PartialOK++
	case req.ID.IsZero():
		b.counters.Full++
	default:
		b.counters.Full++
		b.counters.PartialErr++
	}
	if b.counters != l.master.Counters {
		w.failf("E5: %s counts %+v, it was %+v", l.n.name, l.master.Counters, b.counters)
	}
	o.checkVerdict(l, f.feed.Name, req, before, v)
	if v.Partial && peer != nil {
		ours, ok := b.trail[req.From]
		if !ok || ours != o.seen[point{req.ID, req.From}] {
			w.failf("E2: %s continues %s from %d, where its data was another", l.n.name, f.feed.Name, req.From)
		}
	}
	if before.Active && before.Start > b.keep {
		w.failf("R14: %s keeps the bytes from %d on, those from %d on fit the configured size", l.n.name, before.Start, b.keep)
	}
}

// checkVerdict holds a verdict against what the book says.
func (o *oracle) checkVerdict(l *life, name string, req repl.Request, before repl.Window, v repl.Verdict) {
	w, b := l.w, &l.book
	end, known := b.names[req.ID]
	if req.ID == b.id {
		end, known = before.End, true
	}
	possible := before.Active && !req.ID.IsZero() && known && req.From <= end && req.From >= before.Start && req.From <= before.End
	if v.Partial && !possible {
		w.failf("E2: %s granted a partial sync of %s from %d that it cannot give: %v", l.n.name, name, req.From, v.Reason)
	}
	if !v.Partial && possible && len(b.names) <= repl.MaxPast {
		w.failf("E5: %s refused a partial sync of %s from %d: %v", l.n.name, name, req.From, v.Reason)
	}
}

// probe asks what replicas ask too seldom: the bytes on both sides of each border, under each name.
func (o *oracle) probe(l *life) {
	w := l.stream.Window()
	for id, end := range l.book.names {
		o.probeAt(l, id, w, end, w.Start, w.End)
	}
	o.probeAt(l, l.book.id, w, w.Start, w.End)
}

func (o *oracle) probeAt(l *life, id repl.ID, w repl.Window, borders ...repl.Offset) {
	for _, border := range borders {
		for at := max(border-1, 0); at <= border+1; at++ {
			req := repl.Request{ID: id, From: at}
			o.checkVerdict(l, "a probe", req, w, l.stream.Judge(req))
		}
	}
}

// acked checks that a replica has what its master believes it has.
func (o *oracle) acked(l *life, f *feedConn) {
	peer := f.conn.peer.here.life
	if peer == nil || f.feed.State() != repl.FeedOnline || peer.mconn != f.conn.peer {
		return
	}
	if at, _ := f.feed.Acked(); at > peer.stream.Offset() {
		l.w.failf("%s believes %s at %d, it is at %d", l.n.name, f.feed.Name, at, peer.stream.Offset())
	}
}
