package persist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/event"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// LoadAOF reads the append-only file into the empty store. found is false when there is none. The result carries the
// position of the data in a replication history, if the file says it.
func (d *Driver) LoadAOF() (res *Loaded, found bool, err error) {
	a := &d.aof
	if err := a.dir.read(); err != nil {
		d.logManifest(err)
		return nil, true, err
	}
	if a.dir.upgradable() {
		if err := a.dir.upgrade(); err != nil {
			d.log.Warn(err.Error())
			return nil, true, err
		}
		d.log.Info(fmt.Sprintf("Successfully migrated an old-style AOF file (%s) into the AOF directory (%s).", a.dir.name, a.dir.dir))
	}
	files := a.dir.manifest.Files()
	if len(files) == 0 {
		return nil, false, nil
	}
	total := int64(0)
	for _, f := range files {
		st, err := d.fs.Stat(a.dir.path(f.Name))
		if err != nil {
			return nil, true, d.missing(f.Name, err)
		}
		total += st.Size()
	}
	d.e.SetLoading(true, false)
	defer d.e.SetLoading(false, false)
	d.Load.begin(time.Now(), total)
	d.tellLoading(event.FromAOF, event.Begun, nil)
	defer func() { d.tellLoading(event.FromAOF, ended(err), err) }()
	start := time.Now()
	l := &aofLoader{d: d, replay: d.e.NewReplay(), res: emptyLoaded()}
	for i, f := range files {
		if err := l.file(f, i == len(files)-1); err != nil {
			return nil, true, err
		}
		if f.Kind == aof.Base {
			a.baseSize = l.size
		}
	}
	l.res.setPosition(l.track.At())
	a.log.lastTS = l.lastTS
	d.Loaded(l.res)
	d.log.Info(fmt.Sprintf("DB loaded from append only file: %.3f seconds", time.Since(start).Seconds()))
	return l.res, true, nil
}

// logManifest says what is wrong with a manifest, the reason last.
func (d *Driver) logManifest(err error) {
	var fault *aof.ManifestError
	if !errors.As(err, &fault) {
		d.log.Warn(err.Error())
		return
	}
	d.log.Warn("*** FATAL AOF MANIFEST FILE ERROR ***")
	if fault.Line > 0 {
		d.log.Warn(fmt.Sprintf("Reading the manifest file, at line %d", fault.Line))
		d.log.Warn(">>> '" + fault.Text + "'")
	}
	d.log.Warn(fault.Reason)
}

func (d *Driver) missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		d.log.Warn(fmt.Sprintf("The append log file %s doesn't exist: No such file or directory", name))
		return fmt.Errorf("The append log file %s doesn't exist", name)
	}
	return fmt.Errorf("can't open the append log file %s for reading: %w", name, err)
}

// aofLoader reads the files of an append-only file, one after the other.
type aofLoader struct {
	d      *Driver
	replay *engine.Replay
	res    *Loaded
	track  aof.Tracker
	done   int64 // bytes of the files before
	size   int64 // of the file
	loaded int   // keys or commands of the file
	lastTS int64
}

func (l *aofLoader) file(f aof.File, last bool) error {
	start := time.Now()
	h, err := l.d.fs.Open(l.d.aof.dir.path(f.Name))
	if err != nil {
		return l.d.missing(f.Name, err)
	}
	defer h.Close()
	st, err := h.Stat()
	if err != nil {
		return err
	}
	l.loaded = 0
	if l.size = st.Size(); l.size == 0 {
		return nil
	}
	if err := l.contents(f, h, last); err != nil {
		return err
	}
	l.done += l.size
	l.d.log.Info(fmt.Sprintf("DB loaded from %s file %s: %.3f seconds", f.Kind, f.Name, time.Since(start).Seconds()))
	return nil
}

