// Package replication is ring 3 of replication (decision 0004): it owns goroutines, files and connections, and carries out
// what libs/repl decides. Everything here runs on the engine's thread but for the goroutines that dial a master, receive its
// snapshot or send one; those come back with Post.
//
//	commands/repl --> Driver --> repl.Master, repl.Link (decisions) --> actions --> Driver.do
//
//	as a master   serve.go     REPLCONF, PSYNC, acknowledgements, WAIT
//	              fullsync.go  snapshots and how they are sent
//	as a replica  role.go      REPLICAOF, promotion and demotion
//	              follow.go    dialling, handshake, the stream
//	              receive.go   a snapshot from the master
//	              load.go      and how it becomes the data
//	              guard.go     which snapshot is not taken
//	both          restore.go   the state that is kept in files
//	              info.go      INFO replication, ROLE
//	              reports.go   why and how long: each synchronisation in log, INFO and REPLICATION HISTORY
//	              events.go    what is published to the rest of the server
//	              failover.go  FAILOVER: the roles of a master and a replica exchanged
package replication

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/config"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Driver is the replication of one server. It implements engine.Replication.
type Driver struct {
	e    *engine.Engine
	p    *persist.Driver
	cfg  *config.Config
	log  *slog.Logger
	dial Dialer

	stream *repl.Stream
	master *repl.Master
	link   *repl.Link

	failover repl.Failover
	askSoon  bool // a hand-over has begun: ask the replicas how far they are

	replicas  map[*repl.Feed]*replica
	snapshots map[*repl.Snapshot]*snapshot
	unwanted  map[*snapshot]struct{} // files that are still written although no replica waits for them any more
	settling  map[*snapshot]struct{} // sent without a file, to replicas of which one was lost and another has yet to say that it has all
	kicked    repl.Offset            // up to which replicas were told of new bytes
	waiters   []*session.Session
	journaled bool // the journal writes to the stream
	seeded    bool // by keys that expired before the start

	follow   *following // the connection to the master, nil when there is none
	left     uint64     // the link's number of the connection that Leave closed, 0 for none
	masterDB int        // what the master's stream has selected at our offset
	ackSoon  bool       // GETACK came: acknowledge when it is applied
	retry    *time.Timer
	files    int // temporary files made, for their names
	loading  *loading
	loadPace persist.Pace // key-load-delay

	reports   reporting
	toldRole  event.Role
	guard     guard
	syncAsked bool    // the master has asked: tell it when what we applied is on disk
	posID     repl.ID // of position
	posText   string

	freeMemory func() int64 // see SetFreeMemory
}

// New makes the driver of an engine and connects it.
func New(e *engine.Engine, p *persist.Driver, dial Dialer) *Driver {
	d := &Driver{e: e, p: p, cfg: e.Config(), log: e.Log(), dial: dial,
		replicas: map[*repl.Feed]*replica{}, snapshots: map[*repl.Snapshot]*snapshot{}, unwanted: map[*snapshot]struct{}{}, settling: map[*snapshot]struct{}{}}
	now := time.Now()
	d.stream = repl.NewStream(freshID(), d.cfg.ReplBacklogSize)
	d.master = repl.NewMaster(d.masterConfig(), d.stream, now)
	d.link = repl.NewLink(d.stream, d.timeout())
	p.ReplicationAux = d.aux
	p.Position = d.position
	p.Others = d.Snapshotting
	p.Expired = d.loadExpired
	p.Settled = d.settled
	e.SetReplication(d)
	e.SetWaitTimeout(d.waitTimeout)
	e.SetReplicationMemory(func() (backlog, total int64) {
		m := d.stream.Backlog().Memory()
		return m.Window, m.Total
	})
	e.OnMemory(func() int64 { return d.stream.Backlog().Memory().Total })
	e.OnMemory(d.loadMemory)
	d.setPace()
	// What slow replicas hold must not drive keys out; the backlog itself counts like anything else (R27).
	e.NotCounted(func() int64 { return d.stream.Backlog().Memory().Cursors })
	return d
}

func (d *Driver) isReplica() bool { return d.link.State() != repl.LinkNone }

func (d *Driver) timeout() time.Duration { return time.Duration(d.cfg.ReplTimeout) * time.Second }

