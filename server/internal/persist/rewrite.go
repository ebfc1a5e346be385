package persist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// A rewrite of the append-only file, step by step. What is on disk after each step is a whole data set:
//
//	1  what is gathered goes to the present incremental file, and to disk                            logSwitch
//	2  the next incremental file begins, and the manifest names it; changes since the rewrite began
//	   have waited in memory, and go there                                                           aofDir.addIncr
//	3  a snapshot of the instant when it began is written to a temporary file
//	4  it becomes the base; all files but the incremental one of step 2 become history              aofDir.switchBase
//	5  history is removed                                                                            aofDir.removeHistory
//
// All of this happens on goroutines: the engine plans each step and takes over what has become of it. When a step fails, or the rewrite is
// cancelled, the files of the steps before stay as they are: a rewrite that fails after step 2 leaves one more incremental file.

// baseFunc writes a base.
type baseFunc func(ctx context.Context, w io.Writer, j *job) error

// baseJob returns what writes a snapshot as a base file, with the options of this instant.
func (d *Driver) baseJob(snap *store.Snapshot, preamble bool) baseFunc {
	reading := snap.Reader()
	snap.Close()
	if preamble {
		o := d.EncodeOptions(1)
		o.Reading = reading
		for i := range o.Aux {
			if o.Aux[i].Name == "aof-base" {
				o.Aux[i].Value = "1"
			}
		}
		return func(ctx context.Context, w io.Writer, j *job) error {
			if j != nil {
				o.Progress = &j.progress
			}
			return Encode(ctx, w, snap, o)
		}
	}
	c := d.e.Config()
	o := CommandOptions{Pace: &d.SavePace, RDB: d.EncodeOptions(1).RDB, Reading: reading}
	o.RDB.Version = min(o.RDB.Version, rdb.DefaultVersion) // of RESTORE: the file is to be one that Redis 7.0 reads
	if c.AOFTimestampEnabled {
		o.Head = aof.AppendTimestamp(o.Head, time.Now().Unix())
	}
	if d.Functions != nil {
		for _, source := range d.Functions() {
			o.Head = resp.AppendCommand(o.Head, "FUNCTION", "LOAD", string(source))
		}
	}
	return func(ctx context.Context, w io.Writer, j *job) error {
		if j != nil {
			o.Progress = &j.progress
		}
		return EncodeCommands(ctx, w, snap, o)
	}
}

// writeBase writes a base to a temporary file. It may run on any goroutine.
func (d *Driver) writeBase(temp string, base baseFunc, j *job) error {
	ctx := context.Background()
	if j != nil {
		ctx = j.ctx
	}
	return writeTemp(ctx, d.fs, temp, d.aofSyncEvery, func(w io.Writer) error { return base(ctx, w, j) })
}

// RewriteAOF is BGREWRITEAOF. It returns the status to reply, or an error's text.
func (d *Driver) RewriteAOF() (status, errText string) {
	a := &d.aof
	switch {
	case d.Rewriting():
		return "", "ERR Background append only file rewriting already in progress"
	case d.running != nil || d.e.InExec():
		a.scheduled = true
		a.failures = 0 // who asks for it does not want to wait
		return "Background append only file rewriting scheduled", ""
	}
	if err := d.startRewrite(); err != nil {
		return "", "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
	}
	return "Background append only file rewriting started", ""
}

// Rewriting reports whether a rewrite is under way, or files are still taking their places or being removed after one.
func (d *Driver) Rewriting() bool { return d.aof.job != nil || d.aof.disk.busy() }

// startRewrite begins with steps 1 to 3.
func (d *Driver) startRewrite() error {
	a := &d.aof
	a.disk.wait() // what the one before has left is removed
	begun := make(chan error, 1)
	if err := d.beginIncr(begun); err != nil {
		a.lastOK = false
		d.log.Warn(err.Error())
		return err
	}
	a.scheduled = false
	a.rewrites++
	a.jobRDB = d.e.Config().AOFUseRDBPreamble
	d.aofSyncEvery = 0
	if d.e.Config().AOFRewriteIncrementalFsync {
		d.aofSyncEvery = 4 << 20
	}
	snap := d.e.Snapshot()
	base := d.baseJob(snap, a.jobRDB)
	j := newJob(snap, d.e.Dirty())
	a.job = j
	d.tellSave(event.AOF, true, event.Begun, nil)
	d.log.Info("Background append only file rewriting started by pid " + strconv.Itoa(os.Getpid()))
	temp := d.aofTemp()
	go func() {
		var err error
		select {
		case err = <-begun:
		case <-j.ctx.Done():
			err = j.ctx.Err()
		}
		if err == nil {
			err = d.writeBase(temp, base, j)
		}
		if err == nil {
			d.log.Info("Successfully created the temporary AOF base file " + temp)
		}
		close(j.done)
		d.e.Post(func() {
			snap.Release()
			d.rewritten(j, temp, err)
		})
	}()
	return nil
}

