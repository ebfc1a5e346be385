package persist

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/lockstep-db/lockstep/server/internal/store"
	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// SaveFile writes a snapshot to name: all of it, durably, or not at all. temp is the name of the temporary file, in the same
// directory.
func SaveFile(ctx context.Context, fs vfs.FS, name, temp string, snap *store.Snapshot, o EncodeOptions, syncEvery int) error {
	err := writeTemp(ctx, fs, temp, syncEvery, func(w io.Writer) error { return Encode(ctx, w, snap, o) })
	if err != nil {
		return err
	}
	if err = fs.Rename(temp, name); err != nil {
		_ = fs.Remove(temp)
		return fmt.Errorf("rename temporary RDB file: %w", err)
	}
	return fs.SyncDir(filepath.Dir(name))
}

// writeTemp writes a temporary file durably, or leaves none.
func writeTemp(ctx context.Context, fs vfs.FS, temp string, syncEvery int, encode func(io.Writer) error) (err error) {
	f, err := fs.Create(temp)
	if err != nil {
		return fmt.Errorf("create temporary RDB file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = fs.Remove(temp)
		}
	}()
	w := bufio.NewWriterSize(&syncWriter{f: f, every: syncEvery}, 1<<20)
	if err = encode(w); err != nil {
		return fmt.Errorf("write RDB file: %w", err)
	}
	if err = w.Flush(); err != nil {
		return fmt.Errorf("write RDB file: %w", err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("sync RDB file: %w", err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("close RDB file: %w", err)
	}
	return ctx.Err()
}

// syncWriter syncs every so many bytes, so that the last sync finds little to do (rdb-save-incremental-fsync).
type syncWriter struct {
	f     vfs.File
	every int // 0: never
	since int
}

func (w *syncWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	w.since += n
	if err == nil && w.every > 0 && w.since >= w.every {
		w.since = 0
		err = w.f.Sync()
	}
	return n, err
}
