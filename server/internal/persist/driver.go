package persist

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// Driver saves and loads for the engine. Its methods run on the engine's thread unless they say otherwise.
type Driver struct {
	e   *engine.Engine
	fs  vfs.FS
	log *slog.Logger

	// ReplicationAux returns the replication state for the header of a file (R8): all fields or none. Nil before the
	// replication driver is there.
	ReplicationAux func() []Aux
	// Position returns where the data is in its replication history, for the append-only file.
	Position func() aof.Position
	// Expired is LoadOptions.Expired of the load at the start, nil after it.
	Expired func(aux map[string]string, db int, key []byte)
	// SavePace is rdb-key-save-delay.
	SavePace Pace
	// Others reports whether snapshots are being made for others than this driver: for replicas. Nil before the replication driver is there.
	Others func() bool
	// Settled is called when more of the append-only file is on disk.
	Settled func()
	// Functions returns the sources of function libraries; TakeFunctions takes those of a file, all or none.
	Functions     func() [][]byte
	TakeFunctions func(sources [][]byte, onto Onto) error

	dirtyAt   int64 // Ctx.Dirty at the last successful save
	lastSave  int64 // Unix seconds
	lastTry   int64 // Unix seconds of the last failed or started background save
	lastOK    bool
	lastTook  int64 // seconds, -1 before the first
	saves     int64
	scheduled bool
	running   *job
	writing   atomic.Pointer[string] // the temporary file of the SAVE under way
	aof       appendOnly

	aofSyncEvery int // of the rewrite under way

	Load LoadState

	skipChecksum bool
	breathed     time.Time // when a load last let the engine handle events
}

// LoadState is what INFO says of the load under way and the last one.
type LoadState struct {
	Start                   int64 // Unix seconds
	Total, Done             int64 // bytes
	LastLoaded, LastExpired int64 // keys
	RDBUsedMem              int64
}

// job is a background save or rewrite.
type job struct {
	ctx      context.Context
	cancel   context.CancelFunc
	done     chan struct{}
	started  time.Time
	progress atomic.Int64
	total    int64
	dirty    int64
}

func newJob(snap *store.Snapshot, dirty int64) *job {
	ctx, cancel := context.WithCancel(context.Background())
	return &job{ctx: ctx, cancel: cancel, done: make(chan struct{}), started: time.Now(), total: int64(snap.Len()), dirty: dirty}
}

// New makes the driver of an engine.
func New(e *engine.Engine, fs vfs.FS) *Driver {
	d := &Driver{e: e, fs: fs, log: e.Log(), lastOK: true, lastTook: -1, lastSave: time.Now().Unix()}
	d.initAOF(fs)
	return d
}

// FS is the file system that the driver uses.
func (d *Driver) FS() vfs.FS { return d.fs }

// Path is the RDB file's name.
func (d *Driver) Path() string { return filepath.Clean(d.e.Config().DBFilename) }

// EncodeOptions are the configured choices of a writer, with the header's named texts.
func (d *Driver) EncodeOptions(workers int) EncodeOptions {
	c := d.e.Config()
	now := time.Now()
	o := EncodeOptions{RDB: rdb.EncodeOptions{Version: c.RDBSaveVersion, Compress: c.RDBCompression, NoChecksum: !c.RDBChecksum}, Policy: d.e.Store().Limits.Policy, Workers: workers,
		Pace: &d.SavePace,
		Aux: []Aux{{"redis-ver", command.RedisVersion}, {"redis-bits", strconv.Itoa(strconv.IntSize)},
			{"ctime", strconv.FormatInt(now.Unix(), 10)}, {"used-mem", strconv.FormatInt(d.e.UsedMemory(), 10)}}}
	if d.ReplicationAux != nil {
		o.Aux = append(o.Aux, d.ReplicationAux()...)
	}
	o.Aux = append(o.Aux, Aux{"aof-base", "0"})
	if d.Functions != nil {
		o.Functions = d.Functions()
	}
	return o
}

func (d *Driver) syncEvery() int {
	if d.e.Config().RDBSaveIncrementalFsync {
		return 4 << 20
	}
	return 0
}

// Running reports whether a background save is under way.
func (d *Driver) Running() bool { return d.running != nil }

// LastSave is the Unix time of the last successful save, in seconds.
func (d *Driver) LastSave() int64 { return d.lastSave }

// Save writes the data set and waits for it. The engine stands still meanwhile, as SAVE promises; both cores encode.
func (d *Driver) Save() error {
	if d.running != nil {
		return errors.New("Background save already in progress")
	}
	start := time.Now()
	snap := d.e.Snapshot()
	defer snap.Release()
	d.saves++
	d.tellSave(event.RDB, false, event.Begun, nil)
	temp := d.temp()
	d.writing.Store(&temp)
	err := SaveFile(context.Background(), d.fs, d.Path(), temp, snap, d.EncodeOptions(64), d.syncEvery())
	d.writing.Store(nil)
	if err != nil { // who asked is told: unlike after a background save that failed, writes are not refused
		d.log.Warn("Error saving DB on disk: " + err.Error())
		d.tellSave(event.RDB, false, event.Failed, err)
		return err
	}
	d.log.Info("DB saved on disk")
	d.succeeded(d.e.Dirty(), start)
	d.tellSave(event.RDB, false, event.Done, nil)
	return nil
}

