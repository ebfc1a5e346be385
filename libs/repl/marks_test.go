package repl

import (
	"math/rand/v2"
	"testing"
	"time"
)

// B3: against a list of all writes, an age is never less than the truth, and late by no more than a few marks' distance.
func TestMarksAgainstAllWrites(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var m Marks
		type write struct {
			at  Offset
			now time.Time
		}
		var writes []write
		now, end := start, Offset(rnd.IntN(1000))
		for range 20_000 {
			now = now.Add(time.Duration(rnd.IntN(5)) * time.Millisecond)
			m.Note(end, now) // as before each turn's bytes and at each tick
			if rnd.IntN(3) > 0 {
				writes = append(writes, write{end, now})
				end += Offset(1 + rnd.IntN(100))
			}
		}
		if len(m.marks) > maxMarks {
			t.Fatalf("%d marks", len(m.marks))
		}
		for range 500 {
			w := writes[rnd.IntN(len(writes))]
			got, truth := m.Age(w.at, now), now.Sub(w.now)
			if got < truth || got > truth+4*m.gap+10*time.Millisecond {
				t.Fatalf("seed %d: a byte of %v ago has the age %v (marks %v apart)", seed, truth, got, m.gap)
			}
		}
		if m.Trim(end); len(m.marks) != 1 || m.Age(end, now.Add(time.Second)) < time.Second {
			t.Fatalf("after Trim %d marks are left", len(m.marks))
		}
	}
}

// A stream that stands still grows no older, and one of another history is not mixed with the old.
func TestMarksOfAnIdleStream(t *testing.T) {
	var m Marks
	m.Note(100, start)
	m.Note(100, start.Add(time.Hour))
	if age := m.Age(100, start.Add(time.Hour+time.Second)); age != time.Second {
		t.Errorf("a byte written at most a second ago has the age %v", age)
	}
	m.Note(40, start.Add(2*time.Hour))
	if age := m.Age(40, start.Add(2*time.Hour+time.Minute)); age != time.Minute {
		t.Errorf("after a change of history the age is %v", age)
	}
	if allocs := testing.AllocsPerRun(1000, func() { m.Note(Offset(m.marks[0].at+1), start) }); allocs > 0 {
		t.Errorf("a mark costs %v allocations", allocs)
	}
}

// B3: a replica's lag is what it lacked as it last spoke; its silence counts only when its next word is overdue; and
// min-replicas-max-lag can go by it.
func TestLagInTime(t *testing.T) {
	r := newMasterRig(t, MasterConfig{MinReplicas: 1, MaxLag: 3 * time.Second, LagOfData: true})
	f := r.replica("b", both, Request{})
	r.tick(0)
	s := r.snapshots[0]
	r.Taken(s, r.now)
	r.Written(s, r.now)
	f.BulkSent(r.now)
	write := func() {
		r.NoteTime(r.now)
		r.stream.Append(make([]byte, 100))
	}
	write()
	half := r.stream.Offset()
	r.tick(200 * time.Millisecond)
	write()
	r.tick(500 * time.Millisecond)
	r.Ack(f, half, r.now)
	if lag := r.Lag(f, r.now); lag < 500*time.Millisecond || lag > 700*time.Millisecond {
		t.Errorf("the replica lacks what was written 500 ms ago, its lag is %v", lag)
	}
	if lag := r.Lag(f, r.now.Add(900*time.Millisecond)); lag > 700*time.Millisecond {
		t.Errorf("before its next word is due the lag has grown to %v", lag)
	}
	if !r.MayWrite(r.now) {
		t.Error("a good replica is not counted")
	}
	// It goes on speaking, but applies nothing.
	for range 4 {
		r.tick(time.Second)
		r.Ack(f, half, r.now)
	}
	if lag := r.Lag(f, r.now); lag < 4*time.Second || lag > 5*time.Second {
		t.Errorf("after four seconds without progress the lag is %v", lag)
	}
	if r.MayWrite(r.now) {
		t.Error("a replica that is four seconds behind is good")
	}
	r.cfg.LagOfData = false
	if !r.MayWrite(r.now) {
		t.Error("as Redis counts, a replica that speaks is good")
	}
	r.Ack(f, r.stream.Offset(), r.now)
	if lag := r.Lag(f, r.now.Add(time.Minute)); lag != 0 {
		t.Errorf("a replica that has all lags by %v", lag)
	}
}
