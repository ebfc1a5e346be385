package repltest

import (
	"github.com/lockstep-db/lockstep/libs/repl"
)

// Promote is REPLICAOF NO ONE.
func (n *Node) Promote() {
	l := n.life
	if l == nil || l.link.State() == repl.LinkNone || l.stalls() > 0 || l.failover.State() != repl.FailoverNone {
		return
	}
	n.w.reach("promote in state " + l.link.State().String())
	l.promote()
}

func (l *life) promote() {
	w := l.w
	l.do(l.link.Unfollow())
	l.stream.Promote(w.freshID())
	l.dropFeeds()
	l.master.Role(false, w.now)
	w.logf("%s: promoted, now %s:%d", l.n.name, w.idName(l.stream.ID()), l.stream.Offset())
	l.note()
}

// Follow is REPLICAOF.
func (n *Node) Follow(master *Node) {
	if l := n.life; l != nil && n != master && l.stalls() == 0 && l.failover.State() == repl.FailoverNone {
		l.demoteTo(master)
	}
}

// demoteTo makes the node, whatever it is, a replica of another.
func (l *life) demoteTo(master *Node) {
	w := l.w
	if l.link.State() == repl.LinkNone {
		l.stream.Demote()
		l.db = l.stream.Selected()
	}
	actions, changed := l.link.Follow(master.addr(), w.now)
	if !changed {
		w.logf("%s: already follows %s", l.n.name, master.name)
		return
	}
	l.do(actions)
	l.master.Role(true, w.now)
	l.note()
}
