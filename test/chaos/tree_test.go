package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// tree is the servers of a plan.
type tree struct {
	t       *testing.T
	plan    *plan
	servers []*rig.Server
	links   map[[2]int]*rig.Proxy // of a replica and a master
	traffic *rig.Traffic
	book    *book

	dead   map[int]bool
	frozen map[int]bool
	sizes  map[int]bool // whose backlog was made small
	saved  map[int]int64
}

// head is a place where a history was left for another one.
type head struct {
	oldID, newID string
	end          int64
}

// timeout is repl-timeout in seconds: short, so that faults are noticed within a round.
const timeout = "3"

func start(t *testing.T, p *plan, seed uint64) *tree {
	tr := &tree{t: t, plan: p, links: map[[2]int]*rig.Proxy{}, dead: map[int]bool{}, frozen: map[int]bool{},
		sizes: map[int]bool{}, saved: map[int]int64{}}
	for i, k := range p.kinds {
		config := rig.Config{"repl-timeout": timeout, "repl-diskless-sync": yes(p.rnd.IntN(2) == 0), "shutdown-timeout": "3", "appendonly": yes(p.aof[i]),
			"repl-diskless-load": []string{"disabled", "on-empty-db", "swapdb"}[p.rnd.IntN(3)]}
		tr.servers = append(tr.servers, rig.Start(t, k, name(i), config))
	}
	tr.book = newBook(tr)
	rig.Populate(t, tr.servers[p.root()], 20)
	for i, parent := range p.parent {
		if parent >= 0 {
			tr.book.demand(i, "it is new")
			tr.follow(i, parent)
		}
	}
	tr.traffic = rig.StartTraffic(t, tr.servers[p.root()], 3, seed)
	return tr
}

func yes(on bool) string {
	if on {
		return "yes"
	}
	return "no"
}

// link returns the proxy through which a node reaches a master.
func (tr *tree) link(node, master int) *rig.Proxy {
	key := [2]int{node, master}
	if tr.links[key] == nil {
		tr.links[key] = rig.NewProxy(tr.t, tr.servers[master])
	}
	return tr.links[key]
}

// up is the link of a node to its master.
func (tr *tree) up(node int) *rig.Proxy { return tr.link(node, tr.plan.parent[node]) }

// position is where a node stands.
type position struct {
	id string
	at int64
}

// follow makes a node follow another and returns where it was at that moment.
func (tr *tree) follow(node, master int) position {
	s := tr.servers[node]
	var info *redis.StringCmd
	_, err := s.TxPipelined(context.Background(), func(p redis.Pipeliner) error {
		info = p.Info(context.Background(), "replication")
		p.SlaveOf(context.Background(), "127.0.0.1", fmt.Sprint(tr.link(node, master).Port))
		return nil
	})
	if err != nil {
		tr.t.Fatalf("%s: REPLICAOF: %v", s.Name, err)
	}
	return parse(info.Val())
}

func parse(info string) position {
	field := func(name string) string {
		_, rest, _ := strings.Cut(info, name+":")
		v, _, _ := strings.Cut(rest, "\r\n")
		return v
	}
	at, _ := strconv.ParseInt(field("master_repl_offset"), 10, 64)
	return position{field("master_replid"), at}
}

// byPort returns the server on a port.
func (tr *tree) byPort(line string, port int) int {
	for i, s := range tr.servers {
		if s.Port == port {
			return i
		}
	}
	tr.t.Fatalf("a replica on port %d, which nobody has: %s", port, line)
	return -1
}

