package persist_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/vfs"
)

// moment is a disk that a crash would leave.
type moment struct {
	where       string
	strict      *vfs.Mem // nothing that was not flushed has survived
	uneven      *vfs.Mem // nor this, but in the newest incremental file
	kept        *vfs.Mem // everything has: only the process has ended
	acked, sent int64
}

// recorder clones a disk before every change of it.
type recorder struct {
	mu          sync.Mutex
	moments     []moment
	acked, sent atomic.Int64
}

func (r *recorder) watch(m *vfs.Mem) {
	m.Boundary = func(change, name string) {
		// Taken first: what is acknowledged after it may be on the clone or not.
		acked := r.acked.Load()
		mo := moment{where: change + " " + name, strict: m.Crash(false), uneven: m.CrashUnevenly(newestIncr(m)), kept: m.Crash(true), acked: acked, sent: r.sent.Load()}
		r.mu.Lock()
		r.moments = append(r.moments, mo)
		r.mu.Unlock()
	}
}

// newestIncr picks the incremental file that was begun last.
func newestIncr(m *vfs.Mem) func(name string) bool {
	newest, seq := "", 0
	list, _ := m.ReadDir("appendonlydir")
	for _, f := range list {
		var n int
		if _, err := fmt.Sscanf(f.Name(), "appendonly.aof.%d.incr.aof", &n); err == nil && n > seq {
			newest, seq = "appendonlydir/"+f.Name(), n
		}
	}
	return func(name string) bool { return name == newest }
}

func (r *recorder) push(c *client, key string, n int) {
	for range n {
		v := r.sent.Add(1)
		if got := c.call("RPUSH", key, strconv.FormatInt(v-1, 10)); got != ":"+strconv.FormatInt(v, 10) {
			c.n.t.Fatalf("push %d: %s", v, got)
		}
		r.acked.Add(1)
	}
}

// rewrite runs a rewrite to its end, with writes before, in and after it.
func (r *recorder) rewrite(n *node, c *client) {
	r.push(c, "list", 5)
	n.do(func() {
		if _, msg := n.d.RewriteAOF(); msg != "" {
			n.t.Error(msg)
		}
	})
	r.push(c, "list", 5)
	n.eventually("rewrite", func() bool { return !n.d.Rewriting() })
	r.push(c, "list", 5)
}

// survivors loads a crashed disk and returns how many elements of the list are there; they must be the first ones, in order.
func survivors(t *testing.T, where string, disk *vfs.Mem, settings []string) int64 {
	t.Helper()
	n, err := start(t, disk, settings...)
	if err != nil {
		t.Fatalf("crash before %s: the files do not load: %v\n%s", where, err, n.log.String())
	}
	defer n.stop()
	c := n.client()
	k := count(t, where, c)
	// The steps can be done again: the next rewrite leaves the same data.
	n.do(func() { _, _ = n.d.RewriteAOF() })
	n.eventually("rewrite after a crash", func() bool { return !n.d.Rewriting() })
	n.do(func() {
		if err := n.d.ReloadAOF(); err != nil {
			t.Fatalf("crash before %s: reload: %v\n%s", where, err, n.log.String())
		}
	})
	if again := count(t, where, c); again != k {
		t.Fatalf("crash before %s: %d elements, %d after another rewrite", where, k, again)
	}
	return k
}

func count(t *testing.T, where string, c *client) int64 {
	t.Helper()
	k, _ := strconv.ParseInt(c.call("LLEN", "list")[1:], 10, 64)
	for i := range k {
		if got := c.call("LINDEX", "list", strconv.FormatInt(i, 10)); got != strconv.FormatInt(i, 10) {
			t.Fatalf("crash before %s: element %d is %q", where, i, got)
		}
	}
	return k
}

// Whenever the power fails during writes, rewrites and manifest switches, what loads is a prefix of what was written; with `always`
// it has every write that was acknowledged, and so it has with `everysec` when only the process ends.
func TestCrashAtEveryBoundary(t *testing.T) {
	for _, policy := range []string{"always", "everysec", "no"} {
		for _, preamble := range []string{"yes", "no"} {
			t.Run(policy+" preamble "+preamble, func(t *testing.T) {
				t.Parallel()
				settings := []string{"appendfsync", policy, "aof-use-rdb-preamble", preamble}
				var r recorder
				disk := vfs.NewMem()
				r.watch(disk)
				n := mustStart(t, disk, settings...)
				c := n.client()
				r.rewrite(n, c)
				r.rewrite(n, c)
				n.do(func() { n.d.CloseAOF(true) })
				n.stop()
				if len(r.moments) < 40 {
					t.Fatalf("only %d moments", len(r.moments))
				}
				for _, m := range r.moments {
					strict, kept := survivors(t, m.where, m.strict, settings), survivors(t, m.where, m.kept, settings)
					if uneven := survivors(t, m.where, m.uneven, settings); uneven < strict {
						t.Errorf("power failure before %s: %d survive, %d if the system had written more", m.where, strict, uneven)
					}
					if policy == "always" && strict < m.acked {
						t.Errorf("power failure before %s: %d acknowledged writes, %d survive", m.where, m.acked, strict)
					}
					if kept < m.acked || kept > m.sent || strict > m.sent {
						t.Errorf("crash before %s: %d acknowledged, %d sent, %d survive the process, %d a power failure", m.where, m.acked, m.sent, kept, strict)
					}
				}
			})
		}
	}
}

