package repl

import (
	"slices"
	"time"
)

// newlineEvery is how often a waiting replica, and a master whose replica is loading, get a newline.
const newlineEvery = time.Second

// OutputLimit is client-output-buffer-limit for replicas, in bytes; 0 means no limit.
type OutputLimit struct {
	Hard, Soft int64
	SoftFor    time.Duration
}

// MasterConfig is what the configuration says about replicas.
type MasterConfig struct {
	PingPeriod          time.Duration // repl-ping-replica-period
	Timeout             time.Duration // repl-timeout
	BacklogTTL          time.Duration // repl-backlog-ttl; 0: the backlog is never freed
	Diskless            bool          // repl-diskless-sync
	DisklessDelay       time.Duration // repl-diskless-sync-delay
	DisklessMaxReplicas int           // repl-diskless-sync-max-replicas; 0: no such limit
	Output              OutputLimit
	MinReplicas         int           // min-replicas-to-write; 0: off
	MaxLag              time.Duration // min-replicas-max-lag; 0: off
	LagOfData           bool          // MaxLag bounds also how far behind in time the data of a good replica is (B3)
}

// Env is what a Tick has to know about the rest of the server.
type Env struct {
	// Rewriting: an AOF rewrite is active.
	Rewriting bool
	// Paused: CLIENT PAUSE, or a failover, has stopped writes. Then no GETACK goes into the stream, so that the replicas' offsets can
	// become equal to ours, and PING only as often as keeps the link: a replica gives up a master that is silent for repl-timeout.
	// No replica is timed out (R26).
	Paused bool
	// HandingOver: the pause is that of a failover, which waits for equal offsets. There is no PING at all.
	HandingOver bool
}

// pingDue reports whether a PING has to go into the stream.
func (m *Master) pingDue(env Env, now time.Time) bool {
	period := m.cfg.PingPeriod
	switch {
	case env.HandingOver:
		return false
	case env.Paused:
		period = max(period, m.cfg.Timeout/2)
	}
	return now.Sub(m.pinged) >= period
}

// Master decides what a node does about its replicas. A replica with sub-replicas has one too: they are fed from its
// stream, but it adds nothing of its own to that.
type Master struct {
	cfg       MasterConfig
	stream    *Stream
	feeds     []*Feed
	snapshots []*Snapshot
	isReplica bool

	pinged    time.Time // when the last PING went into the stream, or the first could have
	emptyFrom time.Time // since when there is no replica, or a master without replicas was promoted
	getAck    bool
	marks     Marks // when the stream was how long

	// Counters are INFO's.
	Counters SyncCounters

	actions []Action // reused by each Tick
	limited []Action // reused by each CheckLimits
}

// NewMaster returns a master without replicas.
func NewMaster(cfg MasterConfig, s *Stream, now time.Time) *Master {
	return &Master{cfg: cfg, stream: s, emptyFrom: now}
}

// Configure takes a new configuration, from now on.
func (m *Master) Configure(cfg MasterConfig) { m.cfg = cfg }

// Feeds returns the replicas in the order in which they came. The caller must not keep or change the slice.
func (m *Master) Feeds() []*Feed { return m.feeds }

// Role says whether the node is itself a replica. A promotion starts the time that the backlog may live without
// replicas anew (R10).
func (m *Master) Role(isReplica bool, now time.Time) {
	if m.isReplica && !isReplica {
		m.emptyFrom = now
		m.pinged = now
	}
	m.isReplica = isReplica
}

// Sync takes a replica's PSYNC or SYNC. Whether the node may answer at all (it is loading, its own link is down, it is
// failing over) was decided before. When the verdict is partial the replica is online and its cursor stands at the
// first byte to send; else it waits, and the next Tick decides about its snapshot: call one right away.
// fresh is used when this is the first replica and a backlog has to be opened.
func (m *Master) Sync(f *Feed, req Request, fresh ID, now time.Time) Verdict {
	if f.state != FeedIdle {
		panic("BUG: a replica asks twice")
	}
	f.verdict = m.stream.Judge(req)
	f.verdict.Count(&m.Counters)
	f.AskedAt, f.ackedAt = now, now
	if len(m.feeds) == 0 {
		m.pinged = now
	}
	m.feeds = append(m.feeds, f)
	if f.verdict.Partial {
		f.cursor, _ = m.stream.Attach(f.verdict.From)
		f.acked = f.verdict.From
		f.becomeOnline(now)
		return f.verdict
	}
	m.stream.Start(fresh)
	f.state = FeedWaitSnapshot
	f.newline = now.Add(newlineEvery)
	return f.verdict
}

// Remove forgets a replica whose connection is closed. No write of its cursor's bytes may be under way.
func (m *Master) Remove(f *Feed, now time.Time) {
	i := slices.Index(m.feeds, f)
	if i < 0 {
		return
	}
	m.feeds = slices.Delete(m.feeds, i, i+1)
	f.state = FeedGone
	if s := f.snapshot; s != nil {
		s.Feeds = slices.DeleteFunc(slices.Clone(s.Feeds), func(g *Feed) bool { return g == f })
	}
	if f.cursor != nil {
		f.cursor.Close()
	}
	if len(m.feeds) == 0 {
		m.emptyFrom = now
	}
}