func (d *Driver) masterConfig() repl.MasterConfig {
	c := d.cfg
	sec := func(n int) time.Duration { return time.Duration(n) * time.Second }
	limit := c.ClientOutputBufferLimit.Replica
	return repl.MasterConfig{
		PingPeriod: sec(c.ReplPingReplicaPeriod), Timeout: d.timeout(), BacklogTTL: sec(c.ReplBacklogTTL),
		Diskless: c.ReplDisklessSync, DisklessDelay: sec(c.ReplDisklessSyncDelay), DisklessMaxReplicas: c.ReplDisklessSyncMaxReplicas,
		Output:      repl.OutputLimit{Hard: limit.Hard, Soft: limit.Soft, SoftFor: time.Duration(limit.SoftSeconds) * time.Second},
		MinReplicas: c.MinReplicasToWrite, MaxLag: sec(c.MinReplicasMaxLag), LagOfData: c.MinReplicasLagBy == "data",
	}
}

// Configured takes over directives that CONFIG SET has changed.
func (d *Driver) Configured() {
	d.master.Configure(d.masterConfig())
	d.link.Timeout = d.timeout()
	d.setPace()
	d.guardConfigured()
	if b := d.stream.Backlog(); b.Size() != d.cfg.ReplBacklogSize {
		b.SetSize(d.cfg.ReplBacklogSize)
	}
}

// setPace takes over the directives that slow saving and loading down.
func (d *Driver) setPace() {
	d.loadPace.Set(d.cfg.KeyLoadDelay)
	d.p.SavePace.Set(d.cfg.RDBKeySaveDelay)
}

// freshID draws an ID for a history.
func freshID() repl.ID {
	var r [20]byte
	_, _ = rand.Read(r[:]) // never fails
	return repl.NewID(r)
}

// syncJournal makes effects go to the stream as long as somebody reads it and it is ours to write.
func (d *Driver) syncJournal() {
	want := d.stream.Active() && !d.isReplica()
	if want == d.journaled {
		return
	}
	d.journaled = want
	if want {
		d.e.Journal.SetReplication(d.stream)
	} else {
		d.e.Journal.SetReplication(nil)
	}
}

// Turn implements engine.Replication: replicas are told of new bytes once a turn.
func (d *Driver) Turn(int64) {
	if f := d.follow; f != nil && f.settling {
		d.catchUp(f, false)
	}
	if d.stream.Offset() == d.kicked {
		return
	}
	now := time.Now()
	d.master.NoteTime(now)
	d.kicked = d.stream.Offset()
	for _, f := range d.master.Feeds() {
		if f.Streaming() {
			d.replicas[f].kick()
		}
	}
	for s, snap := range d.snapshots {
		if snap.target == repl.TargetSocket && d.master.Close(s) {
			snap.view.Close()
		}
	}
	d.do(d.master.CheckLimits(now))
}

// Cron implements engine.Replication.
func (d *Driver) Cron(int64) {
	now := time.Now()
	d.noteProgress(now)
	if d.follow != nil {
		d.countRead(d.follow)
	}
	if d.loading != nil {
		d.p.Load.Done = d.loading.bytes.Load()
		d.tellLoading(event.Progress, nil)
	}
	d.do(d.master.Tick(d.env(), now))
	d.cronFailover(now)
	d.tickLink(now)
	d.noteOnline()
	if f := d.follow; f != nil && f.settling {
		d.catchUp(f, true)
	}
}

func (d *Driver) env() repl.Env { return repl.Env{Paused: d.e.Paused(), HandingOver: d.FailingOver()} }

// do carries out what was decided.
func (d *Driver) do(actions []repl.Action) {
	for _, a := range actions {
		switch a.Kind {
		case repl.ActPing:
			d.stream.Append([]byte(wire.Ping))
		case repl.ActGetAck:
			d.stream.Append([]byte(wire.GetAck))
		case repl.ActNewline:
			d.replicas[a.Feed].say("\n")
		case repl.ActSnapshot:
			d.takeSnapshot(a.Snapshot)
		case repl.ActJoin:
			d.join(a.Feed, a.Snapshot)
		case repl.ActRelease:
			d.release(a.Snapshot)
		case repl.ActDrop:
			d.drop(a.Feed, a.Drop)
		case repl.ActFreeBacklog:
			d.freeBacklog()
		case repl.ActDropReplicas:
			d.dropReplicas()
		default:
			d.doLink(a)
		}
	}
}

