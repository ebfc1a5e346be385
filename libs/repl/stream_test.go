package repl

import (
	"slices"
	"testing"
)

func read(c *Cursor) string {
	var p []byte
	for len(c.Next()) > 0 {
		p = append(p, c.Next()...)
		c.Advance(len(c.Next()))
	}
	return string(p)
}

// R2, R3: the old master, demoted, continues with the replica that was promoted.
func TestFailoverContinues(t *testing.T) {
	master, replica := NewStream(id('a'), 1000), NewStream(id('b'), 1000)
	master.Start(id('c'))
	replica.AdoptFull(master.ID(), master.Offset(), 0)
	master.Append([]byte("hello"))
	replica.Append([]byte("hello"))
	replica.Promote(id('d'))
	replica.Append([]byte("more"))
	master.Demote()
	v := replica.Judge(Request{ID: master.ID(), From: master.Offset()})
	if v.Reason != ReasonOlder {
		t.Fatalf("%v, want a partial sync", v.Reason)
	}
	c, ok := replica.Attach(v.From)
	if !ok || read(c) != "more" {
		t.Fatal("the rest of the stream is not what was written after the promotion")
	}
	if !master.AdoptContinue(replica.ID()) {
		t.Fatal("R5: the ID changed, sub-replicas must learn it")
	}
	if second, n := func() (ID, int64) { h := master.History(); return h.Second() }(); second != id('c') || n != 6 {
		t.Fatalf("second ID %v %d", second, n)
	}
	if master.AdoptContinue(replica.ID()) || master.AdoptContinue(ID{}) {
		t.Fatal("R13: the same ID again, or none, changes nothing")
	}
}

// What was written while nobody listened was not counted, so neither the old ID nor a byte of it may be continued.
func TestIdleStreamHasNoHistory(t *testing.T) {
	s := NewStream(id('a'), 1000)
	s.Append([]byte("lost"))
	if s.Offset() != 0 || s.Recording() {
		t.Fatal("an idle stream counts")
	}
	if !s.Start(id('b')) || s.Start(id('c')) || s.ID() != id('b') {
		t.Fatalf("Start must draw one new ID, have %v", s.ID())
	}
	s.Append([]byte("kept"))
	s.FreeBacklog(id('d'))
	if h := s.History(); h.ID != id('d') || len(h.Past) != 0 || h.Offset != 4 || s.Active() {
		t.Fatalf("R10: %+v", h)
	}
	if _, ok := s.Saved(); ok {
		t.Fatal("R8: nothing to save without a backlog")
	}
}

func TestSelect(t *testing.T) {
	s := NewStream(id('a'), 1000)
	s.Start(id('b'))
	if !s.Select(0) || s.Select(0) || !s.Select(3) || s.Selected() != 3 {
		t.Fatal("SELECT must be said once for each change")
	}
	s.ForceSelect()
	if s.Selected() != 0 || !s.Select(3) {
		t.Fatal("R17: SELECT must be said again")
	}
}

// The AOF reads on while the replicas' backlog comes and goes.
func TestTapOutlivesBacklog(t *testing.T) {
	s := NewStream(id('a'), 1000)
	tap := s.Tap()
	s.Append([]byte("one"))
	if s.Active() {
		t.Fatal("a tap is no backlog")
	}
	s.Start(id('b'))
	if w := s.Window(); !w.Active || w.End != 3 {
		t.Fatalf("window %+v", w)
	}
	s.Append([]byte("two"))
	s.FreeBacklog(id('c'))
	s.Append([]byte("three"))
	if got := read(tap); got != "onetwothree" {
		t.Fatalf("the tap read %q", got)
	}
}

// R8: what is saved comes back, all or none; R9: with a backlog.
func TestSavedRoundTrip(t *testing.T) {
	s := NewStream(id('a'), 1000)
	s.Start(id('b'))
	s.Append([]byte("12345"))
	s.Promote(id('c'))
	s.Append([]byte("678"))
	s.Select(9)
	v, ok := s.Saved()
	if !ok {
		t.Fatal("nothing saved")
	}
	var r SavedReader
	fields := v.Aux()
	for i, f := range fields {
		if _, ok := r.Saved(); ok && i < 3 {
			t.Fatalf("complete after %d fields", i)
		}
		if known, err := r.Field(f.Key, f.Value); !known || err != nil {
			t.Fatalf("%v: %v %v", f, known, err)
		}
	}
	got, ok := r.Saved()
	if !ok || got.ID != v.ID || got.Offset != 8 || got.DB != 9 || !slices.Equal(got.Past, v.Past) {
		t.Fatalf("read %+v, saved %+v", got, v)
	}
	replica := NewStream(id('e'), 1000)
	replica.RestoreReplica(got)
	if w := replica.Window(); w != (Window{true, 8, 8}) || replica.ID() != id('c') || replica.Selected() != 9 {
		t.Fatalf("restored %+v, window %+v", replica.History(), w)
	}
	master := NewStream(id('e'), 1000)
	master.RestoreMaster(id('f'), got)
	if v := master.Judge(Request{ID: id('c'), From: 8}); !v.Partial {
		t.Fatalf("a replica of the restarted master is refused: %v", v.Reason)
	}
	if v := master.Judge(Request{ID: id('c'), From: 9}); v.Reason != ReasonParted {
		t.Fatalf("a replica beyond the file is judged %v", v.Reason)
	}
}

func TestSavedReaderRefuses(t *testing.T) {
	for _, f := range []Aux{
		{auxID, "short"}, {auxOffset, "x"}, {auxOffset, "-2"}, {auxDB, "-1"}, {auxDB, ""},
		{auxPast, "zz"}, {auxPast, id('a').String() + ":5," + id('b').String() + ":6"},
	} {
		var r SavedReader
		if known, err := r.Field(f.Key, f.Value); !known || err == nil {
			t.Errorf("%v accepted", f)
		}
	}
	var r SavedReader
	if known, err := r.Field("redis-ver", "7"); known || err != nil {
		t.Error("redis-ver is not ours")
	}
}

// A Redis that becomes a replica does not remember which database its stream had selected, since a master that was
// promoted says it again.
func TestPromotionSaysSelectAgain(t *testing.T) {
	s := NewStream(id('a'), 1000)
	s.AdoptFull(id('b'), 10, 4)
	s.Promote(id('c'))
	if !s.Select(4) {
		t.Fatal("no SELECT after the promotion")
	}
}

// What was discarded can neither be continued nor served.
func TestDiscard(t *testing.T) {
	s := NewStream(id('a'), 1000)
	s.AdoptFull(id('b'), 10, 4)
	s.Append([]byte("x"))
	s.Discard(id('c'))
	if h := s.History(); h.ID != id('c') || h.Offset != 11 || len(h.Past) != 0 || s.Active() {
		t.Fatalf("%+v, active %v", h, s.Active())
	}
	if _, ok := s.Attach(11); ok {
		t.Fatal("attached to a discarded stream")
	}
}
