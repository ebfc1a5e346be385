package store

import (
	"encoding/binary"
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// Flags of an entry: how its value is kept.
const (
	flagBlob   = table.FlagUser
	flagObject = table.FlagUser << 1
)

// blobFrom is the length from which bytes get a block of their own.
const blobFrom = 4 << 10

// ref is the place of a key: its entry, or where the entry of a missing key belongs. It follows the entry through its own
// changes and those of other keys. After a change made through another ref of the same key it must not be used.
//
// How the files of the types use it:
//
//	r, ok, err := db.writeAs(key, TypeHash, now)
//	if !ok { r.create(KindHashPacked, bytes) }            // a missing key; createBig for a large value
//	switch r.kind() {
//	case KindHashPacked:  b := r.edit(); ...; r.setBytes(KindHashPacked, b)   // or r.setBig(KindHashTable, big)
//	case KindHashTable:   h := r.ownBig().(*hash); ...                         // r.big() to read
//	}
//	if empty { r.remove() }
type ref struct {
	db *DB
	t  table.Ref
}

// found reports whether the key is there.
func (r *ref) found() bool { return r.t.Found() }

func (r *ref) entry() table.Entry { return r.db.t.Entry(r.t) }

// kind returns the kind of the value, KindNone for a missing key.
func (r *ref) kind() Kind {
	if !r.found() {
		return KindNone
	}
	return Kind(r.entry().Kind())
}

// key returns the key of an entry that was found: a view.
func (r *ref) key() []byte { return r.entry().Key() }

// bytes returns the value of a kind that is bytes: a view.
func (r *ref) bytes() []byte { return valueBytes(&r.db.sp.Reader, r.entry()) }

// big returns the root of a large value, for reading.
func (r *ref) big() arena.Big { return valueBig(&r.db.sp.Reader, r.entry()) }

// valueBytes returns the bytes of an entry that is no object.
func valueBytes(rd *arena.Reader, e table.Entry) []byte {
	v := e.Value()
	if e.Flags()&flagBlob != 0 {
		b := blobOf(v)
		return rd.Bytes(b.handle, b.cap)[:b.len]
	}
	return v
}

func valueBig(rd *arena.Reader, e table.Entry) arena.Big {
	id, _ := objectOf(e.Value())
	return rd.Object(id)
}

// ownBig returns the root of a large value for changes: cloned first, if a snapshot may see it.
func (r *ref) ownBig() arena.Big {
	id, epoch := objectOf(r.entry().Value())
	b := r.db.sp.Object(id)
	if !r.db.sp.Frozen(epoch) {
		return b
	}
	c := b.Clone(r.db.sp)
	nid := r.db.sp.PutObject(c)
	r.putValue(objectValue(nid, r.db.sp.Epoch()))
	r.db.sp.DropObject(id, epoch)
	return c
}

// edit returns the value's bytes for changes, append included: the value itself where that is allowed, else a copy (in a
// buffer that the next edit uses again). setBytes stores the result, and must be called if anything was changed.
func (r *ref) edit() []byte {
	e := r.entry()
	if e.Flags()&flagBlob != 0 {
		b := blobOf(e.Value())
		if v := r.db.sp.Bytes(b.handle, b.cap)[:b.len]; r.db.sp.Frozen(b.epoch) {
			return r.copyOut(v)
		} else {
			return v
		}
	}
	if r.db.t.Mutable(&r.t) {
		return e.Room()
	}
	return r.copyOut(e.Value())
}

func (r *ref) copyOut(v []byte) []byte {
	r.db.scratch = append(r.db.scratch[:0], v...)
	return r.db.scratch
}

// setBytes stores a new value of the given kind, whatever the old one was. The time to live stays. v may be what edit
// returned (changed and resliced), or bytes from anywhere but the store.
func (r *ref) setBytes(k Kind, v []byte) {
	e := r.entry()
	if e.Flags()&flagBlob != 0 {
		if r.setBlob(k, e, v) {
			return
		}
	} else if e.Flags()&flagObject == 0 && len(v) <= blobFrom && r.setInline(k, e, v) {
		return
	}
	r.replace(e.Shape(), k, v)
}

// setInline stores an inline value in place, if possible.
func (r *ref) setInline(k Kind, e table.Entry, v []byte) bool {
	if !r.db.t.Mutable(&r.t) || !e.SetLen(len(v)) {
		return false
	}
	e.SetKind(uint8(k))
	if len(v) > 0 && unsafe.SliceData(v) != unsafe.SliceData(e.Value()) {
		copy(e.Value(), v)
	}
	return true
}

// setBlob stores a value in the block of the old one, if possible.
func (r *ref) setBlob(k Kind, e table.Entry, v []byte) bool {
	b := blobOf(e.Value())
	if len(v) <= blobFrom/2 || len(v) > b.cap || len(v) < b.cap/4 || r.db.sp.Frozen(b.epoch) || !r.db.t.Mutable(&r.t) {
		return false
	}
	if data := r.db.sp.Bytes(b.handle, b.cap); unsafe.SliceData(v) != unsafe.SliceData(data) {
		copy(data, v)
	}
	b.len = len(v)
	b.put(e.Value())
	e.SetKind(uint8(k))
	return true
}

// replace gives the key an entry with the value v and frees the old one and what it refers to.
func (r *ref) replace(s table.Shape, k Kind, v []byte) {
	old := r.payload()
	h, e := r.make(s, k, v)
	r.db.t.Replace(&r.t, h, e.Expire() != 0)
	old.free(r.db.sp)
}

// make allocates an entry for a value of bytes: inline or as a blob.
func (r *ref) make(s table.Shape, k Kind, v []byte) (arena.Handle, table.Entry) {
	return r.db.makeEntry(s, k, v)
}

func (db *DB) makeEntry(s table.Shape, k Kind, v []byte) (arena.Handle, table.Entry) {
	s.Kind, s.Flags = uint8(k), 0
	if len(v) <= blobFrom {
		h, e := table.Make(db.sp, s, len(v))
		copy(e.Value(), v)
		return h, e
	}
	b := blob{len: len(v), cap: arena.Cap(len(v)), epoch: db.sp.Epoch()}
	b.handle = db.sp.Alloc(b.cap)
	copy(db.sp.Bytes(b.handle, b.cap), v)
	s.Flags = flagBlob
	h, e := table.Make(db.sp, s, blobSize)
	b.put(e.Value())
	return h, e
}

// create stores a value of bytes under a key that is missing. key may be any bytes outside of the store.
func (r *ref) create(key []byte, k Kind, v []byte) {
	h, _ := r.make(table.Shape{Key: key, Clock: r.db.st.NewClock()}, k, v)
	r.insert(key, h, false)
}

// createBig stores a large value under a key that is missing.
func (r *ref) createBig(key []byte, k Kind, b arena.Big) {
	v := objectValue(r.db.sp.PutObject(b), r.db.sp.Epoch())
	h, e := table.Make(r.db.sp, table.Shape{Key: key, Clock: r.db.st.NewClock(), Kind: uint8(k), Flags: flagObject}, len(v))
	copy(e.Value(), v[:])
	r.insert(key, h, false)
}

// insert puts an entry into the place of a missing key.
func (r *ref) insert(key []byte, h arena.Handle, volatile bool) {
	r.db.t.Insert(&r.t, h, volatile)
	r.db.isNew(key)
}

// isNew tells of a new key.
func (db *DB) isNew(key []byte) {
	if db.st.onNew != nil && !db.st.hush {
		db.st.onNew(db.index, key)
	}
}

// setBig stores a large value instead of the old value. The time to live stays.
func (r *ref) setBig(k Kind, b arena.Big) {
	old := r.payload()
	v := objectValue(r.db.sp.PutObject(b), r.db.sp.Epoch())
	s := r.entry().Shape()
	s.Kind, s.Flags = uint8(k), flagObject
	h, e := table.Make(r.db.sp, s, len(v))
	copy(e.Value(), v[:])
	r.db.t.Replace(&r.t, h, e.Expire() != 0)
	old.free(r.db.sp)
}

// putValue changes the value of the entry without a look at what it means.
func (r *ref) putValue(v [8]byte) {
	r.db.t.SetValue(&r.t, v[:])
}

// remove deletes the key. Large values are freed later, in slices.
func (r *ref) remove() {
	p := r.payload()
	r.db.t.Remove(&r.t)
	p.free(r.db.sp)
}

// payload is what an entry refers to.
type payload struct {
	blob     blob
	id       arena.ObjID
	epoch    uint32
	isObject bool
}

func (r *ref) payload() (p payload) { return payloadOf(r.entry()) }

func payloadOf(e table.Entry) (p payload) {
	switch f := e.Flags(); {
	case f&flagBlob != 0:
		p.blob = blobOf(e.Value())
	case f&flagObject != 0:
		p.isObject = true
		p.id, p.epoch = objectOf(e.Value())
	}
	return p
}

func (p *payload) free(sp *arena.Space) {
	switch {
	case p.isObject:
		sp.FreeObject(p.id, p.epoch)
	case p.blob.handle != 0:
		sp.Free(p.blob.handle, p.blob.cap, p.blob.epoch)
	}
}

// blob is the value of an entry with flagBlob: a block of its own.
type blob struct {
	handle   arena.Handle
	len, cap int
	epoch    uint32 // in which the block was made
}

const blobSize = 28

func blobOf(v []byte) blob {
	return blob{
		handle: arena.Handle(binary.LittleEndian.Uint64(v)),
		len:    int(binary.LittleEndian.Uint64(v[8:])),
		cap:    int(binary.LittleEndian.Uint64(v[16:])),
		epoch:  binary.LittleEndian.Uint32(v[24:]),
	}
}

func (b blob) put(v []byte) {
	binary.LittleEndian.PutUint64(v, uint64(b.handle))
	binary.LittleEndian.PutUint64(v[8:], uint64(b.len))
	binary.LittleEndian.PutUint64(v[16:], uint64(b.cap))
	binary.LittleEndian.PutUint32(v[24:], b.epoch)
}

// objectValue is the value of an entry with flagObject: the root's ID and the epoch in which the root was made.
func objectValue(id arena.ObjID, epoch uint32) (v [8]byte) {
	binary.LittleEndian.PutUint32(v[:], uint32(id))
	binary.LittleEndian.PutUint32(v[4:], epoch)
	return v
}

func objectOf(v []byte) (arena.ObjID, uint32) {
	return arena.ObjID(binary.LittleEndian.Uint32(v)), binary.LittleEndian.Uint32(v[4:])
}
