package table

// mergeBelow is the fill below which a segment looks for its buddy.
const mergeBelow = maxSlots / 8

// grow gives the segment of r, which is owned, more room: more slots, or two segments.
func (t *Table) grow(r *Ref) {
	s := r.seg
	if int(s.size) == maxSlots {
		t.split(r)
	} else {
		t.resize(s, nextSize(int(s.size)))
	}
	t.version++
	t.locate(r)
}

// resize moves an owned segment into an array of at least size slots.
func (t *Table) resize(s *segment, size int) {
	old := *s
	for {
		s.allocate(t.sp, size)
		clear(s.words())
		s.n, s.vol = 0, 0
		if s.spread(old.words()) {
			break
		}
		s.free(t.sp) // an unlucky cluster at the end
		size = nextSize(size)
	}
	t.bytes += (int(s.size) - int(old.size)) * 8
	old.free(t.sp)
}

// split replaces an owned segment by two that cover one more bit of the hash.
func (t *Table) split(r *Ref) {
	s := r.seg
	if s.depth == maxDepth {
		panic("BUG: table: a segment cannot split any further")
	}
	if s.depth == 64-t.shift {
		t.doubleDirectory()
	}
	rehash := (s.depth+1)%windowBits == 0
	bit := tagShift + discBits - 1 - s.depth%windowBits
	var part [2][]uint64
	var buf [2][maxSlots]uint64
	part[0], part[1] = buf[0][:0], buf[1][:0]
	for _, w := range s.words() {
		if w != 0 {
			b := w >> bit & 1
			part[b] = append(part[b], w)
		}
	}
	old := *s
	lo, n := t.span(r.hash, s.depth)
	for b := range 2 {
		c := t.build(part[b], s, rehash)
		for i := range n / 2 {
			t.dir[lo+b*n/2+i] = c
		}
	}
	if old.depth+1 == 64-t.shift {
		t.deepest += 2
	}
	t.bytes -= int(old.size) * 8
	old.free(t.sp)
}

// build makes a child of s from words that are sorted. The fresh bits stay true: s is owned, so that its epoch and
// that of the child have the same live snapshots before them.
func (t *Table) build(words []uint64, s *segment, rehash bool) *segment {
	size := sizeFor(len(words) + len(words)/8)
	for {
		c := newSegment(t.sp, size, s.depth+1)
		if rehash {
			t.respread(c, words)
		} else if !c.spread(words) {
			c.n = 0
		}
		if int(c.n) == len(words) {
			t.bytes += size * 8
			return c
		}
		c.free(t.sp)
		size = nextSize(size)
	}
}

// respread is spread for a segment whose disc window has moved: it reads the keys again.
func (t *Table) respread(c *segment, words []uint64) {
	for _, w := range words {
		hash := Hash(At(&t.sp.Reader, handleOf(w)).Key())
		if _, ok := c.insert(c.tag(hash) | w&(1<<tagShift-1)); !ok {
			c.n = 0
			return
		}
	}
}

func (t *Table) doubleDirectory() {
	dir := make([]*segment, 2*len(t.dir))
	for i, s := range t.dir {
		dir[2*i], dir[2*i+1] = s, s
	}
	t.dir = dir
	t.shift--
	t.deepest = 0
}

// shrink gives memory back after deletions: two small buddies become one segment, or a sparse one gets fewer slots.
func (t *Table) shrink(r *Ref) {
	s := r.seg
	if s.depth > 0 && t.merge(r) {
		return
	}
	if size := sizeFor(int(s.n) + int(s.n)/2); size <= int(s.size)/2 {
		t.resize(s, size)
		t.version++
	}
}

// merge joins the segment of r with its buddy when both fill less than half of one.
func (t *Table) merge(r *Ref) bool {
	s := r.seg
	lo, n := t.span(r.hash, s.depth-1)
	a, b := t.dir[lo], t.dir[lo+n-1]
	if a.depth != b.depth || a == b || int(a.n)+int(b.n) > maxSlots/4 {
		return false
	}
	depth := s.depth - 1
	total := int(a.n) + int(b.n)
	size := sizeFor(total + total/4)
	var m *segment
	for {
		m = newSegment(t.sp, size, depth)
		if t.adopt(m, a, lo) && t.adopt(m, b, lo+n-1) {
			break
		}
		m.free(t.sp)
		size = nextSize(size)
	}
	t.bytes += (size - int(a.size) - int(b.size)) * 8
	for i := range n {
		t.dir[lo+i] = m
	}
	t.drop(a, m.last(r.hash))
	t.drop(b, m.last(r.hash))
	t.version++
	if depth+1 == 64-t.shift {
		t.deepest -= 2
		if t.deepest == 0 {
			t.halveDirectory()
		}
	}
	return true
}

// adopt inserts the entries of the child c, which is at index i of the directory, into m. A frozen child's entries are all old to m.
func (t *Table) adopt(m, c *segment, i int) bool {
	keep := ^uint64(0)
	if t.sp.Frozen(c.epoch) {
		keep &^= freshBit
	}
	back := c.depth%windowBits == 0 // the disc window moves back over bits of the prefix, which are known
	prefix := uint64(i) >> (64 - t.shift - c.depth) << (64 - windowBits) >> (64 - discBits)
	for _, w := range c.words() {
		if w == 0 {
			continue
		}
		if back {
			disc := w<<homeBits>>(64-discBits)>>windowBits | prefix
			w = w&^((1<<discBits-1)<<tagShift) | disc<<tagShift
		}
		if _, ok := m.insert(w & keep); !ok {
			return false
		}
	}
	return true
}

func (t *Table) halveDirectory() {
	for t.deepest == 0 && t.shift < 64 {
		dir := make([]*segment, len(t.dir)/2)
		for i := range dir {
			dir[i] = t.dir[2*i]
		}
		t.dir = dir
		t.shift++
		for i := 0; i < len(dir); i++ {
			if dir[i].depth == 64-t.shift {
				t.deepest++
			}
		}
	}
}

// Reserve replaces the segments of an empty table by as many as n entries need.
func (t *Table) Reserve(n int) {
	if t.n != 0 {
		panic("BUG: table: Reserve of a table that is in use")
	}
	depth := uint8(0)
	for n>>depth > maxLoad(maxSlots)*9/10 {
		depth++
	}
	for step := 0; ; step++ {
		if step == 0 || t.dir[step] != t.dir[step-1] {
			t.dir[step].free(t.sp)
		}
		if step == len(t.dir)-1 {
			break
		}
	}
	size := sizeFor(n >> depth)
	t.dir = make([]*segment, 1<<depth)
	for i := range t.dir {
		t.dir[i] = newSegment(t.sp, size, depth)
	}
	t.shift, t.deepest = 64-depth, len(t.dir)
	t.bytes = len(t.dir) * size * 8
	t.version++
}
