package repltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// worldChance and scheduleChance part what a seed decides in the world from what it decides in a schedule, so that the
// schedule can be replayed as a script: the world then draws the same again.
const (
	worldChance    = 0x10c45
	scheduleChance = 0x5c4ed
)

// Run is what came of a schedule.
type Run struct {
	// Script is the schedule as a script, which [Script] replays exactly.
	Script string
	// Log is what happened.
	Log string
	// Reached counts what the run met with, by name.
	Reached map[string]int
	// Err is the broken invariant, nil if none was.
	Err error
}

// Schedule runs one random schedule: three to nine nodes live through faults of every kind that the model knows, with
// E1, E2 and E5 checked at each step; then the faults end, and E4 is checked. The seed decides everything. What is done
// to the nodes is written down as a script while it is done.
func Schedule(seed uint64) Run {
	s := &schedule{World: NewWorld(seed), dice: rand.New(rand.NewPCG(seed, scheduleChance))}
	defer s.Close()
	defer func() {
		if broken := recover(); broken != nil {
			panic(fmt.Sprintf("seed %d: %v", seed, broken))
		}
	}()
	s.script.WriteString(fmt.Sprintf("seed %d\n", seed))
	s.build()
	for steps := 40 + s.dice.IntN(120); steps > 0 && s.Failure == nil; steps-- {
		s.step()
		s.do("run %v", s.pause())
	}
	s.heal()
	s.do("converge")
	r := Run{Script: s.script.String(), Reached: s.reached}
	if s.Failure != nil {
		for _, n := range s.nodes {
			s.logf("%s", n.describe())
		}
		r.Err = fmt.Errorf("seed %d: %w", seed, s.Failure)
	}
	r.Log = s.log.String()
	return r
}

type schedule struct {
	*World
	dice   *rand.Rand
	script strings.Builder
}

// do runs a command of a script and writes it down.
func (s *schedule) do(format string, args ...any) {
	if s.Failure != nil {
		return
	}
	line := fmt.Sprintf(format, args...)
	s.script.WriteString(line + "\n")
	if !strings.HasPrefix(line, "run") {
		s.logf("== %s", line)
	}
	if err := s.line(line); err != nil {
		s.failf("the schedule itself is wrong: %v", err)
	}
}

// build starts the nodes: the first is a master, each of the others follows one before it.
func (s *schedule) build() {
	for i := range 3 + s.dice.IntN(7) {
		name, master := string(rune('a'+i)), ""
		if i > 0 {
			master = "master=" + s.pick().name
		}
		s.do("node %s %s ping=1s timeout=5s %s", name, master, s.options())
	}
	for _, a := range s.nodes {
		for _, b := range s.nodes[:a.index] {
			s.do("latency %s %s %dms %dms", a.name, b.name, 1+s.dice.IntN(40), s.dice.IntN(30))
		}
	}
}

// options draws a configuration.
func (s *schedule) options() string {
	sizes := []int{1, 1000, 20_000, 64 << 10, 1 << 20}
	load := []string{"direct=no swapdb=no", "swapdb", "swapdb=no direct"}[s.dice.IntN(3)]
	o := fmt.Sprintf("backlog=%d %s diskless=%s delay=%ds maxreplicas=%d", sizes[s.dice.IntN(len(sizes))], load, s.yes(2), s.dice.IntN(3), s.dice.IntN(4))
	o += " noeof=" + s.yes(4)
	o += s.oneOf(3, " fails=0", " fails=40")
	o += s.oneOf(5, " rate=0", fmt.Sprintf(" rate=%d", 2000+s.dice.IntN(20_000)))
	o += s.oneOf(3, " limit=0", fmt.Sprintf(" limit=%d", 5000+s.dice.IntN(50_000)))
	o += s.oneOf(5, " ttl=1h", " ttl=5s")
	return o
}

func (s *schedule) oneIn(n int) bool { return s.dice.IntN(n) == 0 }

func (s *schedule) yes(oneIn int) string { return s.oneOf(oneIn, "no", "yes") }

func (s *schedule) oneOf(n int, usual, seldom string) string {
	if s.oneIn(n) {
		return seldom
	}
	return usual
}

// pair picks two nodes, often a replica and its master. They may be one.
func (s *schedule) pair() (n, m *Node) {
	n, m = s.pick(), s.pick()
	if n.life != nil && n.life.link.State() != repl.LinkNone && !s.oneIn(3) {
		return n, s.node(n.life.link.Master().Host)
	}
	return n, m
}

func (s *schedule) pick() *Node { return s.nodes[s.dice.IntN(len(s.nodes))] }

// pause draws the time until the next step: often too short for anything to finish, sometimes longer than a time-out.
func (s *schedule) pause() time.Duration {
	switch s.dice.IntN(10) {
	case 0, 1, 2:
		return time.Duration(s.dice.IntN(20)) * time.Millisecond
	case 9:
		return time.Duration(s.dice.IntN(8000)) * time.Millisecond
	default:
		return time.Duration(s.dice.IntN(1000)) * time.Millisecond
	}
}

