package repl

import "time"

// Ack takes a replica's REPLCONF ACK: what it has applied, how far behind in time it was as it said so (B3), and whether
// it has caught up with what there was when its data was complete (B2).
func (m *Master) Ack(f *Feed, offset Offset, now time.Time) {
	f.Ack(offset, now)
	if f.state != FeedOnline {
		return
	}
	m.marks.Note(m.stream.Offset(), now)
	f.lag = m.age(f, now)
	if f.LoadedAt.IsZero() {
		f.LoadedAt, f.goal = now, m.stream.Offset()
	}
	if f.CaughtUpAt.IsZero() && f.acked >= f.goal {
		f.CaughtUpAt = now
	}
}

// NoteTime remembers that the stream is as long as it is at this time.
func (m *Master) NoteTime(now time.Time) { m.marks.Note(m.stream.Offset(), now) }

// age is how old the oldest byte is that the replica has not said to have.
func (m *Master) age(f *Feed, now time.Time) time.Duration {
	if f.acked >= m.stream.Offset() {
		return 0
	}
	return m.marks.Age(f.acked, now)
}

// Lag returns how far behind in time the replica is: 0 when it has all, else what it was when the replica last spoke, and
// the time by which its next word is overdue. Its silence between two acknowledgements is no lag.
func (m *Master) Lag(f *Feed, now time.Time) time.Duration {
	if f.state != FeedOnline {
		return 0
	}
	age := m.age(f, now)
	overdue := max(now.Sub(f.ackedAt)-ackEvery, 0)
	return min(age, f.lag+overdue)
}

// Behind returns how many bytes before the offset end the replica has not said to have applied.
func (f *Feed) Behind(end Offset) int64 {
	if f.cursor == nil {
		return 0
	}
	return max(int64(end-f.acked), 0)
}

// trimMarks forgets marks that every replica has passed.
func (m *Master) trimMarks(now time.Time) {
	m.NoteTime(now)
	oldest := m.stream.Offset()
	for _, f := range m.feeds {
		if f.cursor != nil {
			oldest = min(oldest, f.acked)
		}
	}
	m.marks.Trim(oldest)
}
