package persist

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// aofState is how far an append-only file is switched on.
//
//	off --CONFIG SET appendonly yes, a full sync--> first rewrite --it has succeeded--> on
//	 ^                                                    |                             |
//	 +----------------CONFIG SET appendonly no------------+-----------------------------+
//
// During the first rewrite changes are gathered in a temporary incremental file, which no manifest names before the base is there.
type aofState uint8

const (
	aofOff aofState = iota
	aofFirstRewrite
	aofOn
)

// appendOnly is the append-only file of a server.
type appendOnly struct {
	state aofState
	dir   aofDir
	log   appendLog

	job       *job  // the rewrite under way
	jobRDB    bool  // it writes an RDB
	disk      aside // what a rewrite ends with: its files take their places, others are removed
	scheduled bool
	limit     rewriteLimit

	rewrites, failures int64
	lastOK             bool
	lastTook           int64 // seconds, -1 before the first

	settledSize int64 // bytes of the files that are not written any more
	baseSize    int64 // size after the last rewrite: growth counts from it
}

func (d *Driver) initAOF(fs vfs.FS) {
	c := d.e.Config()
	a := &d.aof
	a.lastOK, a.lastTook = true, -1
	a.dir = aofDir{fs: fs, dir: c.AppendDirname, name: c.AppendFilename, manifest: &aof.Manifest{}}
	l := &a.log
	l.log, l.now = d.log, time.Now
	l.aside.post, a.disk.post = d.e.Post, d.e.Post
	l.policy = func() string { return c.AppendFsync }
	l.writes = func() bool { return d.running != nil || d.Rewriting() }
	l.noFlush = func() bool { return c.NoAppendFsyncOnRewrite && l.writes() }
	l.took = d.e.Took
	l.stamp = func() (int64, bool) { return d.e.Now() / 1000, c.AOFTimestampEnabled }
	l.position = d.position
	l.recover = func() { a.scheduled = true }
	l.settled = func() {
		d.e.ReleaseReplies(l.durable)
		if d.Settled != nil {
			d.Settled()
		}
	}
	l.configure = d.ConfigureAOF
	d.e.OnMemory(d.AOFBuffer)
	d.e.NotCounted(d.AOFBuffer)
}

func (d *Driver) position() aof.Position {
	if d.Position == nil {
		return aof.Position{}
	}
	return d.Position()
}

// AOFEnabled reports whether changes go to an append-only file, or will when its first rewrite is done.
func (d *Driver) AOFEnabled() bool { return d.aof.state != aofOff }

// size is INFO's aof_current_size.
func (a *appendOnly) size() int64 { return a.settledSize + a.log.size }

// Appended implements engine.Persistence.
func (d *Driver) Appended() int64 { return d.aof.log.appended }

// OpenAOF begins to write after the data set was loaded, or when there was none. An empty directory gets an empty base.
func (d *Driver) OpenAOF() error {
	a := &d.aof
	if err := a.dir.makeDir(); err != nil {
		return err
	}
	if a.dir.manifest.Empty() {
		if err := d.firstBase(); err != nil {
			return err
		}
	}
	verb := "Creating"
	if a.dir.manifest.Last() != nil {
		verb = "Opening"
	}
	file, size, err := a.dir.openLast()
	if err != nil {
		return err
	}
	if verb == "Creating" {
		// The base of an upgraded file is in no manifest with an incremental one yet.
		d.log.Info("Creating AOF incr file " + a.dir.manifest.Last().Name + " on server start")
	} else {
		d.log.Info("Opening AOF incr file " + a.dir.manifest.Last().Name + " on server start")
	}
	a.state = aofOn
	d.beginLog(file, size)
	a.settledSize = max(d.filesSize()-size, 0)
	d.removeHistory(func(s *step, done func(error)) { done(s.do()) })
	return nil
}

