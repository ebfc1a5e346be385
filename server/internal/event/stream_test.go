package event

import (
	"errors"
	"slices"
	"testing"
)

// R45: subscribers get the events of their type, in the order of their coming, as they happen.
func TestSubscribers(t *testing.T) {
	var s Stream
	var got []string
	On(&s, func(e Role) { got = append(got, "first "+e.String()) })
	On(&s, func(e Role) { got = append(got, "second "+e.Master) })
	On(&s, func(e Flush) { got = append(got, e.String()) })
	OnAny(&s, func(e Event) { got = append(got, "any "+e.String()) })
	Publish(&s, Role{Replica: true, Master: "m:1"})
	Publish(&s, Cron{Now: 5})
	Publish(&s, Flush{DB: 3, Phase: Done})
	Publish(&s, MasterLink{Up: true, Master: "m:1"})
	want := []string{"first role: replica of m:1", "second m:1", "any role: replica of m:1",
		"flush of database 3 ended", "any flush of database 3 ended", "any link to master m:1 up after a partial sync"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if s.Count(KindCron) != 1 || s.Count(KindRole) != 1 || s.Count(KindShutdown) != 0 {
		t.Error("events are not counted")
	}
}

// R45: what nobody wants costs nothing, however often it comes.
func TestNobodyListens(t *testing.T) {
	var s Stream
	On(&s, func(Shutdown) {})
	now := int64(0)
	if n := testing.AllocsPerRun(1000, func() { now++; Publish(&s, Cron{Now: now, Hz: 10}); Publish(&s, Loading{Done: now}) }); n != 0 {
		t.Errorf("an event that nobody wants costs %v allocations", n)
	}
}

// Every kind has a type of its own, and every type says something of itself.
func TestTypes(t *testing.T) {
	seen := map[Kind]bool{}
	for _, e := range []Event{Role{}, MasterLink{}, ReplicaLink{}, Persistence{Target: AOF, Phase: Failed, Err: errors.New("disk full")}, Loading{Phase: Progress},
		Flush{DB: -1}, Cron{}, Started{}, Shutdown{}, Extension{Loaded: true, Name: "x"}} {
		if seen[e.Kind()] || e.String() == "" {
			t.Errorf("%T: kind %d stands twice, or it says nothing", e, e.Kind())
		}
		seen[e.Kind()] = true
	}
	if len(seen) != int(kinds) {
		t.Errorf("%d types, %d kinds", len(seen), kinds)
	}
	if got := (Persistence{Target: AOF, Phase: Failed, Err: errors.New("disk full")}).String(); got != "AOF snapshot failed: disk full" {
		t.Error(got)
	}
}
