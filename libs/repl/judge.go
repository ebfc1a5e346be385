package repl

import "fmt"

// Request is what a replica asks for with PSYNC or SYNC.
type Request struct {
	// ID is the history that the replica is on. Zero: it asks for a full sync ("PSYNC ? -1" or SYNC).
	ID ID
	// From is the next byte that it needs. Meaningless when ID is zero.
	From Offset
	// Unknown is the first argument of PSYNC as it came, when it was neither "?" nor an ID. It is judged as the ID of a
	// history that nobody knows.
	Unknown string
}

// Window is the part of a stream that a backlog still holds.
type Window struct {
	// Active is false when there is no backlog.
	Active bool
	// Start is the first byte held, End the next byte to be appended. Start == End: nothing is held.
	Start, End Offset
}

// Len returns the number of bytes held, INFO's repl_backlog_histlen.
func (w Window) Len() int64 { return int64(w.End - w.Start) }

// Reason says why a sync is partial or full. Log line, counters and INFO all come from it (decision 0004).
type Reason uint8

// The reasons, the partial ones first.
const (
	ReasonNone      Reason = iota
	ReasonContinues        // partial: the ID is ours, the backlog holds the byte
	ReasonOlder            // partial: the ID is one of our past, the byte is within what both share
	ReasonAsked            // full: the replica asked for it
	ReasonUnknownID        // full: the ID is none of ours
	ReasonParted           // full: the ID is one of our past, but the byte is beyond what both share
	ReasonNoBacklog        // full: there is no backlog
	ReasonTooOld           // full: the byte has left the backlog
	ReasonAhead            // full: the byte is beyond our end, the replica has seen what we have not
)

// String returns a word for INFO and for the label of a counter.
func (r Reason) String() string {
	switch r {
	case ReasonNone:
		return "none"
	case ReasonContinues:
		return "continues"
	case ReasonOlder:
		return "continues-older-history"
	case ReasonAsked:
		return "full-asked"
	case ReasonUnknownID:
		return "unknown-history"
	case ReasonParted:
		return "history-parted"
	case ReasonNoBacklog:
		return "no-backlog"
	case ReasonTooOld:
		return "backlog-too-short"
	case ReasonAhead:
		return "offset-ahead"
	default:
		panic("BUG: reason out of range")
	}
}

// Partial says whether the reason is one for a partial sync.
func (r Reason) Partial() bool { return r == ReasonContinues || r == ReasonOlder }

// Verdict is the answer to a Request. The zero Verdict grants nothing.
type Verdict struct {
	Partial bool
	Reason  Reason
	// From is the next byte to send when Partial; the replica has all before it.
	From Offset
	// Limit is the byte that decided a refusal: the end of the shared part (ReasonParted), the first byte held
	// (ReasonTooOld), our end (ReasonAhead).
	Limit Offset

	request Request
	history History
	window  Window
}

// Judge decides whether a replica that asks for req can continue partially on the stream h of which w is held (R4).
// It is granted when the ID is ours, or is one of our past and the byte is not beyond what both share, and the backlog
// holds the byte. The byte right behind the backlog's last counts as held: then there is nothing to send yet.
func Judge(h History, w Window, req Request) Verdict {
	v := Verdict{request: req, history: h, window: w}
	v.Reason, v.Limit = judge(&h, w, req)
	if v.Reason.Partial() {
		v.Partial, v.From = true, req.From
	}
	return v
}

func judge(h *History, w Window, req Request) (Reason, Offset) {
	granted := ReasonContinues
	switch {
	case req.Unknown != "":
		return ReasonUnknownID, 0
	case req.ID.IsZero():
		return ReasonAsked, 0
	case req.ID != h.ID:
		past, ok := h.shares(req.ID)
		if !ok {
			return ReasonUnknownID, 0
		}
		if req.From > past.End {
			return ReasonParted, past.End
		}
		granted = ReasonOlder
	}
	switch {
	case !w.Active:
		return ReasonNoBacklog, 0
	case req.From < w.Start:
		return ReasonTooOld, w.Start
	case req.From > w.End:
		return ReasonAhead, w.End
	}
	return granted, 0
}

// Count adds the verdict to the counters of INFO.
func (v *Verdict) Count(c *SyncCounters) {
	if v.Partial {
		c.PartialOK++
		return
	}
	c.Full++
	if v.Reason != ReasonAsked {
		c.PartialErr++
	}
}

// SyncCounters are INFO's sync_full, sync_partial_ok and sync_partial_err.
type SyncCounters struct {
	Full, PartialOK, PartialErr int64
}

// Log returns the line that a master logs about the request of the replica called name. The wording is that of
// Redis 7.0, which tests and log readers look for; what Redis does not tell is added behind it.
func (v *Verdict) Log(name string) string {
	req, w := v.request, v.window
	switch v.Reason {
	case ReasonContinues, ReasonOlder:
		s := fmt.Sprintf("Partial resynchronization request from %s accepted. Sending %d bytes of backlog starting from offset %d.",
			name, int64(w.End-req.From), req.From.PSYNC())
		if v.Reason == ReasonOlder {
			s += fmt.Sprintf(" It comes from the older history %s.", req.ID)
		}
		return s
	case ReasonAsked:
		return fmt.Sprintf("Full resync requested by replica %s", name)
	case ReasonUnknownID:
		asked := req.Unknown
		if asked == "" {
			asked = req.ID.String()
		}
		second, _ := v.history.Second()
		return fmt.Sprintf("Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '%.64s', my replication IDs are '%s' and '%s')",
			asked, v.history.ID, second)
	case ReasonParted:
		return fmt.Sprintf("Partial resynchronization not accepted: Requested offset for second ID was %d, but I can reply up to %d",
			req.From.PSYNC(), v.Limit.PSYNC())
	case ReasonNoBacklog:
		return fmt.Sprintf("Unable to partial resync with replica %s for lack of backlog (Replica request was: %d). There is no backlog.",
			name, req.From.PSYNC())
	case ReasonTooOld, ReasonAhead:
		s := fmt.Sprintf("Unable to partial resync with replica %s for lack of backlog (Replica request was: %d). The backlog holds the offsets %d to %d.",
			name, req.From.PSYNC(), w.Start.PSYNC(), w.End.PSYNC())
		if v.Reason == ReasonAhead {
			s += fmt.Sprintf(" Warning: replica %s tried to PSYNC with an offset that is greater than the master replication offset.", name)
		}
		return s
	default:
		panic("BUG: a verdict without a reason is logged")
	}
}