// Tick does what is due: snapshots for those that wait, PINGs, newlines, timeouts, limits, the end of an unused backlog.
// The returned slice is valid until the next Tick; all other methods may be called meanwhile.
func (m *Master) Tick(env Env, now time.Time) []Action {
	clear(m.actions)
	m.actions = m.actions[:0]
	m.trimMarks(now)
	for _, f := range m.feeds {
		m.tend(f, env, now)
	}
	m.release() // first: what nobody waits for any more is not joined by who comes back
	m.plan(env, now)
	if m.getAck && !env.Paused {
		m.getAck = false
		m.do(Action{Kind: ActGetAck})
	}
	if len(m.feeds) > 0 && !m.isReplica && m.pingDue(env, now) {
		m.pinged = now
		m.do(Action{Kind: ActPing})
	}
	if len(m.feeds) == 0 && !m.isReplica && m.cfg.BacklogTTL > 0 && m.stream.Active() && now.Sub(m.emptyFrom) > m.cfg.BacklogTTL {
		m.do(Action{Kind: ActFreeBacklog})
	}
	return m.actions
}

// tend looks after one replica.
func (m *Master) tend(f *Feed, env Env, now time.Time) {
	switch f.state {
	case FeedWaitSnapshot, FeedWaitFile:
		if !now.Before(f.newline) {
			f.newline = now.Add(newlineEvery)
			m.do(Action{Kind: ActNewline, Feed: f})
		}
	case FeedSendBulk:
		// However long a transfer takes, each byte that the replica accepts shows that it lives (R25).
		if now.Sub(f.lastIO) > m.cfg.Timeout {
			f.doomed = DropStuck
		}
	case FeedOnline:
		if !f.Old && !env.Paused && now.Sub(f.ackedAt) > m.cfg.Timeout {
			f.doomed = DropSilent
		}
	default:
		panic("BUG: feed in the list is " + f.state.String())
	}
	m.actions = m.weed(m.actions, f, now)
}

// weed asks for a replica to be disconnected if it is doomed, or too much is held for it. It is asked once; the replica
// stays in the list until the caller removes it, so that its cursor is not closed under a write.
func (m *Master) weed(actions []Action, f *Feed, now time.Time) []Action {
	if f.overLimit(m.cfg.Output, m.stream.log.Size(), now) {
		f.doomed = DropOutputLimit
	}
	if f.doomed != DropNone && !f.dropped {
		f.dropped = true
		actions = append(actions, Action{Kind: ActDrop, Feed: f, Drop: f.doomed})
	}
	return actions
}

// CheckLimits drops replicas for which too much is held. Call it when much was written since the last Tick: between two
// Ticks a limit can be overrun by as much as is written. The returned slice is valid until the next CheckLimits; it may
// be called while the actions of a Tick are carried out.
func (m *Master) CheckLimits(now time.Time) []Action {
	clear(m.limited)
	m.limited = m.limited[:0]
	for _, f := range m.feeds {
		m.limited = m.weed(m.limited, f, now)
	}
	return m.limited
}

// Acknowledged returns how many replicas have applied all before offset: the answer to WAIT.
func (m *Master) Acknowledged(offset Offset) int {
	n := 0
	for _, f := range m.feeds {
		if f.state == FeedOnline && f.acked >= offset {
			n++
		}
	}
	return n
}

// Synced returns how many replicas have all before offset on disk: the answer to WAITAOF.
func (m *Master) Synced(offset Offset) int {
	n := 0
	for _, f := range m.feeds {
		if f.state == FeedOnline && f.synced >= offset {
			n++
		}
	}
	return n
}

// RequestAck makes the next Tick ask all replicas for an acknowledgement: once, however many clients wait.
func (m *Master) RequestAck() { m.getAck = len(m.feeds) > 0 && !m.isReplica }

// Good returns how many replicas are online and were heard of within min-replicas-max-lag; with LagOfData they must also be
// no further behind than that.
func (m *Master) Good(now time.Time) int {
	n := 0
	for _, f := range m.feeds {
		if f.state == FeedOnline && f.LagTime(now) <= m.cfg.MaxLag && (!m.cfg.LagOfData || m.Lag(f, now) <= m.cfg.MaxLag) {
			n++
		}
	}
	return n
}

// MayWrite says whether enough good replicas are there for a write, by min-replicas-to-write.
func (m *Master) MayWrite(now time.Time) bool {
	return m.cfg.MinReplicas <= 0 || m.cfg.MaxLag <= 0 || m.Good(now) >= m.cfg.MinReplicas
}

func (m *Master) do(a Action) { m.actions = append(m.actions, a) }
