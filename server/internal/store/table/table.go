package table

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// seed is one for the process: clients cannot choose keys that collide.
var seed = maphash.MakeSeed()

// Hash is the hash of a key in every table.
func Hash(key []byte) uint64 { return maphash.Bytes(seed, key) }

// Table is a hash table. The root (this struct and its directory) is not copied on write: whoever shares it with
// a snapshot uses Clone first.
type Table struct {
	sp      *arena.Space
	dir     []*segment
	shift   uint8 // 64 - depth of the directory
	ordered bool  // snapshots of it are read in order: see NewOrdered
	deepest int   // segments of the directory's own depth
	n       int
	vol     int
	bytes   int    // blocks of entries and slots
	version uint32 // changes whenever a slot may have moved
}

// Ref is the place of an entry, or the place where a missing one belongs. It stays usable when the table changes,
// as long as the entry itself is not replaced or removed through another Ref.
type Ref struct {
	hash    uint64
	handle  arena.Handle // 0: missing
	seg     *segment
	index   int
	version uint32
}

// New returns an empty table in sp.
func New(sp *arena.Space) *Table {
	t := &Table{sp: sp, shift: 64, deepest: 1}
	s := newSegment(sp, minSlots, 0)
	t.bytes = minSlots * 8
	t.dir = []*segment{s}
	return t
}

// NewOrdered returns an empty table for which Space.Pass counts: its snapshots are read by EachIn from bucket 0 up, and PlaceOf says how
// far a reader is. One table of a Space may be so.
func NewOrdered(sp *arena.Space) *Table {
	t := New(sp)
	t.ordered = true
	return t
}

// Len returns the number of entries.
func (t *Table) Len() int { return t.n }

// Volatile returns the number of entries with a time to live.
func (t *Table) Volatile() int { return t.vol }

// Space returns where the entries live.
func (t *Table) Space() *arena.Space { return t.sp }

// Memory returns the bytes of the table: entries, slots and directory.
func (t *Table) Memory() int {
	return t.bytes + cap(t.dir)*8 + len(t.dir)*int(unsafe.Sizeof(segment{})) + int(unsafe.Sizeof(*t))
}

// Clone returns a table with a directory of its own that shares all segments.
func (t *Table) Clone() *Table {
	c := *t
	c.dir = slices.Clone(t.dir)
	return &c
}

// Find looks a key up.
func (t *Table) Find(key []byte) (Ref, bool) { return t.FindHash(Hash(key), key) }

// FindHash is Find for a key whose hash is known.
func (t *Table) FindHash(hash uint64, key []byte) (Ref, bool) {
	s := t.dir[hash>>t.shift]
	tag := s.tag(hash)
	i := s.home(tag)
	for ; ; i++ {
		w := *s.at(i)
		if w < tag && w != 0 {
			continue
		}
		if w == 0 || w>>tagShift != tag>>tagShift {
			return Ref{hash: hash, seg: s, index: i, version: t.version}, false
		}
		h := handleOf(w)
		if At(&t.sp.Reader, h).hasKey(key) {
			return Ref{hash: hash, handle: h, seg: s, index: i, version: t.version}, true
		}
	}
}

// Entry returns the entry of a Ref that was found.
func (t *Table) Entry(r Ref) Entry { return At(&t.sp.Reader, r.handle) }

// Found reports whether the Ref names an entry.
func (r Ref) Found() bool { return r.handle != 0 }

// Handle returns the entry's block.
func (r Ref) Handle() arena.Handle { return r.handle }

// locate brings a Ref up to date after other changes of the table.
func (t *Table) locate(r *Ref) {
	if r.version == t.version {
		return
	}
	r.seg, r.version = t.dir[r.hash>>t.shift], t.version
	if r.handle == 0 {
		return
	}
	tag := r.seg.tag(r.hash)
	for i := r.seg.home(tag); ; i++ {
		w := *r.seg.at(i)
		if w == 0 || w>>tagShift > tag>>tagShift {
			panic("BUG: table: Ref of an entry that is gone")
		}
		if handleOf(w) == r.handle {
			r.index = i
			return
		}
	}
}

// own makes the segment of r one that may be changed.
func (t *Table) own(r *Ref) {
	t.locate(r)
	if !t.sp.Frozen(r.seg.epoch) {
		return
	}
	if t.ordered && r.seg.last(r.hash) < t.sp.Passed() {
		r.seg.thaw(t.sp)
		return
	}
	c := r.seg.clone(t.sp)
	t.point(r.hash, c)
	t.drop(r.seg, r.seg.last(r.hash))
	t.version++
	r.seg, r.version = c, t.version
}