// beginIncr makes changes from here on go to a file of their own, and tells begun when that is there.
func (d *Driver) beginIncr(begun chan<- error) error {
	a := &d.aof
	switch {
	case a.state == aofOn && a.log.err != nil:
		return a.log.err
	case a.state == aofOn:
		s, again := a.dir.addIncr(), a.scheduled
		a.log.change(func() (vfs.File, error) {
			if err := a.dir.makeDir(); err != nil {
				return nil, err
			}
			err := s.run()
			return s.file, err
		}, func(file vfs.File, err error) {
			s.take()
			if err == nil {
				d.log.Info("Creating AOF incr file " + s.name + " on background rewrite")
				a.settledSize += a.log.size
				a.log.replace(file)
			} else {
				a.scheduled = a.scheduled || again // a flush that failed may be why
			}
			begun <- err
		})
		d.e.Journal.ReselectAOF()
		return nil
	}
	if err := a.dir.makeDir(); err != nil {
		return err
	}
	if a.state == aofFirstRewrite {
		name := aof.TempIncrName(a.dir.name)
		file, err := a.dir.fs.Create(a.dir.path(name))
		if err != nil {
			return fmt.Errorf("Can't open the append-only file %s: %w", name, err)
		}
		d.log.Info("Creating AOF incr file " + name + " on background rewrite")
		d.beginLog(file, 0)
	}
	begun <- nil
	return nil
}

// rewritten goes on when the base is written, or is not.
func (d *Driver) rewritten(j *job, temp string, err error) {
	a := &d.aof
	if a.job != j {
		return // CancelRewrite has cleaned up
	}
	a.job = nil
	a.lastTook = int64(time.Since(j.started).Seconds())
	if err != nil {
		d.log.Warn("Background AOF rewrite terminated with error: " + err.Error())
		d.rewriteFailed(err)
		return
	}
	d.log.Info("Background AOF rewrite terminated with success")
	d.placeBase(temp)
}

func (d *Driver) rewriteFailed(err error) {
	a := &d.aof
	d.tellSave(event.AOF, true, event.Failed, err)
	a.lastOK = false
	a.failures++
	if a.state == aofFirstRewrite {
		d.remove(d.dropFirst()...)
		a.scheduled = true
	}
}

// dropFirst forgets what was gathered for an append-only file that has no base. It returns the files that are to be removed.
func (d *Driver) dropFirst() (left []string) {
	a := &d.aof
	if a.log.file == nil {
		return nil
	}
	d.e.Journal.SetAOF(nil)
	a.log.close()
	name := aof.TempIncrName(a.dir.name)
	d.log.Info("Removing the temp incr aof file " + name + " in the background")
	return []string{a.dir.path(name)}
}

// remove removes files, which may not be there, on a goroutine.
func (d *Driver) remove(names ...string) {
	d.aof.disk.run(func() (err error) {
		for _, name := range names {
			if e := d.fs.Remove(name); e != nil && !errors.Is(e, os.ErrNotExist) {
				err = e
			}
		}
		return err
	}, func(err error) {
		if err != nil {
			d.log.Warn("Can't remove a temporary file of a rewrite: " + err.Error())
		}
	})
}

// aside runs a step on a goroutine.
func (d *Driver) aside(s *step, done func(error)) {
	d.aof.disk.run(s.run, func(err error) {
		s.take()
		done(err)
	})
}

// placeBase does step 4 and goes on with 5.
func (d *Driver) placeBase(temp string) {
	a := &d.aof
	keep, tempIncr := 0, ""
	switch a.state {
	case aofOn:
		keep = 1
	case aofFirstRewrite:
		tempIncr = aof.TempIncrName(a.dir.name)
	}
	s := a.dir.switchBase(temp, a.jobRDB, keep, tempIncr)
	d.aside(&s.step, func(err error) {
		if err != nil {
			d.log.Warn(err.Error())
			d.rewriteFailed(err)
			return
		}
		d.log.Info(fmt.Sprintf("Successfully renamed the temporary AOF base file %s into %s", temp, s.base))
		if s.incr != "" {
			d.log.Info(fmt.Sprintf("Successfully renamed the temporary AOF incr file %s into %s", tempIncr, s.incr))
		}
		if a.state != aofOff {
			a.state = aofOn
			a.settledSize = s.size
			a.baseSize = a.size()
		}
		a.lastOK, a.failures = true, 0
		d.tellSave(event.AOF, true, event.Done, nil)
		d.removeHistory(d.aside)
		d.log.Info("Background AOF rewrite finished successfully")
	})
}

// removeHistory removes files that were replaced, unless they are to be kept.
func (d *Driver) removeHistory(run func(s *step, done func(error))) {
	a := &d.aof
	if d.e.Config().AOFDisableAutoGC {
		return
	}
	s := a.dir.removeHistory()
	if s == nil {
		return
	}
	for _, f := range a.dir.manifest.History {
		d.log.Info("Removing the history file " + f.Name + " in the background")
	}
	run(s, func(err error) {
		if err != nil {
			d.log.Warn(err.Error())
		}
	})
}

// CancelRewrite ends a rewrite under way, unless its files are already taking their places, and waits until its goroutine no longer
// touches files.
func (d *Driver) CancelRewrite() {
	a := &d.aof
	a.disk.wait()
	j := a.job
	if j == nil {
		return
	}
	d.log.Info("Killing running AOF rewrite child: " + strconv.Itoa(os.Getpid()))
	a.job = nil
	j.cancel()
	<-j.done
	d.tellSave(event.AOF, true, event.Failed, context.Canceled)
	left := []string{d.aofTemp()}
	if a.state == aofFirstRewrite {
		left = append(left, d.dropFirst()...)
	}
	d.remove(left...)
}
