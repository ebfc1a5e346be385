package persist

import (
	"path/filepath"
	"time"
)

// Adopt makes a file that was written for replicas the RDB file, for it is a save like any other: begun at started, when there had been
// dirty changes. One that is older than what is there, or than what is being written, is deleted.
func (d *Driver) Adopt(path string, started time.Time, dirty int64) {
	if d.running != nil || dirty < d.dirtyAt {
		_ = d.fs.Remove(path)
		return
	}
	if err := d.fs.Rename(path, d.Path()); err != nil {
		d.log.Warn("Can't make the file of a replica's snapshot the RDB file: " + err.Error())
		_ = d.fs.Remove(path)
		return
	}
	dir := filepath.Dir(d.Path())
	go func() { _ = d.fs.SyncDir(dir) }()
	d.succeeded(dirty, started)
}
