package codec

import (
	"encoding/binary"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// streamType is the newest type of a stream that Redis 7.0 writes, or the older one for versions before it.
func streamType(a *rdb.Appender) rdb.Type {
	if a.Version() < rdb.TypeStream2.Since() {
		return rdb.TypeStream
	}
	return rdb.TypeStream2
}

// streamValue writes a stream. The form is drawn in libs/rdb/streams.go.
func streamValue(a *rdb.Appender, dst []byte, it store.Item) []byte {
	v := it.Stream()
	dst = a.Count(dst, v.Nodes())
	v.EachNode(func(master stream.ID, lp []byte) {
		dst = rdb.AppendLen(dst, stream.IDSize)
		dst = stream.AppendID(dst, master)
		dst = a.String(dst, lp)
	})
	dst = a.Count(dst, v.Len())
	dst = appendID(dst, v.LastID)
	old := streamType(a) == rdb.TypeStream
	if !old {
		dst = appendID(appendID(dst, v.First()), v.MaxDeleted)
		dst = rdb.AppendLen(dst, v.Added)
	}
	dst = a.Count(dst, len(v.Groups()))
	for _, g := range v.Groups() {
		dst = a.String(dst, []byte(g.Name))
		dst = appendID(dst, g.LastID)
		if !old {
			dst = rdb.AppendLen(dst, uint64(g.Read))
		}
		dst = pendingEntries(a, dst, g)
		dst = consumers(a, dst, g)
	}
	return dst
}

// appendID appends an ID as two lengths.
func appendID(dst []byte, id stream.ID) []byte {
	return rdb.AppendLen(rdb.AppendLen(dst, id.Ms), id.Seq)
}

func pendingEntries(a *rdb.Appender, dst []byte, g *store.StreamGroup) []byte {
	dst = a.Count(dst, g.Pending())
	g.EachPending(stream.ID{}, func(p store.StreamPending) bool {
		dst = stream.AppendID(dst, p.ID)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(p.Delivered))
		dst = rdb.AppendLen(dst, p.Deliveries)
		return true
	})
	return dst
}

func consumers(a *rdb.Appender, dst []byte, g *store.StreamGroup) []byte {
	dst = a.Count(dst, len(g.Consumers()))
	for _, c := range g.Consumers() {
		dst = a.String(dst, []byte(c.Name))
		dst = binary.LittleEndian.AppendUint64(dst, uint64(c.Seen))
		dst = a.Count(dst, c.Pending())
		c.EachPending(stream.ID{}, func(id stream.ID) bool {
			dst = stream.AppendID(dst, id)
			return true
		})
	}
	return dst
}

// loadStream reads the value once more, with its nodes, and every entry of them: the store relies on their form.
func loadStream(db *store.DB, key []byte, v *rdb.Value, at store.Attributes) (bool, error) {
	s, err := v.RawValue().Stream(true)
	if err != nil {
		return false, err
	}
	return db.LoadStream(key, s, v.Type != rdb.TypeStream, at), nil
}
