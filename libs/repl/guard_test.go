package repl

import (
	"testing"
	"time"
)

// B4: what a replica with data refuses to be emptied for.
func TestJudgeOffer(t *testing.T) {
	held := Held{Keys: 1000, Same: 900, History: id('a')}
	for _, tc := range []struct {
		name string
		h    Held
		o    Offer
		want Refusal
	}{
		{"an empty master", held, Offer{ID: id('b')}, RefuseEmpty},
		{"an empty master of our history", held, Offer{ID: id('a')}, RefuseEmpty},
		{"we have nothing either", Held{History: held.History}, Offer{ID: id('b')}, RefuseNothing},
		{"a few writes after an empty start", held, Offer{Keys: 3, ID: id('b')}, RefuseYounger},
		{"restarted with its file or AOF", held, Offer{Keys: 900, ID: id('b')}, RefuseNothing},
		{"many keys deleted", held, Offer{Keys: 3, ID: id('a')}, RefuseNothing},
		{"a tenth", held, Offer{Keys: 90, ID: id('b')}, RefuseNothing},
		{"just below a tenth", held, Offer{Keys: 89, ID: id('b')}, RefuseYounger},
		{"begins with a database that we do not have", Held{Keys: 1000, History: held.History}, Offer{Keys: 3, ID: id('b')}, RefuseNothing},
	} {
		if got := JudgeOffer(tc.h, tc.o); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// B4: after a refusal the data keeps its history, and the master is asked again after a pause, or at once when told to.
func TestRefusedIsAskedAgain(t *testing.T) {
	r := newLinkRig(t)
	r.follow(here)
	for r.State() != LinkConnecting {
		r.run(10 * time.Millisecond)
	}
	r.Connected(r.Connection(), r.now)
	before := r.stream.History()
	r.do(r.Answered(r.Connection(), Outcome{Kind: OutcomeFull, ID: id('9'), Offset: 5}, r.now))
	r.log = nil
	r.do(r.Refused(r.now))
	if h := r.stream.History(); h.ID != before.ID || h.Offset != before.Offset {
		t.Errorf("the history is %v, was %v", h, before)
	}
	at := r.now
	for r.State() != LinkConnecting {
		r.run(100 * time.Millisecond)
	}
	if d := r.now.Sub(at); d < refusePause || d > refusePause+300*time.Millisecond {
		t.Errorf("dialled after %v", d)
	}
	r.Connected(r.Connection(), r.now)
	r.do(r.Answered(r.Connection(), Outcome{Kind: OutcomeFull, ID: id('9'), Offset: 5}, r.now))
	r.do(r.Refused(r.now))
	r.RetryNow(r.now)
	r.run(100 * time.Millisecond)
	if r.State() != LinkConnecting {
		t.Errorf("told to try at once, the link is %v", r.State())
	}
}
