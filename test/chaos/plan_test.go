package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
)

// fault is a kind of step.
type fault string

// The faults of links, of processes, and the changes of roles.
const (
	cut      fault = "cut"      // the link to the master is reset
	halfOpen fault = "halfopen" // the link is lost without a word
	swallow  fault = "swallow"  // nothing passes until the round ends
	refuse   fault = "refuse"   // the link is reset and cannot be made again until the round ends
	delay    fault = "delay"    // each piece takes a while
	throttle fault = "throttle" // few bytes a second
	freeze   fault = "freeze"   // SIGSTOP; SIGCONT when the round ends
	sleep    fault = "sleep"    // DEBUG SLEEP 1
	kill     fault = "kill"     // kill -9; started again when the round ends
	shutdown fault = "shutdown" // SHUTDOWN SAVE; started again when the round ends
	move     fault = "move"     // follows another node
	failover fault = "failover" // the master is killed, a replica of it takes over
	swap     fault = "swap"     // a replica that has all takes over, the master follows it
	handover fault = "handover" // FAILOVER TO a replica: the servers do it all themselves
	split    fault = "split"    // a replica becomes a master while the old one goes on writing
	outrun   fault = "outrun"   // more is written than the backlog holds while the link is refused
)

// step is something that is done to a node, then a pause.
type step struct {
	do    fault
	node  int
	to    int   // the new master, for move; the killed or left one, for changes of roles
	saved bool  // kill and failover: with an RDB file of a moment before; else without any
	heirs []int // changes of roles: who else follows the new root, the old one first
	pause time.Duration
}

func (s step) String() string {
	text := fmt.Sprintf("%s %s", s.do, name(s.node))
	switch s.do {
	case move, failover, swap, split, handover:
		text += " " + name(s.to)
	}
	if s.saved {
		text += " saved"
	}
	return fmt.Sprintf("%s, %v", text, s.pause)
}

func name(node int) string { return string(rune('A' + node)) }

// plan draws rounds of steps. It knows what the tree will be, because nothing that a step does depends on chance.
type plan struct {
	rnd    *rand.Rand
	kinds  []rig.Kind
	aof    []bool // they have an append-only file, and start from that
	parent []int  // of each node; -1: it is the root
}

// newPlan draws a tree of both kinds of servers.
func newPlan(seed uint64, nodes int) *plan {
	p := &plan{rnd: rand.New(rand.NewPCG(seed, 0xc4a05))}
	for i := range nodes {
		p.kinds = append(p.kinds, rig.Kind(p.rnd.IntN(2)))
		p.aof = append(p.aof, p.rnd.IntN(4) == 0)
		p.parent = append(p.parent, i-1)
		if i > 1 {
			p.parent[i] = p.rnd.IntN(i)
		}
	}
	if odd := p.rnd.IntN(nodes); !slices.Contains(p.kinds, rig.Ours) || !slices.Contains(p.kinds, rig.Peer) {
		p.kinds[odd] = 1 - p.kinds[odd]
	}
	return p
}

