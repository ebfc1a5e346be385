package persist

import (
	"fmt"
	"io"
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
// writes and flushes a batch; while that one runs (busy), nobody else touches the file.
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
	log  logger
	post func(func())
	now  func() time.Time

	file vfs.File // nil: off
	size int64    // of file, all of it whole batches
	torn bool     // the file may have more than size bytes

	buf, spare []byte
	appended   int64 // bytes given to Append since the start of the server
	durable    int64 // of those, on disk or in a file that a rewrite has replaced
	flushed    int64 // size that was on disk at the last flush

	busy      bool          // a goroutine has the file
	idle      chan struct{} // closed when it is done with it
	finish    func()        // what is to be done then
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

	onDisk  aof.Position // of the stream: all before it is on disk
	written aof.Position // all before it is in the file
	before  aof.Position // of the stream, at Begin
	track   aof.Tracker  // what a reader of the file knows at its end
	lastTS  int64
	settled func()                              // called when durable or err changed
	took    func(event string, d time.Duration) // tells the latency monitor of a step of the engine's thread
	writes  func() bool                         // something else writes to the disk in the background
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
	if l.file == nil || l.busy && l.policy() != fsyncEverySec {
		return
	}
	if !l.busy && !l.pending() && l.err == nil { // what the stream had since is nothing to keep
		l.onDisk = l.position()
	}
	switch l.policy() {
	case fsyncAlways:
		if l.pending() && l.err == nil {
			l.commit()
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
		if l.busy {
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
	if !l.busy && l.flushed != l.size && l.now().Sub(l.lastFlush) >= time.Second && !l.noFlush() {
		l.flushBehind()
	}
}

// write writes buf on the engine's thread.
func (l *appendLog) write() {
	if len(l.buf) == 0 {
		return
	}
	start := time.Now()
	err := l.put(l.buf)
	l.tellWrite(time.Since(start))
	if err != nil {
		l.fail(err, false)
		return
	}
	l.size += int64(len(l.buf))
	l.buf = recycle(l.buf)
	l.written = l.position()
	l.succeed()
}

// tellWrite tells the latency monitor of a write, and what the disk had to do beside it.
func (l *appendLog) tellWrite(d time.Duration) {
	beside := "aof-write-alone"
	switch {
	case l.busy:
		beside = "aof-write-pending-fsync"
	case l.writes():
		beside = "aof-write-active-child"
	}
	l.took(beside, d)
	l.took("aof-write", d)
}

// put writes p at the end of the file, all of it or nothing.
func (l *appendLog) put(p []byte) error {
	if l.torn {
		if err := l.cutBack(); err != nil {
			return fmt.Errorf("remove a short write: %w", err)
		}
	}
	if d := l.delay.Load(); d > 0 {
		time.Sleep(time.Duration(d))
	}
	n, err := l.file.Write(p)
	if err == nil {
		return nil
	}
	if n > 0 {
		l.torn = true
		_ = l.cutBack() // else the next write tries again
	}
	return err
}

// cutBack removes what a write or flush that failed has left behind the last whole batch.
func (l *appendLog) cutBack() error {
	err := l.file.Truncate(l.size)
	if err == nil {
		_, err = l.file.Seek(l.size, io.SeekStart)
	}
	l.torn = err != nil
	return err
}

func recycle(b []byte) []byte {
	if cap(b) > 1<<20 {
		return nil
	}
	return b[:0]
}

// commit hands the batch to a goroutine that writes and flushes it.
func (l *appendLog) commit() {
	batch := l.buf
	l.buf, l.spare = l.spare[:0], nil
	upTo, at := l.appended, l.position()
	var flush time.Duration
	l.occupy(func() error {
		if len(batch) > 0 {
			if err := l.put(batch); err != nil {
				return err
			}
		}
		start := time.Now()
		err := l.file.Sync()
		flush = time.Since(start)
		if err != nil {
			l.torn = true // what was written may be lost: it is written again
			return &flushError{err}
		}
		return nil
	}, func(err error) {
		l.took("aof-fsync-always", flush)
		if err != nil {
			l.buf = append(batch, l.buf...)
			l.fail(err, l.flushed != l.size) // an unflushed part from before the policy was `always` stays in the file
			return
		}
		l.size += int64(len(batch))
		l.flushed, l.durable, l.onDisk = l.size, upTo, at
		l.spare = recycle(batch)
		l.succeed()
	})
}

type flushError struct{ error }

func (e *flushError) Unwrap() error { return e.error }

// flushBehind flushes what is written, on a goroutine.
func (l *appendLog) flushBehind() {
	size, upTo, at, file := l.size, l.appended-int64(len(l.buf)), l.written, l.file
	l.lastFlush = l.now()
	l.occupy(file.Sync, func(err error) {
		if err != nil {
			l.fail(err, true)
			return
		}
		l.flushed, l.durable, l.onDisk = size, upTo, at
		l.succeed()
	})
}

// occupy runs work on a goroutine and done on the engine's thread.
func (l *appendLog) occupy(work func() error, done func(error)) {
	l.busy = true
	idle := make(chan struct{})
	l.idle = idle
	var err error
	finish := func() {
		if l.idle == idle { // else wait has come before
			l.busy, l.idle = false, nil
			done(err)
			l.settled()
		}
	}
	go func() {
		err = work()
		close(idle)
		l.post(finish)
	}()
	l.finish = finish
}

// wait waits for the goroutine that has the file.
func (l *appendLog) wait() {
	if l.busy {
		<-l.idle
		l.finish()
	}
}

func (l *appendLog) fail(err error, flush bool) {
	l.err = err
	l.syncErr = l.syncErr || flush
	if l.now().Sub(l.loggedAt) > 30*time.Second {
		l.loggedAt = l.now()
		if _, ok := err.(*flushError); ok || flush {
			l.log.Warn("Fail to fsync the AOF file: " + err.Error())
		} else {
			l.log.Warn("Error writing to the AOF file: " + err.Error())
		}
	}
}

func (l *appendLog) succeed() {
	if l.err != nil {
		l.log.Warn("AOF write error looks solved, Redis can write again.")
	}
	if l.syncErr {
		l.recover()
	}
	l.err, l.syncErr = nil, false
}

// retry tries again what has failed.
func (l *appendLog) retry() {
	if l.file == nil || l.busy || l.err == nil {
		return
	}
	switch {
	case l.policy() == fsyncAlways:
		l.commit()
	case l.syncErr:
		l.flushBehind()
	default:
		l.write()
	}
	l.settled()
}

// force brings everything to disk now, on the engine's thread.
func (l *appendLog) force() error {
	if l.file == nil {
		return nil
	}
	l.wait()
	l.write()
	if l.err != nil {
		return l.err
	}
	if l.flushed != l.size {
		if err := l.file.Sync(); err != nil {
			l.fail(err, true)
			return err
		}
		l.flushed = l.size
	}
	l.durable, l.onDisk, l.lastFlush = l.appended, l.position(), l.now()
	l.settled()
	return nil
}

// switchTo goes on in another file. The old one is flushed and closed in the background, unless everything of it is on disk.
func (l *appendLog) switchTo(file vfs.File) {
	l.wait()
	old, flushed := l.file, l.flushed == l.size
	if old != nil {
		go func() {
			if !flushed {
				_ = old.Sync()
			}
			_ = old.Close()
		}()
	}
	l.open(file, 0)
}

// close ends writing.
func (l *appendLog) close() {
	if l.file == nil {
		return
	}
	l.wait()
	_ = l.file.Close()
	l.file, l.buf, l.size, l.flushed = nil, nil, 0, 0
	l.err, l.syncErr, l.durable = nil, false, l.appended
	l.settled()
}
