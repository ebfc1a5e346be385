package vfs

// Err is a file system whose changes fail when a test wants it.
type Err struct {
	FS
	// Inject is asked before every change: create, write, sync, truncate, rename, remove, mkdir, syncdir. A write that
	// fails has written half of its bytes before. It may be called by several goroutines at once.
	Inject func(change, name string) error
}

// Create implements FS.
func (e *Err) Create(name string) (File, error) {
	return e.file(e.Inject("create", name), name, e.FS.Create)
}

// OpenAppend implements FS.
func (e *Err) OpenAppend(name string) (File, error) {
	return e.file(e.Inject("create", name), name, e.FS.OpenAppend)
}

// CreateLike implements FS.
func (e *Err) CreateLike(name, like string) (File, error) {
	return e.file(e.Inject("create", name), name, func(name string) (File, error) { return e.FS.CreateLike(name, like) })
}

func (e *Err) file(err error, name string, open func(string) (File, error)) (File, error) {
	if err != nil {
		return nil, pathError("open", name, err)
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	return &errFile{f, e}, nil
}

// Rename implements FS.
func (e *Err) Rename(from, to string) error {
	if err := e.Inject("rename", to); err != nil {
		return pathError("rename", from, err)
	}
	return e.FS.Rename(from, to)
}

// Remove implements FS.
func (e *Err) Remove(name string) error {
	if err := e.Inject("remove", name); err != nil {
		return pathError("remove", name, err)
	}
	return e.FS.Remove(name)
}

// MkdirAll implements FS.
func (e *Err) MkdirAll(name string) error {
	if err := e.Inject("mkdir", name); err != nil {
		return pathError("mkdir", name, err)
	}
	return e.FS.MkdirAll(name)
}

// SyncDir implements FS.
func (e *Err) SyncDir(name string) error {
	if err := e.Inject("syncdir", name); err != nil {
		return pathError("sync", name, err)
	}
	return e.FS.SyncDir(name)
}

type errFile struct {
	File
	e *Err
}

func (f *errFile) Write(p []byte) (int, error) {
	if err := f.e.Inject("write", f.Name()); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, pathError("write", f.Name(), err)
	}
	return f.File.Write(p)
}

func (f *errFile) Sync() error {
	if err := f.e.Inject("sync", f.Name()); err != nil {
		return pathError("sync", f.Name(), err)
	}
	return f.File.Sync()
}

func (f *errFile) Truncate(size int64) error {
	if err := f.e.Inject("truncate", f.Name()); err != nil {
		return pathError("truncate", f.Name(), err)
	}
	return f.File.Truncate(size)
}