// do carries out a step.
func (tr *tree) do(s step) {
	server := tr.servers[s.node]
	switch s.do {
	case cut:
		tr.up(s.node).Cut()
	case halfOpen:
		tr.up(s.node).HalfOpen()
	case swallow:
		tr.up(s.node).Swallow()
	case refuse:
		tr.up(s.node).Refuse(true)
		tr.up(s.node).Cut()
	case delay:
		tr.up(s.node).Delay(20 * time.Millisecond)
	case throttle:
		tr.up(s.node).Throttle(8 << 10)
	case freeze:
		tr.frozen[s.node] = true
		server.Signal(syscall.SIGSTOP)
	case sleep:
		go server.Do(context.Background(), "DEBUG", "SLEEP", 1)
	case kill:
		tr.kill(s.node, s.saved)
	case shutdown:
		tr.shutdown(s.node)
	case move:
		seen := tr.servers[s.to].Counter("master_repl_offset")
		if was := tr.follow(s.node, s.to); was.at > seen {
			tr.book.ahead[s.node] = fmt.Sprintf("it was at %d, its new master at %d", was.at, seen)
		}
	case failover, swap, split:
		tr.changeRoles(s)
	case handover:
		tr.handover(s)
	case outrun:
		tr.outrun(s.node)
	default:
		panic("BUG: unknown fault " + string(s.do))
	}
}

// kill ends a process without a word, with an RDB file of a moment before or without any.
func (tr *tree) kill(node int, saved bool) {
	tr.end(node, saved)
	switch {
	case !saved:
		// A replica may have received a file meanwhile, which would serve as well.
		tr.book.demand(node, "it was killed without a file")
	case tr.plan.aof[node]:
		tr.book.demand(node, fromAOF)
	}
	if node == tr.plan.root() {
		tr.demandOfAll("the master lost what it had not saved")
	}
}

func (tr *tree) end(node int, saved bool) {
	s := tr.servers[node]
	if saved {
		tr.save(node)
	} else if err := os.Remove(filepath.Join(s.Dir, "dump.rdb")); err != nil && !os.IsNotExist(err) {
		tr.t.Fatal(err)
	}
	s.Signal(syscall.SIGKILL)
	s.WaitExit()
	tr.down(node)
}

func (tr *tree) demandOfAll(why string) {
	for n := range tr.servers {
		tr.book.demand(n, why)
	}
}

func (tr *tree) down(node int) {
	tr.dead[node] = true
	tr.book.restarted[node] = true
}

// save makes an RDB file of now, and notes an offset that is not before the file's.
func (tr *tree) save(node int) {
	s := tr.servers[node]
	last := s.Must("LASTSAVE").(int64)
	rig.Until(tr.t, 10*time.Second, func() error { // LASTSAVE counts seconds
		if now := time.Now().Unix(); now <= last {
			return fmt.Errorf("it is %d, last save was at %d", now, last)
		}
		return nil
	})
	rig.Until(tr.t, 20*time.Second, func() error { return s.Do(context.Background(), "BGSAVE").Err() })
	rig.Until(tr.t, 20*time.Second, func() error {
		if now := s.Must("LASTSAVE").(int64); now <= last {
			return fmt.Errorf("last save was at %d", now)
		}
		return nil
	})
	tr.saved[node] = s.Counter("master_repl_offset")
}

func (tr *tree) shutdown(node int) {
	s := tr.servers[node]
	s.Shutdown("SAVE")
	tr.down(node)
	switch {
	case !tr.plan.aof[node]:
	case node == tr.plan.root():
		tr.demandOfAll("the master begins a new history: " + fromAOF)
	default:
		tr.book.demand(node, fromAOF)
	}
}

const fromAOF = "it starts from its append-only file, which tells of no history"

// outrun writes more than the backlog of a node's master holds while the node cannot reach it.
func (tr *tree) outrun(node int) {
	master := tr.plan.parent[node]
	tr.up(node).Refuse(true)
	tr.up(node).Cut()
	tr.sizes[master] = true
	tr.servers[master].Must("CONFIG", "SET", "repl-backlog-size", 16<<10)
	root := tr.servers[tr.plan.root()]
	big := strings.Repeat("x", 64<<10)
	for i := range 40 {
		root.Must("SET", fmt.Sprint("big:", i%4), big)
	}
	tr.waitFor(tr.servers[master], root.Counter("master_repl_offset"))
	tr.book.demand(node, "the backlog was outrun")
}

