package repl

import (
	"strings"
	"testing"
	"time"
)

// B2: a replica says why it did not continue, from what it asked and what it was told.
func TestInferReason(t *testing.T) {
	ask := Request{ID: id('a'), From: 50}
	for _, tc := range []struct {
		req   Request
		o     Outcome
		want  Reason
		limit Offset
	}{
		{ask, Outcome{Kind: OutcomeContinue}, ReasonContinues, 0},
		{ask, Outcome{Kind: OutcomeContinue, ID: id('a')}, ReasonContinues, 0},
		{ask, Outcome{Kind: OutcomeContinue, ID: id('b')}, ReasonOlder, 0},
		{Request{}, Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 7}, ReasonAsked, 0},
		{ask, Outcome{Kind: OutcomeFull, ID: id('b'), Offset: 70}, ReasonUnknownID, 0},
		{ask, Outcome{Kind: OutcomeFull, ID: id('a'), Offset: 70}, ReasonTooOld, 0},
		{ask, Outcome{Kind: OutcomeFull, ID: id('a'), Offset: 40}, ReasonAhead, 40},
		{ask, Outcome{Kind: OutcomeSync}, ReasonUnknownID, 0},
	} {
		if got, limit := InferReason(tc.req, tc.o); got != tc.want || limit != tc.limit {
			t.Errorf("asked %+v, told %+v: %v %d, want %v %d", tc.req, tc.o, got, limit, tc.want, tc.limit)
		}
	}
}

// B2: the phases of a full and of a partial synchronisation, and of one that failed on the way, in one line.
func TestSyncReportLog(t *testing.T) {
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	var h SyncHistory
	for _, tc := range []struct {
		r    SyncReport
		want string
	}{
		{SyncReport{Peer: "m:1", Master: true, Reason: ReasonTooOld, Bytes: 99, Limit: 10,
			Times: SyncTimes{Begun: at(0), Answered: at(1), Ready: at(3), Received: at(7), Loaded: at(15), CaughtUp: at(31)}},
			"Synchronization 1 with master m:1 done: full, backlog-too-short:11, handshake 1.0 ms, snapshot 2.0 ms, transfer 4.0 ms, load 8.0 ms, catch-up 16.0 ms, 99 bytes"},
		{SyncReport{Peer: "r:1", Partial: true, Reason: ReasonContinues, Times: SyncTimes{Begun: at(0), Answered: at(1), CaughtUp: at(6)}},
			"Synchronization 2 with replica r:1 done: partial, continues, handshake 1.0 ms, catch-up 5.0 ms, 0 bytes"},
		{SyncReport{Peer: "r:1", Reason: ReasonAsked, Err: "connection lost", Times: SyncTimes{Begun: at(0), Answered: at(1), Ready: at(3)}},
			"Synchronization 3 with replica r:1 failed (connection lost): full, full-asked, handshake 1.0 ms, snapshot 2.0 ms, 0 bytes"},
	} {
		r := h.Add(tc.r)
		if got := r.Log(); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

func TestSyncHistoryIsBounded(t *testing.T) {
	var h SyncHistory
	for range 3 * MaxSyncHistory / 2 {
		h.Add(SyncReport{Peer: strings.Repeat("x", 5)})
	}
	last := h.Last(1 << 40)
	if len(last) != MaxSyncHistory || last[0].Number != 3*MaxSyncHistory/2 || last[len(last)-1].Number != MaxSyncHistory/2+1 {
		t.Errorf("%d reports, %d to %d", len(last), last[0].Number, last[len(last)-1].Number)
	}
	if two := h.Last(2); len(two) != 2 || two[0].Number != two[1].Number+1 {
		t.Errorf("the last two are %v", two)
	}
	h.Reset()
	if r := h.Add(SyncReport{}); len(h.Last(9)) != 1 || r.Number != 3*MaxSyncHistory/2+1 {
		t.Errorf("after a reset: %d reports, number %d", len(h.Last(9)), r.Number)
	}
}
