// Package vfs is the server's only way to files, so that tests can take the disk away, fill it up, or look at what
// a power failure would leave.
package vfs

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FS is a file system. All names are relative to nothing: they are used as given.
type FS interface {
	Create(name string) (File, error)
	Open(name string) (File, error)
	// OpenAppend opens a file for writing at its end and creates it when it is missing.
	OpenAppend(name string) (File, error)
	// CreateLike makes a file for writing, anew if there is one, with the mode and owner of another, or the usual ones if that is missing.
	CreateLike(name, like string) (File, error)
	// Target follows symbolic links to the plain file, which need not be there, that a name stands for. Anything else is an error.
	Target(name string) (string, error)
	Rename(from, to string) error
	Remove(name string) error
	MkdirAll(name string) error
	ReadDir(name string) ([]fs.DirEntry, error)
	Stat(name string) (fs.FileInfo, error)
	// SyncDir makes names that were created, renamed or removed in a directory durable.
	SyncDir(name string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.Writer
	io.Seeker
	io.Closer
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Name() string
}

// OS is the operating system's file system.
type OS struct{}

func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
}
func (OS) Open(name string) (File, error) { return os.Open(name) }
func (OS) OpenAppend(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}
func (OS) Rename(from, to string) error               { return os.Rename(from, to) }
func (OS) Remove(name string) error                   { return os.Remove(name) }
func (OS) MkdirAll(name string) error                 { return os.MkdirAll(name, 0o755) }
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
func (OS) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }

// SyncDir implements FS.
func (OS) SyncDir(name string) error {
	d, err := os.Open(filepath.Clean(name))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// ReadFile reads a whole file.
func ReadFile(f FS, name string) ([]byte, error) {
	h, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return io.ReadAll(h)
}

// ReadPlain is ReadFile of what is a plain file, or leads to one: a pipe would stop the caller for as long as nobody writes.
func ReadPlain(f FS, name string) ([]byte, error) {
	name, err := f.Target(name)
	if err != nil {
		return nil, err
	}
	return ReadFile(f, name)
}
