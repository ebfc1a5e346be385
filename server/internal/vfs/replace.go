package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile replaces a file as one step: a temporary file beside it is written, synced and renamed, and the directory synced. Whenever it
// ends, by an error or a crash, the old file or the new one is there, whole. What is replaced keeps its mode and owner; of a symbolic link,
// that is the file that it leads to. What is no plain file is refused.
func WriteFile(f FS, name string, data []byte) error {
	name, err := f.Target(name)
	if err != nil {
		return err
	}
	// One name for each process: a file of the user's own is not hit, and what a crash leaves goes with the next write in a container.
	tmp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	h, err := f.CreateLike(tmp, name)
	if err != nil {
		return err
	}
	_, err = h.Write(data)
	if err == nil {
		err = h.Sync()
	}
	if e := h.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = f.Rename(tmp, name)
	}
	if err != nil {
		_ = f.Remove(tmp)
		return err
	}
	return f.SyncDir(filepath.Dir(name))
}

// maxLinks bounds a chain of symbolic links, as the kernel does.
const maxLinks = 40

// Target implements FS.
func (OS) Target(name string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(name)
		if err != nil { // no link, or nothing there yet
			return name, regular(name)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(name), to)
		}
		name = to
	}
	return "", pathError("open", name, syscall.ELOOP)
}

// regular refuses what is there and no plain file: a pipe would stop who reads it, and a device cannot be replaced.
func regular(name string) error {
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return pathError("open", name, errors.New("not a regular file"))
	}
	return nil
}

// CreateLike implements FS.
func (OS) CreateLike(name, like string) (File, error) {
	mode := fs.FileMode(0o644)
	st, err := os.Stat(like)
	if err == nil {
		mode = 0o600 // until it has its owner
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// Exclusive: whoever may write to the directory could have made a link of it meanwhile.
	h, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil || st == nil {
		return h, err
	}
	if err := takeOver(h, st); err != nil {
		_ = h.Close()
		_ = os.Remove(name)
		return nil, err
	}
	return h, nil
}

// takeOver gives a new file the mode, and as far as we may the owner and group, of another.
func takeOver(h *os.File, st fs.FileInfo) error {
	if own, ok := st.Sys().(*syscall.Stat_t); ok {
		if err := h.Chown(int(own.Uid), int(own.Gid)); err != nil {
			_ = h.Chown(-1, int(own.Gid)) // only root gives files away; a group of our own we may
		}
	}
	return h.Chmod(st.Mode().Perm())
}
