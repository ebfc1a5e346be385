package stream

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// Entry is an entry as it is read: fields and values are views, valid until the next entry or change.
type Entry = stream.Entry

// Add appends an entry with an ID above LastID. fields are names and values in turns.
func (s *Stream) Add(sp *arena.Space, lim Limits, id ID, fields [][]byte) {
	size := 0
	for _, f := range fields {
		size += len(f)
	}
	c := len(s.dir) - 1
	if c < 0 || !s.dir[c].last().takes(lim, size) {
		if c >= 0 {
			s.pack(sp)
		}
		s.addNode(sp, newNode(sp, id, fields))
		c = len(s.dir) - 1
	}
	i := len(s.dir[c].nodes) - 1
	n, lp := s.edit(sp, c, i, size+(len(fields)+6)*listpack.EntryOverhead)
	n.store(sp, appendEntry(lp, n, id, fields))
	n.live++
	s.length++
	s.LastID = id
	s.Added++
}

func (c *chunk) last() *node { return &c.nodes[len(c.nodes)-1] }

// takes reports whether the node is not full, by Redis's rules.
func (n *node) takes(lim Limits, size int) bool {
	most := lim.Bytes
	if most == 0 || most > maxNode {
		most = maxNode
	}
	return n.size+size < most && (lim.Entries == 0 || n.live+n.dead < lim.Entries)
}

// newNode returns a node with a master entry alone.
func newNode(sp *arena.Space, id ID, fields [][]byte) node {
	size := listpack.EmptySize + 4*listpack.EntryOverhead
	for i := 0; i < len(fields); i += 2 {
		size += len(fields[i]) + listpack.EntryOverhead
	}
	lp := listpack.New(size)
	lp = listpack.AppendInt(lp, 0)
	lp = listpack.AppendInt(lp, 0)
	lp = listpack.AppendInt(lp, int64(len(fields)/2))
	for i := 0; i < len(fields); i += 2 {
		lp = listpack.Append(lp, fields[i])
	}
	lp = listpack.AppendInt(lp, 0)
	return makeNode(sp, id, lp, 0, 0)
}

const (
	flagDeleted    = 1
	flagSameFields = 2
)

func appendEntry(lp []byte, n *node, id ID, fields [][]byte) []byte {
	lp, _ = listpack.ReplaceInt(lp, listpack.First(lp), int64(n.live)+1)
	same := sharesFields(lp, fields)
	flags := int64(0)
	if same {
		flags = flagSameFields
	}
	entry := listpack.Extend(lp)
	entry.Int(flags)
	entry.Int(int64(id.Ms - n.master.Ms))
	entry.Int(int64(id.Seq - n.master.Seq))
	if same {
		for i := 1; i < len(fields); i += 2 {
			entry.Bytes(fields[i])
		}
		entry.Int(int64(len(fields)/2 + 3))
		return entry.Done()
	}
	entry.Int(int64(len(fields) / 2))
	for _, f := range fields {
		entry.Bytes(f)
	}
	entry.Int(int64(len(fields) + 4))
	return entry.Done()
}

// sharesFields reports whether the names are those of the master entry.
func sharesFields(lp []byte, fields [][]byte) bool {
	pos := listpack.Next(lp, listpack.Next(lp, listpack.First(lp)))
	count, pos := listpack.Read(lp, pos)
	if count.Int != int64(len(fields)/2) {
		return false
	}
	for i := 0; i < len(fields); i += 2 {
		var v listpack.Value
		if v, pos = listpack.Read(lp, pos); !v.Equal(fields[i]) {
			return false
		}
	}
	return true
}