func (p *plan) String() string {
	var b strings.Builder
	for i, k := range p.kinds {
		fmt.Fprintf(&b, "%s=%s", name(i), k)
		if p.aof[i] {
			b.WriteString("+aof")
		}
		if p.parent[i] >= 0 {
			fmt.Fprintf(&b, "<%s", name(p.parent[i]))
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

func (p *plan) root() int { return slices.Index(p.parent, -1) }

// below says whether a node is, directly or not, a replica of another.
func (p *plan) below(node, top int) bool {
	for node = p.parent[node]; node >= 0; node = p.parent[node] {
		if node == top {
			return true
		}
	}
	return false
}

// round draws the next steps: one change of roles, or one to four faults of different nodes.
func (p *plan) round() []step {
	switch r := p.rnd.IntN(10); {
	case r < 4:
		return p.faults(nil, 1+p.rnd.IntN(4))
	case r < 5:
		return []step{p.step(outrun, p.replica(nil))}
	case r < 6:
		root := p.root()
		s := p.step(kill, root)
		if s.saved = p.rnd.IntN(2) == 0; p.rnd.IntN(2) == 0 {
			s.do, s.saved = shutdown, false
		}
		return append(p.faults([]int{root}, p.rnd.IntN(2)), s)
	default:
		return p.roles()
	}
}

func (p *plan) step(do fault, node int) step {
	return step{do: do, node: node, pause: time.Duration(20+p.rnd.IntN(600)) * time.Millisecond}
}

// replica draws a node that is no master and not taken, -1 if there is none.
func (p *plan) replica(taken []int) int {
	for _, n := range p.rnd.Perm(len(p.parent)) {
		if p.parent[n] >= 0 && !slices.Contains(taken, n) {
			return n
		}
	}
	return -1
}

// faults draws steps about nodes that are not taken.
func (p *plan) faults(taken []int, count int) []step {
	all := []fault{cut, cut, halfOpen, swallow, refuse, delay, throttle, freeze, sleep, kill, shutdown, move, move}
	var steps []step
	for range count {
		n := p.replica(taken)
		if n < 0 {
			break
		}
		taken = append(taken, n)
		s := p.step(all[p.rnd.IntN(len(all))], n)
		switch s.do {
		case kill:
			s.saved = p.rnd.IntN(3) > 0
		case swallow, freeze, halfOpen:
			s.pause += time.Duration(p.rnd.IntN(2)) * 4 * time.Second // sometimes longer than repl-timeout
		case move:
			if s.to = p.newMaster(n, taken); s.to < 0 {
				s.do = cut
			} else {
				p.parent[n] = s.to
				taken = append(taken, s.to)
			}
		}
		steps = append(steps, s)
	}
	return steps
}

// newMaster draws a node that n can follow: not itself, not below it, not its master, not taken.
func (p *plan) newMaster(n int, taken []int) int {
	for _, to := range p.rnd.Perm(len(p.parent)) {
		if to != n && to != p.parent[n] && !p.below(to, n) && !slices.Contains(taken, to) {
			return to
		}
	}
	return -1
}

// roles draws a change of roles: a replica of the root becomes the root, whose other replicas follow it.
func (p *plan) roles() []step {
	root := p.root()
	var heirs []int
	for n, parent := range p.parent {
		if parent == root {
			heirs = append(heirs, n)
		}
	}
	heir := heirs[p.rnd.IntN(len(heirs))]
	steps := p.faults(append([]int{root}, heirs...), p.rnd.IntN(2))
	s := p.step([]fault{failover, failover, handover, swap, split}[p.rnd.IntN(5)], heir)
	s.to = root
	s.saved = s.do == failover && p.rnd.IntN(2) == 0
	s.heirs = append([]int{root}, slices.DeleteFunc(heirs, func(n int) bool { return n == heir })...)
	for _, n := range s.heirs {
		p.parent[n] = heir
	}
	p.parent[heir] = -1
	return append(steps, s)
}

// A seed repeats a plan, and a plan's tree stays a tree.
func TestPlanRepeats(t *testing.T) {
	draw := func(seed uint64) (text string) {
		p := newPlan(seed, 3+int(seed%4))
		for range 50 {
			text += fmt.Sprint(p, p.round(), "\n")
			if roots := slices.DeleteFunc(slices.Clone(p.parent), func(n int) bool { return n >= 0 }); len(roots) != 1 {
				t.Fatalf("seed %d: %v has %d roots", seed, p, len(roots))
			}
			for n := range p.parent {
				if n != p.root() && !p.below(n, p.root()) {
					t.Fatalf("seed %d: %s is not below the root in %v", seed, name(n), p)
				}
			}
		}
		return text
	}
	for seed := range uint64(200) {
		if a, b := draw(seed), draw(seed); a != b {
			t.Fatalf("seed %d draws two plans:\n%s\n%s", seed, a, b)
		}
	}
}
