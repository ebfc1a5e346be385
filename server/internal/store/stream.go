package store

import (
	rdbstream "github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/value/stream"
)

// Names of package value/stream that callers of the store need.
type (
	StreamID       = stream.ID
	StreamEntry    = stream.Entry
	StreamTrim     = stream.Trim
	StreamGroup    = stream.Group
	StreamConsumer = stream.Consumer
	StreamPending  = stream.Pending
)

// MaxStreamID is the greatest ID.
var MaxStreamID = stream.MaxID

// NextStreamID and PreviousStreamID return the neighbours of an ID; ok is false where there is none.
func NextStreamID(id StreamID) (_ StreamID, ok bool)     { return stream.Next(id) }
func PreviousStreamID(id StreamID) (_ StreamID, ok bool) { return stream.Previous(id) }

// StreamView is a stream for reading, until the next change or, of a snapshot, as long as that lives.
type StreamView struct {
	*stream.Stream
	rd *arena.Reader
}

// ReadStream finds a stream for reading. ok is false when the key is missing.
func (db *DB) ReadStream(key []byte, now int64) (v StreamView, ok bool, err error) {
	r, ok, err := db.readAs(key, TypeStream, now)
	if !ok {
		return StreamView{}, false, err
	}
	return StreamView{r.big().(*stream.Stream), &db.sp.Reader}, true, nil
}

// Range calls f for the entries from <= ID <= to, from either end, until it returns false.
func (v StreamView) Range(from, to StreamID, reverse bool, f func(e *StreamEntry) bool) {
	v.Stream.Range(v.rd, from, to, reverse, f)
}

// First and Last return the IDs of the first and the last entry, 0-0 for none; Has reports whether an entry is there.
func (v StreamView) First() StreamID      { return v.Stream.First(v.rd) }
func (v StreamView) Last() StreamID       { return v.Stream.Last(v.rd) }
func (v StreamView) Has(id StreamID) bool { return v.Stream.Has(v.rd, id) }

// UnknownRead is the count of a group that cannot be told.
const UnknownRead = stream.UnknownRead

// Lag returns how many entries a group has not read; known is false where that cannot be told.
func (v StreamView) Lag(g *StreamGroup) (n int64, known bool) { return v.Stream.Lag(v.rd, g) }

// Advance notes that a group has read an entry beyond its last one.
func (v StreamView) Advance(g *GroupEdit, id StreamID) { v.Stream.Advance(v.rd, g.Group, id) }

// EachNode calls f for the listpacks, for saving.
func (v StreamView) EachNode(f func(master StreamID, lp []byte)) { v.Stream.EachNode(v.rd, f) }

// Stream is a stream of a database, found or still missing, for reading and changing. Unlike other values it stays when it is empty.
type Stream struct {
	r   ref
	key []byte
}

// Stream returns the stream that the item is.
func (it Item) Stream() StreamView { return StreamView{it.Big().(*stream.Stream), it.Reader()} }

// WriteStream finds a stream for changes. ok is false when the key is missing.
func (db *DB) WriteStream(key []byte, now int64) (s Stream, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeStream, now)
	return Stream{r, key}, ok, err
}

// View returns the stream, which must exist, for reading, until the next change.
func (s *Stream) View() StreamView {
	return StreamView{s.r.big().(*stream.Stream), &s.r.db.sp.Reader}
}

// Exists reports whether the key is there.
func (s *Stream) Exists() bool { return s.r.found() }

// Create makes the key with an empty stream.
func (s *Stream) Create() { s.r.createBig(s.key, KindStream, stream.New()) }

// own returns the root for changes.
func (s *Stream) own() *stream.Stream { return s.r.ownBig().(*stream.Stream) }

// Add appends an entry: fields are names and values in turns, and id is above all that were added before.
func (s *Stream) Add(id StreamID, fields [][]byte) {
	lim := &s.r.db.st.Limits
	s.own().Add(s.r.db.sp, stream.Limits{Bytes: lim.StreamNodeBytes, Entries: lim.StreamNodeEntries}, id, fields)
}

// Delete removes an entry and reports whether it was there.
func (s *Stream) Delete(id StreamID) bool {
	if v := s.View(); !v.Has(id) { // do not clone for nothing
		return false
	}
	return s.own().Delete(s.r.db.sp, id)
}

// Trim removes the oldest entries and returns how many.
func (s *Stream) Trim(t StreamTrim) int { return s.own().Trim(s.r.db.sp, t) }

// SetID sets what the stream says of itself: XSETID. Nil pointers leave a number as it is.
func (s *Stream) SetID(last StreamID, added *uint64, maxDeleted *StreamID) {
	o := s.own()
	o.LastID = last
	if added != nil {
		o.Added = *added
	}
	if maxDeleted != nil {
		o.MaxDeleted = *maxDeleted
	}
}

// AddGroup makes a consumer group and reports false if there is one of that name.
func (s *Stream) AddGroup(name string, last StreamID, read int64) bool {
	return s.own().AddGroup(s.r.db.sp, name, last, read) != nil
}

// RemoveGroup deletes a group and reports whether it was there.
func (s *Stream) RemoveGroup(name string) bool { return s.own().RemoveGroup(s.r.db.sp, name) }

// Group returns a group for changes; nil if there is none.
func (s *Stream) Group(name []byte) *GroupEdit {
	if s.View().Group(name) == nil {
		return nil
	}
	return &GroupEdit{s.own().OwnGroup(s.r.db.sp, string(name)), s.r.db.sp}
}

// GroupEdit is a consumer group for changes, valid until the next snapshot.
type GroupEdit struct {
	*stream.Group
	sp *arena.Space
}

// Touch notes that a consumer, who is made if missing, was heard of; added tells whether it was.
func (g *GroupEdit) Touch(name string, now int64) (added bool) { return g.Group.Touch(g.sp, name, now) }

// Active notes that a consumer, who must be there, got something.
func (g *GroupEdit) AddConsumer(name string, now int64) bool {
	return g.Group.AddConsumer(g.sp, name, now) != nil
}

// RemoveConsumer deletes a member with its pending entries, and returns how many these were; ok is false if there is none.
func (g *GroupEdit) RemoveConsumer(name string) (pending int, ok bool) {
	return g.Group.RemoveConsumer(g.sp, name)
}

// Assign makes an entry pending for p.Consumer, who must be there, whoever had it before.
func (g *GroupEdit) Assign(p StreamPending) { g.Group.Assign(g.sp, p) }

// Acknowledge ends that an entry is pending and reports whether it was.
func (g *GroupEdit) Acknowledge(id StreamID) bool { return g.Group.Acknowledge(g.sp, id) }

// LoadStream stores a stream that was read from a file, deeply checked, under a key that is missing, and reports whether it was. Where the
// file does not count what groups have read, it is estimated.
func (db *DB) LoadStream(key []byte, from *rdbstream.Stream, counted bool, a Attributes) (added bool) {
	s := stream.Load(db.sp, from, counted)
	if db.LoadBig(key, KindStream, s, a) {
		return true
	}
	for step := 0; s.Free(db.sp, step); step++ {
	}
	return false
}
