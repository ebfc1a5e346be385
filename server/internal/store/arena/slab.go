package arena

import (
	"math/bits"
	"unsafe"
)

const (
	unitSize      = 64 << 10
	unitsPerChunk = chunkSize / unitSize // 64: the units of a chunk fit the bits of a word
	halfUnits     = 1<<32 - 1            // the units of one huge page
)

// chunk describes one mapped chunk that is cut into slabs.
type chunk struct {
	base    unsafe.Pointer
	index   Handle
	free    uint64 // bit u: unit u belongs to no slab
	dirty   uint64 // bit u: unit u is free, and the kernel still backs it
	huge    bool
	open    bool                 // on Space.open
	idle    bool                 // on Space.idle
	entered uint8                // bit h: half h has been cut from
	first   [unitsPerChunk]uint8 // unit -> first unit of its slab
	slabs   [unitsPerChunk]slab  // by first unit
}

// slab is a run of units cut into blocks of one class.
type slab struct {
	free   Handle // freed blocks, linked through their first word
	base   Handle
	live   uint32 // blocks in use
	carved uint32 // blocks handed out at least once, the first ones of the slab
	total  uint32
	class  uint8
	units  uint8
	listed bool // on the list of slabs with free blocks of its class
	prev   *slab
	next   *slab
}

type classState struct {
	current *slab // allocations come from here
	partial *slab // other slabs with free blocks
	size    int
	units   int
}

func (k *classState) list(s *slab) {
	s.listed, s.prev, s.next = true, nil, k.partial
	if k.partial != nil {
		k.partial.prev = s
	}
	k.partial = s
}

func (k *classState) unlist(s *slab) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		k.partial = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.listed, s.prev, s.next = false, nil, nil
}

// refill makes a slab with free blocks the current one of class c.
func (sp *Space) refill(c int) *slab {
	k := &sp.class[c]
	s := k.partial
	if s != nil {
		k.unlist(s)
	} else {
		s = sp.newSlab(c)
	}
	k.current = s
	return s
}

func (sp *Space) newSlab(c int) *slab {
	k := &sp.class[c]
	ch, u := sp.takeUnits(k.units)
	run := (uint64(1)<<k.units - 1) << u
	ch.free &^= run
	sp.dirtyUnits -= bits.OnesCount64(ch.dirty & run)
	ch.dirty &^= run
	for i := range k.units {
		ch.first[u+i] = uint8(u)
	}
	if half := (u + k.units - 1) / (unitsPerChunk / 2); ch.entered>>half&1 == 0 {
		sp.entered(ch, half)
	}
	s := &ch.slabs[u]
	*s = slab{
		base:  ch.index<<offsetBits | Handle(u*unitSize>>3),
		total: uint32(k.units * unitSize / k.size),
		class: uint8(c),
		units: uint8(k.units),
	}
	return s
}

// takeUnits finds n free units that follow each other.
func (sp *Space) takeUnits(n int) (*chunk, int) {
	for i := len(sp.open) - 1; i >= 0; i-- {
		ch := sp.open[i]
		if ch.free == 0 {
			ch.open = false
			sp.open = append(sp.open[:i], sp.open[i+1:]...)
			continue
		}
		if u := freeRun(ch.free, n); u >= 0 {
			return ch, u
		}
		if i < len(sp.open)-8 {
			break // large slabs only: do not search all chunks for a hole
		}
	}
	return sp.newChunk(), 0
}

// freeRun returns the first position of n set bits that follow each other, or -1.
func freeRun(m uint64, n int) int {
	for have := 1; have < n && m != 0; {
		step := min(have, n-have)
		m &= m >> step
		have += step
	}
	if m == 0 {
		return -1
	}
	return bits.TrailingZeros64(m)
}

func (sp *Space) newChunk() *chunk {
	ch := &chunk{base: sp.takeSpare(), free: ^uint64(0), open: true, huge: sp.shared >= hugeFrom}
	if ch.base == nil {
		ch.base = mapChunk()
		if ch.huge {
			adviseHuge(ch.base, chunkSize)
		}
	}
	ch.index = sp.newIndex(ch.base, ch, chunkSize)
	sp.shared++
	sp.open = append(sp.open, ch)
	return ch
}

// freeSlab returns the units of an empty slab to their chunk.
func (sp *Space) freeSlab(ch *chunk, s *slab) {
	u := int(s.base&offsetMask) << 3 / unitSize
	run := (uint64(1)<<s.units - 1) << u
	ch.free |= run
	ch.dirty |= run
	sp.dirtyUnits += int(s.units)
	if !ch.open {
		ch.open = true
		sp.open = append(sp.open, ch)
	}
	if sp.dirtyUnits > sp.idleUnits() && !ch.idle && ch.trimmable() != 0 {
		ch.idle = true
		sp.idle = append(sp.idle, ch)
	}
}

// idleUnits is how many free units may stay backed by memory before some are given back.
func (sp *Space) idleUnits() int {
	if sp.purging {
		return 0
	}
	return unitsPerChunk
}

// Purge has Reclaim give back all memory that is free, and not only what is more than usual, until it is switched off.
func (sp *Space) Purge(on bool) {
	sp.purging = on
	for _, ch := range sp.open {
		if on && !ch.idle && ch.trimmable() != 0 {
			ch.idle = true
			sp.idle = append(sp.idle, ch)
		}
	}
}

// trimIdle gives idle memory of one chunk back to the kernel and reports whether there was a chunk to look at. Unmapping takes the kernel
// some 100 us: the blocks of a large value that go in the order of their hashes leave all their chunks empty in the same moment, and
// not all of those may go in one slice.
func (sp *Space) trimIdle() bool {
	n := len(sp.idle) - 1
	if n < 0 || sp.dirtyUnits <= sp.idleUnits() {
		return false
	}
	ch := sp.idle[n]
	sp.idle[n], sp.idle = nil, sp.idle[:n]
	ch.idle = false
	sp.trim(ch)
	return true
}

// trim returns idle units of a chunk to the kernel, all of it if nothing is in use.
func (sp *Space) trim(ch *chunk) {
	if ch.free == ^uint64(0) {
		sp.dropChunk(ch)
		return
	}
	sp.trimUnits(ch, ch.trimmable())
}

// trimmable returns the idle units that may go: whole huge pages, or single units where there are no huge pages to break up.
func (ch *chunk) trimmable() (units uint64) {
	if !ch.huge {
		return ch.dirty
	}
	for _, half := range [2]uint64{halfUnits, halfUnits << 32} {
		if ch.free&half == half {
			units |= ch.dirty & half
		}
	}
	return units
}

func (sp *Space) trimUnits(ch *chunk, units uint64) {
	for m := units; m != 0; {
		u := bits.TrailingZeros64(m)
		n := bits.TrailingZeros64(^(m >> u))
		giveBack(unsafe.Add(ch.base, u*unitSize), n*unitSize)
		m &^= (1<<n - 1) << u // n == 64: the shift gives 0, minus 1 is all ones
	}
	sp.dirtyUnits -= bits.OnesCount64(units)
	ch.dirty &^= units
}

func (sp *Space) dropChunk(ch *chunk) {
	sp.dirtyUnits -= bits.OnesCount64(ch.dirty)
	for i, o := range sp.open {
		if o == ch {
			sp.open = append(sp.open[:i], sp.open[i+1:]...)
			break
		}
	}
	sp.shared--
	sp.freeIndex(ch.index)
	unmapMemory(ch.base, chunkSize)
}
