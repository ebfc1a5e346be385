package repltest

import (
	"fmt"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// Schedule runs one random schedule: three to nine nodes live through faults of every kind that the model knows, with
// E1, E2 and E5 checked at each step; then the faults end, and E4 is checked. The seed decides everything. The log is
// returned when something broke.
func Schedule(seed uint64) (log string, err error) {
	w := NewWorld(seed)
	defer w.Close()
	s := &schedule{World: w}
	s.build()
	for steps := 40 + w.rng.IntN(80); steps > 0 && w.Failure == nil; steps-- {
		s.step()
		w.Run(s.pause())
	}
	if w.Failure == nil {
		s.heal()
		s.converge()
	}
	if w.Failure == nil {
		return "", nil
	}
	for _, n := range w.nodes {
		w.logf("%s", n.describe())
	}
	return w.log.String(), fmt.Errorf("seed %d: %w", seed, w.Failure)
}

type schedule struct{ *World }

// build starts the nodes: the first is a master, each of the others follows one before it.
func (s *schedule) build() {
	for i := range 3 + s.rng.IntN(7) {
		n := s.AddNode(string(rune('a' + i)))
		s.configure(n)
		var master *Node
		if i > 0 {
			master = s.nodes[s.rng.IntN(i)]
		}
		n.Start(master)
	}
	for _, a := range s.nodes {
		for _, b := range s.nodes[:a.index] {
			s.path(a, b).latency = time.Duration(1+s.rng.IntN(40)) * time.Millisecond
		}
	}
}

// configure draws a configuration.
func (s *schedule) configure(n *Node) {
	sizes := []int64{1, 1000, 20_000, 64 << 10, 1 << 20}
	n.cfg.Backlog = sizes[s.rng.IntN(len(sizes))]
	n.cfg.SwapDB = s.oneIn(3)
	n.cfg.Direct = n.cfg.SwapDB || s.oneIn(2)
	n.cfg.NoEOF = s.oneIn(4)
	n.cfg.Master.Diskless = s.oneIn(2)
	n.cfg.Master.DisklessDelay = time.Duration(s.rng.IntN(3)) * time.Second
	n.cfg.Master.DisklessMaxReplicas = s.rng.IntN(4)
	n.cfg.SnapshotFails = 0
	if s.oneIn(3) {
		n.cfg.SnapshotFails = 40
	}
	n.cfg.ReadRate = 0
	if s.oneIn(5) {
		n.cfg.ReadRate = 2000 + s.rng.IntN(20_000)
	}
	n.cfg.Master.Output = repl.OutputLimit{}
	if s.oneIn(4) {
		n.cfg.Master.Output = repl.OutputLimit{Hard: 50_000, Soft: 20_000, SoftFor: time.Second}
	}
	n.cfg.Master.BacklogTTL = time.Hour
	if s.oneIn(5) {
		n.cfg.Master.BacklogTTL = 5 * time.Second
	}
	n.configure()
}

func (s *schedule) oneIn(n int) bool { return s.rng.IntN(n) == 0 }

func (s *schedule) pick() *Node { return s.nodes[s.rng.IntN(len(s.nodes))] }

// pause draws the time until the next step: often too short for anything to finish, sometimes longer than a time-out.
func (s *schedule) pause() time.Duration {
	switch s.rng.IntN(10) {
	case 0, 1, 2:
		return time.Duration(s.rng.IntN(20)) * time.Millisecond
	case 9:
		return time.Duration(s.rng.IntN(8000)) * time.Millisecond
	default:
		return time.Duration(s.rng.IntN(1000)) * time.Millisecond
	}
}

// step does something to somebody.
func (s *schedule) step() {
	n, m := s.pick(), s.pick()
	if s.oneIn(2) {
		s.write()
		return
	}
	switch r := s.rng.IntN(20); {
	case r < 4 && n != m:
		s.logf("== cut %s %s", n.name, m.name)
		s.cut(n, m, true)
	case r < 5 && n != m:
		s.logf("== halfopen %s %s", n.name, m.name)
		s.cut(n, m, false)
	case r < 6 && n != m:
		frozen := s.path(n, m).frozen
		s.logf("== freeze %s %s: %v", n.name, m.name, !frozen)
		s.freeze(n, m, !frozen)
	case r < 7 && n != m:
		p := s.path(n, m)
		p.down = !p.down
		s.logf("== part %s %s: %v", n.name, m.name, p.down)
		s.cut(n, m, true)
	case r < 9:
		s.logf("== promote %s", n.name)
		n.Promote()
	case r < 14 && n != m:
		s.logf("== %s follows %s", n.name, m.name)
		n.Follow(m)
	case r < 16:
		s.logf("== %s saves", n.name)
		n.Save(time.Duration(s.rng.IntN(500)) * time.Millisecond)
	case r < 18:
		s.restart(n, m)
	default:
		s.logf("== %s is configured anew", n.name)
		s.configure(n)
	}
}

// write lets a master take some writes, if the node drawn is one.
func (s *schedule) write() {
	n := s.pick()
	if n.life == nil || n.life.link.State() != repl.LinkNone {
		return
	}
	if s.oneIn(4) {
		n.Multi(s.rng.IntN(3), s.randomWrites(1+s.rng.IntN(20)))
		return
	}
	count := s.rng.IntN(30)
	if s.oneIn(8) {
		count = 500
	}
	for _, words := range s.randomWrites(count) {
		if err := n.Write(s.rng.IntN(3), words...); err != nil {
			s.failf("write: %v", err)
		}
	}
}

// restart ends a process, or starts one that had ended, as a replica of m or as a master.
func (s *schedule) restart(n, m *Node) {
	if n.life != nil {
		saved := s.oneIn(2)
		s.logf("== stop %s, saved: %v", n.name, saved)
		if saved {
			n.Save(0)
			s.Run(0)
		}
		n.Stop(s.oneIn(2))
	}
	if s.oneIn(6) {
		n.disk = nil
	}
	var master *Node
	if n != m && !s.oneIn(4) {
		master = m
	}
	s.after(time.Duration(s.rng.IntN(3000))*time.Millisecond, func() {
		if n.life == nil {
			s.logf("== start %s", n.name)
			n.Start(master)
		}
	})
}

// heal ends the faults and makes a random tree of the nodes.
func (s *schedule) heal() {
	s.logf("== the faults end")
	s.Run(3 * time.Second) // the last restarts
	for _, a := range s.nodes {
		a.cfg.SnapshotFails, a.cfg.ReadRate = 0, 0
		a.cfg.Master.Output = repl.OutputLimit{}
		a.configure()
		if a.life == nil {
			a.Start(nil)
		}
		for _, b := range s.nodes[:a.index] {
			p := s.path(a, b)
			p.down = false
			s.freeze(a, b, false)
		}
	}
	order := s.rng.Perm(len(s.nodes))
	s.nodes[order[0]].Promote()
	for i, x := range order[1:] {
		s.nodes[x].Follow(s.nodes[order[s.rng.IntN(i+1)]])
	}
	for _, words := range s.randomWrites(20) {
		if err := s.nodes[order[0]].Write(0, words...); err != nil {
			s.failf("write: %v", err)
		}
	}
}

// converge checks E4, and that nothing was leaked on the way there.
func (s *schedule) converge() {
	if !s.settle(2 * time.Minute) {
		s.failf("E4: not converged two minutes after the last fault")
		return
	}
	var root *Node
	for _, n := range s.nodes {
		if n.life.link.State() == repl.LinkNone {
			root = n
		}
	}
	for _, n := range s.nodes {
		l := n.life
		if l.stream.ID() != root.life.stream.ID() || l.data.digest != root.life.data.digest {
			s.failf("E4: %s is settled on other data than %s", n.name, root.name)
		}
	}
	s.Run(10 * time.Second) // what was half-open times out
	for _, n := range s.nodes {
		l := n.life
		replicas := 0
		for _, m := range s.nodes {
			if m.life.link.Master() == n.addr() {
				replicas++
			}
		}
		if got := len(l.master.Feeds()); got != replicas || len(l.feeds) != replicas || len(l.views) != 0 {
			s.failf("leak: %s has %d feeds, %d connections and %d snapshots, %d replicas follow it", n.name, got, len(l.feeds), len(l.views), replicas)
		}
		if m := l.stream.Backlog().Memory(); m.Total > n.cfg.Backlog+4*min(max(n.cfg.Backlog/16, repl.MinBlock), repl.MaxBlock) {
			s.failf("leak: %s holds %d bytes of backlog, %d are configured", n.name, m.Total, n.cfg.Backlog)
		}
	}
}
