package vfs

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Mem is a file system in memory that knows what a disk would have after a power failure: contents as of each file's last Sync,
// names as of each directory's last SyncDir. It is for tests, and safe for concurrent use.
//
//	names    path -> inode    what programs see         renamed, created, removed at once
//	durable  path -> inode    what a crash leaves       taken over by SyncDir
//	inode    data, synced                               taken over by Sync
type Mem struct {
	mu      sync.Mutex
	names   map[string]*inode
	durable map[string]*inode
	// Boundary, if set, is called before every change with its name: a test takes a Crash clone there.
	Boundary func(change, name string)
}

type inode struct {
	dir          bool
	data, synced []byte
}

// NewMem returns an empty file system that has the directory ".".
func NewMem() *Mem {
	root := &inode{dir: true}
	return &Mem{names: map[string]*inode{".": root}, durable: map[string]*inode{".": root}}
}

// Crash returns what the disk has after a power failure at this moment. kept says that the system had written everything by itself
// before, as after the end of the process alone; otherwise nothing that was not flushed is there.
func (m *Mem) Crash(kept bool) *Mem {
	return m.crash(kept, func(string) bool { return kept })
}

// CrashUnevenly is Crash of a system that had written the contents of some files by itself and not yet those of others: it may write in
// any order.
func (m *Mem) CrashUnevenly(kept func(name string) bool) *Mem { return m.crash(false, kept) }

func (m *Mem) crash(names bool, kept func(name string) bool) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	from := m.durable
	if names {
		from = m.names
	}
	c := &Mem{names: map[string]*inode{}, durable: map[string]*inode{}}
	copies := map[*inode]*inode{}
	for name, n := range from {
		if copies[n] == nil {
			data := n.synced
			if kept(name) {
				data = n.data
			}
			copies[n] = &inode{dir: n.dir, data: bytes.Clone(data), synced: bytes.Clone(data)}
		}
		c.names[name], c.durable[name] = copies[n], copies[n]
	}
	return c
}

// change announces a change; the lock is not held.
func (m *Mem) change(what, name string) {
	if m.Boundary != nil {
		m.Boundary(what, name)
	}
}

func pathError(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

func (m *Mem) open(op, name string, create, truncate, appending bool) (File, error) {
	name = filepath.Clean(name)
	if create {
		m.change(op, name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[name]
	switch {
	case n == nil && !create:
		return nil, pathError("open", name, fs.ErrNotExist)
	case n == nil:
		if d := m.names[filepath.Dir(name)]; d == nil || !d.dir {
			return nil, pathError("open", name, fs.ErrNotExist)
		}
		n = &inode{}
		m.names[name] = n
	case truncate:
		n.data = nil
	}
	return &memFile{m: m, n: n, name: name, appending: appending}, nil
}

// Create implements FS.
func (m *Mem) Create(name string) (File, error) { return m.open("create", name, true, true, false) }

// Open implements FS.
func (m *Mem) Open(name string) (File, error) { return m.open("open", name, false, false, false) }

// OpenAppend implements FS.
func (m *Mem) OpenAppend(name string) (File, error) {
	return m.open("open", name, true, false, true)
}

// CreateLike implements FS. There are no modes and owners here.
func (m *Mem) CreateLike(name, _ string) (File, error) { return m.Create(name) }

// Target implements FS. There are no links here.
func (m *Mem) Target(name string) (string, error) { return name, nil }

// Rename implements FS.
func (m *Mem) Rename(from, to string) error {
	from, to = filepath.Clean(from), filepath.Clean(to)
	m.change("rename", to)
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[from]
	if n == nil {
		return pathError("rename", from, fs.ErrNotExist)
	}
	m.names[to] = n
	delete(m.names, from)
	return nil
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	name = filepath.Clean(name)
	m.change("remove", name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] == nil {
		return pathError("remove", name, fs.ErrNotExist)
	}
	delete(m.names, name)
	return nil
}

// MkdirAll implements FS.
func (m *Mem) MkdirAll(name string) error {
	name = filepath.Clean(name)
	m.change("mkdir", name)
	m.mu.Lock()
	defer m.mu.Unlock()
	for ; m.names[name] == nil; name = filepath.Dir(name) {
		m.names[name] = &inode{dir: true}
	}
	return nil
}

// ReadDir implements FS.
func (m *Mem) ReadDir(name string) (list []fs.DirEntry, err error) {
	name = filepath.Clean(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names[name] == nil {
		return nil, pathError("open", name, fs.ErrNotExist)
	}
	for _, p := range slices.Sorted(maps.Keys(m.names)) {
		if p != name && filepath.Dir(p) == name {
			list = append(list, fs.FileInfoToDirEntry(info{filepath.Base(p), m.names[p], int64(len(m.names[p].data))}))
		}
	}
	return list, nil
}

// Stat implements FS.
func (m *Mem) Stat(name string) (fs.FileInfo, error) {
	name = filepath.Clean(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[name]
	if n == nil {
		return nil, pathError("stat", name, fs.ErrNotExist)
	}
	return info{filepath.Base(name), n, int64(len(n.data))}, nil
}

// SyncDir implements FS.
func (m *Mem) SyncDir(name string) error {
	name = filepath.Clean(name)
	m.change("syncdir", name)
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.durable, func(p string, _ *inode) bool { return p != name && filepath.Dir(p) == name })
	for p, n := range m.names {
		if filepath.Dir(p) == name {
			m.durable[p] = n
		}
	}
	return nil
}

type info struct {
	name string
	n    *inode
	size int64
}

func (i info) Name() string { return i.name }
func (i info) Size() int64  { return i.size }
func (i info) Mode() fs.FileMode {
	if i.n.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.dir }
func (i info) Sys() any           { return nil }

// memFile is an open file; it stays usable when its name is gone.
type memFile struct {
	m         *Mem
	n         *inode
	name      string
	at        int64
	appending bool
}

func (f *memFile) Name() string { return f.name }
func (f *memFile) Close() error { return nil }

func (f *memFile) Read(p []byte) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.at >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.data[f.at:])
	f.at += int64(n)
	return n, nil
}

func (f *memFile) Write(p []byte) (int, error) {
	f.m.change("write", f.name)
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.appending {
		f.at = int64(len(f.n.data))
	}
	if gap := f.at - int64(len(f.n.data)); gap > 0 {
		f.n.data = append(f.n.data, make([]byte, gap)...)
	}
	f.n.data = append(f.n.data[:f.at], p...)
	f.at += int64(len(p))
	return len(p), nil
}

func (f *memFile) Seek(offset int64, whence int) (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(len(f.n.data))
	}
	f.at = offset
	return offset, nil
}

func (f *memFile) Sync() error {
	f.m.change("sync", f.name)
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.synced = bytes.Clone(f.n.data)
	return nil
}

func (f *memFile) Truncate(size int64) error {
	f.m.change("truncate", f.name)
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if gap := size - int64(len(f.n.data)); gap > 0 {
		f.n.data = append(f.n.data, make([]byte, gap)...)
	}
	f.n.data = f.n.data[:size]
	return nil
}

func (f *memFile) Stat() (fs.FileInfo, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return info{filepath.Base(f.name), f.n, int64(len(f.n.data))}, nil
}
