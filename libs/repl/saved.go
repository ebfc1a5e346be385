package repl

import (
	"fmt"
	"strconv"
	"strings"
)

// Saved is the state that an RDB file carries, so that a restarted node can continue partially (R8). It is true of the
// data in the same file: all fields are of the instant of the snapshot.
type Saved struct {
	ID     ID
	Offset Offset // the next byte
	DB     int    // what the stream has selected at Offset
	Past   []Past // older histories, the newest first (B1)
}

// Names of the RDB aux fields. Redis writes and reads the first three and ignores others.
const (
	auxID     = "repl-id"
	auxOffset = "repl-offset"
	auxDB     = "repl-stream-db"
	auxPast   = "lockstep-repl-past"
)

// Aux is a field of an RDB file's header.
type Aux struct{ Key, Value string }

// Saved returns what to save with a snapshot taken now, and false when the history is of no use to others: then the
// file carries none of the fields.
func (s *Stream) Saved() (Saved, bool) {
	if !s.Active() {
		return Saved{}, false
	}
	h := s.history
	return Saved{ID: h.ID, Offset: h.Offset, DB: s.Selected(), Past: h.Past}, true
}

// Aux returns the fields to write, all of them.
func (v Saved) Aux() []Aux {
	fields := []Aux{
		{auxDB, strconv.Itoa(v.DB)},
		{auxID, v.ID.String()},
		{auxOffset, strconv.FormatInt(v.Offset.Info(), 10)},
	}
	if len(v.Past) > 0 {
		var past []string
		for _, p := range v.Past {
			past = append(past, fmt.Sprintf("%s:%d", p.ID, p.End))
		}
		fields = append(fields, Aux{auxPast, strings.Join(past, ",")})
	}
	return fields
}

// SavedReader gathers the fields while an RDB header is read. The zero value is ready.
type SavedReader struct {
	saved                   Saved
	haveID, haveOff, haveDB bool
}

// Field takes one aux field and says whether it is one of replication. The error tells what is wrong with its value.
func (r *SavedReader) Field(key, value string) (known bool, err error) {
	switch key {
	case auxID:
		r.saved.ID, r.haveID = ParseID(value)
		if !r.haveID {
			return true, fmt.Errorf("aux field %s: %.64q is not a replication ID of 40 hexadecimal digits", key, value)
		}
	case auxOffset:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < -1 {
			return true, fmt.Errorf("aux field %s: %.64q is not an offset", key, value)
		}
		r.saved.Offset, r.haveOff = Offset(n), n >= 0
	case auxDB:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return true, fmt.Errorf("aux field %s: %.64q is not a database number", key, value)
		}
		r.saved.DB, r.haveDB = n, true
	case auxPast:
		r.saved.Past, err = parsePast(value)
		return true, err
	default:
		return false, nil
	}
	return true, nil
}

// Saved returns the state, and false unless all of ID, offset and database were there.
func (r *SavedReader) Saved() (Saved, bool) {
	if !r.haveID || !r.haveOff || !r.haveDB || r.saved.ID.IsZero() {
		return Saved{}, false
	}
	v := r.saved
	if len(v.Past) > 0 && v.Past[0].End > v.Offset {
		v.Past = nil
	}
	return v, true
}

func parsePast(s string) ([]Past, error) {
	var past []Past
	for item := range strings.SplitSeq(s, ",") {
		name, end, _ := strings.Cut(item, ":")
		id, ok := ParseID(name)
		n, err := strconv.ParseInt(end, 10, 64)
		if !ok || err != nil || n < 0 || len(past) > 0 && Offset(n) > past[len(past)-1].End || len(past) == MaxPast {
			return nil, fmt.Errorf("aux field %s: %.64q is not a list of older histories", auxPast, s)
		}
		past = append(past, Past{ID: id, End: Offset(n)})
	}
	return past, nil
}

// RestoreReplica continues the saved history in a node configured as a replica: it will ask its master for the rest.
// It has a backlog of its own at once (R9).
func (s *Stream) RestoreReplica(v Saved) {
	s.history = History{ID: v.ID, Offset: v.Offset, Past: v.Past}
	s.log.Open(v.Offset)
	s.db = v.DB
}

// RestoreMaster continues the saved stream under a new ID in a node configured as a master, so that replicas that had
// not gone beyond the file can continue partially. What the loading itself changes, such as the removal of keys that
// have expired, has to be appended like any other write.
func (s *Stream) RestoreMaster(fresh ID, v Saved) {
	s.history = History{ID: v.ID, Offset: v.Offset, Past: v.Past}
	s.log.Open(v.Offset)
	s.Promote(fresh)
}