func (l *aofLoader) contents(f aof.File, h vfs.File, last bool) error {
	in := bufio.NewReaderSize(h, 256<<10)
	head, _ := in.Peek(5)
	if !aof.HasPreamble(head) {
		l.track.Set(aof.Position{})
		return l.records(f, in, 0, last)
	}
	single := f.Name == l.d.aof.dir.name // a file of Redis before 7.0, taken over
	if single {
		l.d.log.Info("Reading RDB preamble from AOF file...")
	} else {
		l.d.log.Info("Reading RDB base file on AOF loading...")
	}
	res, err := Load(l.d.e.Store(), in, LoadOptions{RDB: l.d.DecodeOptions(), KeepExpired: true, Now: l.d.e.Now(), Breathe: l.breathe})
	if errors.Is(err, loop.ErrStopped) {
		return err
	}
	if err != nil {
		l.d.logCorruption(err)
		what := "RDB base file"
		if single {
			what = "RDB preamble of the AOF file"
		}
		l.d.log.Warn(fmt.Sprintf("Error reading the %s %s, AOF loading aborted", what, f.Name))
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	if err := l.d.AdoptFunctions(res, OntoNothing); err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	l.res.add(res)
	l.d.log.Info(fmt.Sprintf("Done loading RDB, keys loaded: %d, keys expired: %d, empty keys skipped: %d.", res.Keys, res.Expired, res.Empty))
	if single {
		l.d.log.Info("Reading the remaining AOF tail...")
	}
	rest := bufio.NewReader(res.Rest)
	if _, err := rest.Peek(1); err == io.EOF {
		l.track.Set(res.position())
		return nil
	}
	l.track.Set(aof.Position{}) // what follows says where it is, or the position is lost
	return l.records(f, rest, res.Bytes, last)
}

// breathe is called with how far the file is read, and how many keys or commands were loaded from it.
func (l *aofLoader) breathe(bytes int64, keys int) error {
	l.d.Load.Done = l.done + bytes
	l.d.tellLoading(event.FromAOF, event.Progress, nil)
	n := keys - l.loaded
	l.loaded = keys
	return l.d.breathe(n)
}

// records runs the commands of a file, from an offset on.
func (l *aofLoader) records(f aof.File, r io.Reader, offset int64, last bool) error {
	q := readAhead(r, offset)
	defer q.stop()
	for {
		b, ok := <-q.out
		if !ok {
			break
		}
		if err := l.run(f, b); err != nil {
			return err
		}
		if err := l.breathe(b.end, l.loaded+len(b.records)); err != nil {
			return err
		}
		q.recycle(b)
	}
	if q.err == io.EOF {
		return nil
	}
	return l.ended(f, q, last)
}

func (l *aofLoader) run(f aof.File, b *recordBatch) error {
	for i := range b.records {
		rec := &b.records[i]
		l.track.Read(rec)
		if rec.Args == nil {
			if ts, found, err := aof.ParseTimestamp(rec.Raw); found && err == nil {
				l.lastTS = max(l.lastTS, ts)
			}
			continue
		}
		if err := l.replay.Run(rec.Args); err != nil {
			l.d.log.Warn(fmt.Sprintf("%v reading the append only file %s", err, f.Name))
			return fmt.Errorf("%s, offset %d: %w", f.Name, rec.Start, err)
		}
	}
	return nil
}

// ended deals with a file that does not end as it should.
func (l *aofLoader) ended(f aof.File, q *recordQueue, last bool) error {
	d, name := l.d, f.Name
	l.replay.Abandon()
	var syntax *aof.SyntaxError
	if !errors.As(q.err, &syntax) {
		d.log.Warn(fmt.Sprintf("Unrecoverable error reading the append only file %s: %v", name, q.err))
		return fmt.Errorf("%s: %w", name, q.err)
	}
	if !aof.Truncated(q.err) {
		d.log.Warn(fmt.Sprintf("Bad file format reading the append only file %s: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>", name))
		return fmt.Errorf("%s: %w", name, q.err)
	}
	if q.multi {
		d.log.Warn("Revert incomplete MULTI/EXEC transaction in AOF file " + name)
	}
	if !d.e.Config().AOFLoadTruncated {
		d.log.Warn(fmt.Sprintf("Unexpected end of file reading the append only file %s. You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. "+
			"2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.", name))
		return fmt.Errorf("%s: %w", name, q.err)
	}
	d.log.Warn(fmt.Sprintf("!!! Warning: short read while loading the AOF file %s!!!", name))
	if !last {
		d.log.Warn("Fatal error: the truncated file is not the last file")
		return fmt.Errorf("%s: the truncated file is not the last file: %w", name, q.err)
	}
	d.log.Warn(fmt.Sprintf("!!! Truncating the AOF %s at offset %d !!!", name, q.cut))
	if err := d.truncate(d.aof.dir.path(name), q.cut); err != nil {
		d.log.Warn(fmt.Sprintf("Error truncating the AOF file %s: %v", name, err))
		return err
	}
	d.log.Warn(fmt.Sprintf("AOF %s loaded anyway because aof-load-truncated is enabled", name))
	l.size = q.cut
	return nil
}

func (d *Driver) truncate(path string, size int64) error {
	f, err := d.fs.OpenAppend(path)
	if err != nil {
		return err
	}
	err = f.Truncate(size)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