// point makes the directory entries of s's prefix, which hash begins with, point to s.
func (t *Table) point(hash uint64, s *segment) {
	lo, n := t.span(hash, s.depth)
	for i := range n {
		t.dir[lo+i] = s
	}
}

// span returns the directory entries of the prefix of the given depth that hash begins with.
func (t *Table) span(hash uint64, depth uint8) (lo, n int) {
	n = 1 << (64 - t.shift - depth)
	return int(hash>>t.shift) &^ (n - 1), n
}

// Insert adds an entry that Find did not find. The Ref then names it.
func (t *Table) Insert(r *Ref, h arena.Handle, volatile bool) {
	t.own(r)
	t.n++
	t.bytes += arena.Cap(At(&t.sp.Reader, h).Size())
	flags := uint64(freshBit)
	if volatile {
		flags |= volatileBit
		t.vol++
	}
	for {
		s := r.seg
		if int(s.n) < maxLoad(int(s.size)) {
			if i, ok := s.insert(s.tag(r.hash) | uint64(h)<<handleShift | flags); ok {
				t.version++
				r.handle, r.index, r.version = h, i, t.version
				return
			}
		}
		t.grow(r)
	}
}

// Mutable makes the segment of the entry one that may be changed and reports whether the entry itself may be changed
// in place. If not, it has to be replaced.
func (t *Table) Mutable(r *Ref) bool {
	if t.sp.Views() == 0 {
		return true
	}
	t.own(r)
	return *r.seg.at(r.index)&freshBit != 0
}

// Shared reports whether a snapshot may see the entry, without cloning anything.
func (t *Table) Shared(r *Ref) bool {
	if t.sp.Views() == 0 {
		return false
	}
	if t.ordered && r.hash < t.sp.Passed() {
		return false
	}
	t.locate(r)
	return t.sp.Frozen(r.seg.epoch) || *r.seg.at(r.index)&freshBit == 0
}

// Replace puts another entry of the same key in the place of the one that r names, and frees the old block.
func (t *Table) Replace(r *Ref, h arena.Handle, volatile bool) {
	t.own(r)
	p := r.seg.at(r.index)
	t.discard(*p, r)
	t.bytes += arena.Cap(At(&t.sp.Reader, h).Size())
	w := *p&^(handleMask<<handleShift|volatileBit) | uint64(h)<<handleShift | freshBit
	if *p&volatileBit != 0 {
		t.vol--
		r.seg.vol--
	}
	if volatile {
		w |= volatileBit
		t.vol++
		r.seg.vol++
	}
	*p = w
	r.handle = h
}

// discard frees the block of the entry in the slot word of r.
func (t *Table) discard(w uint64, r *Ref) {
	h := handleOf(w)
	size := At(&t.sp.Reader, h).Size()
	t.bytes -= arena.Cap(size)
	if t.ordered {
		t.sp.FreeAt(h, size, r.seg.born(w), r.hash)
	} else {
		t.sp.Free(h, size, r.seg.born(w))
	}
}

// drop frees the slots of a segment that the table has replaced. It covers no hash beyond last.
func (t *Table) drop(s *segment, last uint64) {
	if t.ordered {
		t.sp.FreeAt(s.handle, int(s.size)*8, s.epoch, last)
	} else {
		s.free(t.sp)
	}
}

// Remove takes the entry out and frees its block.
func (t *Table) Remove(r *Ref) {
	t.own(r)
	w := *r.seg.at(r.index)
	t.discard(w, r)
	if w&volatileBit != 0 {
		t.vol--
	}
	t.n--
	r.seg.remove(r.index)
	t.version++
	r.handle = 0
	if int(r.seg.n) < int(r.seg.size)/4 && r.seg.size > minSlots || r.seg.n < mergeBelow {
		t.shrink(r)
	}
}

// Missing returns the Ref of a key that is to be treated as if it were not there. Nothing may be inserted through it.
func (r Ref) Missing() Ref {
	r.handle = 0
	return r
}

// Lookup finds an entry through a snapshot's Reader, on any goroutine.
func (t *Table) Lookup(rd *arena.Reader, key []byte) (Entry, bool) {
	hash := Hash(key)
	s := t.dir[hash>>t.shift]
	tag := s.tag(hash)
	for i := s.home(tag); ; i++ {
		w := *s.at(i)
		if w < tag && w != 0 {
			continue
		}
		if w == 0 || w>>tagShift != tag>>tagShift {
			return Entry{}, false
		}
		if e := At(rd, handleOf(w)); e.hasKey(key) {
			return e, true
		}
	}
}
