package rdb

import (
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// Kind says in which form a Value comes.
type Kind uint8

const (
	NoKind       Kind = iota
	KindString        // Str
	KindListpack      // Blob: a hash, sorted set or set
	KindZiplist       // Blob: a list, hash or sorted set; see ZiplistToListpack
	KindZipmap        // Blob: a hash; see ZipmapToListpack
	KindIntset        // Blob: a set
	KindNodes         // a list in nodes: NextNode
	KindElements      // NextElem only
	KindRaw           // Raw: streams and modules
)

// Value is the value of a key. Blobs have been checked as DecodeOptions.Deep says: they are safe to read and hold whole
// pairs. NextElem reads the elements of every collection, whatever its form; a caller that keeps flat encodings as they
// are takes Blob or NextNode instead. What is not read is skipped, and checked, by the next Decoder.Next.
type Value struct {
	Type Type
	Kind Kind
	Str  []byte // KindString: the string, integers in decimal
	// IsInt says that the string was written as an integer, which is Int.
	IsInt bool
	Int   int64
	Blob  []byte
	// Len is the number of elements of a collection (pairs count once), or of the nodes of KindNodes. Of KindElements
	// and KindNodes it is the claim of the file: do not allocate by it without bounds.
	Len    int
	Raw    []byte         // KindRaw: the value as the file holds it, see RawValue
	Stream *stream.Stream // streams: what Raw means; nodes only with DecodeOptions.StreamNodes
	Module uint64         // modules: the ID, see ModuleName

	d *Decoder
}

// Elem is one element of a collection.
type Elem struct {
	Member   []byte  // list element, set member, hash field or sorted set member
	Value    []byte  // of a hash field
	Score    float64 // of a sorted set member, never NaN
	ExpireMs int64   // Unix time in ms at which a hash field expires, -1 for never
}

// NodeKind is the form of a list node.
type NodeKind uint8

const (
	NodePlain    NodeKind = 1 // Data is one element
	NodeListpack NodeKind = 2
	NodeZiplist  NodeKind = 3
)

// Node is a piece of a list.
type Node struct {
	Kind NodeKind
	Data []byte
	Len  int // number of elements, at least 1
}

// RawValue is a value as an RDB file holds it, without type and key. It is written out unchanged by Appender.Raw.
type RawValue struct {
	Type Type
	Data []byte
}

// RawValue returns what KindRaw holds; Data is valid as long as the Value.
func (v *Value) RawValue() RawValue { return RawValue{v.Type, v.Raw} }

// valueState is how far the current value has been read.
type valueState struct {
	open   bool   // there is more to read
	left   uint64 // elements or nodes still in the input
	group  int    // strings that make an element of flat: 1, or 2 for pairs, 3 with expire times
	base   int64  // TypeHashTTL: what expire times are relative to
	node   Node   // a node that was read ahead; Len 0 for none
	flat   []byte // the flat encoding that is walked, nil for none
	kind   Kind   // of flat
	pos    int    // in flat, -1 at the end
	number [3][20]byte
	flatN  int // index of the next string in flat, for errors
}

// NextNode reads the next node of KindNodes; false after the last one. Empty nodes are left out.
func (v *Value) NextNode(n *Node) (bool, error) {
	d := v.d
	if d == nil || v.Kind != KindNodes {
		return false, nil
	}
	if d.err != nil {
		return false, d.err
	}
	ok, err := d.nextNode(n)
	if err != nil {
		return false, d.fail(err)
	}
	return ok, nil
}

// NextElem reads the next element of a collection of any kind but KindRaw; false after the last one.
func (v *Value) NextElem(e *Elem) (bool, error) {
	d := v.d
	if d == nil || !d.pieces.open {
		return false, nil
	}
	if d.err != nil {
		return false, d.err
	}
	*e = Elem{ExpireMs: -1}
	ok, err := d.nextElem(v, e)
	if err != nil {
		return false, d.fail(err)
	}
	return ok, nil
}

// ReadThrough reads what is left of the elements, so that every check of them is made.
func (v *Value) ReadThrough() error {
	for e := (Elem{}); v.Kind == KindElements || v.Kind == KindNodes; {
		if ok, err := v.NextElem(&e); err != nil || !ok {
			return err
		}
	}
	return nil
}

// drain reads what the caller did not.
func (v *Value) drain() error {
	if v.Kind != KindElements && v.Kind != KindNodes {
		v.d.pieces.open = false
		return nil
	}
	var e Elem
	var n Node
	for {
		ok, err := false, error(nil)
		if v.Kind == KindNodes && !v.d.opts.Deep {
			ok, err = v.NextNode(&n)
		} else {
			ok, err = v.NextElem(&e)
		}
		if err != nil || !ok {
			return err
		}
	}
}
