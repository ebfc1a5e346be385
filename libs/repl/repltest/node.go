package repltest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
)

// Config is what a node's configuration file says.
type Config struct {
	Backlog int64
	Master  repl.MasterConfig
	// SwapDB keeps the old data until a snapshot is loaded; else Direct loads from the connection, and a file is
	// received whole first.
	SwapDB, Direct bool
	// NoEOF is a replica that takes only snapshots of known length.
	NoEOF bool
	// ReadRate is how many bytes a second of the stream it reads; 0: as they come.
	ReadRate int
	// SnapshotFails is how many in a hundred snapshots fail.
	SnapshotFails int
}

func defaultConfig() Config {
	return Config{
		Backlog: 64 << 10,
		Master: repl.MasterConfig{
			PingPeriod: time.Second, Timeout: 5 * time.Second, BacklogTTL: time.Hour,
			MaxLag: 10 * time.Second,
		},
	}
}

// tickEvery is how often a node looks at its clock.
const tickEvery = 100 * time.Millisecond

// Node is a machine: what it keeps when its process ends.
type Node struct {
	w     *World
	index int
	name  string
	cfg   Config
	disk  *savedFile // its RDB; nil: none
	life  *life      // its process; nil: down
	conns map[*conn]bool
	block int64 // size of the largest block that its backlog ever had
}

// savedFile is an RDB file.
type savedFile struct {
	data  *store
	saved repl.Saved
	valid bool // saved is set
}

// life is one run of a node's process.
type life struct {
	n      *Node
	w      *World
	stream *repl.Stream
	master *repl.Master
	link   *repl.Link
	data   *store
	db     int // of the commands that are applied
	feeds  map[*repl.Feed]*feedConn
	views  map[*repl.Snapshot]*view
	mconn  *conn
	dead   bool
	book   book // the oracle's

	environment repl.Env
	failover    repl.Failover
	heir        *life     // who is asked to take over, as far as it surely has all; nil: nobody
	stalled     time.Time // until when the process does nothing
}

// AddNode adds a node that is down.
func (w *World) AddNode(name string) *Node {
	n := &Node{w: w, index: len(w.nodes), name: name, cfg: defaultConfig(), conns: map[*conn]bool{}}
	w.nodes = append(w.nodes, n)
	return n
}

func (w *World) node(name string) *Node {
	i := slices.IndexFunc(w.nodes, func(n *Node) bool { return n.name == name })
	if i < 0 {
		return nil
	}
	return w.nodes[i]
}

func (n *Node) addr() repl.Addr { return repl.Addr{Host: n.name, Port: 6379} }

// openConns returns the node's connections in the order in which they were made: maps must not bring chance in.
func (n *Node) openConns() []*conn {
	return slices.SortedFunc(maps.Keys(n.conns), func(a, b *conn) int { return cmp.Compare(a.serial, b.serial) })
}

// Start starts the process, as a replica of master or, when that is nil, as a master, with what the disk holds.
func (n *Node) Start(master *Node) {
	w := n.w
	l := &life{n: n, w: w, data: newStore(), feeds: map[*repl.Feed]*feedConn{}, views: map[*repl.Snapshot]*view{}}
	n.life = l
	l.stream = repl.NewStream(w.freshID(), n.cfg.Backlog)
	l.master = repl.NewMaster(n.cfg.Master, l.stream, w.now)
	l.link = repl.NewLink(l.stream, n.cfg.Master.Timeout)
	if f := n.disk; f != nil {
		l.data = f.data.clone()
		if f.valid && master != nil {
			l.w.reach("restart as replica with history")
			l.stream.RestoreReplica(f.saved)
			l.db = f.saved.DB
		} else if f.valid {
			l.w.reach("restart as master with history")
			l.stream.RestoreMaster(w.freshID(), f.saved)
		}
	}
	w.oracle.begin(l)
	if n.disk != nil && n.disk.valid && master == nil {
		l.book.names[n.disk.saved.ID] = n.disk.saved.Offset
	}
	if master != nil {
		l.master.Role(true, w.now)
		actions, _ := l.link.Follow(master.addr(), w.now)
		l.do(actions)
	}
	l.note()
	l.tick()
}

// Stop ends the process. What it had not saved is gone. When tell is false its peers do not notice.
func (n *Node) Stop(tell bool) {
	if n.life == nil {
		return
	}
	n.life.dead = true
	n.life = nil
	for _, c := range n.openConns() {
		if tell {
			c.reset(true, true)
		} else {
			c.reset(true, false)
		}
		c.Close()
	}
}

// stall keeps the process from doing anything for d. What is sent to it waits.
func (n *Node) stall(d time.Duration) {
	if n.life != nil {
		n.life.stalled = n.w.now.Add(d)
		n.w.reach("stall")
	}
}

// stalls returns for how long the process still does nothing.
func (l *life) stalls() time.Duration {
	if l.dead {
		return 0
	}
	return max(l.stalled.Sub(l.w.now), 0)
}

// env changes what else goes on in the process.
func (n *Node) env(change func(*repl.Env)) {
	if n.life != nil {
		change(&n.life.environment)
	}
}

