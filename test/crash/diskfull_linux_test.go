package crash

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// smallDisk returns a directory on a file system of 8 MB, of which a file of its own takes all but a little. free deletes that file.
func smallDisk(t *testing.T) (dir string, free func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a full disk needs a file system of its own, which only root can mount")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a full disk needs a file system of its own, and a tmpfs cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 6<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

const diskFullValue = 50_000 // bytes: some forty of them fill the disk

// fill sets keys one after another until a write is refused, or not answered. It returns how many were acknowledged.
func fill(t *testing.T, s *rig.Server) (acked int, err error) {
	t.Helper()
	o := s.Options(0)
	o.ReadTimeout = 5 * time.Second
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	for ; acked < 1000; acked++ {
		if err := c.Set(context.Background(), numbered(acked), strings.Repeat("v", diskFullValue), 0).Err(); err != nil {
			return acked, err
		}
	}
	t.Fatal("the disk is never full")
	return
}

func numbered(n int) string { return fmt.Sprintf("key:%d", n) }

// has fails unless the keys below n are there, and at most one more: that of the write that met the full disk.
func has(t *testing.T, s *rig.Server, n int, when string) {
	t.Helper()
	for i := range n {
		if size := s.Must("STRLEN", numbered(i)).(int64); size != diskFullValue {
			t.Fatalf("%s: %s has %d bytes, of %d keys that were acknowledged", when, numbered(i), size, n)
		}
	}
	if size := s.Must("STRLEN", numbered(n)).(int64); size != 0 && size != diskFullValue {
		t.Fatalf("%s: half of a write survives, %d bytes", when, size)
	}
	if size := s.Must("STRLEN", numbered(n+1)).(int64); size != 0 {
		t.Fatalf("%s: a write that was refused is there", when)
	}
}

// A full disk: `always` acknowledges nothing that is not on disk, writes are refused while reads go on, a process that ends then has lost
// nothing, and the service resumes when there is space again.
func TestDiskFull(t *testing.T) {
	for _, policy := range []string{"always", "everysec"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			dir, free := smallDisk(t)
			s := rig.StartIn(t, rig.Ours, policy, dir, rig.Config{"appendonly": "yes", "appendfsync": policy, "auto-aof-rewrite-percentage": "0"})
			acked, err := fill(t, s)
			refused(t, s)
			if policy == "everysec" {
				if !strings.HasPrefix(err.Error(), "MISCONF ") {
					t.Fatalf("the write after the one that met the full disk: %v", err)
				}
				acked-- // that one was acknowledged, and is in memory until there is space
			}
			has(t, s, acked, "while the disk is full")
			s.Signal(syscall.SIGKILL)
			s.WaitExit()
			free()
			s.Restart(nil)
			has(t, s, acked, "killed with a full disk and started again")
		})
		t.Run(policy+" resumes", func(t *testing.T) {
			t.Parallel()
			dir, free := smallDisk(t)
			s := rig.StartIn(t, rig.Ours, policy, dir, rig.Config{"appendonly": "yes", "appendfsync": policy, "auto-aof-rewrite-percentage": "0"})
			acked, _ := fill(t, s)
			refused(t, s)
			free()
			rig.Until(t, 20*time.Second, func() error { return s.Set(context.Background(), "after", "1", 0).Err() })
			if got := s.Info("persistence")["aof_last_write_status"]; got != "ok" {
				t.Errorf("aof_last_write_status:%s with space", got)
			}
			s.Must("SET", "last", 1)
			if policy == "everysec" {
				s.Must("WAITAOF", 1, 0, 10_000)
			}
			s.Signal(syscall.SIGKILL)
			s.WaitExit()
			s.Restart(nil)
			has(t, s, acked, "killed after the disk had space again")
			if n := s.Must("EXISTS", "after", "last").(int64); n != 2 {
				t.Errorf("%d of 2 writes with space again survive", n)
			}
		})
	}
}

// refused waits until writes are refused, and looks that reads are not.
func refused(t *testing.T, s *rig.Server) {
	t.Helper()
	rig.Until(t, 10*time.Second, func() error {
		if err := s.Set(context.Background(), "other", "1", 0).Err(); err == nil || !strings.HasPrefix(err.Error(), "MISCONF Errors writing to the AOF file: ") {
			return fmt.Errorf("a write: %v", err)
		}
		return nil
	})
	if got := s.Info("persistence")["aof_last_write_status"]; got != "err" {
		t.Errorf("aof_last_write_status:%s with a full disk", got)
	}
	if size := s.Must("STRLEN", numbered(0)).(int64); size != diskFullValue {
		t.Errorf("a read returns %d bytes", size)
	}
}
