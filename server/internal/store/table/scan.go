package table

// Cursor of an iteration that outlives changes of the table; 0 is the start and the end.
//
//	prefix (40 bits, left aligned) | home (10) | depth (6)
//
// All entries whose hash begins with a smaller prefix of that depth have been visited, and those of the prefix itself whose
// home is smaller. Neither changes when an entry moves within its segment. A split since then continues in the first part; the
// others start anew. A merge since then starts the merged segment anew. So entries that are there from start to end are
// visited at least once.
type Cursor = uint64

const (
	cursorDepthBits  = 6
	cursorPrefixBits = maxDepth
	cursorHomeShift  = cursorDepthBits
	cursorPrefix     = cursorDepthBits + homeBits
)

// Scan visits about count entries, in whole groups of the same home, and returns the cursor to go on from.
// Each call looks at 10 * count slots at most. fn must not change the table.
func (t *Table) Scan(c Cursor, count int, fn func(Entry)) Cursor {
	prefix := c >> cursorPrefix << (64 - cursorPrefixBits)
	home := c >> cursorHomeShift & homeMask
	depth := uint8(c & (1<<cursorDepthBits - 1))
	budget := 10 * max(count, 1)
	for {
		s := t.dir[prefix>>t.shift]
		if s.depth < depth {
			home = 0
		}
		// The prefix of s itself: a cursor may come from a time with shorter or longer prefixes.
		prefix = prefix >> (64 - s.depth) << (64 - s.depth)
		depth = s.depth
		next, done := t.scanSegment(s, home, &count, &budget, fn)
		if !done {
			return prefix>>(64-cursorPrefixBits)<<cursorPrefix | next<<cursorHomeShift | uint64(depth)
		}
		home = 0
		if depth == 0 {
			return 0
		}
		prefix += 1 << (64 - depth)
		if prefix == 0 {
			return 0
		}
		if count <= 0 || budget <= 0 {
			return prefix>>(64-cursorPrefixBits)<<cursorPrefix | uint64(depth)
		}
	}
}

// scanSegment visits entries from the given home on. It reports done when it reached the end of the segment.
func (t *Table) scanSegment(s *segment, home uint64, count, budget *int, fn func(Entry)) (next uint64, done bool) {
	words := s.words()
	last := home
	for i := s.home(home << homeShift); i < len(words); i++ {
		w := words[i]
		*budget--
		if w == 0 || w>>homeShift < home {
			continue
		}
		if h := w >> homeShift; (*count <= 0 || *budget <= 0) && h != last {
			return h, false
		} else {
			last = h
		}
		fn(At(&t.sp.Reader, handleOf(w)))
		*count--
	}
	return 0, true
}