// rename is DEBUG CHANGE-REPL-ID on a master, and CLIENT KILL TYPE replica, so that the replicas learn it.
func (n *Node) rename() {
	if l := n.life; l != nil && l.stalls() == 0 && l.link.State() == repl.LinkNone {
		l.stream.Rename(n.w.freshID())
		l.book.rename(l.stream.ID())
		l.note()
		l.dropFeeds()
	}
}

// takesWrites says whether a client can write to the node.
func (n *Node) takesWrites() bool {
	l := n.life
	return l != nil && l.link.State() == repl.LinkNone && l.stalls() == 0 && !l.environment.Paused && l.failover.State() == repl.FailoverNone
}

// tick is the node's cron.
func (l *life) tick() {
	if l.dead {
		return
	}
	if d := l.stalls(); d > 0 {
		l.w.after(d, l.tick)
		return
	}
	l.tend()
	l.do(l.link.Tick(l.w.now))
	l.tickHandover()
	l.w.after(tickEvery, l.tick)
}

// tend carries out what is due for the replicas.
func (l *life) tend() {
	env := l.environment
	env.Paused = env.Paused || l.failover.State() != repl.FailoverNone
	l.do(l.master.Tick(env, l.w.now))
}

// do carries out actions.
func (l *life) do(actions []repl.Action) {
	for _, a := range actions {
		switch a.Kind {
		case repl.ActPing:
			l.emit([]byte(wire.Ping))
		case repl.ActGetAck:
			l.emit([]byte(wire.GetAck))
		case repl.ActNewline:
			l.feeds[a.Feed].conn.post([]byte("\n"))
		case repl.ActSnapshot:
			l.takeSnapshot(a.Snapshot)
		case repl.ActJoin:
			l.join(a.Feed, a.Snapshot)
		case repl.ActRelease:
			delete(l.views, a.Snapshot)
		case repl.ActDrop:
			l.w.reach("drop: " + a.Drop.String())
			l.w.logf("%s: %v: %s", l.n.name, a.Drop, a.Feed.Name)
			l.dropFeed(a.Feed)
		case repl.ActFreeBacklog:
			l.w.reach("backlog freed")
			l.stream.FreeBacklog(l.w.freshID())
			l.w.logf("%s: backlog freed", l.n.name)
			l.note()
		case repl.ActDial:
			l.dial(l.w.node(a.Addr.Host), a.Connection)
		case repl.ActHangUp:
			if l.mconn != nil {
				l.mconn.Close()
				l.mconn = nil
			}
		case repl.ActAck:
			l.mconn.post(wire.AppendAck(nil, l.stream.Offset()))
		case repl.ActPingMaster:
			l.mconn.post([]byte("\n"))
		case repl.ActLinkUp:
			l.w.logf("%s: link up at %s:%d", l.n.name, l.w.idName(l.stream.ID()), l.stream.Offset())
		case repl.ActLinkDown:
			l.w.logf("%s: link down", l.n.name)
		case repl.ActReceive:
		case repl.ActDropReplicas:
			if len(l.feeds) > 0 {
				l.w.reach("sub-replicas disconnected")
			}
			l.dropFeeds()
		default:
			panic("BUG: unknown action " + a.String())
		}
	}
}

// note tells the oracle that the data or the history may have changed.
func (l *life) note() {
	if !l.dead {
		l.w.oracle.note(l)
	}
}

// describe returns a line about the node for scripts.
func (n *Node) describe() string {
	l := n.life
	if l == nil {
		return n.name + ": down"
	}
	h := l.stream.History()
	s := n.name + ": master"
	if l.link.State() != repl.LinkNone {
		s = fmt.Sprintf("%s: replica of %s, %v", n.name, l.link.Master().Host, l.link.State())
	}
	s += fmt.Sprintf(", %s:%d", n.w.idName(h.ID), h.Offset)
	for _, p := range h.Past {
		s += fmt.Sprintf(", past %s:%d", n.w.idName(p.ID), p.End)
	}
	if w := l.stream.Window(); w.Active {
		s += fmt.Sprintf(", backlog %d-%d", w.Start, w.End)
	}
	for _, f := range l.master.Feeds() {
		at, _ := f.Acked()
		s += fmt.Sprintf(", %s %v %d", f.Name, f.State(), at)
	}
	return s + ", " + strconv.Itoa(len(l.data.kv)) + " keys"
}

// Save is BGSAVE: the file is there after d, if the process still is.
func (n *Node) Save(d time.Duration) {
	l := n.life
	if l == nil || l.link.Loading() || l.stalls() > 0 {
		return
	}
	f := &savedFile{data: l.data.clone()}
	f.saved, f.valid = l.saved()
	n.w.after(d, func() {
		if !l.dead {
			n.disk = f
		}
	})
}

// saved is what an RDB of this moment says; the fields take the way that they take in a file.
func (l *life) saved() (repl.Saved, bool) {
	v, ok := l.stream.Saved()
	if !ok {
		return v, false
	}
	var r repl.SavedReader
	for _, f := range v.Aux() {
		if _, err := r.Field(f.Key, f.Value); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	return r.Saved()
}
