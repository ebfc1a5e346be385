package persist

import (
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// fsync policies of `appendfsync`.
const (
	fsyncAlways   = "always"
	fsyncEverySec = "everysec"
)

// appendLog is the incremental file that is being written. It belongs to the engine's thread, but for the goroutine that
// writes and flushes a batch; while that one runs (aside is busy), nobody else touches the file.
//
//	Append --> buf --Turn--> file --fsync--> disk
//
//	always     a goroutine writes what a turn has gathered and flushes it; what comes meanwhile is the next batch. Replies wait.
//	everysec   the turn writes before replies are sent; a goroutine flushes once a second. While it does, the turn's bytes stay
//	           in buf, for at most two seconds.
//	no         the turn writes; the system flushes when it likes
//
// A write that fails leaves nothing behind: the file is cut back to its last whole batch, and what was not written is kept
// and tried again. When a flush fails nobody knows what of the file's unflushed part is on disk: `always` cuts it off and
// writes it again; otherwise the whole data set is written anew, by a rewrite.
type appendLog struct {
	log logger
	now func() time.Time

	file vfs.File // nil: off
	size int64    // of file, all of it whole batches
	torn bool     // the file may have more than size bytes

	buf, spare []byte
	away       int   // bytes of the batch that a goroutine has
	appended   int64 // bytes given to Append since the start of the server
	durable    int64 // of those, on disk or in a file that a rewrite has replaced
	flushed    int64 // size that was on disk at the last flush

	aside     aside      // busy while a goroutine has the file
	next      *logSwitch // the change to another file that is under way
	lastFlush time.Time
	delayedAt time.Time // since when everysec keeps bytes back
	delays    int64     // INFO's aof_delayed_fsync

	delay    atomic.Int64 // ns before each write, for tests (DEBUG AOF-FLUSH-SLEEP)
	err      error        // of the last write or flush; nil when all is well
	syncErr  bool         // it was a flush: the file cannot be trusted
	loggedAt time.Time
	notedAt  time.Time // when cron looked at the position

	policy   func() string
	noFlush  func() bool // no-appendfsync-on-rewrite, and something writes in the background
	stamp    func() (unix int64, on bool)
	position func() aof.Position
	recover  func() // called when an unflushed file was given up: rewrite it

	onDisk    aof.Position // of the stream: all before it is on disk
	written   aof.Position // all before it is in the file
	before    aof.Position // of the stream, at Begin
	track     aof.Tracker  // what a reader of the file knows at its end
	lastTS    int64
	settled   func()                              // called when durable or err changed
	configure func()                              // called when next changed
	took      func(event string, d time.Duration) // tells the latency monitor of a step of the engine's thread
	writes    func() bool                         // something else writes to the disk in the background
}

// logger is the part of slog.Logger that we use.
type logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

// open begins to write at the end of file. fresh says that the file is new or of unknown end: it begins with its position.
func (l *appendLog) open(file vfs.File, size int64) {
	l.file, l.size, l.flushed, l.torn = file, size, size, false
	l.err, l.syncErr = nil, false
	l.lastFlush = l.now()
	l.begin()
}

// begin notes the position at the head of a file.
func (l *appendLog) begin() {
	l.track.Set(aof.Position{})
	l.note(l.position())
}

// note appends a position, unless the reader knows it.
func (l *appendLog) note(p aof.Position) {
	if p != l.track.At() {
		n := len(l.buf)
		l.buf = aof.AppendPosition(l.buf, p)
		l.appended += int64(len(l.buf) - n)
		l.track.Set(p)
	}
}

// Begin implements journal.AOFSink.
func (l *appendLog) Begin() {
	l.before = l.position()
	if ts, on := l.stamp(); on && ts > l.lastTS {
		l.lastTS = ts
		n := len(l.buf)
		l.buf = aof.AppendTimestamp(l.buf, ts)
		l.appended += int64(len(l.buf) - n)
	}
	l.note(l.before)
}

// Append implements journal.AOFSink. The stream has taken the same effects since Begin.
func (l *appendLog) Append(p []byte) {
	after := l.position()
	same := after.History == l.before.History && after.Offset == l.before.Offset+int64(len(p)) || after.None()
	if !same {
		l.note(aof.Position{}) // a file that ends behind p must not claim the wrong place
	}
	l.buf = append(l.buf, p...)
	l.appended += int64(len(p))
	if same {
		l.track.Set(after)
	} else {
		l.note(after)
	}
}

// pending reports whether anything is not on disk.
func (l *appendLog) pending() bool { return len(l.buf) > 0 || l.flushed != l.size }

// turn writes what the turn has brought.
func (l *appendLog) turn() {
	if l.next != nil {
		l.advance()
		return
	}
	if l.file == nil || l.aside.busy() && l.policy() != fsyncEverySec {
		return
	}
	if !l.aside.busy() && !l.pending() && l.err == nil { // what the stream had since is nothing to keep
		l.onDisk = l.position()
	}
	switch l.policy() {
	case fsyncAlways:
		if l.pending() && l.err == nil {
			l.commitAll()
		}
	case fsyncEverySec:
		l.turnEverySec()
	default:
		if l.err == nil {
			l.write()
		}
	}
}

func (l *appendLog) turnEverySec() {
	if len(l.buf) > 0 && l.err == nil {
		if l.aside.busy() {
			if l.delayedAt.IsZero() {
				l.delayedAt = l.now()
			}
			if l.now().Sub(l.delayedAt) < 2*time.Second {
				return
			}
			l.delays++
			l.log.Info("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.")
		}
		l.delayedAt = time.Time{}
		l.write()
	}
	if !l.aside.busy() && l.flushed != l.size && l.now().Sub(l.lastFlush) >= time.Second && !l.noFlush() {
		l.flushBehind()
	}
}
