package arena

import "unsafe"

const (
	// hugeFrom is the number of chunks that stay without huge pages, so that a small data set takes what it
	// needs and not multiples of 2 MiB.
	hugeFrom = 2
)

// Space is the memory of one database. The zero value is not usable: see [New].
type Space struct {
	Reader // the live view

	class      [classes]classState
	meta       []region // by chunk index
	freeSlots  []Handle // chunk indices to use again
	open       []*chunk // chunks with free units (and some that filled up since)
	shared     int      // chunks that are cut into slabs
	idle       []*chunk // chunks with memory that may go back to the kernel
	dirtyUnits int
	purging    bool // no free unit may stay backed by memory: see Purge
	spare      spare

	nextID  uint32
	freeIDs queue
	live    int // objects

	epoch    uint32  // current; nodes made now are born in it
	views    []*View // the live ones, by epoch
	newest   uint32  // epoch of the last of views, 0 when there is none
	passed   uint64  // least of views, 0 when there is none
	deferred [stripes + 1]queue
	dying    []dying
	died     int64 // how many of dying are gone

	used           int
	heap           int
	deferredBytes  int
	deferredBlocks int // roots of large values included
}

// region is what an index of the chunk table stands for: a chunk of slabs, or one large block (chunk == nil).
type region struct {
	chunk *chunk
	size  int
}

// New returns an empty Space. It maps memory when the first block is allocated.
func New() *Space {
	sp := &Space{epoch: 1}
	sp.chunks = []unsafe.Pointer{nil}
	sp.meta = []region{{}}
	for c := 1; c < classes; c++ {
		sp.class[c].size = classSize(c)
		sp.class[c].units = slabUnits(classSize(c))
	}
	return sp
}

func (sp *Space) newIndex(p unsafe.Pointer, ch *chunk, size int) Handle {
	if n := len(sp.freeSlots); n > 0 {
		i := sp.freeSlots[n-1]
		sp.freeSlots = sp.freeSlots[:n-1]
		sp.chunks[i], sp.meta[i] = p, region{ch, size}
		return i
	}
	if len(sp.chunks) == 1<<(HandleBits-offsetBits) {
		panic("arena: a database holds at most 8 TiB")
	}
	sp.chunks = append(sp.chunks, p)
	sp.meta = append(sp.meta, region{ch, size})
	return Handle(len(sp.chunks) - 1)
}

func (sp *Space) freeIndex(i Handle) {
	sp.chunks[i], sp.meta[i] = nil, region{}
	sp.freeSlots = append(sp.freeSlots, i)
}

// Alloc returns a block of at least n bytes, n > 0. Its content is undefined.
func (sp *Space) Alloc(n int) Handle {
	if n > maxBlock {
		return sp.allocLarge(n)
	}
	k := &sp.class[classOf(n)]
	s := k.current
	if s == nil || s.free == 0 && s.carved == s.total {
		s = sp.refill(classOf(n))
	}
	sp.used += k.size
	s.live++
	if h := s.free; h != 0 {
		s.free = *(*Handle)(sp.Pointer(h))
		if invariants {
			checkPoison(sp.Bytes(h, k.size)[8:])
		}
		return h
	}
	h := s.base + Handle(int(s.carved)*k.size>>3)
	s.carved++
	return h
}

func (sp *Space) allocLarge(n int) Handle {
	n = Cap(n)
	sp.used += n
	p := mapMemory(n)
	if n >= 2*chunkSize {
		adviseHuge(p, n)
	}
	return sp.newIndex(p, nil, n) << offsetBits
}

// Free returns a block of n bytes (the n of Alloc, or another of the same class) that was made in epoch
// bornEpoch: at once, or when the last snapshot that may see it is released.
func (sp *Space) Free(h Handle, n int, bornEpoch uint32) {
	if sp.Frozen(bornEpoch) {
		sp.deferFree(h, Cap(n), noStripe)
		return
	}
	sp.free(h, n)
}

// FreeAt is Free for a block that every view finds at the same place: a number that its readers go through from 0 up. It is freed
// as soon as they are past it (see [Space.Pass]).
func (sp *Space) FreeAt(h Handle, n int, bornEpoch uint32, place uint64) {
	if sp.Frozen(bornEpoch) && place >= sp.passed {
		sp.deferFree(h, Cap(n), int(place>>(64-stripeBits)))
		return
	}
	sp.free(h, n)
}

func (sp *Space) free(h Handle, n int) {
	ch := sp.meta[h>>offsetBits].chunk
	if ch == nil {
		sp.freeLarge(h)
		return
	}
	s := &ch.slabs[ch.first[int(h&offsetMask)<<3/unitSize]]
	k := &sp.class[s.class]
	if invariants {
		if n > 0 && classOf(n) != int(s.class) {
			panic("BUG: arena: a block is freed with the wrong size")
		}
		poison(sp.Bytes(h, k.size))
	}
	sp.used -= k.size
	*(*Handle)(sp.Pointer(h)) = s.free
	s.free = h
	s.live--
	if s == k.current {
		return
	}
	if s.live == 0 {
		if s.listed {
			k.unlist(s)
		}
		sp.freeSlab(ch, s)
	} else if !s.listed {
		k.list(s)
	}
}

func (sp *Space) freeLarge(h Handle) {
	i := h >> offsetBits
	r := sp.meta[i]
	if h&offsetMask != 0 || r.size == 0 {
		panic("BUG: arena: free of a handle that names no block")
	}
	sp.used -= r.size
	p := sp.chunks[i]
	sp.freeIndex(i)
	unmapMemory(p, r.size)
}

// Used returns the bytes of the live blocks and of what [Space.Account] added. Blocks that only a snapshot
// holds do not count (see [Space.Deferred]): evicting more keys would not free them.
func (sp *Space) Used() int { return sp.used + sp.heap - sp.deferredBytes }

// Deferred returns the bytes of freed blocks that wait for the release of a snapshot, or for Reclaim.
func (sp *Space) Deferred() int { return sp.deferredBytes }

// Mapped returns the bytes of address space of the Space.
func (sp *Space) Mapped() int {
	n := 0
	for _, r := range sp.meta {
		n += r.size
	}
	return n
}

// Objects returns the number of large values.
func (sp *Space) Objects() int { return sp.live }

// Account adds delta bytes that a large value holds on the Go heap to what Used reports.
func (sp *Space) Account(delta int) { sp.heap += delta }
