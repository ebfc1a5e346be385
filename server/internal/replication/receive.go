package replication

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/repl/wire"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/persist"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// receive waits for the snapshot that the master has announced, on a goroutine of its own.
func (d *Driver) receive(f *following) {
	direct := d.cfg.ReplDisklessLoad == "on-empty-db" && d.e.Store().Len() == 0
	d.files++
	name := filepath.Join(filepath.Dir(d.p.Path()), fmt.Sprintf("temp-%d.%d.rdb", time.Now().Unix(), os.Getpid()))
	fs := d.p.FS()
	go func() {
		frame, err := wire.ReadFrame(f.r, nil)
		if err == nil {
			f.total.Store(max(frame.Size, 0))
			d.e.Post(func() { d.announceTransfer(f, frame.Size, direct) })
		}
		var file vfs.File
		if err == nil && !direct {
			file, err = d.toFile(f, frame, fs, name)
		}
		d.e.Post(func() { d.received(f, frame, file, name, err) })
	}()
}

func (d *Driver) announceTransfer(f *following, size int64, direct bool) {
	if d.follow != f {
		return
	}
	f.report.Times.Ready = time.Now()
	where := "to disk"
	if direct {
		where = "to parser"
	}
	if size < 0 {
		d.log.Info("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF " + where)
	} else {
		d.log.Info(fmt.Sprintf("MASTER <-> REPLICA sync: receiving %d bytes from master %s", size, where))
	}
}

// counting tells INFO how far a transfer is.
type counting struct {
	r io.Reader
	f *following
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.f.read.Add(int64(n))
	c.f.lastRead.Store(time.Now().UnixNano())
	return n, err
}

// toFile receives the snapshot into a file, on the goroutine of the transfer. The file is open at its beginning, and gone
// from the directory with its last reader.
func (d *Driver) toFile(f *following, frame *wire.Frame, fs vfs.FS, name string) (file vfs.File, err error) {
	file, err = fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("Opening the temp file needed for MASTER <-> REPLICA synchronization: %w", err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = fs.Remove(name)
			file = nil
		}
	}()
	buf := make([]byte, 256<<10)
	if _, err = io.CopyBuffer(onlyWriter{file}, counting{frame, f}, buf); err != nil {
		return file, fmt.Errorf("receive the snapshot, after %d bytes: %w", frame.Received, err)
	}
	_, err = file.Seek(0, io.SeekStart)
	return file, err
}

// onlyWriter hides the other methods of a file, so that CopyBuffer uses our buffer.
type onlyWriter struct{ io.Writer }

// received loads a snapshot that was received, or is about to be.
func (d *Driver) received(f *following, frame *wire.Frame, file vfs.File, name string, err error) {
	if file != nil {
		defer func() {
			_ = file.Close()
			_ = d.p.FS().Remove(name)
		}()
	}
	if d.follow != f {
		return
	}
	if err != nil {
		var abort *wire.AbortError
		if errors.As(err, &abort) {
			d.log.Warn(abort.Error())
			d.reportFailure(f, abort.Error())
			err = nil
		}
		d.lost(f, err)
		return
	}
	if file != nil {
		f.report.Times.Received = time.Now()
	}
	d.load(f, frame, file)
}

// load puts the snapshot in the place of the data. Nothing else runs on the engine's thread meanwhile but what Breathe lets in.
func (d *Driver) load(f *following, frame *wire.Frame, file vfs.File) {
	direct := file == nil
	var src io.Reader = file
	if direct {
		src = counting{frame, f}
	}
	d.p.Cancel() // an own save under way would only write what is about to go (R33)
	d.do(d.link.BeginLoad(repl.Load{Direct: direct}, freshID(), time.Now()))
	d.log.Info("MASTER <-> REPLICA sync: Flushing old data")
	d.e.Empty(-1, true)
	d.log.Info("MASTER <-> REPLICA sync: Loading DB in memory")
	d.e.SetLoading(true, false)
	d.p.Load.Start, d.p.Load.Done, d.p.Load.Total = time.Now().Unix(), 0, max(frame.Size, frame.Received)
	d.tellLoading(event.Begun, nil)
	breathe := d.p.Breathe()
	res, err := persist.Load(d.e.Store(), src, persist.LoadOptions{RDB: d.p.DecodeOptions(), KeepExpired: true, Now: time.Now().UnixMilli(),
		Breathe: func(bytes int64, keys int) error {
			if err := breathe(bytes, keys); err != nil {
				return err
			}
			d.tickLink(time.Now())
			d.tellLoading(event.Progress, nil)
			if d.follow != f {
				return errGivenUp
			}
			return nil
		}})
	if err == nil && direct {
		err = frame.Finish()
	}
	d.e.SetLoading(false, false)
	if err == nil && d.follow != f {
		err = errGivenUp
	}
	if err != nil {
		d.loadFailed(f, err)
		return
	}
	d.loaded(f, res)
}

var errGivenUp = errors.New("the master was given up meanwhile")

// loadFailed leaves an empty data set behind, never half of one (R32).
func (d *Driver) loadFailed(f *following, err error) {
	d.e.Store().Flush()
	d.log.Warn("Failed trying to load the MASTER synchronization DB: " + err.Error())
	d.tellLoading(event.Failed, err)
	d.reportFailure(f, err.Error())
	if d.follow == f {
		now := time.Now()
		d.do(d.link.LoadFailed(now))
		d.tickLink(now)
	}
}

func (d *Driver) loaded(f *following, res *persist.Loaded) {
	d.p.Loaded(res)
	d.p.ResetChanges()
	d.tellLoading(event.Done, nil)
	t := &f.report.Times
	if t.Loaded = time.Now(); t.Received.IsZero() {
		t.Received = t.Loaded // it was loaded as it came
	}
	d.masterDB = max(res.ReplStreamDB, 0)
	actions := d.link.Loaded(d.masterDB, freshID(), time.Now())
	if !d.adopt(f) {
		return
	}
	d.do(actions)
	d.settle(f)
	d.tellMasterLink(true, true)
	d.log.Info("MASTER <-> REPLICA sync: Finished with success")
	d.readOn(f)
}
