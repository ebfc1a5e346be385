package repltest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// Script runs a readable script and returns what it prints. A script is a row of blocks, separated by empty lines:
//
//	# a comment
//	node a
//	node b master=a
//	settle
//	----
//	b: link up at H1:0
//
// The lines above ---- are commands; those below are what they logged. In scripts PINGs are an hour apart, so that
// offsets count the writes alone. Commands, with a node's name for n and m:
//
//	seed number            what chance is drawn from, before all else
//	node n [master=m] [option...]  add and start a node; the options are those of config
//	config n option...     backlog=bytes diskless delay=d maxreplicas=n swapdb direct noeof fails=percent rate=bytes/s timeout=d ttl=d
//	                       ping=d limit=bytes; what is on without a value is off with =no
//	latency n m d [d2]     how long a byte travels; with d2 what is sent at once may come in pieces, by so much apart
//	run d                  let d pass
//	settle                 let time pass until every replica is up and has what its master has; a minute at most
//	set n k v | write n k  one write to database 0 | k writes to random databases
//	multi n k              a transaction of k writes
//	promote n | follow n m REPLICAOF NO ONE | REPLICAOF
//	handover n [m [d [force]]]  FAILOVER, to m, within d
//	abort n                FAILOVER ABORT
//	cut n m                break their connections; both notice
//	halfopen n m           break their connections; only m notices
//	freeze n m | thaw n m  let nothing arrive | let all arrive
//	part n m | join n m    refuse new connections and break the old | allow them
//	stall n d              the process does nothing for d, as after SIGSTOP
//	pause n | unpause n    CLIENT PAUSE: no writes, no PINGs | go on
//	rewrite n | rewritten n  an AOF rewrite runs | has ended
//	rename n               DEBUG CHANGE-REPL-ID
//	save n [d]             BGSAVE, which takes d
//	stop n | vanish n      end the process; its peers notice | do not
//	start n [master=m] [option...]  start it again, with what it saved
//	later d start n ...    the same after d, if it is still down
//	wipe n                 remove its file
//	counters n             print sync_full, sync_partial_ok, sync_partial_err
//	state                  print a line for each node
//	converge               check E4, after the faults were ended, and that nothing was leaked
func Script(text string) (string, error) {
	w := NewWorld(1)
	defer w.Close()
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		commands, _, hasLog := strings.Cut(block+"\n", "----\n")
		out.WriteString(commands)
		for line := range strings.Lines(commands) {
			if err := w.line(line); err != nil {
				return "", err
			}
		}
		if hasLog || w.log.Len() > 0 {
			out.WriteString("----\n" + w.log.String())
		}
		out.WriteString("\n")
		w.log.Reset()
	}
	return strings.TrimSuffix(out.String(), "\n"), w.Failure
}

// line runs a line of a script. Nothing happens any more once an invariant is broken.
func (w *World) line(line string) error {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") || w.Failure != nil {
		return nil
	}
	if err := w.command(strings.Fields(line)); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

func (w *World) command(f []string) error {
	arg := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	switch f[0] {
	case "seed":
		seed, err := strconv.ParseUint(arg(1), 10, 64)
		w.rng = rand.New(rand.NewPCG(seed, worldChance))
		return err
	case "node":
		n := w.AddNode(f[1])
		n.cfg.Master.PingPeriod = time.Hour
		n.cfg.Master.Timeout = time.Minute
		return n.start(f[2:])
	case "run":
		d, err := time.ParseDuration(arg(1))
		w.Run(d)
		return err
	case "later":
		d, err := time.ParseDuration(arg(1))
		if n := w.node(arg(3)); n != nil {
			w.after(d, func() {
				w.logf("%s starts", n.name)
				w.restart(n, f[4:])
			})
		}
		return err
	case "settle":
		if !w.settle(time.Minute) {
			w.logf("not settled after a minute")
		}
		return nil
	case "state":
		for _, n := range w.nodes {
			w.logf("%s", n.describe())
		}
		return nil
	case "converge":
		w.converge()
		return nil
	}
	n, m := w.node(arg(1)), w.node(arg(2))
	if n == nil {
		return fmt.Errorf("no such node or command")
	}
	return w.single(f, n, m)
}

// restart starts a node that is down.
func (w *World) restart(n *Node, words []string) {
	if n.life != nil {
		return
	}
	if err := n.start(words); err != nil {
		w.failf("start %s: %v", n.name, err)
	}
}