// firstBase writes a base of what there is, before anything else is in the directory.
func (d *Driver) firstBase() error {
	a := &d.aof
	temp := d.aofTemp()
	rdb := d.e.Config().AOFUseRDBPreamble
	snap := d.e.Snapshot()
	defer snap.Release()
	if err := d.writeBase(temp, d.baseJob(snap, rdb), nil); err != nil {
		return err
	}
	s := a.dir.switchBase(temp, rdb, 0, "")
	if err := s.do(); err != nil {
		return err
	}
	d.log.Info("Creating AOF base file " + s.base + " on server start")
	return nil
}

// beginLog makes effects go to a file.
func (d *Driver) beginLog(file vfs.File, size int64) {
	d.aof.log.open(file, size)
	d.e.Journal.SetAOF(&d.aof.log)
	d.ConfigureAOF()
}

// ConfigureAOF takes over a change of appendfsync, or of the file.
func (d *Driver) ConfigureAOF() {
	hold := d.aof.state != aofOff && (d.e.Config().AppendFsync == fsyncAlways || d.aof.log.next != nil)
	d.e.SetHoldReplies(hold)
	if !hold {
		d.e.ReleaseReplies(math.MaxInt64)
	}
}

// filesSize is the size of all files that count.
func (d *Driver) filesSize() (total int64) {
	for _, f := range d.aof.dir.manifest.Files() {
		if st, err := d.fs.Stat(d.aof.dir.path(f.Name)); err == nil {
			total += st.Size()
		}
	}
	return total
}

// StartAOF is CONFIG SET appendonly yes, and what follows a full sync: the file is on when its first rewrite is done.
func (d *Driver) StartAOF() error {
	a := &d.aof
	if a.state != aofOff {
		return nil
	}
	a.state = aofFirstRewrite
	switch {
	case d.running != nil || a.disk.busy():
		a.scheduled = true
		d.log.Warn("AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.")
	case d.e.InExec():
		a.scheduled = true
		d.log.Warn("AOF was enabled during a transaction. An AOF background was scheduled to start when possible.")
	default:
		if a.job != nil {
			d.log.Warn("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.")
			d.CancelRewrite()
		}
		if err := d.startRewrite(); err != nil {
			a.state = aofOff
			d.log.Warn("Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. Check the above logs for more info about the error.")
			return err
		}
	}
	d.ConfigureAOF()
	return nil
}

// StopAOF is CONFIG SET appendonly no, and what a full sync begins with. The files stay as they are.
func (d *Driver) StopAOF() {
	a := &d.aof
	if a.state == aofOff {
		return
	}
	if err := a.log.force(); err != nil {
		d.log.Warn("Fail to fsync the AOF file: " + err.Error())
	}
	d.CancelRewrite()
	d.e.Journal.SetAOF(nil)
	a.log.close()
	a.state, a.scheduled = aofOff, false
	d.ConfigureAOF()
}

// CloseAOF brings everything to disk before the process ends. It returns why the process should not.
func (d *Driver) CloseAOF(anyway bool) (why string) {
	a := &d.aof
	if a.state == aofFirstRewrite {
		if !anyway {
			return "Writing initial AOF, can't exit."
		}
		d.log.Warn("Writing initial AOF. Exit anyway.")
	}
	if a.job != nil {
		d.log.Warn("There is a child rewriting the AOF. Killing it!")
		d.CancelRewrite()
	}
	if a.state != aofOn {
		return ""
	}
	d.log.Info("Calling fsync() on the AOF file.")
	a.log.note(d.position())
	if err := a.log.force(); err != nil {
		d.log.Warn("Fail to fsync the AOF file: " + err.Error())
	}
	a.disk.wait()
	return ""
}

// ReloadAOF empties the data set and loads the append-only file (DEBUG LOADAOF).
func (d *Driver) ReloadAOF() error {
	a := &d.aof
	if err := a.log.force(); err != nil {
		return err
	}
	d.e.Empty(-1, false)
	if err := d.AdoptFunctions(emptyLoaded(), OntoNothing); err != nil {
		return err
	}
	if a.state == aofOn {
		d.e.Journal.SetAOF(nil)
		defer d.e.Journal.SetAOF(&a.log)
	}
	_, _, err := d.LoadAOF()
	return err
}