// Delete marks an entry as deleted and reports whether it was there.
func (s *Stream) Delete(sp *arena.Space, id ID) bool {
	c, i, ok := s.locate(id)
	if !ok {
		return false
	}
	pos := findEntry(&s.dir[c].nodes[i], &sp.Reader, id)
	if pos < 0 {
		return false
	}
	if Less(s.MaxDeleted, id) {
		s.MaxDeleted = id
	}
	if s.dir[c].nodes[i].live == 1 {
		s.removeNode(sp, c, i)
		return true
	}
	n, lp := s.edit(sp, c, i, 2*listpack.EntryOverhead)
	flags := listpack.Get(lp, pos).Int
	lp, _ = listpack.ReplaceInt(lp, pos, flags|flagDeleted)
	n.store(sp, n.count(lp, -1))
	s.length--
	return true
}

// count changes the numbers of entries by live more, and as many fewer deleted ones.
func (n *node) count(lp []byte, live int) []byte {
	n.live += live
	n.dead -= live
	lp, pos := listpack.ReplaceInt(lp, listpack.First(lp), int64(n.live))
	lp, _ = listpack.ReplaceInt(lp, listpack.Next(lp, pos), int64(n.dead))
	return lp
}

// findEntry returns the place of an entry that is not deleted, -1 if the node has none of that ID.
func findEntry(n *node, r *arena.Reader, id ID) int {
	w := walk{bare: true}
	w.begin(n, r)
	for w.next() {
		if !w.e.Deleted && !Less(w.e.ID, id) {
			if w.e.ID == id {
				return w.at
			}
			break
		}
	}
	return -1
}

// Has reports whether an entry is there.
func (s *Stream) Has(r *arena.Reader, id ID) bool {
	c, i, ok := s.locate(id)
	return ok && findEntry(&s.dir[c].nodes[i], r, id) >= 0
}

// Range calls f for the entries from <= ID <= to, from either end, until it returns false. Only entries that are there are in order: XSETID
// may take back the ID of one that was deleted, and what is added then has a lower one.
func (s *Stream) Range(r *arena.Reader, from, to ID, reverse bool, f func(e *Entry) bool) {
	if len(s.dir) == 0 || Less(to, from) {
		return
	}
	if reverse {
		s.rangeBack(r, from, to, f)
		return
	}
	c, i, _ := s.locate(from)
	var w walk
	for ; c < len(s.dir); c, i = c+1, 0 {
		for ; i < len(s.dir[c].nodes); i++ {
			w.begin(&s.dir[c].nodes[i], r)
			for w.next() {
				if !w.e.Deleted && (Less(to, w.e.ID) || !Less(w.e.ID, from) && !f(&w.e)) {
					return
				}
			}
		}
	}
}

func (s *Stream) rangeBack(r *arena.Reader, from, to ID, f func(e *Entry) bool) {
	c, i, ok := s.locate(to)
	if !ok {
		return
	}
	var w walk
	for {
		w.end(&s.dir[c].nodes[i], r)
		for w.previous() {
			if !w.e.Deleted && (Less(w.e.ID, from) || !Less(to, w.e.ID) && !f(&w.e)) {
				return
			}
		}
		if i--; i < 0 {
			if c--; c < 0 {
				return
			}
			i = len(s.dir[c].nodes) - 1
		}
	}
}

// Floor returns an ID that no entry is below: that of the first entry or, if that was deleted, one before it. 0-0 for an empty stream.
func (s *Stream) Floor() (id ID) {
	if len(s.dir) > 0 {
		id = s.dir[0].nodes[0].master
	}
	return id
}

// First and Last return the IDs of the first and the last entry, 0-0 for none.
func (s *Stream) First(r *arena.Reader) ID { return s.edge(r, false) }
func (s *Stream) Last(r *arena.Reader) ID  { return s.edge(r, true) }

func (s *Stream) edge(r *arena.Reader, reverse bool) (id ID) {
	s.Range(r, ID{}, MaxID, reverse, func(e *Entry) bool {
		id = e.ID
		return false
	})
	return id
}

