package repl

import (
	"strings"
	"testing"
	"time"
)

var errGone = Outcome{Kind: OutcomeFailed}

// R40: FAILOVER hands over to a replica that has all of the stream, and to no other.
func TestFailoverWaitsForAll(t *testing.T) {
	var f Failover
	f.Begin(FailoverPlan{}, start)
	behind := []Candidate{{here, true, 49}, {there, false, 50}}
	for _, now := range []time.Duration{0, time.Hour} {
		if step, _ := f.Tick(behind, 50, start.Add(now)); step != FailoverWait {
			t.Fatalf("after %v: step %v with nobody online at 50", now, step)
		}
	}
	step, forced := f.Tick(append(behind, Candidate{Addr{"10.0.0.3", 1}, true, 50}), 50, start)
	if step != FailoverFollow || forced || f.Target().Port != 1 || f.State() != FailoverRequesting {
		t.Fatalf("step %v forced %v target %v state %v", step, forced, f.Target(), f.State())
	}
	if step, _ := f.Tick(behind, 50, start); step != FailoverWait {
		t.Fatalf("followed twice: %v", step)
	}
	if step := f.Answered(Outcome{Kind: OutcomeContinue}); step != FailoverDone || f.State() != FailoverNone {
		t.Fatalf("step %v state %v", step, f.State())
	}
}

func TestFailoverToOne(t *testing.T) {
	var f Failover
	f.Begin(FailoverPlan{Target: here}, start)
	list := []Candidate{{there, true, 50}, {here, true, 10}}
	if step, _ := f.Tick(list, 50, start); step != FailoverWait {
		t.Fatalf("went to another replica: %v", step)
	}
	list[1].Acked = 50
	if step, _ := f.Tick(list, 50, start); step != FailoverFollow || f.Target() != here {
		t.Fatalf("step %v target %v", step, f.Target())
	}
}

func TestFailoverTimeout(t *testing.T) {
	for _, force := range []bool{false, true} {
		var f Failover
		f.Begin(FailoverPlan{Target: here, Timeout: time.Second, Force: force}, start)
		list := []Candidate{{here, true, 10}}
		if step, _ := f.Tick(list, 50, start.Add(999*time.Millisecond)); step != FailoverWait {
			t.Fatalf("force %v: too early: %v", force, step)
		}
		step, forced := f.Tick(list, 50, start.Add(time.Second))
		if want := map[bool]FailoverStep{false: FailoverStop, true: FailoverFollow}[force]; step != want || forced != force {
			t.Fatalf("force %v: step %v, forced %v", force, step, forced)
		}
		if !force && (f.State() != FailoverNone || f.Reason != "Replica never caught up before timeout") {
			t.Fatalf("state %v, reason %q", f.State(), f.Reason)
		}
	}
}

// A refusal takes the mastership back, but never when the target may have it.
func TestFailoverAnswers(t *testing.T) {
	master := Outcome{Kind: OutcomeFailed, PeerIsMaster: true}
	for _, tc := range []struct {
		name string
		lost bool
		o    Outcome
		want FailoverStep
	}{
		{"full sync", false, Outcome{Kind: OutcomeFull}, FailoverDone},
		{"refused", false, errGone, FailoverUndo},
		{"not now", false, Outcome{Kind: OutcomeLater}, FailoverUndo},
		{"is a master of others", false, master, FailoverUndo},
		{"answer lost, then refused", true, errGone, FailoverUndo},
		{"answer lost, and it had become master", true, master, FailoverDone},
	} {
		var f Failover
		f.Begin(FailoverPlan{}, start)
		f.Tick([]Candidate{{here, true, 5}}, 5, start)
		if tc.lost {
			f.Lost()
		}
		if got := f.Answered(tc.o); got != tc.want || f.State() != FailoverNone {
			t.Errorf("%s: step %v, want %v; state %v", tc.name, got, tc.want, f.State())
		}
		if got := f.Answered(Outcome{Kind: OutcomeContinue}); got != FailoverWait {
			t.Errorf("%s: an answer after the end: %v", tc.name, got)
		}
	}
}

func TestFailoverAbort(t *testing.T) {
	var f Failover
	if got := f.Abort("x"); got != FailoverWait {
		t.Fatalf("aborted what was not begun: %v", got)
	}
	f.Begin(FailoverPlan{}, start)
	if got := f.Abort("Failover manually aborted"); got != FailoverStop || f.Reason != "Failover manually aborted" || f.Name() != "any replica" {
		t.Fatalf("step %v, reason %q, name %s", got, f.Reason, f.Name())
	}
	f.Begin(FailoverPlan{}, start)
	f.Tick([]Candidate{{here, true, 5}}, 5, start)
	if got := f.Abort("x"); got != FailoverUndo || f.Name() != here.String() {
		t.Fatalf("step %v, name %s", got, f.Name())
	}
}

func TestFailoverCheck(t *testing.T) {
	list := []Candidate{{here, true, 5}, {there, false, 5}}
	for _, tc := range []struct {
		p    FailoverPlan
		list []Candidate
		want string
	}{
		{FailoverPlan{}, nil, "requires connected replicas"},
		{FailoverPlan{}, list, ""},
		{FailoverPlan{Force: true, Timeout: time.Second}, list, "requires both a timeout"},
		{FailoverPlan{Force: true, Target: here}, list, "requires both a timeout"},
		{FailoverPlan{Target: Addr{"10.0.0.9", 6379}}, list, "is not a replica"},
		{FailoverPlan{Target: there}, list, "is not online"},
		{FailoverPlan{Target: here, Force: true, Timeout: 1}, list, ""},
	} {
		err := tc.p.Check(tc.list)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.p, err, tc.want)
		}
	}
}
