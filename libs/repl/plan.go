package repl

import (
	"slices"
	"time"
)

// Target says how a snapshot travels.
type Target uint8

// The targets of a snapshot.
const (
	TargetDisk   Target = iota // a file is written, then sent with its length
	TargetSocket               // encoded straight to the replica, ended by a mark
)

// String returns the word of log lines.
func (t Target) String() string {
	if t == TargetDisk {
		return "disk"
	}
	return "replicas sockets"
}

type snapshotState uint8

const (
	snapshotPlanned snapshotState = iota // decided, the caller has not taken it yet
	snapshotWriting                      // being written to disk
	snapshotReady                        // its bytes can be sent
	snapshotOver                         // failed, or released
)

// Snapshot is one snapshot taken for replicas. Any number may be alive at once (decision 0001).
//
//	planned --Taken--> writing (disk) --Written--> ready --last replica done--> over
//	                   ready (socket) ---------------------------^
type Snapshot struct {
	// Target is fixed when the snapshot is planned, so that turning repl-diskless-sync concerns later ones only (R22).
	Target Target
	// ID and Offset are those of the instant it was taken: what +FULLRESYNC says (R16). Set by Taken.
	ID     ID
	Offset Offset
	// Feeds are the replicas that get it. The slice is replaced, not changed, when one is removed: it may be ranged over
	// meanwhile.
	Feeds []*Feed

	state  snapshotState
	closed bool // nobody can join it any more
}

// plan decides for the replicas that wait: who joins a snapshot that is there, and which new ones are taken.
// A snapshot starts at once (R23), except that
//   - while an AOF rewrite is active it waits;
//   - one for sockets waits for repl-diskless-sync-delay so that others can arrive, unless
//     repl-diskless-sync-max-replicas are there (R19).
//
// Replicas without capa eof get a file whatever the configuration says (R20).
func (m *Master) plan(env Env, now time.Time) {
	var disk, socket []*Feed
	var longest time.Duration
	for _, f := range m.feeds {
		if f.state != FeedWaitSnapshot || f.snapshot != nil || f.dropped {
			continue
		}
		target := TargetDisk
		if m.cfg.Diskless && f.Capa&CapaEOF != 0 {
			target = TargetSocket
		}
		switch {
		case m.join(f, target, now):
		case target == TargetSocket:
			socket = append(socket, f)
			longest = max(longest, now.Sub(f.AskedAt))
		default:
			disk = append(disk, f)
		}
	}
	if env.Rewriting {
		return
	}
	full := m.cfg.DisklessMaxReplicas > 0 && len(socket) >= m.cfg.DisklessMaxReplicas
	if len(socket) > 0 && (full || longest >= m.cfg.DisklessDelay) {
		m.propose(TargetSocket, socket)
	}
	if len(disk) > 0 {
		m.propose(TargetDisk, disk)
	}
}

// join gives the replica a snapshot that others are getting, if what was written since is still held for them and is
// no more than a backlog: beyond that a new snapshot is the shorter way (R17, B5).
func (m *Master) join(f *Feed, target Target, now time.Time) bool {
	for _, s := range m.snapshots {
		if s.Target != target || s.state != snapshotWriting && !(target == TargetSocket && s.state == snapshotReady) {
			continue // a file that is complete is not joined: what was written since would come twice as late as in Redis
		}
		if m.Close(s) {
			continue
		}
		c, ok := m.stream.Attach(s.Offset)
		if !ok {
			continue
		}
		s.Feeds = append(s.Feeds, f)
		f.begin(s, c, now)
		m.do(Action{Kind: ActJoin, Feed: f, Snapshot: s})
		return true
	}
	return false
}

// Close reports whether a snapshot that was taken is one that no replica can join any more. Once it was said it stays so, whatever becomes
// of the size of the backlog: the caller may let go of what those who have joined are past.
func (m *Master) Close(s *Snapshot) bool {
	s.closed = s.closed || int64(m.stream.Offset()-s.Offset) > m.stream.log.Size() || s.ID != m.stream.ID()
	return s.closed
}

func (m *Master) propose(t Target, feeds []*Feed) {
	s := &Snapshot{Target: t, Feeds: feeds}
	for _, f := range feeds {
		f.snapshot = s
	}
	m.snapshots = append(m.snapshots, s)
	m.do(Action{Kind: ActSnapshot, Snapshot: s})
}

// Taken notes that the caller has taken the snapshot in this turn of the engine: it is of the stream's present offset.
// From here on the stream is kept for the snapshot's replicas; the caller answers each with +FULLRESYNC. The next
// command says its database again, for those who start reading here (R17).
func (m *Master) Taken(s *Snapshot, now time.Time) {
	if s.state != snapshotPlanned {
		panic("BUG: snapshot taken twice")
	}
	s.ID, s.Offset = m.stream.ID(), m.stream.Offset()
	if s.state = snapshotReady; s.Target == TargetDisk {
		s.state = snapshotWriting
	}
	for _, f := range s.Feeds {
		c, ok := m.stream.Attach(s.Offset)
		if !ok {
			panic("BUG: a snapshot is taken without a backlog")
		}
		f.begin(s, c, now)
	}
	if !m.isReplica {
		m.stream.ForceSelect()
	}
}

// Written notes that the file of a disk snapshot is complete: its replicas can be sent it.
func (m *Master) Written(s *Snapshot, now time.Time) {
	if s.state != snapshotWriting {
		return
	}
	s.state = snapshotReady
	for _, f := range s.Feeds {
		f.state, f.BulkAt, f.lastIO = FeedSendBulk, now, now
	}
}

// Failed notes that a snapshot could not be taken, written or read. The next Tick has its replicas disconnected; they
// will ask again (R24). Those that have got all of it are not concerned.
func (m *Master) Failed(s *Snapshot) {
	for _, f := range s.Feeds {
		if f.state != FeedOnline {
			f.doomed = DropSnapshotFailed
		}
	}
	s.state = snapshotOver
}

// release forgets snapshots that no replica needs any more. The caller learns it from ActRelease and frees the file or
// the view; a disk snapshot that is still being written is stopped so only if nobody waits for it (R19).
func (m *Master) release() {
	live := m.snapshots[:0]
	for _, s := range m.snapshots {
		s.Feeds = slices.DeleteFunc(s.Feeds, func(f *Feed) bool { return f.snapshot != s || f.state == FeedOnline })
		if len(s.Feeds) > 0 && s.state != snapshotOver {
			live = append(live, s)
			continue
		}
		s.state = snapshotOver
		m.do(Action{Kind: ActRelease, Snapshot: s})
	}
	clear(m.snapshots[len(live):])
	m.snapshots = live
}
