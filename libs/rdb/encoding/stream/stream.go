// Package stream reads the parts of a Redis stream as RDB files hold them: nodes of entries in listpacks, and the
// consumer groups. Everything works on plain memory.
//
// A node is a master ID (16 bytes, big endian: milliseconds, sequence) and a listpack that starts with a master entry,
// whose field names the following entries may share:
//
//	master = entries, deleted entries, F, field 1 .. field F, 0
//	entry  = flags, ms, seq, value 1 .. value F, n          with flag same fields; n = F+3
//	       | flags, ms, seq, f, field, value, ..., n        else; n = 2f+4
//
// ms and seq are relative to the master ID; n is the number of listpack elements before it in the entry, for walking
// backwards. Flags: 1 deleted, 2 same fields. Source: the comment on stream listpacks in Redis 7.0's t_stream.c and
// the bytes that redis-server writes.
package stream

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// ID identifies an entry: milliseconds of Unix time and a sequence number.
type ID struct{ Ms, Seq uint64 }

// IDSize is the length of an ID in its binary form.
const IDSize = 16

// DecodeID reads the big-endian form of an ID from the first IDSize bytes of p.
func DecodeID(p []byte) ID {
	return ID{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])}
}

// AppendID appends the big-endian form.
func AppendID(dst []byte, id ID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, id.Ms), id.Seq)
}

// String returns the ID as clients write it, "ms-seq".
func (id ID) String() string {
	return strconv.FormatUint(id.Ms, 10) + "-" + strconv.FormatUint(id.Seq, 10)
}

// Compare returns -1, 0 or 1.
func (id ID) Compare(other ID) int {
	switch {
	case id == other:
		return 0
	case id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq:
		return -1
	}
	return 1
}

// plus adds what a listpack holds. Differences of more than 63 bits are written as negative numbers: the sum wraps.
func (id ID) plus(ms, seq int64) ID { return ID{id.Ms + uint64(ms), id.Seq + uint64(seq)} }

// Stream is a whole value. Of RDB type 15 FirstID, MaxDeletedID and EntriesAdded are derived, as Redis 7.0 does.
type Stream struct {
	Nodes        []Node // nil when they were only checked
	Length       uint64 // entries that are not deleted
	LastID       ID     // the last one ever added
	FirstID      ID     // the first one that is left, 0-0 when none is
	MaxDeletedID ID
	EntriesAdded uint64
	Groups       []Group
}

// Node is a master ID and its listpack.
type Node struct {
	Master   ID
	Listpack []byte
}

// Group is a consumer group.
type Group struct {
	Name        []byte
	LastID      ID        // the last entry delivered
	EntriesRead int64     // -1 when unknown
	Pending     []Pending // in ascending order
	Consumers   []Consumer
}

// Pending is an entry that was delivered and not acknowledged.
type Pending struct {
	ID          ID
	DeliveredMs int64  // Unix time in ms
	Deliveries  uint64 // how often
	Consumer    int    // index into Group.Consumers, -1 while no consumer has claimed it
}

// Consumer is a member of a group; its pending entries are those of the group that name it.
type Consumer struct {
	Name     []byte
	SeenMs   int64 // Unix time in ms of the last attempt to read
	ActiveMs int64 // of the last success; equal to SeenMs before RDB type 21
	Pending  int
}

// Entry is one entry of a node. Fields and Values have equal lengths and alias the listpack where they are strings.
type Entry struct {
	ID      ID
	Deleted bool
	Fields  [][]byte
	Values  [][]byte
}

const (
	flagDeleted    = 1
	flagSameFields = 2
)

// maxEntries bounds counts that a listpack claims; it holds fewer bytes than that.
const maxEntries = math.MaxInt32

func badCount(what string, n int64) error {
	return fmt.Errorf("stream node: %s %d", what, n)
}