// AOFBuffer is the memory of bytes that are not yet written, or being written, and of the room for the next ones.
func (d *Driver) AOFBuffer() int64 {
	l := &d.aof.log
	return int64(cap(l.buf) + cap(l.spare) + l.away)
}

// CollectAOF removes files that were kept because of aof-disable-auto-gc.
func (d *Driver) CollectAOF() {
	if a := &d.aof; a.job == nil && !a.disk.busy() { // else what is under way ends with it
		d.removeHistory(d.aside)
	}
}

// ResumeAOF begins anew after a full sync, for which StopAOF was called, or when no other will follow the one that failed.
func (d *Driver) ResumeAOF() {
	if !d.e.Config().AppendOnly || d.StartAOF() == nil {
		return
	}
	d.log.Warn("Failed enabling the AOF after successful master synchronization! Trying it again in one second.")
	d.aof.state, d.aof.scheduled = aofFirstRewrite, true
}

// cronAOF retries what failed, notes positions, and starts rewrites that are due.
func (d *Driver) cronAOF() {
	a := &d.aof
	a.log.retry()
	if a.log.file != nil && a.log.now().Sub(a.log.notedAt) >= time.Second {
		a.log.notedAt = a.log.now()
		a.log.note(d.position())
	}
	if d.running != nil || d.Rewriting() || d.e.Loading() {
		return
	}
	now := time.Now()
	if a.scheduled {
		if !a.limited(d.log, now) {
			_ = d.startRewrite()
		}
		return
	}
	c := d.e.Config()
	if a.state != aofOn || c.AutoAOFRewritePercentage == 0 || a.size() <= c.AutoAOFRewriteMinSize {
		return
	}
	growth := a.size()*100/max(a.baseSize, 1) - 100
	if growth >= int64(c.AutoAOFRewritePercentage) && !a.limited(d.log, now) {
		d.log.Info(fmt.Sprintf("Starting automatic rewriting of AOF on %d%% growth", growth))
		_ = d.startRewrite()
	}
}

func (a *appendOnly) limited(log logger, now time.Time) bool {
	limited, minutes := a.limit.check(a.failures, now)
	if minutes > 0 {
		log.Warn(fmt.Sprintf("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in %d minutes", minutes))
	}
	return limited
}

// rewriteLimit keeps rewrites that fail again and again apart: each of them begins an incremental file.
type rewriteLimit struct {
	minutes int
	until   time.Time
}

const (
	limitFailures   = 3  // in a row, from which on rewrites are limited
	limitMaxMinutes = 60 //
)

// check reports whether a rewrite must wait. minutes is not 0 when a new pause begins, which doubles each time.
func (l *rewriteLimit) check(failures int64, now time.Time) (limited bool, minutes int) {
	if failures < limitFailures {
		*l = rewriteLimit{}
		return false, 0
	}
	if !l.until.IsZero() {
		if now.Before(l.until) {
			return true, 0
		}
		l.until = time.Time{}
		return false, 0
	}
	l.minutes = min(max(2*l.minutes, 1), limitMaxMinutes)
	l.until = now.Add(time.Duration(l.minutes) * time.Minute)
	return true, l.minutes
}

func (d *Driver) aofTemp() string { return "temp-rewriteaof-bg-" + strconv.Itoa(os.Getpid()) + ".aof" }

// Rewrites counts those that were begun.
func (d *Driver) Rewrites() int64 { return d.aof.rewrites }

// SetAOFDelay is DEBUG AOF-FLUSH-SLEEP.
func (d *Driver) SetAOFDelay(t time.Duration) { d.aof.log.delay.Store(int64(t)) }

// OnDisk is how much of what was given to the append-only file is on disk, in the count of Appended, and the position in the
// replication history that it belongs to. on is false without a complete append-only file.
func (d *Driver) OnDisk() (upTo int64, at aof.Position, on bool) {
	return d.aof.log.durable, d.aof.log.onDisk, d.aof.state == aofOn
}

// Flushing reports whether something is to be on disk soon that is not yet.
func (d *Driver) Flushing() bool { return d.aof.log.aside.busy() || d.aof.log.pending() }
