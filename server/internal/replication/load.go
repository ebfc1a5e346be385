package replication

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// loading is a snapshot of the master that is being loaded: on a goroutine of its own, into databases of its own that take the place
// of the data when they are complete. So the engine goes on with everything that the loading state lets through, and half a data set
// is never seen (R32).
//
//	engine's thread    load ------------------------------------> loadEnded --> TakeOver, or Discard
//	goroutine             \--> persist.Load into loading.into ---^ Post
type loading struct {
	f    *following
	in   incoming
	into *store.Store // the goroutine's until it has ended
	opts persist.LoadOptions

	early *early // it began while the snapshot was received

	bytes, memory atomic.Int64 // how far it is, for INFO
}

// load begins to put a snapshot in the place of the data.
func (d *Driver) load(f *following, in incoming) {
	if !in.how.KeepsOld {
		d.p.StopAOF() // it begins anew with the new data, if there is any (R32)
	}
	d.p.Cancel()
	id, _ := d.link.SyncTarget()
	sameHistory := id == d.stream.ID()
	d.do(d.link.BeginLoad(in.how, freshID(), time.Now()))
	if !in.how.KeepsOld {
		d.log.Info("MASTER <-> REPLICA sync: Flushing old data")
		d.e.Empty(-1, true)
		if err := d.p.AdoptFunctions(&persist.Loaded{}, persist.OntoNothing); err != nil { // functions are data: they go with it
			panic("BUG: no functions are refused: " + err.Error())
		}
	}
	// The old data is shown meanwhile only if it is an earlier state of the new. Of another history it is but kept, for the case that the
	// loading fails.
	d.e.SetLoading(true, in.how.KeepsOld && sameHistory)
	d.log.Info("MASTER <-> REPLICA sync: Loading DB in memory")
	d.p.Load.Start, d.p.Load.Done, d.p.Load.Total = time.Now().Unix(), 0, max(in.frame.Size, in.frame.Received)
	d.tellLoading(event.Begun, nil)
	l := f.early
	if f.early = nil; l == nil {
		l = &loading{f: f, into: d.e.Store().Apart()}
		l.opts = d.loadOptions(l)
	}
	l.in = in
	d.loading = l
	dir := filepath.Dir(d.p.Path())
	go func() {
		res, err := l.run()
		if in.file != nil {
			_ = d.p.FS().SyncDir(dir) // of the renamed file
		}
		d.e.Post(func() { d.loadEnded(l, res, err) })
	}()
}

func (l *loading) run() (*persist.Loaded, error) {
	defer l.in.close()
	switch {
	case l.early != nil && l.early.done != nil:
		<-l.early.done
		return l.early.res, l.early.err
	case l.in.file != nil:
		return persist.Load(l.into, l.in.file, l.opts)
	}
	res, err := persist.Load(l.into, counting{l.in.frame, l.f}, l.opts)
	if err == nil {
		err = l.in.frame.Finish()
	}
	return res, err
}

// breather returns what the loading goroutine does between two batches: it tells how far it is, sleeps for key-load-delay, and looks
// whether the master was given up.
func (d *Driver) breather(l *loading) func(bytes int64, keys int) error {
	seen := 0
	return func(bytes int64, keys int) error {
		l.bytes.Store(bytes)
		l.memory.Store(int64(l.into.Used()))
		d.loadPace.Wait(l.f.ctx, keys-seen)
		seen = keys
		if l.f.ctx.Err() != nil {
			return errGivenUp
		}
		return nil
	}
}

var errGivenUp = errors.New("the master was given up meanwhile")

// stopLoading leaves the loading state. A goroutine that still runs finds that out by itself.
func (d *Driver) stopLoading(phase event.Phase, err error) {
	if l := d.loading; l != nil {
		d.p.Load.Done = l.bytes.Load()
		d.tellLoading(phase, err)
		d.loading = nil
		d.e.SetLoading(false, false)
	}
}

// loadMemory is the memory of the data that is being loaded, as far as it has come.
func (d *Driver) loadMemory() int64 {
	l := d.loading
	if l == nil && d.follow != nil {
		l = d.follow.early
	}
	if l == nil {
		return 0
	}
	return l.memory.Load()
}

func (d *Driver) loadEnded(l *loading, res *persist.Loaded, err error) {
	if d.loading != l {
		d.e.Store().Discard(l.into) // given up meanwhile
		return
	}
	if d.e.Breathing() {
		d.later(func() { d.loadEnded(l, res, err) })
		return
	}
	if err == nil && d.refusesLoaded(l) { // the link was lost with it, and the loading ended
		d.e.Store().Discard(l.into)
		return
	}
	if err == nil {
		err = d.p.AdoptFunctions(res, persist.OntoNothing)
	}
	if err != nil {
		d.stopLoading(event.Failed, err)
		d.e.Store().Discard(l.into)
		d.loadFailed(l, err)
		return
	}
	d.loaded(l, res)
}

// later comes back to what finds a command in its way that lets events in, such as a slow script or DEBUG RELOAD: the data must not
// change hands under it.
func (d *Driver) later(fn func()) {
	const breath = 10 * time.Millisecond
	time.AfterFunc(breath, func() { d.e.Post(fn) })
}

// loadFailed goes on with the old data if that was kept, else with none: never with half of the new (R32).
func (d *Driver) loadFailed(l *loading, err error) {
	from := "disk"
	if l.in.how.Direct {
		from = "socket"
	}
	d.log.Warn("Internal error in RDB while it was loaded: " + err.Error())
	d.log.Warn("Failed trying to load the MASTER synchronization DB from " + from + ", check server logs.")
	d.reportFailure(l.f, err.Error())
	now := time.Now()
	d.do(d.link.LoadFailed(now))
	d.tickLink(now)
}

func (d *Driver) loaded(l *loading, res *persist.Loaded) {
	d.p.StopAOF()
	d.e.TouchDB(-1, -1)
	d.e.Store().TakeOver(l.into)
	d.e.Replaced()
	if l.in.how.KeepsOld {
		d.log.Info("MASTER <-> REPLICA sync: Discarding old DB in background")
	}
	d.p.Loaded(res)
	d.p.ResetChanges()
	d.stopLoading(event.Done, nil)
	d.dropSyncFile(l)
	t := &l.f.report.Times
	if t.Loaded = time.Now(); t.Received.IsZero() {
		t.Received = t.Loaded // it was loaded as it came
	}
	d.masterDB = max(res.ReplStreamDB, 0)
	actions := d.link.Loaded(d.masterDB, freshID(), time.Now())
	d.p.ResumeAOF()
	if !d.adopt(l.f) {
		return
	}
	d.do(actions)
	d.settle(l.f)
	d.tellMasterLink(true, true)
	d.log.Info("MASTER <-> REPLICA sync: Finished with success")
	d.readOn(l.f)
}

// dropSyncFile deletes the received file when nobody wants files on this node (rdb-del-sync-files).
func (d *Driver) dropSyncFile(l *loading) {
	if l.in.file != nil && d.deletesSyncFiles() {
		d.log.Info("Removing the RDB file obtained from the master. This replica has persistence disabled")
		_ = d.p.FS().Remove(d.p.Path())
	}
}

// deletesSyncFiles: files that only a synchronization needed are deleted if so configured and there is no persistence.
func (d *Driver) deletesSyncFiles() bool {
	return d.cfg.RDBDelSyncFiles && len(d.cfg.SavePoints) == 0 && !d.cfg.AppendOnly
}
