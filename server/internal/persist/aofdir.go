package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// aofDir is the directory of an append-only file. Each method is a step that a crash may cut anywhere: what is on disk is
// then the state before it or the state after it, beside files that no manifest names, which the step overwrites when it is
// done again.
//
//	step                 on disk, in this order                                            counts from
//	upgrade              directory, manifest {b old}, rename old file into the directory   the rename
//	addIncr              empty incr n+1, manifest {.., i n+1}                              the manifest
//	switchBase           rename temp -> base m+1 [, rename temp incr -> incr n+1],
//	                     manifest {b m+1, h.., i last}                                     the manifest
//	removeHistory        unlink the files, manifest without them                           -
//
// A manifest is replaced by writing it beside, syncing, renaming and syncing the directory.
type aofDir struct {
	fs       vfs.FS
	dir      string // appenddirname
	name     string // appendfilename
	manifest *aof.Manifest
}

func (a *aofDir) path(name string) string { return filepath.Join(a.dir, name) }

// read takes the manifest from disk; a missing one is empty.
func (a *aofDir) read() error {
	a.manifest = &aof.Manifest{}
	text, err := vfs.ReadFile(a.fs, a.path(aof.ManifestName(a.name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("Fatal error: can't open the AOF manifest file %s for reading: %w", aof.ManifestName(a.name), err)
	}
	m, err := aof.ParseManifest(text)
	if err != nil {
		return err
	}
	a.manifest = m
	return nil
}

// step is one of the changes above: planned and taken over on the engine's thread, run on any goroutine in between. Nothing else may change
// the directory meanwhile.
type step struct {
	dir   *aofDir
	m     *aof.Manifest // what the manifest is to be
	named bool          // it is, whether or not that survives a crash
	run   func() error
}

// take makes what a step that has run left behind the state that later steps begin with.
func (s *step) take() {
	if s.named {
		s.dir.manifest = s.m
	}
}

// do runs a step at once.
func (s *step) do() error {
	defer s.take()
	return s.run()
}

// commit puts the step's manifest in the place of the one on disk.
func (s *step) commit() error {
	a := s.dir
	temp := a.path(aof.TempManifestName(a.name))
	f, err := a.fs.Create(temp)
	if err != nil {
		return fmt.Errorf("Can't open the AOF manifest file %s: %w", aof.TempManifestName(a.name), err)
	}
	_, err = f.Write(s.m.Append(nil))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = a.fs.Remove(temp)
		return fmt.Errorf("Error trying to write the temporary AOF manifest file %s: %w", aof.TempManifestName(a.name), err)
	}
	if err := a.fs.Rename(temp, a.path(aof.ManifestName(a.name))); err != nil {
		return fmt.Errorf("Error trying to rename the temporary AOF manifest file %s into %s: %w", aof.TempManifestName(a.name), aof.ManifestName(a.name), err)
	}
	s.named = true
	if err := a.fs.SyncDir(a.dir); err != nil {
		return fmt.Errorf("Fail to fsync AOF directory %s: %w", a.dir, err)
	}
	return nil
}

// makeDir creates the directory durably.
func (a *aofDir) makeDir() error {
	if err := a.fs.MkdirAll(a.dir); err != nil {
		return fmt.Errorf("Can't open or create append-only dir %s: %w", a.dir, err)
	}
	return a.fs.SyncDir(filepath.Dir(a.dir))
}

func (a *aofDir) exists(name string) bool {
	_, err := a.fs.Stat(name)
	return err == nil
}

// upgradable reports whether there is a single file of Redis before 7.0 to take over: when no manifest counts, or when an
// earlier upgrade stopped before the file was moved.
func (a *aofDir) upgradable() bool {
	if !a.exists(a.name) {
		return false
	}
	m := a.manifest
	return m.Empty() || m.Base != nil && len(m.Incr) == 0 && m.Base.Name == a.name && !a.exists(a.path(a.name))
}

// upgrade makes a single file the base of a directory.
func (a *aofDir) upgrade() error {
	if err := a.makeDir(); err != nil {
		return err
	}
	s := &step{dir: a, m: &aof.Manifest{Base: &aof.File{Name: a.name, Seq: 1, Kind: aof.Base}, BaseSeq: 1}}
	s.run = s.commit
	if err := s.do(); err != nil {
		return err
	}
	if err := a.fs.Rename(a.name, a.path(a.name)); err != nil {
		return fmt.Errorf("Error trying to move the old AOF file %s into dir %s: %w", a.name, a.dir, err)
	}
	if err := a.fs.SyncDir(a.dir); err != nil {
		return err
	}
	return a.fs.SyncDir(filepath.Dir(a.dir))
}

// addIncr begins the next incremental file.
type addIncr struct {
	step
	name string
	file vfs.File
}

func (a *aofDir) addIncr() *addIncr {
	s := &addIncr{step: step{dir: a, m: a.manifest.Clone()}}
	s.name = s.m.AddIncr(a.name).Name
	s.run = func() error {
		f, err := a.fs.Create(a.path(s.name))
		if err != nil {
			return fmt.Errorf("Can't open the append-only file %s: %w", s.name, err)
		}
		if err := s.commit(); err != nil {
			_ = f.Close()
			return err
		}
		s.file = f
		return nil
	}
	return s
}

// openLast opens the last incremental file for writing, or begins the first. Its size is where the next record goes.
func (a *aofDir) openLast() (f vfs.File, size int64, err error) {
	last := a.manifest.Last()
	if last == nil {
		s := a.addIncr()
		err = s.do()
		return s.file, 0, err
	}
	if f, err = a.fs.OpenAppend(a.path(last.Name)); err != nil {
		return nil, 0, fmt.Errorf("Can't open the append-only file %s: %w", last.Name, err)
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

// switchBase puts a base in the place of other files.
type switchBase struct {
	step
	base, incr string // names; incr is empty unless another incremental file begins with the base
	size       int64  // of the base
}

// switchBase puts the base that was written to temp in the place of all files but the last keep incremental ones. tempIncr, unless
// empty, is the name of another incremental file, which begins with this base.
func (a *aofDir) switchBase(temp string, rdb bool, keep int, tempIncr string) *switchBase {
	s := &switchBase{step: step{dir: a, m: a.manifest.Clone()}}
	s.base = s.m.ReplaceBase(a.name, rdb).Name
	if tempIncr != "" {
		keep++
		s.incr = s.m.AddIncr(a.name).Name
	}
	s.m.RetireIncr(keep)
	s.run = func() error {
		if err := a.fs.Rename(temp, a.path(s.base)); err != nil {
			_ = a.fs.Remove(temp)
			return fmt.Errorf("Error trying to rename the temporary AOF base file %s into %s: %w", temp, s.base, err)
		}
		if s.incr != "" {
			if err := a.fs.Rename(a.path(tempIncr), a.path(s.incr)); err != nil {
				_ = a.fs.Remove(a.path(s.base))
				return fmt.Errorf("Error trying to rename the temporary AOF incr file %s into %s: %w", tempIncr, s.incr, err)
			}
		}
		if err := a.fs.SyncDir(a.dir); err != nil {
			return fmt.Errorf("Fail to fsync AOF directory %s: %w", a.dir, err)
		}
		if err := s.commit(); err != nil {
			if !s.named {
				_ = a.fs.Remove(a.path(s.base))
			}
			return err
		}
		if st, err := a.fs.Stat(a.path(s.base)); err == nil {
			s.size = st.Size()
		}
		return nil
	}
	return s
}

// removeHistory removes the files that were replaced. What fails is tried again with the next rewrite or start. It is nil when there is
// nothing to remove.
func (a *aofDir) removeHistory() *step {
	old := a.manifest.History
	if len(old) == 0 {
		return nil
	}
	s := &step{dir: a, m: a.manifest.Clone()}
	s.m.History = nil
	s.run = func() error {
		for _, f := range old {
			if err := a.fs.Remove(a.path(f.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				s.m.History = append(s.m.History, f)
			}
		}
		return s.commit()
	}
	return s
}
