package engine

import "testing"

// While several pauses overlap, whoever began first, the stricter mode holds until the latest end of those that ask for it: a pause of all
// commands does not last as long as a hand-over's, which nobody could end then. One that is over has no say.
func TestPausesCombine(t *testing.T) {
	const now = 100
	writes := func(until int64) pauseEvent { return pauseEvent{until: until} }
	everything := func(until int64) pauseEvent { return pauseEvent{until: until, all: true} }
	for _, tc := range []struct {
		by    [pausePurposes]pauseEvent
		until int64
		all   bool
	}{
		{[pausePurposes]pauseEvent{}, 0, false},
		{[pausePurposes]pauseEvent{PauseUser: writes(200)}, 200, false},
		{[pausePurposes]pauseEvent{PauseUser: everything(300), PauseFailover: writes(200)}, 300, true},
		{[pausePurposes]pauseEvent{PauseUser: everything(200), PauseFailover: writes(300)}, 200, true},
		{[pausePurposes]pauseEvent{PauseUser: writes(300), PauseFailover: everything(200), PauseShutdown: everything(250)}, 250, true},
		{[pausePurposes]pauseEvent{PauseUser: writes(200), PauseFailover: writes(300)}, 300, false},
		{[pausePurposes]pauseEvent{PauseUser: everything(now), PauseShutdown: writes(Forever)}, Forever, false},
		{[pausePurposes]pauseEvent{PauseUser: everything(now - 1)}, 0, false},
	} {
		p := pauseState{until: 999, all: true, by: tc.by}
		p.combine(now)
		if p.until != tc.until || p.all != tc.all {
			t.Errorf("%+v: until %d, all %v", tc.by, p.until, p.all)
		}
	}
}
