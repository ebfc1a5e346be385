package rdb

import (
	"encoding/binary"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// StreamType is the type of the streams that Stream writes in the Appender's version.
func (a *Appender) StreamType() Type {
	switch {
	case a.opts.Version < 10:
		return TypeStream
	case a.opts.Version == 10:
		return TypeStream2
	}
	return TypeStream3
}

// Stream appends the value of a StreamType. Version 9 has no place for the first and the highest deleted ID, for the
// number of entries ever added and for what groups have read; 10 has none for when a consumer was active.
func (a *Appender) Stream(dst []byte, s *stream.Stream) []byte {
	dst = AppendLen(dst, uint64(len(s.Nodes)))
	for _, n := range s.Nodes {
		var id [stream.IDSize]byte
		dst = a.String(dst, stream.AppendID(id[:0], n.Master))
		dst = a.String(dst, n.Listpack)
	}
	dst = appendLens(dst, s.Length, s.LastID.Ms, s.LastID.Seq)
	if a.opts.Version >= 10 {
		dst = appendLens(dst, s.FirstID.Ms, s.FirstID.Seq, s.MaxDeletedID.Ms, s.MaxDeletedID.Seq, s.EntriesAdded)
	}
	dst = AppendLen(dst, uint64(len(s.Groups)))
	for i := range s.Groups {
		dst = a.streamGroup(dst, &s.Groups[i])
	}
	return dst
}

func appendLens(dst []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		dst = AppendLen(dst, n)
	}
	return dst
}

func (a *Appender) streamGroup(dst []byte, g *stream.Group) []byte {
	dst = appendLens(a.String(dst, g.Name), g.LastID.Ms, g.LastID.Seq)
	if a.opts.Version >= 10 {
		dst = AppendLen(dst, uint64(g.EntriesRead)) // -1, not known, is the highest number
	}
	dst = AppendLen(dst, uint64(len(g.Pending)))
	for _, p := range g.Pending {
		dst = binary.LittleEndian.AppendUint64(stream.AppendID(dst, p.ID), uint64(p.DeliveredMs))
		dst = AppendLen(dst, p.Deliveries)
	}
	dst = AppendLen(dst, uint64(len(g.Consumers)))
	for i, c := range g.Consumers {
		dst = binary.LittleEndian.AppendUint64(a.String(dst, c.Name), uint64(c.SeenMs))
		if a.opts.Version >= 11 {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(c.ActiveMs))
		}
		dst = AppendLen(dst, uint64(c.Pending))
		for _, p := range g.Pending {
			if p.Consumer == i {
				dst = stream.AppendID(dst, p.ID)
			}
		}
	}
	return dst
}

// FieldTTL is a field of a hash whose fields may expire.
type FieldTTL struct {
	Field, Value []byte
	ExpireMs     int64 // -1 for never
}

// HashTTL appends the value of a TypeHashTTL, which versions before 12 cannot hold.
func (a *Appender) HashTTL(dst []byte, fields []FieldTTL) []byte {
	earliest := int64(-1)
	for _, f := range fields {
		if f.ExpireMs >= 0 && (earliest < 0 || f.ExpireMs < earliest) {
			earliest = f.ExpireMs
		}
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(max(earliest, 0)))
	dst = AppendLen(dst, uint64(len(fields)))
	for _, f := range fields {
		n := int64(0)
		if f.ExpireMs >= 0 {
			n = f.ExpireMs - earliest + 1
		}
		dst = a.String(a.String(AppendLen(dst, uint64(n)), f.Field), f.Value)
	}
	return dst
}