// step does something to somebody.
func (s *schedule) step() {
	n, m := s.pair()
	switch r := s.dice.IntN(52); {
	case r < 24 || n == m && r < 38:
		s.write(n)
	case r < 28:
		if s.oneIn(2) { // in the middle of something
			s.write(m)
			s.do("run %dms", 1+s.dice.IntN(60))
		}
		s.do("cut %s %s", n.name, m.name)
	case r < 29:
		s.do("halfopen %s %s", n.name, m.name)
	case r < 30:
		s.do("%s %s %s", choose(s.path(n, m).frozen, "thaw", "freeze"), n.name, m.name)
	case r < 31:
		s.do("%s %s %s", choose(s.path(n, m).down, "join", "part"), n.name, m.name)
	case r < 33:
		s.do("promote %s", n.name)
	case r < 38:
		m = s.pick()
		s.do("follow %s %s", n.name, m.name)
	case r < 40:
		s.do("save %s %dms", n.name, s.dice.IntN(500))
	case r < 42:
		s.restart(n, m)
	case r < 44:
		s.do("config %s %s", n.name, s.options())
	case r < 45:
		s.do("stall %s %dms", n.name, s.dice.IntN(8000))
	case r < 46 && n.life != nil:
		s.do("%s %s", choose(n.life.environment.Paused, "unpause", "pause"), n.name)
	case r < 47 && n.life != nil:
		s.do("%s %s", choose(n.life.environment.Rewriting, "rewritten", "rewrite"), n.name)
	case r < 48:
		s.do("rename %s", n.name)
	case r < 49:
		s.do("abort %s", n.name)
	default:
		s.handover(n, m)
	}
}

// handover makes a master give its role to one of its replicas.
func (s *schedule) handover(n, m *Node) {
	if n.life != nil && n.life.link.State() != repl.LinkNone {
		n, m = m, n
	}
	s.do("handover %s %s", n.name, []string{"", m.name, m.name + " 2s", m.name + " 1s force"}[s.dice.IntN(4)])
	if s.oneIn(3) { // in the middle of it
		s.do("run %dms", 1+s.dice.IntN(100))
		s.do("cut %s %s", n.name, m.name)
	}
}

func choose(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

// write lets a master take some writes, if the node drawn is one.
func (s *schedule) write(n *Node) {
	if !n.takesWrites() {
		n = s.nodes[0]
	}
	if !n.takesWrites() {
		return
	}
	if s.oneIn(4) {
		s.do("multi %s %d", n.name, 1+s.dice.IntN(20))
		return
	}
	count := s.dice.IntN(30)
	if s.oneIn(8) {
		count = 500
	}
	s.do("write %s %d", n.name, count)
}

// restart ends a process, or starts one that had ended, as a replica of m or as a master.
func (s *schedule) restart(n, m *Node) {
	if n.life != nil {
		if s.oneIn(2) {
			s.do("save %s", n.name)
			s.do("run 0s")
		}
		s.do("%s %s", s.oneOf(2, "stop", "vanish"), n.name)
	}
	if s.oneIn(6) {
		s.do("wipe %s", n.name)
	}
	master := ""
	if n != m && !s.oneIn(4) {
		master = "master=" + m.name
	}
	s.do("later %dms start %s %s", s.dice.IntN(3000), n.name, master)
}

// faultsEnd is the line of a script behind which nothing is broken any more.
const faultsEnd = "# the faults end"

// heal ends the faults and makes a random tree of the nodes.
func (s *schedule) heal() {
	s.script.WriteString(faultsEnd + "\n")
	s.do("run 8s") // the last restarts and stalls
	for _, a := range s.nodes {
		s.do("config %s fails=0 rate=0 limit=0", a.name)
		s.do("start %s", a.name)
		s.do("unpause %s", a.name)
		s.do("rewritten %s", a.name)
		s.do("abort %s", a.name)
		for _, b := range s.nodes[:a.index] {
			s.do("join %s %s", a.name, b.name)
			s.do("thaw %s %s", a.name, b.name)
		}
	}
	order := s.dice.Perm(len(s.nodes))
	s.do("promote %s", s.nodes[order[0]].name)
	for i, x := range order[1:] {
		s.do("follow %s %s", s.nodes[x].name, s.nodes[order[s.dice.IntN(i+1)]].name)
	}
	s.do("write %s 20", s.nodes[order[0]].name)
}

// converge checks E4, and that nothing was leaked on the way there.
func (w *World) converge() {
	if !w.settle(2 * time.Minute) {
		w.failf("E4: not converged two minutes after the last fault")
		return
	}
	var root *Node
	for _, n := range w.nodes {
		if n.life != nil && n.life.link.State() == repl.LinkNone {
			root = n
		}
	}
	for _, n := range w.nodes {
		l := n.life
		if l == nil || root == nil || l.stream.ID() != root.life.stream.ID() || l.data.digest != root.life.data.digest {
			w.failf("E4: %s is settled on other data than its root", n.name)
			return
		}
	}
	w.Run(10 * time.Second) // what was half-open times out
	for _, n := range w.nodes {
		w.checkLeaks(n)
	}
}

func (w *World) checkLeaks(n *Node) {
	l := n.life
	replicas := 0
	for _, m := range w.nodes {
		if m.life.link.Master() == n.addr() {
			replicas++
		}
	}
	if got := len(l.master.Feeds()); got != replicas || len(l.feeds) != replicas || len(l.views) != 0 {
		w.failf("leak: %s has %d feeds, %d connections and %d snapshots, %d replicas follow it", n.name, got, len(l.feeds), len(l.views), replicas)
	}
	if m := l.stream.Backlog().Memory(); m.Total > n.cfg.Backlog+4*n.block {
		w.failf("leak: %s holds %d bytes of backlog, %d are configured", n.name, m.Total, n.cfg.Backlog)
	}
}
