package repltest

import (
	"fmt"
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
//	node n [option...]     add and start a node; master=m, and the options of config
//	config n option...     backlog=bytes diskless delay=d maxreplicas=n swapdb direct noeof fails=percent rate=bytes/s timeout=d ttl=d
//	run d                  let d pass
//	settle                 let time pass until every replica is up and has what its master has; a minute at most
//	set n k v | write n k  one write to database 0 | k writes to random databases
//	multi n k              a transaction of k writes
//	promote n | follow n m REPLICAOF NO ONE | REPLICAOF
//	cut n m                break their connections; both notice
//	halfopen n m           break their connections; only m notices
//	freeze n m | thaw n m  let nothing arrive | let all arrive
//	part n m | join n m    refuse new connections and break the old | allow them
//	save n                 BGSAVE
//	stop n | vanish n      end the process; its peers notice | do not
//	start n [master=m]     start it again, with what it saved
//	wipe n                 remove its file
//	counters n             print sync_full, sync_partial_ok, sync_partial_err
//	state                  print a line for each node
func Script(text string) (string, error) {
	w := NewWorld(1)
	defer w.Close()
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		commands, _, hasLog := strings.Cut(block+"\n", "----\n")
		out.WriteString(commands)
		for line := range strings.Lines(commands) {
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if err := w.command(strings.Fields(line)); err != nil {
				return "", fmt.Errorf("%s: %w", line, err)
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

func (w *World) command(f []string) error {
	var n, m *Node
	if len(f) > 1 {
		n = w.node(f[1])
	}
	if len(f) > 2 {
		m = w.node(f[2])
	}
	switch f[0] {
	case "node":
		n = w.AddNode(f[1])
		n.cfg.Master.PingPeriod = time.Hour
		n.cfg.Master.Timeout = time.Minute
		return n.start(f[2:])
	case "run":
		d, err := time.ParseDuration(f[1])
		w.Run(d)
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
	}
	if n == nil {
		return fmt.Errorf("no such node or command")
	}
	switch f[0] {
	case "config":
		return n.options(f[2:])
	case "set":
		return n.Write(0, "set", f[2], f[3])
	case "start":
		return n.start(f[2:])
	case "write", "multi":
		k, err := strconv.Atoi(f[2])
		if f[0] == "multi" {
			n.Multi(w.rng.IntN(3), w.randomWrites(k))
			return err
		}
		for _, words := range w.randomWrites(k) {
			if err := n.Write(w.rng.IntN(3), words...); err != nil {
				return err
			}
		}
		return err
	case "promote":
		n.Promote()
	case "save":
		n.Save(0)
	case "wipe":
		n.disk = nil
	case "stop", "vanish":
		n.Stop(f[0] == "stop")
	case "counters":
		c := n.life.master.Counters
		w.logf("%s: full %d, partial %d, refused %d", n.name, c.Full, c.PartialOK, c.PartialErr)
	default:
		return w.pair(f[0], n, m)
	}
	return nil
}

// pair runs the commands about two nodes.
func (w *World) pair(cmd string, n, m *Node) error {
	if m == nil {
		return fmt.Errorf("no such node or command")
	}
	switch cmd {
	case "follow":
		n.Follow(m)
	case "cut":
		w.cut(n, m, true)
	case "halfopen":
		w.cut(n, m, false)
	case "freeze", "thaw":
		w.freeze(n, m, cmd == "freeze")
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

func (n *Node) start(options []string) error {
	var master *Node
	if len(options) > 0 {
		if name, ok := strings.CutPrefix(options[0], "master="); ok {
			master = n.w.node(name)
			options = options[1:]
		}
	}
	if err := n.options(options); err != nil {
		return err
	}
	n.Start(master)
	return nil
}

func (n *Node) options(options []string) error {
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		num, _ := strconv.Atoi(value)
		d, _ := time.ParseDuration(value)
		switch name {
		case "backlog":
			n.cfg.Backlog = int64(num)
		case "diskless":
			n.cfg.Master.Diskless = true
		case "delay":
			n.cfg.Master.DisklessDelay = d
		case "maxreplicas":
			n.cfg.Master.DisklessMaxReplicas = num
		case "ttl":
			n.cfg.Master.BacklogTTL = d
		case "timeout":
			n.cfg.Master.Timeout = d
		case "swapdb":
			n.cfg.SwapDB, n.cfg.Direct = true, true
		case "direct":
			n.cfg.Direct = true
		case "noeof":
			n.cfg.NoEOF = true
		case "fails":
			n.cfg.SnapshotFails = num
		case "rate":
			n.cfg.ReadRate = num
		default:
			return fmt.Errorf("no such option: %s", o)
		}
	}
	n.configure()
	return nil
}

// configure makes a running process take its configuration.
func (n *Node) configure() {
	if l := n.life; l != nil {
		l.stream.Backlog().SetSize(n.cfg.Backlog)
		l.master.Configure(n.cfg.Master)
		l.link.Timeout = n.cfg.Master.Timeout
		l.note()
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