// Offset implements engine.Replication.
func (d *Driver) Offset() int64 { return int64(d.stream.Offset()) }

// LinkUp implements engine.Replication.
func (d *Driver) LinkUp() bool { return d.link.State() == repl.LinkUp }

// GoodReplicas implements engine.Replication.
func (d *Driver) GoodReplicas() int { return d.master.Good(time.Now()) }

// CommandError implements engine.Replication (R36).
func (d *Driver) CommandError(s *session.Session, args [][]byte, reply []byte) {
	from, to := "master", "replica"
	if s.Has(session.Master) {
		from, to = to, from
	}
	command := quoteArgs(args)
	d.log.Warn("== CRITICAL == This " + from + " is sending an error to its " + to + ": '" + string(trimEnd(reply)) + "' after processing the command " + command)
	d.e.Stats.UnexpectedErrors++
	// A replica that differs from its master may be better dead than wrong (propagation-error-behavior).
	if how := d.cfg.PropagationErrorBehavior; s.Has(session.Master) && d.cfg.ReplicaReadOnly && how != "ignore" {
		d.e.Fatal("This " + from + " panicked sending an error to its " + to + " after processing the command " + command)
	}
}

// quoteArgs shows the beginning of a command, bounded: it comes from outside.
func quoteArgs(args [][]byte) string {
	const most, width = 8, 64
	var b []byte
	for i, a := range args {
		if i == most {
			b = append(b, " ..."...)
			break
		}
		if i > 0 {
			b = append(b, ' ')
		}
		word := strconv.Quote(string(a[:min(len(a), width)]))
		b = append(b, "'"+word[1:len(word)-1]+"'"...)
	}
	return string(b)
}

func trimEnd(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\r' || b[len(b)-1] == '\n') {
		b = b[:len(b)-1]
	}
	return b
}

// Closed implements engine.Replication.
func (d *Driver) Closed(s *session.Session) {
	switch r := s.Repl.(type) {
	case *replica:
		d.replicaClosed(r)
	case *following:
		d.lost(r, nil)
	}
}

func (d *Driver) freeBacklog() {
	d.stream.FreeBacklog(freshID())
	d.syncJournal()
	d.log.Info("Replication backlog freed after " + time.Duration(d.cfg.ReplBacklogTTL*int(time.Second)).String() + " without connected replicas.")
}

// Leave hangs up on the master: a node that was told to end takes nothing any more, and the master need not find that out by itself while
// this one saves. Return takes it back.
func (d *Driver) Leave() {
	if d.follow != nil {
		d.left = d.follow.num
		d.hangUp()
	}
}

// Return dials the master that Leave left.
func (d *Driver) Return() {
	if d.left == 0 {
		return
	}
	now := time.Now()
	d.do(d.link.Lost(d.left, now))
	d.left = 0
	d.tickLink(now)
}

// Stop ends the link to the master and begins no other: the process is about to end.
func (d *Driver) Stop() {
	d.hangUp()
	if d.retry != nil {
		d.retry.Stop()
	}
}

// ChangeID is DEBUG CHANGE-REPL-ID.
func (d *Driver) ChangeID() { d.stream.Rename(freshID()) }

// Lag reports whether a replica has not acknowledged all of the stream: SHUTDOWN waits for those.
func (d *Driver) Lag() bool { return d.master.Acknowledged(d.stream.Offset()) < len(d.master.Feeds()) }

// AskOffsets asks all replicas how far they are. It adds to the stream, so it comes before a pause.
func (d *Driver) AskOffsets() {
	d.master.RequestAck()
	d.do(d.master.Tick(d.env(), time.Now()))
}

// LogLag says before the end of the process who has not got all.
func (d *Driver) LogLag() {
	feeds, at := d.master.Feeds(), d.stream.Offset()
	behind := 0
	for _, f := range feeds {
		acked, _ := f.Acked()
		if f.State() == repl.FeedOnline && acked >= at {
			continue
		}
		behind++
		d.log.Warn(fmt.Sprintf("Lagging replica %s reported offset %d behind master, lag=%d, state=%s.", d.replicas[f].name(), at-acked, int64(f.LagTime(time.Now()).Seconds()), f.Word()))
	}
	if len(feeds) > 0 {
		d.log.Info(fmt.Sprintf("%d of %d replicas are in sync when shutting down.", len(feeds)-behind, len(feeds)))
	}
}
