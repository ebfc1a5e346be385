package persist_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// faulty is a disk that fails on demand.
type faulty struct {
	*vfs.Err
	disk   *vfs.Mem
	change atomic.Value // string: which changes fail, "" for none
	errno  syscall.Errno
}

func newFaulty(errno syscall.Errno) *faulty {
	f := &faulty{disk: vfs.NewMem(), errno: errno}
	f.change.Store("")
	f.Err = &vfs.Err{FS: f.disk, Inject: func(change, _ string) error {
		if c := f.change.Load().(string); c != "" && strings.Contains(c, change) {
			return f.errno
		}
		return nil
	}}
	return f
}

// With `always` a write that the disk refuses is not acknowledged before the disk has it, and further writes are refused.
func TestAlwaysNeverAcknowledgesWhatIsNotOnDisk(t *testing.T) {
	for _, c := range []struct {
		change string
		errno  syscall.Errno
	}{{"write", syscall.ENOSPC}, {"sync", syscall.EIO}, {"write truncate", syscall.ENOSPC}} {
		t.Run(c.change, func(t *testing.T) {
			f := newFaulty(c.errno)
			n := mustStart(t, f, "appendfsync", "always")
			a, b := n.client(), n.client()
			a.call("SET", "before", "1")
			f.change.Store(c.change)
			a.send("SET", "k", strings.Repeat("v", 100))
			n.eventually("writes are refused", func() bool { return n.d.WriteError() != "" })
			if got := b.call("SET", "other", "1"); !strings.HasPrefix(got, "MISCONF Errors writing to the AOF file: ") {
				t.Errorf("another write got %q", got)
			}
			if got := b.call("GET", "before"); got != "1" {
				t.Errorf("a read got %q", got)
			}
			if got := a.reply(100 * time.Millisecond); got != "" {
				t.Errorf("the write was answered with %q", got)
			}
			f.change.Store("")
			if got := a.reply(20 * time.Second); got != "OK" {
				t.Errorf("when there is space again the write got %q", got)
			}
			if got := b.call("SET", "other", "2"); got != "OK" {
				t.Errorf("when there is space again another write got %q", got)
			}
			sum := n.digest()
			n.stop()
			if again := mustStart(t, f.disk.Crash(false)); again.digest() != sum {
				t.Errorf("the file has other data:\n%q", content(t, f.disk))
			}
		})
	}
}

// With `everysec` the write that met the fault is kept in memory, later ones are refused, and nothing half-written stays.
func TestFullDiskEverySec(t *testing.T) {
	f := newFaulty(syscall.ENOSPC)
	n := mustStart(t, f, "appendfsync", "everysec")
	c := n.client()
	c.call("SET", "before", "1")
	f.change.Store("write")
	if got := c.call("SET", "k", "v"); got != "OK" {
		t.Errorf("the write got %q", got)
	}
	want := "MISCONF Errors writing to the AOF file: no space left on device"
	if got := c.call("SET", "k", "w"); got != want {
		t.Errorf("the next write got %q, want %q", got, want)
	}
	if got := string(content(t, f.disk)); strings.Contains(got, "$1\r\nk") || !strings.HasSuffix(got, "$1\r\n1\r\n") {
		t.Errorf("the file has %q", got)
	}
	f.change.Store("")
	n.eventually("writes are taken again", func() bool { return n.d.WriteError() == "" })
	if got := c.call("SET", "k2", "w"); got != "OK" {
		t.Errorf("when there is space again a write got %q", got)
	}
	sum := n.digest()
	n.stop()
	if again := mustStart(t, f.disk.Crash(true)); again.digest() != sum {
		t.Errorf("the file has other data:\n%q", content(t, f.disk))
	}
}

// After a flush that failed nobody knows what is on disk: the data set is written anew.
func TestFailedFlushIsFollowedByARewrite(t *testing.T) {
	f := newFaulty(syscall.EIO)
	n := mustStart(t, f, "appendfsync", "everysec")
	c := n.client()
	f.change.Store("sync")
	c.call("SET", "k", "v")
	n.eventually("the flush fails", func() bool { return n.d.WriteError() != "" })
	f.change.Store("")
	n.eventually("the rewrite is done", func() bool { return n.d.WriteError() == "" && n.d.Rewrites() == 1 && !n.d.Rewriting() })
	sum := n.digest()
	n.stop()
	if again := mustStart(t, f.disk.Crash(false)); again.digest() != sum {
		t.Error("the data is not on disk")
	}
}

// A rewrite that fails at any of its changes costs nothing: the files load, writes go on, the next rewrite succeeds.
func TestRewriteFailsAtEveryStep(t *testing.T) {
	for fail := int64(0); ; fail++ {
		disk := vfs.NewMem()
		var at, end atomic.Int64
		end.Store(1 << 40)
		failed := false
		files := &vfs.Err{FS: disk, Inject: func(change, name string) error {
			if at.Add(1) == end.Load() {
				failed = true
				return syscall.ENOSPC
			}
			return nil
		}}
		n := mustStart(t, files, "appendfsync", "always")
		c := n.client()
		c.call("SET", "a", "1")
		end.Store(at.Load() + 1 + fail)
		n.do(func() { _, _ = n.d.RewriteAOF() })
		n.eventually("rewrite", func() bool { return !n.d.Rewriting() })
		end.Store(1 << 40)
		n.eventually("writes are taken", func() bool { return n.d.WriteError() == "" })
		c.call("SET", "b", "2")
		sum := n.digest()
		check := func(when string) {
			m := mustStart(t, disk.Crash(false))
			defer m.stop()
			if m.digest() != sum {
				t.Fatalf("change %d failed: other data %s", fail, when)
			}
		}
		check("after it")
		n.do(func() { _, _ = n.d.RewriteAOF() })
		n.eventually("second rewrite", func() bool { return !n.d.Rewriting() })
		check("after the next rewrite")
		n.stop()
		if !failed {
			if fail < 10 {
				t.Fatalf("a rewrite makes only %d changes", fail)
			}
			return
		}
	}
}

// A background save that fails refuses writes as configured, until one succeeds.
func TestFailedSaveRefusesWrites(t *testing.T) {
	f := newFaulty(syscall.ENOSPC)
	n := mustStart(t, f, "appendonly", "no", "save", "100 100")
	c := n.client()
	c.call("SET", "k", "v")
	n.do(func() { _ = n.d.BackgroundSave() })
	n.eventually("save", func() bool { return !n.d.Running() })
	f.change.Store("write")
	n.do(func() { _ = n.d.Save() }) // its caller is told: it refuses nothing
	if got := c.call("SET", "k", "v"); got != "OK" {
		t.Errorf("after a SAVE that failed a write got %q", got)
	}
	n.do(func() { _ = n.d.BackgroundSave() })
	n.eventually("failed save", func() bool { return !n.d.Running() })
	if got := c.call("SET", "k", "w"); !strings.HasPrefix(got, "MISCONF ") {
		t.Errorf("a write got %q", got)
	}
	if k := mustStart(t, f.disk.Crash(false), "appendonly", "no"); fmt.Sprint(k.client().call("GET", "k")) != "v" {
		t.Error("the file of the last good save is gone")
	}
	f.change.Store("")
	n.do(func() { _ = n.d.BackgroundSave() })
	n.eventually("save", func() bool { return !n.d.Running() })
	if got := c.call("SET", "k", "x"); got != "OK" {
		t.Errorf("after a good save a write got %q", got)
	}
}
