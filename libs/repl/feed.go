package repl

import "time"

// Capa is what a replica said it can do, with REPLCONF capa.
type Capa uint8

// The capabilities of Redis 7.0. Unknown ones are ignored, as the protocol asks.
const (
	CapaEOF    Capa = 1 << iota // "eof": takes a snapshot that ends in a mark instead of beginning with a length
	CapaPSYNC2                  // "psync2": takes +CONTINUE with a new ID
)

// ParseCapa returns the capability of that name, 0 for an unknown one.
func ParseCapa(name string) Capa {
	switch name {
	case "eof":
		return CapaEOF
	case "psync2":
		return CapaPSYNC2
	}
	return 0
}

// FeedState says how far a replica has come.
//
//	             full                    snapshot taken           disk file complete      all sent
//	PSYNC ------------> WaitSnapshot ------------> WaitFile ------------> SendBulk ------------> Online
//	  |                                  \_____________________ socket ____^                       ^
//	  |                                                                                            |
//	  +-------------------------------------- partial ---------------------------------------------+
//
// After a transfer without a file the stream starts only with the first ACK (R21): [Feed.Streaming].
type FeedState uint8

// The states of a Feed.
const (
	FeedIdle         FeedState = iota // connected, has not asked yet
	FeedWaitSnapshot                  // waits for the decision to take a snapshot
	FeedWaitFile                      // its snapshot is being written to disk; what comes after is kept for it
	FeedSendBulk                      // is being sent its snapshot
	FeedOnline                        // has its snapshot, or needed none
	FeedGone                          // disconnected
)

// String returns the word that INFO replication uses.
func (s FeedState) String() string {
	switch s {
	case FeedIdle:
		return "connected"
	case FeedWaitSnapshot, FeedWaitFile:
		return "wait_bgsave"
	case FeedSendBulk:
		return "send_bulk"
	case FeedOnline:
		return "online"
	case FeedGone:
		return "gone"
	default:
		panic("BUG: feed state out of range")
	}
}

// Feed is a master's view of one replica.
type Feed struct {
	// Name is how log lines call the replica: its announced address.
	Name string
	// Capa is what it can do; set while it is idle.
	Capa Capa
	// Old is a replica that came with SYNC: it sends no acknowledgements and is not timed out for that.
	Old bool

	state    FeedState
	verdict  Verdict
	cursor   *Cursor   // from the snapshot's instant on; nil before
	snapshot *Snapshot // the one it is or was given
	needsAck bool      // R21: do not stream before the first ACK

	acked   Offset    // the next byte that the replica waits for, as it said
	synced  Offset    // the next byte that its disk waits for, as it said
	ackedAt time.Time // when it was last heard of: ACK or newline
	lastIO  time.Time // when it last took bytes of the snapshot
	newline time.Time // when the next newline is due
	soft    time.Time // since when it has been over the soft limit; zero: it is not

	doomed  DropReason // to be disconnected at the next Tick
	dropped bool       // the caller was asked to disconnect it

	// Times of the phases, for the reason line of a sync (B2). Zero: not reached.
	AskedAt, SnapshotAt, BulkAt, OnlineAt time.Time
	// LoadedAt is when its first ACK came, CaughtUpAt when it had said to have all that there was then.
	LoadedAt, CaughtUpAt time.Time

	goal Offset        // what it lacks no longer when it has caught up
	lag  time.Duration // how far behind in time it was at its last ACK (B3)
}

// State returns how far the replica has come.
func (f *Feed) State() FeedState { return f.state }

// Word returns INFO's word for how far the replica has come. As in Redis, one that is sent its snapshot as it is made waits for it:
// send_bulk is the transfer of a file.
func (f *Feed) Word() string {
	if f.state == FeedSendBulk && f.snapshot.Target == TargetSocket {
		return FeedWaitFile.String()
	}
	return f.state.String()
}

// Verdict returns how its last request was judged.
func (f *Feed) Verdict() Verdict { return f.verdict }

// Cursor returns its place in the stream. It is nil until its snapshot is taken.
func (f *Feed) Cursor() *Cursor { return f.cursor }

// Snapshot returns the snapshot it is given, nil if it needs none.
func (f *Feed) Snapshot() *Snapshot { return f.snapshot }

// Streaming says whether bytes of the stream may be sent to it now.
func (f *Feed) Streaming() bool { return f.state == FeedOnline && !f.needsAck }

// Acked returns the next byte that the replica waits for by its last ACK, and when it was last heard of.
func (f *Feed) Acked() (Offset, time.Time) { return f.acked, f.ackedAt }

// Ack takes REPLCONF ACK: the replica has applied all before offset. An offset beyond what we have is not believed.
func (f *Feed) Ack(offset Offset, now time.Time) {
	if f.state != FeedOnline {
		return
	}
	f.ackedAt = now
	f.needsAck = false
	if offset > f.acked && !f.cursor.Detached() && offset <= f.cursor.log.End() {
		f.acked = offset
	}
}

// Synced takes the FACK of an ACK: the replica has all before offset in its append-only file, on disk.
func (f *Feed) Synced(offset Offset) {
	if f.state == FeedOnline && offset > f.synced && offset <= f.acked {
		f.synced = offset
	}
}

// Heard notes a newline, by which a replica that is loading says that it lives (R34).
func (f *Feed) Heard(now time.Time) { f.ackedAt = now }

// BulkProgress notes that the replica took bytes of its snapshot.
func (f *Feed) BulkProgress(now time.Time) { f.lastIO = now }

// BulkSent ends the transfer: the replica was sent all of its snapshot. After a transfer without a file it has first to
// say that it has read the end mark (R21); else bytes of the stream might be taken for bytes of the snapshot.
func (f *Feed) BulkSent(now time.Time) {
	if f.state != FeedSendBulk {
		panic("BUG: bulk sent in state " + f.state.String())
	}
	f.becomeOnline(now)
	f.needsAck = f.snapshot.Target == TargetSocket
}

func (f *Feed) becomeOnline(now time.Time) {
	f.state, f.ackedAt, f.OnlineAt = FeedOnline, now, now
}

// begin ties the feed to a snapshot that was just taken or is still being written.
func (f *Feed) begin(s *Snapshot, c *Cursor, now time.Time) {
	f.snapshot, f.cursor, f.acked = s, c, s.Offset
	f.SnapshotAt, f.lastIO, f.newline = now, now, now.Add(newlineEvery)
	switch s.state {
	case snapshotWriting:
		f.state = FeedWaitFile
	case snapshotReady:
		f.state, f.BulkAt = FeedSendBulk, now
	default:
		panic("BUG: feed joins a snapshot that is not there")
	}
}

// LagTime returns for how long nothing was heard, INFO's lag. It is 0 before the replica is online.
func (f *Feed) LagTime(now time.Time) time.Duration {
	if f.state != FeedOnline {
		return 0
	}
	return now.Sub(f.ackedAt)
}

// overLimit says whether the bytes held for the replica break client-output-buffer-limit. The limits never count
// below the backlog's size: a replica that may continue partially must not be dropped for reading what it may (R28).
func (f *Feed) overLimit(l OutputLimit, backlog int64, now time.Time) bool {
	if f.cursor == nil {
		return false
	}
	lag := f.cursor.Lag()
	if l.Hard > 0 && lag > max(l.Hard, backlog) {
		return true
	}
	if l.Soft == 0 || lag <= max(l.Soft, backlog) {
		f.soft = time.Time{}
		return false
	}
	if f.soft.IsZero() {
		f.soft = now
	}
	return now.Sub(f.soft) > l.SoftFor
}