// walk reads the entries of a node, in either direction. Nodes were checked when they came from outside, so that what it reads has
// the right form.
type walk struct {
	e       Entry
	at      int // place of the entry's flags
	n       *node
	lp      []byte
	pos     int // of the next entry when walking forward; behind the previous one when walking back
	first   int // of the first entry
	fields  [][]byte
	digits  []byte // integers that are asked for as bytes
	masters int    // how many of them are of the master entry
	shared  int    // how many fields the master entry has
	bare    bool   // entries are read without fields and values, for who looks at IDs
}

func (w *walk) begin(n *node, r *arena.Reader) {
	w.n, w.lp, w.fields, w.digits = n, n.data(r), w.fields[:0], w.digits[:0]
	pos := listpack.Next(w.lp, listpack.Next(w.lp, listpack.First(w.lp)))
	count, pos := listpack.Read(w.lp, pos)
	for range count.Int {
		var v listpack.Value
		v, pos = listpack.Read(w.lp, pos)
		if !w.bare {
			w.fields = append(w.fields, w.text(v))
		}
	}
	w.masters, w.shared = len(w.digits), int(count.Int)
	w.pos = listpack.Next(w.lp, pos) // behind the end of the master entry
	w.first = w.pos
}

func (w *walk) end(n *node, r *arena.Reader) {
	w.begin(n, r)
	w.pos = len(w.lp) - 1
}

// next reads the entry at pos and goes behind it.
func (w *walk) next() bool {
	if w.pos < 0 {
		return false
	}
	w.pos = w.read(w.pos)
	return true
}

// previous goes before the entry that ends at pos and reads it.
func (w *walk) previous() bool {
	if w.first < 0 || w.pos == w.first {
		return false
	}
	pos := listpack.Prev(w.lp, w.pos) // the number of elements before it
	for n := listpack.Get(w.lp, pos).Int; n > 0; n-- {
		pos = listpack.Prev(w.lp, pos)
	}
	w.read(pos)
	w.pos = pos
	return true
}

// read reads the entry at pos and returns the place behind it, -1 at the end.
func (w *walk) read(pos int) int {
	w.at = pos
	w.digits = w.digits[:w.masters]
	flags, pos := listpack.Read(w.lp, pos)
	ms, pos := listpack.Read(w.lp, pos)
	seq, pos := listpack.Read(w.lp, pos)
	e := &w.e
	e.ID = ID{Ms: w.n.master.Ms + uint64(ms.Int), Seq: w.n.master.Seq + uint64(seq.Int)}
	e.Deleted = flags.Int&flagDeleted != 0
	if w.bare {
		n := w.shared
		if flags.Int&flagSameFields == 0 {
			own, behind := listpack.Read(w.lp, pos)
			n, pos = 2*int(own.Int), behind
		}
		for range n {
			pos = listpack.Next(w.lp, pos)
		}
		return listpack.Next(w.lp, pos)
	}
	e.Fields, e.Values = e.Fields[:0], e.Values[:0]
	var v listpack.Value
	if flags.Int&flagSameFields != 0 {
		e.Fields = append(e.Fields, w.fields...)
		for range w.fields {
			v, pos = listpack.Read(w.lp, pos)
			e.Values = append(e.Values, w.text(v))
		}
	} else {
		v, pos = listpack.Read(w.lp, pos)
		for range v.Int {
			v, pos = listpack.Read(w.lp, pos)
			e.Fields = append(e.Fields, w.text(v))
			v, pos = listpack.Read(w.lp, pos)
			e.Values = append(e.Values, w.text(v))
		}
	}
	return listpack.Next(w.lp, pos)
}

// text returns an element as bytes.
func (w *walk) text(v listpack.Value) []byte {
	if !v.IsInt {
		return v.Str
	}
	if cap(w.digits)-len(w.digits) < 20 {
		w.digits = append(make([]byte, 0, 2*cap(w.digits)+64), w.digits...) // what was given out keeps the old memory
	}
	start := len(w.digits)
	w.digits = v.Append(w.digits)
	return w.digits[start:len(w.digits):len(w.digits)]
}
