package repltest

import (
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
)

// Handover is FAILOVER: the node gives its role to a replica, zero for whichever has all first.
func (n *Node) Handover(target *Node, timeout time.Duration, force bool) {
	l := n.life
	if l == nil || l.stalls() > 0 || l.failover.State() != repl.FailoverNone || l.link.State() != repl.LinkNone {
		return
	}
	p := repl.FailoverPlan{Timeout: timeout, Force: force}
	if target != nil {
		p.Target = target.addr()
	}
	if err := p.Check(l.candidates()); err != nil {
		n.w.logf("%s: %v", n.name, err)
		return
	}
	l.emit([]byte(wire.GetAck))
	l.failover.Begin(p, n.w.now)
	n.w.reach("handover begun")
	n.w.logf("%s: hands over to %s", n.name, l.failover.Name())
}

// abort is FAILOVER ABORT.
func (n *Node) abort() {
	if l := n.life; l != nil && l.stalls() == 0 && l.failover.State() != repl.FailoverNone {
		n.w.reach("handover aborted")
		l.handover(l.failover.Abort("aborted"))
	}
}

func (l *life) candidates() []repl.Candidate {
	var list []repl.Candidate
	for _, f := range l.master.Feeds() {
		at, _ := f.Acked()
		list = append(list, repl.Candidate{Addr: l.w.node(f.Name).addr(), Online: f.State() == repl.FeedOnline, Acked: at})
	}
	return list
}

// tickHandover goes on with a hand-over when a replica has come so far.
func (l *life) tickHandover() {
	if l.failover.State() == repl.FailoverWaiting {
		step, forced := l.failover.Tick(l.candidates(), l.stream.Offset(), l.w.now)
		if l.heir = nil; step == repl.FailoverFollow && !forced {
			l.heir = l.w.node(l.failover.Target().Host).life
		}
		l.handover(step)
	}
}

func (l *life) handover(step repl.FailoverStep) {
	switch step {
	case repl.FailoverWait:
	case repl.FailoverFollow:
		l.w.logf("%s: asks %s to take over at %s:%d", l.n.name, l.failover.Name(), l.w.idName(l.stream.ID()), l.stream.Offset())
		l.demoteTo(l.w.node(l.failover.Target().Host))
	case repl.FailoverUndo:
		l.w.reach("handover undone")
		l.promote()
	case repl.FailoverStop:
		l.w.reach("handover stopped")
		l.w.logf("%s: hands over no more: %s", l.n.name, l.failover.Reason)
	case repl.FailoverDone:
		l.w.reach("handover done")
		l.w.logf("%s: %s has taken over", l.n.name, l.failover.Name())
	default:
		panic("BUG: failover step out of range")
	}
}

// asked tells the hand-over how its target has answered, or that the connection was lost in the handshake.
func (l *life) asked(h *repl.Handshake, o repl.Outcome, err error) {
	switch {
	case l.failover.State() != repl.FailoverRequesting || h.Step() < repl.StepPSYNC:
	case err != nil:
		l.w.reach("handover unsure")
		l.heir = nil
		l.failover.Lost()
	default:
		if o.Kind == repl.OutcomeFull && l.heir != nil && l.heir == l.w.node(l.failover.Target().Host).life {
			l.w.failf("R40: %s handed over to %s, which had not got all", l.n.name, l.failover.Name())
		}
		l.handover(l.failover.Answered(o))
	}
}

// takeOver answers PSYNC ... FAILOVER: our master hands its role to us. It returns the error to reply, if any.
func (l *life) takeOver(req repl.Request) string {
	switch {
	case l.link.State() == repl.LinkNone:
		return "-ERR PSYNC FAILOVER can't be sent to a master.\r\n"
	case req.ID != l.stream.ID():
		return "-ERR PSYNC FAILOVER replid must match my replid.\r\n"
	}
	l.promote()
	return ""
}
