package replication

import (
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Failover is the command FAILOVER. It returns the error to reply, if any.
func (d *Driver) Failover(p repl.FailoverPlan) (errText string) {
	if d.failover.State() != repl.FailoverNone {
		return "ERR FAILOVER already in progress."
	}
	if d.isReplica() {
		return "ERR FAILOVER is not valid when server is a replica."
	}
	if err := p.Check(d.candidates()); err != nil {
		return "ERR " + err.Error()
	}
	now := time.Now()
	d.failover.Begin(p, now)
	d.log.Info("FAILOVER requested to " + d.failover.Name() + ".")
	d.askSoon = true
	d.e.PauseFor(engine.PauseFailover, engine.Forever)
	return ""
}

// AbortFailover is the command FAILOVER ABORT.
func (d *Driver) AbortFailover() (errText string) {
	if d.failover.State() == repl.FailoverNone {
		return "ERR No failover in progress."
	}
	d.failoverStep(d.failover.Abort("Failover manually aborted"), false)
	return ""
}

// FailingOver reports whether a hand-over is under way: REPLICAOF has to wait until its end.
func (d *Driver) FailingOver() bool { return d.failover.State() != repl.FailoverNone }

func (d *Driver) candidates() []repl.Candidate {
	var list []repl.Candidate
	for _, f := range d.master.Feeds() {
		ip, port := d.replicas[f].address()
		at, _ := f.Acked()
		list = append(list, repl.Candidate{Addr: repl.Addr{Host: ip, Port: port}, Online: f.State() == repl.FeedOnline, Acked: at})
	}
	return list
}

// tickFailover goes on with a hand-over when a replica has come so far.
func (d *Driver) tickFailover(now time.Time) {
	if d.failover.State() == repl.FailoverWaiting {
		step, forced := d.failover.Tick(d.candidates(), d.stream.Offset(), now)
		d.failoverStep(step, forced)
	}
}

// cronFailover looks whether a hand-over can go on, and asks the replicas for their offsets when the pause has lasted for a while: they
// tell them once a second by themselves. Ours answer at once, and with the bytes of the question counted.
func (d *Driver) cronFailover(now time.Time) {
	if d.tickFailover(now); d.askSoon {
		d.askSoon = false
		if d.failover.State() == repl.FailoverWaiting {
			d.do([]repl.Action{{Kind: repl.ActGetAck}})
		}
	}
}

// failoverAnswered takes the outcome of the handshake with the target, or the loss of the connection in it.
func (d *Driver) failoverAnswered(h *repl.Handshake, o repl.Outcome, err error) {
	switch {
	case d.failover.State() != repl.FailoverRequesting || h.Step() < repl.StepPSYNC:
	case err != nil:
		d.failover.Lost()
	default:
		d.failoverStep(d.failover.Answered(o), false)
	}
}

func (d *Driver) failoverStep(step repl.FailoverStep, forced bool) {
	f := &d.failover
	switch step {
	case repl.FailoverWait:
	case repl.FailoverFollow:
		if forced {
			d.log.Info("FAILOVER to " + f.Name() + " time out exceeded, failing over.")
		} else {
			d.log.Info("Failover target " + f.Name() + " is synced, failing over.")
		}
		d.demote()
		d.becomeReplica(f.Target())
	case repl.FailoverUndo:
		d.promote()
		fallthrough
	case repl.FailoverStop:
		d.log.Info("FAILOVER to " + f.Name() + " aborted: " + f.Reason)
		fallthrough
	case repl.FailoverDone:
		d.e.PauseFor(engine.PauseFailover, 0)
	default:
		panic("BUG: failover step out of range")
	}
}

// takeOver answers PSYNC ... FAILOVER: our master hands its role to us. It returns why not, or makes the node a master.
func (d *Driver) takeOver(s *session.Session, id string) (errText string) {
	d.log.Warn("Failover request received for replid " + id + ".")
	if !d.isReplica() {
		return "ERR PSYNC FAILOVER can't be sent to a master."
	}
	if id != d.stream.ID().String() {
		return "ERR PSYNC FAILOVER replid must match my replid."
	}
	d.promote()
	d.log.Info("MASTER MODE enabled (failover request from '" + string(s.AppendInfo(nil, d.e.Now())) + "')")
	return ""
}