// CONFIG SET appendonly yes: until the first rewrite is done a crash finds no append-only file, or a whole one.
func TestCrashWhileSwitchedOn(t *testing.T) {
	var r recorder
	disk := vfs.NewMem()
	n := mustStart(t, disk, "appendonly", "no")
	c := n.client()
	r.push(c, "list", 5)
	r.watch(disk)
	n.do(func() {
		n.cfg.AppendOnly = true
		if err := n.d.StartAOF(); err != nil {
			t.Error(err)
		}
	})
	r.push(c, "list", 5)
	n.eventually("first rewrite", func() bool { return !n.d.Rewriting() })
	r.push(c, "list", 5)
	n.do(func() { n.d.CloseAOF(true) })
	for _, m := range r.moments {
		for _, d := range []*vfs.Mem{m.strict, m.kept} {
			if k := survivors(t, m.where, d, nil); k != 0 && k < 5 {
				t.Errorf("crash before %s: %d elements", m.where, k)
			}
		}
	}
	if k := survivors(t, "the end", disk.Crash(false), nil); k != 15 {
		t.Errorf("%d of 15 elements at the end", k)
	}
}

// A single file of Redis before 7.0 becomes the base of a directory; a crash in between loses nothing.
func TestCrashDuringUpgrade(t *testing.T) {
	disk := vfs.NewMem()
	f, _ := disk.Create("appendonly.aof")
	_, _ = f.Write([]byte("*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$1\r\n0\r\n*3\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$1\r\n1\r\n"))
	_ = f.Sync()
	_ = disk.SyncDir(".")
	var r recorder
	r.watch(disk)
	n := mustStart(t, disk)
	if k := count(t, "", n.client()); k != 2 {
		t.Fatalf("%d elements", k)
	}
	n.stop()
	if len(r.moments) < 5 {
		t.Fatalf("only %d moments", len(r.moments))
	}
	for _, m := range r.moments {
		for _, d := range []*vfs.Mem{m.strict, m.kept} {
			if k := survivors(t, m.where, d, nil); k != 2 {
				t.Errorf("crash before %s: %d elements", m.where, k)
			}
		}
	}
}

// SAVE and BGSAVE: at any moment there is one whole RDB file.
func TestCrashDuringSave(t *testing.T) {
	var r recorder
	disk := vfs.NewMem()
	n := mustStart(t, disk, "appendonly", "no")
	c := n.client()
	r.watch(disk)
	saved := int64(0)
	for range 3 {
		r.push(c, "list", 3)
		n.do(func() {
			if err := n.d.BackgroundSave(); err != nil {
				t.Error(err)
			}
		})
		n.eventually("save", func() bool { return !n.d.Running() })
		r.mu.Lock()
		for _, m := range r.moments {
			for _, d := range []*vfs.Mem{m.strict, m.kept} {
				k := loadRDB(t, d)
				if k != saved && k != saved+3 {
					t.Errorf("crash before %s: %d elements, %d were saved before", m.where, k, saved)
				}
			}
		}
		r.moments = nil
		r.mu.Unlock()
		saved += 3
	}
	if k := loadRDB(t, disk.Crash(false)); k != saved {
		t.Errorf("%d elements at the end, want %d", k, saved)
	}
}

func loadRDB(t *testing.T, disk *vfs.Mem) int64 {
	t.Helper()
	n := mustStart(t, disk, "appendonly", "no")
	defer n.stop()
	return count(t, "", n.client())
}

// With `always` a reply waits for its own flush; other clients do not.
func TestRepliesWaitForTheDisk(t *testing.T) {
	disk := vfs.NewMem()
	release := make(chan struct{})
	var slow atomic.Bool
	syncs := make(chan string, 100)
	disk.Boundary = func(change, name string) {
		if change == "sync" && slow.Load() {
			syncs <- name
			<-release
		}
	}
	n := mustStart(t, disk, "appendfsync", "always")
	writer, second, reader := n.client(), n.client(), n.client()
	writer.call("SET", "k", "1")
	slow.Store(true)
	writer.send("SET", "k", "2")
	<-syncs
	second.send("SET", "k2", "3") // comes too late for this flush
	if got := reader.call("GET", "k"); got != "2" {
		t.Errorf("the reader got %q", got)
	}
	if got := writer.reply(50 * time.Millisecond); got != "" {
		t.Errorf("the writer got %q before the disk had it", got)
	}
	release <- struct{}{}
	if got := writer.reply(20 * time.Second); got != "OK" {
		t.Errorf("the writer got %q", got)
	}
	<-syncs
	if got := second.reply(50 * time.Millisecond); got != "" {
		t.Errorf("the second writer got %q before the disk had it", got)
	}
	slow.Store(false)
	close(release)
	if got := second.reply(20 * time.Second); got != "OK" {
		t.Errorf("the second writer got %q", got)
	}
	if !strings.HasPrefix(string(content(t, disk)), "*2\r\n$6\r\nSELECT") {
		t.Error("nothing was written")
	}
}

func content(t *testing.T, files vfs.FS) []byte {
	t.Helper()
	b, err := vfs.ReadFile(files, "appendonlydir/appendonly.aof.1.incr.aof")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