// changeRoles makes a replica of the root the new root.
func (tr *tree) changeRoles(s step) {
	heir, old := tr.servers[s.node], s.to
	switch s.do {
	case failover:
		tr.end(old, s.saved)
	case swap:
		tr.traffic.Pause()
		tr.waitFor(heir, tr.servers[old].Counter("master_repl_offset"))
	}
	oldID := heir.Info("replication")["master_replid"]
	heir.Must("REPLICAOF", "NO", "ONE")
	if s.do == split {
		time.Sleep(s.pause) // the old master goes on writing
	}
	tr.succeed(s, oldID)
}

// handover makes the root give its role to a replica, with FAILOVER: the traffic goes on and is held by the root meanwhile. The
// others are given the new root afterwards.
func (tr *tree) handover(s step) {
	heir, old := tr.servers[s.node], tr.servers[s.to]
	oldID := old.Info("replication")["master_replid"]
	rig.Until(tr.t, 20*time.Second, func() error { // the replica may not be online, or lag
		return old.Do(context.Background(), "FAILOVER", "TO", "127.0.0.1", heir.Port, "TIMEOUT", 10000).Err()
	})
	rig.Until(tr.t, 20*time.Second, func() error {
		if info := old.Info("replication"); info["master_failover_state"] != "no-failover" || info["role"] != "slave" {
			return fmt.Errorf("%s: role:%s master_failover_state:%s", old.Name, info["role"], info["master_failover_state"])
		}
		return nil
	})
	tr.succeed(s, oldID)
}

// succeed leads the traffic and the nodes that followed the old root to the new one.
func (tr *tree) succeed(s step, oldID string) {
	heir := tr.servers[s.node]
	info := heir.Info("replication")
	end, _ := strconv.ParseInt(info["second_repl_offset"], 10, 64)
	tr.traffic.To(heir)
	tr.traffic.Resume()
	for _, n := range s.heirs {
		tr.rehang(n, s, head{oldID, info["master_replid"], end - 1})
	}
}

// rehang gives a node that followed the old root, or was it, the new one.
func (tr *tree) rehang(n int, s step, left head) {
	switch {
	case !tr.dead[n]:
		if was := tr.follow(n, s.node); was.id != left.newID && (was.id != left.oldID || was.at > left.end) {
			tr.book.demand(n, fmt.Sprintf("it was at %.8s:%d, the new master left that history at %d", was.id, was.at, left.end))
		}
	case !s.saved:
		tr.book.demand(n, "it was killed without a file")
	case tr.plan.aof[n]:
		tr.book.demand(n, fromAOF)
	case tr.saved[n] > left.end:
		tr.book.demand(n, "its file is beyond what the new master has")
	}
}

// waitFor waits until a server has all before an offset.
func (tr *tree) waitFor(s *rig.Server, offset int64) {
	rig.Until(tr.t, 30*time.Second, func() error {
		if at := s.Counter("master_repl_offset"); at < offset {
			return fmt.Errorf("%s is at %d of %d", s.Name, at, offset)
		}
		return nil
	})
}

// heal ends all faults and starts what is dead.
func (tr *tree) heal() {
	for _, l := range tr.links {
		l.Heal()
	}
	for n := range tr.frozen {
		tr.servers[n].Signal(syscall.SIGCONT)
	}
	for n := range tr.sizes {
		tr.servers[n].Must("CONFIG", "SET", "repl-backlog-size", 64<<20)
	}
	for n := range tr.dead {
		tr.book.read(n)
		tr.book.logs[n].restarted()
		master := ""
		if p := tr.plan.parent[n]; p >= 0 {
			master = fmt.Sprintf("127.0.0.1 %d", tr.link(n, p).Port)
		}
		tr.servers[n].Restart(rig.Config{"replicaof": master})
	}
	clear(tr.frozen)
	clear(tr.sizes)
	clear(tr.dead)
}
