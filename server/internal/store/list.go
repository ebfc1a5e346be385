package store

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

// End is one of the two ends of a list.
type End = list.End

const (
	Head = list.Head
	Tail = list.Tail
)

// listPackedSize is the size up to which a list is a bare listpack in the entry. Moving it at a push costs less than
// the 250 bytes that a root, a chunk and their slots take. Clients cannot tell: Redis 7.0 calls both quicklist.
const listPackedSize = 1 << 10

// ListView reads a list, also one of a snapshot on another goroutine. The zero value is an empty list.
type ListView struct {
	rd    *arena.Reader
	lp    []byte
	nodes *list.List // nil: the list is lp, or empty when that is nil too
}

// listView returns the view of an entry whose type is TypeList.
func listView(rd *arena.Reader, e table.Entry) ListView {
	if Kind(e.Kind()) == KindListNodes {
		return ListView{rd: rd, nodes: valueBig(rd, e).(*list.List)}
	}
	return ListView{rd: rd, lp: valueBytes(rd, e)}
}

// List returns the value of an item whose type is TypeList.
func (it Item) List() ListView { return listView(it.rd, it.e) }

// Packed returns the listpack that the list is, nil when it has nodes.
func (v *ListView) Packed() []byte { return v.lp }

// Len returns the number of elements.
func (v *ListView) Len() int {
	switch {
	case v.nodes != nil:
		return v.nodes.Len()
	case v.lp != nil:
		return listpack.Len(v.lp)
	}
	return 0
}

// Cursor returns a cursor at the element with the given index, counted from the head; it is over at once when there is none.
func (v *ListView) Cursor(index int, backward bool) list.Cursor {
	if v.nodes != nil {
		return v.nodes.Cursor(v.rd, index, backward)
	}
	if v.lp == nil {
		index = -1
	}
	return list.PackedCursor(v.lp, index, backward)
}

// EachNode calls f with the data of each node as an RDB file holds it: a listpack, or the bytes of one element if
// plain. It stops when f returns false.
func (v *ListView) EachNode(f func(data []byte, plain bool) bool) {
	switch {
	case v.nodes != nil:
		v.nodes.EachNode(v.rd, f)
	case v.lp != nil:
		f(v.lp, false)
	}
}

// Nodes returns the number of nodes.
func (v *ListView) Nodes() int {
	switch {
	case v.nodes != nil:
		return v.nodes.Nodes()
	case v.lp != nil:
		return 1
	}
	return 0
}

// Compressed reports whether nodes in the middle are compressed.
func (v *ListView) Compressed() bool { return v.nodes != nil && v.nodes.Compressed() }

// List is a list of a database, found or still missing, for reading and changing. It must not be used after a change
// of its key made without it. A list that loses its last element is deleted at once; pushing creates it anew.
type List struct {
	r   ref
	key []byte
}

// ReadList finds a list for reading. ok is false when the key is missing; the list is then empty.
func (db *DB) ReadList(key []byte, now int64) (v ListView, ok bool, err error) {
	r, ok, err := db.readAs(key, TypeList, now)
	if ok {
		v = listView(&db.sp.Reader, r.entry())
	}
	return v, ok, err
}

// WriteList finds a list for changes. ok is false when the key is missing.
func (db *DB) WriteList(key []byte, now int64) (l List, ok bool, err error) {
	r, ok, err := db.writeAs(key, TypeList, now)
	return List{r, key}, ok, err
}

// View returns the list for reading, until the next change.
func (l *List) View() ListView {
	if !l.r.found() {
		return ListView{}
	}
	return listView(&l.r.db.sp.Reader, l.r.entry())
}

// Exists reports whether the key is there.
func (l *List) Exists() bool { return l.r.found() }

// Len returns the number of elements.
func (l *List) Len() int {
	v := l.View()
	return v.Len()
}

// End returns the first or last element of a list that exists, until the next change.
func (l *List) End(end End) listpack.Value {
	if l.r.kind() == KindListNodes {
		return l.r.big().(*list.List).End(&l.r.db.sp.Reader, end)
	}
	lp := l.r.bytes()
	if end == Head {
		return listpack.Get(lp, listpack.First(lp))
	}
	return listpack.Get(lp, listpack.Last(lp))
}

func (l *List) limits() list.Limits {
	return list.Limits{Fill: l.r.db.st.Limits.ListPackedSize, Plain: l.r.db.st.Limits.ListPlain}
}

// fitsPacked reports whether the bare listpack lp may take an element of n bytes more.
func (l *List) fitsPacked(lp []byte, n int) bool {
	return len(lp)+n+listpack.EntryOverhead <= listPackedSize && l.limits().Fits(len(lp), listpack.Len(lp), n)
}

// nodes returns the list as nodes, for changes; a bare listpack is converted.
func (l *List) nodes() *list.List {
	if l.r.kind() == KindListNodes {
		return l.r.ownBig().(*list.List)
	}
	sp := l.r.db.sp
	big := list.New(sp)
	l.r.db.st.compressList(sp, big)
	if !l.r.found() {
		l.r.createBig(l.key, KindListNodes, big)
		return big
	}
	big.AppendPacked(sp, l.r.bytes())
	l.r.setBig(KindListNodes, big)
	return big
}

// shrunk deletes the key if the list has become empty.
func (l *List) shrunk(length int) {
	if length == 0 {
		l.r.remove()
	}
}

// compressList makes a new list one that is compressed as list-compress-depth says. One that is there stays as it was made.
func (st *Store) compressList(sp *arena.Space, l *list.List) {
	if st.Limits.ListCompressDepth == 0 {
		return
	}
	if st.lists == nil {
		st.lists = new(list.Compressor)
	}
	l.CompressBeyond(sp, st.Limits.ListCompressDepth, st.lists)
}
