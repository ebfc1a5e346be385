package repl

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SyncTimes are the moments of one synchronisation, the same on both ends. Zero: not reached, or not there, as all but
// three in a partial one.
//
//	Begun -----> Answered -----> Ready -----> Received -----> Loaded -----> CaughtUp
//	   handshake        snapshot       transfer        load         catch-up
type SyncTimes struct {
	Begun    time.Time // dialled; on the master: connected
	Answered time.Time // the verdict
	Ready    time.Time // the snapshot begins to flow
	Received time.Time // its last byte; when it is loaded as it comes, Loaded is the same
	Loaded   time.Time // the replica has the snapshot's data
	CaughtUp time.Time // and what was written meanwhile
}

// Phase is a part of a synchronisation.
type Phase uint8

// The phases in their order.
const (
	PhaseHandshake Phase = iota
	PhaseSnapshot
	PhaseTransfer
	PhaseLoad
	PhaseCatchUp
	Phases // how many there are
)

// String returns the name in INFO, before "_ms".
func (p Phase) String() string {
	return [...]string{"handshake", "snapshot", "transfer", "load", "catch_up"}[p]
}

// Took returns how long a phase took, and false if it was not gone through or has not ended.
func (t SyncTimes) Took(p Phase) (time.Duration, bool) {
	at := [...]time.Time{t.Begun, t.Answered, t.Ready, t.Received, t.Loaded, t.CaughtUp}
	from, to := at[p], at[p+1]
	if p == PhaseCatchUp && from.IsZero() {
		from = t.Answered // partial
	}
	if from.IsZero() || to.IsZero() {
		return 0, false
	}
	return max(to.Sub(from), 0), true
}

// SyncReport tells of one synchronisation, seen from one of its ends (B2).
type SyncReport struct {
	Number  uint64 // counts from 1 since the start
	Peer    string
	Master  bool // the peer is our master
	Partial bool
	Reason  Reason
	Limit   Offset // see Verdict
	Times   SyncTimes
	Bytes   int64  // of the snapshot; of a partial one, those of the stream that were missing, if known
	Err     string // how it failed, empty if it did not
}

// Kind is "partial" or "full".
func (r *SyncReport) Kind() string {
	if r.Partial {
		return "partial"
	}
	return "full"
}

// Why is the reason with the limit that decided, if one did: "backlog-too-short:1001". The limit counts as PSYNC does.
func (r *SyncReport) Why() string {
	if r.Limit == 0 {
		return r.Reason.String()
	}
	return fmt.Sprintf("%s:%d", r.Reason, r.Limit.PSYNC())
}

// Log returns the one line that tells all of it.
func (r *SyncReport) Log() string {
	var b strings.Builder
	peer, result := "replica", "done"
	if r.Master {
		peer = "master"
	}
	if r.Err != "" {
		result = "failed (" + r.Err + ")"
	}
	fmt.Fprintf(&b, "Synchronization %d with %s %s %s: %s, %s", r.Number, peer, r.Peer, result, r.Kind(), r.Why())
	for p := range Phases {
		if d, ok := r.Times.Took(p); ok {
			fmt.Fprintf(&b, ", %s %.1f ms", strings.ReplaceAll(p.String(), "_", "-"), ms(d))
		}
	}
	fmt.Fprintf(&b, ", %d bytes", r.Bytes)
	return b.String()
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// InferReason returns why a master did not continue as a replica asked. The master's reply does not say, but tells its
// history and offset: if the history is ours, its backlog does not hold the byte; else it does not know ours, or parted
// from it before.
func InferReason(req Request, o Outcome) (Reason, Offset) {
	switch {
	case o.Kind == OutcomeContinue && (o.ID.IsZero() || o.ID == req.ID):
		return ReasonContinues, 0
	case o.Kind == OutcomeContinue:
		return ReasonOlder, 0
	case req.ID.IsZero():
		return ReasonAsked, 0
	case o.ID != req.ID:
		return ReasonUnknownID, 0
	case o.Offset < req.From:
		return ReasonAhead, o.Offset
	}
	return ReasonTooOld, 0
}

// Missing is how many bytes a partial sync has to send.
func (v *Verdict) Missing() int64 {
	if !v.Partial {
		return 0
	}
	return int64(v.window.End - v.From)
}

// SyncHistory keeps the last reports. The zero value is ready.
type SyncHistory struct {
	list  []SyncReport // the oldest first
	count uint64
}

// MaxSyncHistory is how many reports are kept.
const MaxSyncHistory = 128

// Add numbers a report and keeps it. The oldest one goes if there are too many.
func (h *SyncHistory) Add(r SyncReport) SyncReport {
	h.count++
	r.Number = h.count
	if len(h.list) == MaxSyncHistory {
		h.list = slices.Delete(h.list, 0, 1)
	}
	h.list = append(h.list, r)
	return r
}

// Last returns at most n reports, the newest first.
func (h *SyncHistory) Last(n int) []SyncReport {
	out := slices.Clone(h.list[max(len(h.list)-n, 0):])
	slices.Reverse(out)
	return out
}

// Reset forgets the reports. Numbers go on.
func (h *SyncHistory) Reset() { h.list = nil }