// single runs the commands about one node.
func (w *World) single(f []string, n, m *Node) error {
	switch f[0] {
	case "config":
		return n.options(f[2:])
	case "set":
		return n.Write(0, "set", f[2], f[3])
	case "start":
		w.restart(n, f[2:])
	case "write", "multi":
		k, err := strconv.Atoi(f[2])
		if err == nil && f[0] == "multi" {
			n.Multi(w.rng.IntN(3), w.randomWrites(k))
		} else if err == nil {
			err = w.writes(n, k)
		}
		return err
	case "promote":
		n.Promote()
	case "handover":
		var d time.Duration
		if len(f) > 3 {
			d, _ = time.ParseDuration(f[3])
		}
		n.Handover(m, d, len(f) > 4)
	case "abort":
		n.abort()
	case "stall":
		d, err := time.ParseDuration(f[2])
		n.stall(d)
		return err
	case "pause", "unpause":
		n.env(func(e *repl.Env) { e.Paused = f[0] == "pause" })
	case "rewrite", "rewritten":
		n.env(func(e *repl.Env) { e.Rewriting = f[0] == "rewrite" })
	case "rename":
		n.rename()
	case "save":
		var d time.Duration
		if len(f) > 2 {
			d, _ = time.ParseDuration(f[2])
		}
		n.Save(d)
	case "wipe":
		n.disk = nil
	case "stop", "vanish":
		n.Stop(f[0] == "stop")
	case "counters":
		c := n.life.master.Counters
		w.logf("%s: full %d, partial %d, refused %d", n.name, c.Full, c.PartialOK, c.PartialErr)
	default:
		return w.pair(f, n, m)
	}
	return nil
}

// writes runs random writes on a master.
func (w *World) writes(n *Node, count int) error {
	for _, words := range w.randomWrites(count) {
		if err := n.Write(w.rng.IntN(3), words...); err != nil {
			return err
		}
	}
	return nil
}

// pair runs the commands about two nodes.
func (w *World) pair(f []string, n, m *Node) error {
	if m == nil {
		return fmt.Errorf("no such node or command")
	}
	switch f[0] {
	case "latency":
		return w.path(n, m).configure(f[3:])
	case "follow":
		n.Follow(m)
	case "cut":
		w.cut(n, m, true)
	case "halfopen":
		w.cut(n, m, false)
	case "freeze", "thaw":
		w.freeze(n, m, f[0] == "freeze")
	case "part":
		w.path(n, m).down = true
		w.cut(n, m, true)
	case "join":
		w.path(n, m).down = false
	default:
		return fmt.Errorf("no such command")
	}
	return nil
}

func (p *path) configure(words []string) (err error) {
	if p.latency, err = time.ParseDuration(words[0]); err == nil && len(words) > 1 {
		p.jitter, err = time.ParseDuration(words[1])
	}
	return err
}

// cut breaks all connections between two nodes. If not both are told, the first is not.
func (w *World) cut(n, m *Node, both bool) {
	for _, c := range w.between(n, m) {
		c.reset(both, true)
	}
}

func (w *World) freeze(n, m *Node, on bool) {
	w.path(n, m).frozen = on
	for _, c := range w.between(n, m) {
		c.pump()
		c.peer.pump()
	}
}

// settle lets time pass until every replica has what its master has.
func (w *World) settle(limit time.Duration) bool {
	for end := w.now.Add(limit); w.now.Before(end) && w.Failure == nil; {
		w.Run(10 * time.Millisecond)
		if w.settled() {
			return true
		}
	}
	return false
}

func (w *World) settled() bool {
	for _, n := range w.nodes {
		if n.life == nil || len(n.life.link.Master().Host) == 0 {
			continue
		}
		l, m := n.life, w.node(n.life.link.Master().Host)
		if m.life == nil || m.life.stream.ID() != l.stream.ID() || m.life.stream.Offset() != l.stream.Offset() || l.link.State() != repl.LinkUp {
			return false
		}
	}
	return true
}

// randomWrites draws write commands.
func (w *World) randomWrites(n int) [][]string {
	var out [][]string
	for range n {
		k := "k" + strconv.Itoa(w.rng.IntN(200))
		v := strconv.Itoa(w.rng.IntN(1_000_000))
		switch r := w.rng.IntN(100); {
		case r < 40:
			out = append(out, []string{"append", k, v})
		case r < 60:
			out = append(out, []string{"incrby", k, v})
		case r < 85:
			out = append(out, []string{"set", k, strings.Repeat(v, 1+w.rng.IntN(30))})
		case r < 99 || w.rng.IntN(20) > 0:
			out = append(out, []string{"del", k})
		default:
			out = append(out, []string{"flushall"})
		}
	}
	return out
}
