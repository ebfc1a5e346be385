package repl

import (
	"slices"
	"sort"
	"time"
)

// Marks remember when the stream was how long, so that a place in it has an age: how far behind in time a replica is that
// lacks the bytes from there on (B3).
//
//	offset  100      340      360           900
//	time    12:00.0  12:00.1  12:00.2  ...  12:07.0
//
// A mark says that at this time the stream ended at this offset, so the byte at the offset came later, and the one before
// it earlier. There are at most maxMarks: when they run out every second one goes, and those to come lie further apart.
// What is told from them is late by the distance of a few marks, some hundredths of what is told.
type Marks struct {
	marks []mark        // in order, offsets and times rise
	gap   time.Duration // least time between two marks
}

type mark struct {
	at   Offset
	seen time.Time // the last time at which the stream ended at the offset
}

const (
	maxMarks = 512
	minGap   = time.Millisecond
)

// Note says that the stream ends at the offset at now. Call it often, it is cheap: before a replica is told of new bytes, and
// at each tick, since a stream that stands still grows no older.
func (m *Marks) Note(at Offset, now time.Time) {
	if n := len(m.marks); n > 0 {
		last := &m.marks[n-1]
		switch {
		case at == last.at:
			last.seen = now
			return
		case at < last.at: // another history
			m.marks = m.marks[:0]
		case now.Sub(last.seen) < m.gap:
			return
		case n == maxMarks:
			m.thin()
		}
	}
	if m.marks == nil {
		m.marks = make([]mark, 0, maxMarks)
	}
	m.gap = max(m.gap, minGap)
	m.marks = append(m.marks, mark{at, now})
}

// thin drops every second mark, but keeps the first and the last.
func (m *Marks) thin() {
	kept := m.marks[:0]
	for i, x := range m.marks {
		if i%2 == 0 || i == len(m.marks)-1 {
			kept = append(kept, x)
		}
	}
	m.marks = kept
	m.gap *= 2
}

// Trim forgets what lies before the offset, which nobody will ask for.
func (m *Marks) Trim(before Offset) {
	if i := m.last(before); i > 0 {
		m.marks = slices.Delete(m.marks, 0, i)
	}
	if len(m.marks) < maxMarks/4 {
		m.gap = max(m.gap/2, minGap)
	}
}

// last is the index of the last mark at or before the offset, -1 for none.
func (m *Marks) last(at Offset) int {
	return sort.Search(len(m.marks), func(i int) bool { return m.marks[i].at > at }) - 1
}

// Age returns at most how old the byte at the offset is, which must have been written: the time since the stream was last
// seen to end before it. It is 0 when nothing is known.
func (m *Marks) Age(at Offset, now time.Time) time.Duration {
	if len(m.marks) == 0 {
		return 0
	}
	return max(now.Sub(m.marks[max(m.last(at), 0)].seen), 0)
}
