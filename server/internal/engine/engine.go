package engine

import (
	"log/slog"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/journal"
	"github.com/lockstep-db/lockstep/server/internal/session"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Engine is the server's single writer. All methods but Post run on its thread.
type Engine struct {
	cfg    *config.Config
	store  *store.Store
	table  *command.Table
	log    *slog.Logger
	loop   *loop.Loop
	acl    *acl.List
	asides chan struct{} // one for each that runs

	Journal *journal.Journal
	Stats   Stats
	Events  event.Stream // what happens to the server as a whole
	SlowLog SlowLog
	Latency LatencyMonitor
	repl    Replication
	persist Persistence

	ctx command.Ctx      // of the running command
	cur *session.Session // whose command runs, nil between commands

	ahead [warmAhead][]byte // keys of requests to come; see warm

	clients clientList
	nextID  int64
	watched map[dbKey]map[*session.Session]*session.WatchedKey
	ownKeys map[dbKey]struct{} // volatile keys that a replica's own clients wrote
	blocked blocking
	pause   pauseState
	timers  timers

	clock clock

	// role is true while we follow a master; loading while a data set is being read.
	replica bool
	loading loadState
	// inExec is set while EXEC, a script or an unblocked command runs: effects are settled once at its end.
	inExec    bool
	holding   bool   // replies of commands that change data wait for the append-only file
	waiting   []held // in the order in which they wrote
	breathing int    // depth of Breathe
	script    scriptState
	debugged  *session.Session   // whose script is debugged on the data itself
	halted    []*session.Session // are not read from until that is over
	// overMemory says that memory was over maxmemory when the running command was let in; scripts ask before their writes.
	overMemory   bool
	errorCounted bool   // the error that the running command replies with is in Stats already
	masterRaw    []byte // bytes of the master's transaction that is still open (R6)

	subs     Subscribers
	notify   command.NotifyClass // keyspace events that are configured
	tracking bool
	monitors monitors

	clientMem clientEviction
	peaks     bufferPeaks
	evict     eviction
	purge     purge

	onTurn     []func(now int64)
	onCron     []func(now int64)
	memory     []func() int64
	notCounted []func() int64
	replMemory func() (backlog, total int64)
	migrate    func() int

	backlog      []*session.Session // have requests to run after the current command
	heldMaster   *session.Session   // our master's session, whose stream waits for a slow script
	resumeSoon   bool               // a pause ended within a command
	serving      bool               // blocked clients are being served
	served       dbKey              // because of this key
	activeExpire bool
	cronPaused   bool

	nextCron, lastSample int64
	cronAt               *session.Session // where clientsCron goes on
	netBase              loop.Stats       // the loop's counts at the last CONFIG RESETSTAT
	onTimeout            func(*session.Session, *session.BlockState)
	onFatal              func(why string)
	saidUnsaved          int64 // Unix ms of the last line about commands that are applied but cannot be written
}

// New makes an engine. SetTable and Attach complete it before it runs: commands and loop need the engine themselves.
func New(d Deps) *Engine {
	e := &Engine{
		cfg: d.Config, store: d.Store, log: d.Log,
		asides:  make(chan struct{}, asides),
		Journal: journal.New(), repl: noReplication{}, persist: noPersistence{},
		watched: map[dbKey]map[*session.Session]*session.WatchedKey{}, ownKeys: map[dbKey]struct{}{}, activeExpire: true,
	}
	e.blocked.init()
	e.clock.resync(time.Now())
	e.ctx.Store = d.Store
	e.ctx.Hooks = e
	e.ctx.TooMuch = e.tooMuch
	e.initExpiry()
	return e
}

// SetTable gives the engine its commands.
func (e *Engine) SetTable(t *command.Table) {
	e.table = t
	e.Stats.init(len(t.Specs()))
}

// SetACL gives the engine its users; it is called before the first session is made.
func (e *Engine) SetACL(l *acl.List) { e.acl = l }

// Attach sets the event loop. The loop's handler is the engine itself.
func (e *Engine) Attach(l *loop.Loop) { e.loop = l }

// SetReplication and SetPersistence connect the drivers.
func (e *Engine) SetReplication(r Replication) { e.repl = r }
func (e *Engine) SetPersistence(p Persistence) { e.persist = p }

// SetSubscribers connects pub/sub.
func (e *Engine) SetSubscribers(s Subscribers) { e.subs = s }

// SetWaitTimeout sets what happens when the deadline of a client parked for WAIT comes.
func (e *Engine) SetWaitTimeout(f func(*session.Session, *session.BlockState)) { e.onTimeout = f }

// OnFatal sets how the process ends when it must not go on.
func (e *Engine) OnFatal(f func(why string)) { e.onFatal = f }

// Fatal ends the process: to go on would do harm, and the configuration wants it so.
func (e *Engine) Fatal(why string) { e.onFatal(why) }

// OnTurn and OnCron register functions of drivers that need to run every turn, or hz times a second.
func (e *Engine) OnTurn(f func(now int64)) { e.onTurn = append(e.onTurn, f) }
func (e *Engine) OnCron(f func(now int64)) { e.onCron = append(e.onCron, f) }

// Loop, Config, Store, Table and Log give drivers and command families what the engine was built with.
func (e *Engine) Loop() *loop.Loop          { return e.loop }
func (e *Engine) Config() *config.Config    { return e.cfg }
func (e *Engine) Store() *store.Store       { return e.store }
func (e *Engine) Table() *command.Table     { return e.table }
func (e *Engine) Log() *slog.Logger         { return e.log }
func (e *Engine) Current() *session.Session { return e.cur }

// Post runs fn on the engine's thread soon. It may be called from any goroutine.
func (e *Engine) Post(fn func()) { e.loop.Post(fn) }

// Do runs fn on the engine's thread and waits for it. It must not be called from that thread.
func (e *Engine) Do(fn func()) {
	done := make(chan struct{})
	e.loop.Post(func() { defer close(done); fn() })
	<-done
}

// Now is the engine's Unix time in milliseconds: of the running command, or of the turn.
func (e *Engine) Now() int64 { return e.clock.ms }

// Replica reports whether the node follows a master.
func (e *Engine) Replica() bool { return e.replica }

// SetReplica changes the role as the command path and expiry see it. Turning into a replica unblocks clients (R38).
func (e *Engine) SetReplica(on bool) {
	if on && !e.replica {
		e.unblockAll("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
	}
	e.replica = on
	e.setExpireMode()
}

// setExpireMode: a replica hides expired keys until its master's DEL, and so does a paused master, whose offset must not move.
func (e *Engine) setExpireMode() {
	if e.replica || e.Paused() {
		e.store.SetMode(store.ExpireHide)
	} else {
		e.store.SetMode(store.ExpireDelete)
	}
}
