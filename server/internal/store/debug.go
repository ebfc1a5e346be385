package store

import (
	"fmt"
	"unsafe"
)

// DebugInfo is what DEBUG OBJECT shows of a key.
type DebugInfo struct {
	Address     uintptr // of the entry
	Kind        Kind
	LRU         uint32
	IdleSeconds int64
	Extra       string // of lists: node counts, with a leading space
	Table       string // of tables: their shape, else empty
	Bytes       []byte // of values that are bytes
}

// Debug describes a key without touching it.
func (db *DB) Debug(key []byte, now int64) (d DebugInfo, ok bool) {
	r, ok := db.peek(key, now)
	if !ok {
		return d, false
	}
	e := r.entry()
	d = DebugInfo{Address: uintptr(unsafe.Pointer(unsafe.SliceData(e.Key()))), Kind: r.kind(), LRU: e.Clock(), IdleSeconds: db.st.idle(e.Clock())}
	switch d.Kind {
	case KindListPacked, KindListNodes:
		v := listView(&db.sp.Reader, e)
		bytes, compressed := 0, 0
		if v.Compressed() {
			compressed = 1
		}
		v.EachNode(func(data []byte, _ bool) bool {
			bytes += len(data)
			return true
		})
		d.Extra = fmt.Sprintf(" ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d ql_uncompressed_size:%d", v.Nodes(),
			float64(v.Len())/float64(max(v.Nodes(), 1)), db.st.Limits.ListPackedSize, compressed, bytes)
	case KindSetTable, KindHashTable, KindZSetTree:
		d.Table = fmt.Sprintf("Hash table 0 stats (main hash table):\n table size: %d\n number of elements: %d\n", r.big().Memory()/8, 0)
	}
	if !(Item{e: e}).IsBig() {
		d.Bytes = r.bytes()
	}
	return d, true
}

// TableStats describes the database's table for DEBUG HTSTATS.
func (db *DB) TableStats() string {
	return fmt.Sprintf("Hash table 0 stats (main hash table):\n table size: %d\n number of elements: %d\n buckets: %d\n", db.t.Memory()/8, db.t.Len(), db.t.Buckets())
}

// LFU reports whether the policy counts accesses instead of remembering the last one.
func (p Policy) LFU() bool { return p.lfu() }

// Limits are those of the whole store.
func (db *DB) Limits() *Limits { return &db.st.Limits }
