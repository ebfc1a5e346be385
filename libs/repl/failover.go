package repl

import (
	"fmt"
	"time"
)

// FailoverState says how far a planned hand-over of the mastership is (the command FAILOVER).
//
//	None --Begin--> Waiting --a replica has all--> Requesting --the target is master--> None
//	                   |      or forced at the            |
//	                   |      time-out                    +--refused, or aborted--> None: the node is made a master again
//	                   +--time-out, or aborted--> None: nothing has happened
//
// While it is not None the caller keeps writes paused, so that the stream stands still and a replica can have all of it.
// In Requesting the node is a replica of its target already: there is never a moment with two masters.
type FailoverState uint8

// The states of a Failover.
const (
	FailoverNone FailoverState = iota
	FailoverWaiting
	FailoverRequesting
)

// String returns the word that INFO uses.
func (s FailoverState) String() string {
	switch s {
	case FailoverNone:
		return "no-failover"
	case FailoverWaiting:
		return "waiting-for-sync"
	case FailoverRequesting:
		return "failover-in-progress"
	default:
		panic("BUG: failover state out of range")
	}
}

// FailoverPlan is what FAILOVER asks for.
type FailoverPlan struct {
	Target  Addr          // zero: whichever replica has all first
	Timeout time.Duration // 0: wait for ever
	Force   bool          // at the time-out, hand over to a target that has not got all
}

// Candidate is a replica that may become the master.
type Candidate struct {
	Addr   Addr // as it announced itself
	Online bool
	Acked  Offset
}

// FailoverStep says what the caller has to do next.
type FailoverStep uint8

// The steps.
const (
	FailoverWait   FailoverStep = iota // nothing yet
	FailoverFollow                     // make the node a replica of Target; its handshake asks for the hand-over
	FailoverDone                       // the target is master: end the pause
	FailoverUndo                       // make the node a master again, and end the pause
	FailoverStop                       // end the pause; the node is a master still
)

// Failover is the state of a hand-over. The zero value is none.
type Failover struct {
	state    FailoverState
	plan     FailoverPlan
	deadline time.Time // zero: none
	unsure   bool      // a request was sent, its answer was lost

	// Reason says why the last hand-over ended without success, in the words of the log line.
	Reason string
}

// State returns how far it is.
func (f *Failover) State() FailoverState { return f.state }

// Target returns who becomes the master; zero as long as that is open.
func (f *Failover) Target() Addr { return f.plan.Target }

// Name is how log lines call the target.
func (f *Failover) Name() string {
	if f.plan.Target == (Addr{}) {
		return "any replica"
	}
	return f.plan.Target.String()
}

// Check says what is wrong with the plan, in the words of the error reply, or returns nil. Whether the node is a master at all
// the caller knows.
func (p FailoverPlan) Check(replicas []Candidate) error {
	switch {
	case len(replicas) == 0:
		return fmt.Errorf("FAILOVER requires connected replicas.")
	case p.Force && (p.Timeout == 0 || p.Target == Addr{}):
		return fmt.Errorf("FAILOVER with force option requires both a timeout and target HOST and IP.")
	case p.Target == Addr{}:
		return nil
	}
	c, ok := find(replicas, p.Target)
	switch {
	case !ok:
		return fmt.Errorf("FAILOVER target HOST and PORT is not a replica.")
	case !c.Online:
		return fmt.Errorf("FAILOVER target replica is not online.")
	}
	return nil
}

func find(list []Candidate, a Addr) (Candidate, bool) {
	for _, c := range list {
		if c.Addr == a {
			return c, true
		}
	}
	return Candidate{}, false
}

// Begin starts a hand-over that Check has found good. The caller pauses writes.
func (f *Failover) Begin(p FailoverPlan, now time.Time) {
	if f.state != FailoverNone {
		panic("BUG: failover begun twice")
	}
	*f = Failover{state: FailoverWaiting, plan: p}
	if p.Timeout > 0 {
		f.deadline = now.Add(p.Timeout)
	}
}

// Tick looks whether the hand-over can go on. at is the stream's offset. forced says that the time-out, and not an
// acknowledgement, was the reason to follow.
func (f *Failover) Tick(replicas []Candidate, at Offset, now time.Time) (step FailoverStep, forced bool) {
	if f.state != FailoverWaiting {
		return FailoverWait, false
	}
	if !f.deadline.IsZero() && !now.Before(f.deadline) {
		if f.plan.Force {
			f.state = FailoverRequesting
			return FailoverFollow, true
		}
		return f.end(FailoverStop, "Replica never caught up before timeout"), false
	}
	for _, c := range replicas {
		if c.Online && c.Acked == at && (f.plan.Target == Addr{} || f.plan.Target == c.Addr) {
			f.plan.Target, f.state = c.Addr, FailoverRequesting
			return FailoverFollow, false
		}
	}
	return FailoverWait, false
}

// Lost notes that the connection broke between the request and its answer: the target may have taken the mastership, or not. The
// link asks again.
func (f *Failover) Lost() { f.unsure = f.state == FailoverRequesting }

// Answered takes the target's answer to the request. A target that refuses because it is a master already, after a request of
// which the answer was lost, has done what that one asked for: to be a master again ourselves would make two.
func (f *Failover) Answered(o Outcome) FailoverStep {
	switch {
	case f.state != FailoverRequesting:
		return FailoverWait
	case o.Kind == OutcomeContinue, o.Kind == OutcomeFull, o.PeerIsMaster && f.unsure:
		return f.end(FailoverDone, "")
	}
	return f.end(FailoverUndo, "Failover target rejected psync request")
}

// Abort is FAILOVER ABORT.
func (f *Failover) Abort(reason string) FailoverStep {
	switch f.state {
	case FailoverNone:
		return FailoverWait
	case FailoverWaiting:
		return f.end(FailoverStop, reason)
	case FailoverRequesting:
		return f.end(FailoverUndo, reason)
	default:
		panic("BUG: failover state out of range")
	}
}

func (f *Failover) end(s FailoverStep, reason string) FailoverStep {
	f.state, f.Reason = FailoverNone, reason
	return s
}