// Abandon removes the temporary file of a SAVE under way. Any goroutine may call it, when the process ends at once.
func (d *Driver) Abandon() {
	if temp := d.writing.Load(); temp != nil {
		_ = d.fs.Remove(*temp)
	}
}

func (d *Driver) temp() string {
	return filepath.Join(filepath.Dir(d.Path()), fmt.Sprintf("temp-%d.rdb", os.Getpid()))
}

func (d *Driver) succeeded(dirty int64, start time.Time) {
	d.dirtyAt = dirty
	d.lastSave = time.Now().Unix()
	d.lastOK = true
	d.lastTook = int64(time.Since(start).Seconds())
}

// ErrRunning says that a background save is under way.
var ErrRunning = errors.New("Background save already in progress")

// BackgroundSave starts a save on goroutines of its own.
func (d *Driver) BackgroundSave() error {
	if d.running != nil {
		return ErrRunning
	}
	snap := d.e.Snapshot()
	o := d.EncodeOptions(1)
	o.Reading = snap.Reader()
	snap.Close()
	j := newJob(snap, d.e.Dirty())
	o.Progress = &j.progress
	d.running = j
	d.tellSave(event.RDB, true, event.Begun, nil)
	d.saves++
	d.lastTry = j.started.Unix()
	d.log.Info(fmt.Sprintf("Background saving started by pid %d", os.Getpid()))
	name, temp, every := d.Path(), d.temp(), d.syncEvery()
	go func() {
		err := SaveFile(j.ctx, d.fs, name, temp, snap, o, every)
		close(j.done)
		d.e.Post(func() {
			snap.Release()
			d.finished(j, err)
		})
	}()
	return nil
}

func (d *Driver) finished(j *job, err error) {
	if d.running == j {
		d.running = nil
	}
	d.lastTook = int64(time.Since(j.started).Seconds())
	d.tellSave(event.RDB, true, ended(err), err)
	switch {
	case errors.Is(err, context.Canceled):
		d.log.Warn("Background saving terminated by signal 10")
	case err != nil:
		d.lastOK = false
		d.log.Warn("Background saving error: " + err.Error())
	default:
		d.log.Info("DB saved on disk")
		d.log.Info("Background saving terminated with success")
		d.succeeded(j.dirty, j.started)
	}
}

// Cancel ends a background save and waits until its goroutine no longer touches files.
func (d *Driver) Cancel() {
	if j := d.running; j != nil {
		d.running = nil
		j.cancel()
		<-j.done
	}
}

// Schedule makes the next cron start a background save.
func (d *Driver) Schedule() { d.scheduled = true }

// WriteError implements engine.Persistence.
func (d *Driver) WriteError() string {
	c := d.e.Config()
	if !d.lastOK && c.StopWritesOnBgsaveError && len(c.SavePoints) > 0 {
		return "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is " +
			"configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."
	}
	if err := d.aof.log.err; err != nil {
		return "MISCONF Errors writing to the AOF file: " + reason(err)
	}
	return ""
}

// reason is the text of the system's error alone.
func reason(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return err.Error()
}

// Turn implements engine.Persistence.
func (d *Driver) Turn(int64) { d.aof.log.turn() }

// retryDelay is how long a failed background save is not tried again by a save point, in seconds.
const retryDelay = 5

// Cron implements engine.Persistence: save points.
func (d *Driver) Cron(now int64) {
	d.cronAOF()
	if d.running != nil || d.Rewriting() || d.e.Loading() {
		return
	}
	sec := now / 1000
	if d.scheduled && (d.lastOK || sec-d.lastTry > retryDelay) {
		d.scheduled = false
		_ = d.BackgroundSave()
		return
	}
	changes := d.Changes()
	for _, p := range d.e.Config().SavePoints {
		if changes >= p.Changes && sec-d.lastSave > p.Seconds && (d.lastOK || sec-d.lastTry > retryDelay) {
			d.log.Info(fmt.Sprintf("%d changes in %d seconds. Saving...", p.Changes, p.Seconds))
			_ = d.BackgroundSave()
			return
		}
	}
}

// Changes is the number of changes since the last successful save.
func (d *Driver) Changes() int64 { return d.e.Dirty() - d.dirtyAt }

// ResetChanges makes the data set count as saved, after it was loaded.
func (d *Driver) ResetChanges() { d.dirtyAt = d.e.Dirty() }

// SetSkipChecksum is DEBUG SET-SKIP-CHECKSUM-VALIDATION; SkipChecksum says how it stands.
func (d *Driver) SetSkipChecksum(on bool) { d.skipChecksum = on }
func (d *Driver) SkipChecksum() bool      { return d.skipChecksum }
