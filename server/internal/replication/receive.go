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
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// howToLoad decides how the snapshot that is coming is received and loaded, by repl-diskless-load (R31).
func (d *Driver) howToLoad() repl.Load {
	switch d.cfg.ReplDisklessLoad {
	case "swapdb":
		return repl.Load{Direct: true, KeepsOld: true}
	case "on-empty-db":
		return repl.Load{Direct: d.e.Store().Len() == 0}
	default:
		return repl.Load{}
	}
}

// receive waits for the snapshot that the master has announced, on a goroutine of its own.
func (d *Driver) receive(f *following) {
	how, room := d.howToLoad(), d.room()
	if !how.Direct && room == nil {
		f.early = d.loadEarly(f)
	}
	early := f.early
	name := filepath.Join(filepath.Dir(d.p.Path()), fmt.Sprintf("temp-%d.%d.rdb", time.Now().Unix(), os.Getpid()))
	fs := d.p.FS()
	go func() {
		frame, err := wire.ReadFrame(f.r, nil)
		if err == nil {
			f.total.Store(max(frame.Size, 0))
			if room != nil {
				how = d.chooseLoad(f, frame, *room)
			}
			d.e.Post(func() { d.announceTransfer(f, frame.Size, how.Direct) })
		}
		var file vfs.File
		if err == nil && !how.Direct {
			file, err = d.toFile(f, frame, fs, name, early)
		}
		d.e.Post(func() { d.received(f, incoming{frame, file, how}, err) })
	}()
}

// incoming is a snapshot that is on its way, or has come.
type incoming struct {
	frame *wire.Frame
	file  vfs.File // nil: it comes straight from the connection
	how   repl.Load
}

func (in incoming) close() {
	if in.file != nil {
		_ = in.file.Close()
	}
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

// toFile receives the snapshot into a file, on the goroutine of the transfer, and lets it be loaded early if that was prepared. The
// file is on disk then, and open at its beginning.
func (d *Driver) toFile(f *following, frame *wire.Frame, fs vfs.FS, name string, early *loading) (file vfs.File, err error) {
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
	var to io.Writer = file
	if early != nil {
		early.begin(fs, name)
		to = growing{file, &early.early.tail}
		defer func() { early.early.tail.finish(err) }()
	}
	buf := make([]byte, 256<<10)
	if _, err = io.CopyBuffer(onlyWriter{to}, counting{frame, f}, buf); err != nil {
		return file, fmt.Errorf("receive the snapshot, after %d bytes: %w", frame.Received, err)
	}
	if err = file.Sync(); err != nil {
		return file, fmt.Errorf("sync the received snapshot: %w", err)
	}
	_, err = file.Seek(0, io.SeekStart)
	return file, err
}

// onlyWriter hides the other methods of a file, so that CopyBuffer uses our buffer.
type onlyWriter struct{ io.Writer }

// received goes on when a snapshot was received, or is about to be.
func (d *Driver) received(f *following, in incoming, err error) {
	if d.e.Breathing() {
		d.later(func() { d.received(f, in, err) })
		return
	}
	refused := false
	if d.follow == f && err == nil && in.file != nil {
		f.report.Times.Received = time.Now()
		if refused, err = d.refuses(f, in.file); err == nil && !refused {
			err = d.keepFile(in.file)
		}
	}
	if d.follow == f && err == nil && !refused {
		d.load(f, in)
		return
	}
	if in.file != nil {
		in.close()
		_ = d.p.FS().Remove(in.file.Name())
	}
	if f.early != nil {
		d.discard(f.early)
		f.early = nil
	}
	if d.follow != f {
		return
	}
	var abort *wire.AbortError
	if errors.As(err, &abort) {
		d.log.Warn(abort.Error())
		d.reportFailure(f, abort.Error())
		err = nil
	}
	d.lost(f, err)
}

// keepFile makes the received snapshot the RDB file of the node: should it die, it comes back with the new data and continues
// partially. An own save under way would only write what is about to go, and would overwrite it (R33).
func (d *Driver) keepFile(file vfs.File) error {
	d.p.Cancel()
	if err := d.p.FS().Rename(file.Name(), d.p.Path()); err != nil {
		return fmt.Errorf("Failed trying to rename the temp DB into %s in MASTER <-> REPLICA synchronization: %w", d.p.Path(), err)
	}
	return nil
}
