package table

import (
	"unsafe"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

const (
	minSlots = 16
	maxSlots = 1024

	freshBit    = 1 << 0
	volatileBit = 1 << 1
	handleShift = 2
	handleMask  = 1<<arena.HandleBits - 1
	tagShift    = handleShift + arena.HandleBits
	homeBits    = 10
	homeMask    = 1<<homeBits - 1
	discBits    = 12
	homeShift   = tagShift + discBits
	windowBits  = 6 // the disc window moves by this many bits of depth
	maxDepth    = 40
)

// segment holds the entries whose hash begins with one prefix of depth bits. The last slot is always empty.
type segment struct {
	slots  unsafe.Pointer // size words in the Space
	handle arena.Handle   // of slots
	epoch  uint32
	size   uint16
	homes  uint16 // slots that a home maps to; those after them take what is displaced
	n      uint16
	vol    uint16
	depth  uint8
	window uint8 // right shift that brings the disc bits of a hash down
}

func maxLoad(size int) int { return size * 27 / 32 }

// sizeFor returns the number of slots for n entries.
func sizeFor(n int) int {
	size := minSlots
	for maxLoad(size) < n && size < maxSlots {
		size = nextSize(size)
	}
	return size
}

// nextSize returns the next larger number of slots: four steps a doubling.
func nextSize(size int) int {
	step := minSlots / 4
	for step*8 <= size {
		step *= 2
	}
	return size + step
}

func windowOf(depth uint8) uint8 { return 64 - discBits - depth/windowBits*windowBits }

func newSegment(sp *arena.Space, size int, depth uint8) *segment {
	s := &segment{epoch: sp.Epoch(), depth: depth, window: windowOf(depth)}
	s.allocate(sp, size)
	clear(s.words())
	return s
}

func (s *segment) allocate(sp *arena.Space, size int) {
	s.handle = sp.Alloc(size * 8)
	s.slots = sp.Pointer(s.handle)
	s.size = uint16(size)
	s.homes = uint16(size - size/32 - 3)
}

func (s *segment) free(sp *arena.Space) { sp.Free(s.handle, int(s.size)*8, s.epoch) }

func (s *segment) words() []uint64 { return unsafe.Slice((*uint64)(s.slots), s.size) }

func (s *segment) at(i int) *uint64 { return (*uint64)(unsafe.Add(s.slots, i*8)) }

// tag returns the tag of a hash, in its place in the slot word.
func (s *segment) tag(hash uint64) uint64 {
	return hash<<homeShift | hash>>s.window<<(64-discBits)>>(64-discBits)<<tagShift
}

// home returns the slot that the home of a slot word (or tag) maps to.
func (s *segment) home(word uint64) int { return int(word >> homeShift * uint64(s.homes) >> homeBits) }

func handleOf(word uint64) arena.Handle { return arena.Handle(word >> handleShift & handleMask) }

// insert puts a word into its place and returns that. It fails when the segment is too small for it.
func (s *segment) insert(word uint64) (i int, ok bool) {
	i = s.home(word)
	for w := *s.at(i); w != 0 && w < word; w = *s.at(i) {
		i++
	}
	j := i
	for *s.at(j) != 0 {
		j++
	}
	if j >= int(s.size)-1 {
		return 0, false
	}
	words := s.words()
	copy(words[i+1:j+1], words[i:j])
	words[i] = word
	s.n++
	s.vol += uint16(word >> 1 & 1)
	return i, true
}

// remove takes the word at slot i out and moves displaced ones behind it back.
func (s *segment) remove(i int) {
	words := s.words()
	s.n--
	s.vol -= uint16(words[i] >> 1 & 1)
	j := i + 1
	for words[j] != 0 && s.home(words[j]) < j {
		j++
	}
	copy(words[i:j-1], words[i+1:j])
	words[j-1] = 0
}

// spread writes words, which are sorted, into the empty segment. It fails when they do not fit.
func (s *segment) spread(words []uint64) bool {
	at := 0
	out := s.words()
	for _, w := range words {
		if w == 0 {
			continue
		}
		at = max(at, s.home(w))
		if at >= len(out)-1 {
			return false
		}
		out[at] = w
		at++
		s.n++
		s.vol += uint16(w >> 1 & 1)
	}
	return true
}

// clone copies the segment for changes that a snapshot must not see.
func (s *segment) clone(sp *arena.Space) *segment {
	c := *s
	c.epoch = sp.Epoch()
	c.allocate(sp, int(s.size))
	out := c.words()
	for i, w := range s.words() {
		out[i] = w &^ freshBit
	}
	return &c
}

// last returns the greatest hash that the segment covers; hash is one of them.
func (s *segment) last(hash uint64) uint64 { return hash | ^uint64(0)>>s.depth }

// thaw makes a frozen segment, which no snapshot will look at again, one of the present epoch, as if it had been cloned together with
// all its entries.
func (s *segment) thaw(sp *arena.Space) {
	s.epoch = sp.Epoch()
	words := s.words()
	for i, w := range words {
		if w != 0 {
			words[i] = w | freshBit
		}
	}
}

// born returns the oldest epoch in which the entry in a slot word may have been made.
func (s *segment) born(word uint64) uint32 {
	if word&freshBit != 0 {
		return s.epoch
	}
	return 1 // any live snapshot may see it
}
