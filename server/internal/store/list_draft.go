package store

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/value/list"
)

// ListDraft gathers the elements of a list that is loaded, in order from the head.
type ListDraft struct {
	db    *DB
	lp    []byte     // as long as one small listpack holds all
	nodes *list.List // set as soon as it does not
}

// NewListDraft starts a list in the memory of db.
func (db *DB) NewListDraft() *ListDraft { return &ListDraft{db: db} }

func (d *ListDraft) limits() list.Limits {
	return list.Limits{Fill: d.db.st.Limits.ListPackedSize, Plain: d.db.st.Limits.ListPlain}
}

// AddPacked adds the elements of a listpack, which must be valid (listpack.Validate), as one node. They are copied.
// An empty one adds nothing.
func (d *ListDraft) AddPacked(lp []byte) {
	switch {
	case listpack.First(lp) < 0:
	case d.nodes == nil && d.lp == nil && len(lp) <= listPackedSize:
		d.lp = append([]byte(nil), lp...) // a decoder reuses its buffer for the next node
	default:
		d.toNodes()
		d.nodes.AppendPacked(d.db.sp, lp)
	}
}

// AddPlain adds one element as a node of its own.
func (d *ListDraft) AddPlain(v []byte) {
	d.toNodes()
	d.nodes.AppendPlain(d.db.sp, v)
}

// Add adds one element where there is room.
func (d *ListDraft) Add(v []byte) {
	lim := d.limits()
	if d.nodes == nil {
		if d.lp == nil {
			d.lp = listpack.New(listPackedSize)
		}
		if len(d.lp)+len(v)+listpack.EntryOverhead <= listPackedSize && lim.Fits(len(d.lp), listpack.Len(d.lp), len(v)) {
			d.lp = listpack.Append(d.lp, v)
			return
		}
		d.toNodes()
	}
	d.nodes.Push(d.db.sp, lim, Tail, v)
}

func (d *ListDraft) toNodes() {
	if d.nodes != nil {
		return
	}
	d.nodes = list.New(d.db.sp)
	d.db.st.compressList(d.db.sp, d.nodes)
	if d.lp != nil && listpack.First(d.lp) >= 0 {
		d.nodes.AppendPacked(d.db.sp, d.lp)
	}
	d.lp = nil
}

// Len returns the number of elements.
func (d *ListDraft) Len() int {
	switch {
	case d.nodes != nil:
		return d.nodes.Len()
	case d.lp != nil:
		return listpack.Len(d.lp)
	}
	return 0
}

// Discard gives the memory of a draft back that is not stored.
func (d *ListDraft) Discard() {
	if d.nodes != nil && d.nodes.Len() > 0 {
		for step := 0; d.nodes.Free(d.db.sp, step); step++ {
		}
	}
	d.nodes = nil
}

// Load adds the list, which has at least one element, under a key and reports whether the key was missing. If not,
// nothing is changed. Either way the draft is given up.
func (d *ListDraft) Load(key []byte, a Attributes) bool {
	if d.nodes == nil {
		return d.db.LoadBytes(key, KindListPacked, d.lp, a)
	}
	if d.db.LoadBig(key, KindListNodes, d.nodes, a) {
		d.nodes = nil // the key's now: a Discard that follows must not free it
		return true
	}
	d.Discard()
	return false
}

// Store puts the list under key, in place of any value and time to live that the key has, and gives the draft up
// (SORT ... STORE). A draft without elements deletes the key. It reports whether the key was there before.
func (d *ListDraft) Store(key []byte) bool {
	a, existed := d.db.displace(key)
	if d.Len() == 0 {
		d.Discard()
		return existed
	}
	d.db.st.hush = existed
	d.Load(key, a)
	d.db.st.hush = false
	return existed
}
