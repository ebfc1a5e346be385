package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// A replacer is a command that replaces a file of the user's. Whatever goes wrong, the old file or the new one is there, whole, with its
// mode and owner, and the command says what is wrong.
type replacer struct {
	name, file string
	command    []any
	change     func(n int) []any // what the file will show
	shows      func(text string) (n int)
	refused    string // how the error begins
}

const fullOfComments = 100_000 // bytes: more than the limit of a file's size that a test sets

var replacers = []replacer{
	{name: "CONFIG REWRITE", file: "redis.conf", command: []any{"CONFIG", "REWRITE"}, refused: "ERR Rewriting config file: ",
		change: func(n int) []any { return []any{"CONFIG", "SET", "timeout", 10_000 + n} },
		shows:  func(text string) int { return numberBehind(text, "\ntimeout ") - 10_000 }},
	{name: "ACL SAVE", file: "users.acl", command: []any{"ACL", "SAVE"}, refused: "ERR There was an error trying to save the ACLs. Please check the server logs",
		change: func(n int) []any { return []any{"ACL", "SETUSER", "counter", "resetkeys", fmt.Sprint("~", n)} },
		shows:  func(text string) int { return numberBehind(text, "user counter on ~") }},
}

// numberBehind is the number behind the last place of some text, -1 without one.
func numberBehind(text, head string) int {
	_, rest, found := strings.Cut(text, head)
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	n, err := strconv.Atoi(digits)
	if !found || err != nil {
		return -1
	}
	return n
}

// prepare writes both files, which show the change 0.
func (r *replacer) prepare(t *testing.T, dir string) (path string) {
	t.Helper()
	users := "user default on nopass ~* &* +@all\nuser counter on ~0 resetchannels -@all\n"
	for i := range 200 {
		users += fmt.Sprintf("user filler%d on ~%s resetchannels -@all\n", i, strings.Repeat("f", fullOfComments/200))
	}
	conf := strings.Repeat("# a comment that is kept\n", fullOfComments/25) + "\ntimeout 10000\nsave \"\"\nbind 127.0.0.1\naclfile " + filepath.Join(dir, "users.acl") + "\n"
	for name, text := range map[string]string{"users.acl": users, "redis.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, r.file)
}

func (r *replacer) start(t *testing.T, dir string) *rig.Server {
	t.Helper()
	return rig.StartCall(t, rig.Ours, r.name, dir, rig.Call{Args: func(port int) []string { return []string{filepath.Join(dir, "redis.conf"), "--port", fmt.Sprint(port)} }})
}

// run changes something and writes the file.
func (r *replacer) run(s *rig.Server, n int) error {
	s.Must(r.change(n)...)
	return s.Do(context.Background(), r.command...).Err()
}

// has fails unless the file is whole and shows the change.
func (r *replacer) has(t *testing.T, path string, n int, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.shows(string(b)); got != n || len(b) < fullOfComments || b[len(b)-1] != '\n' {
		t.Errorf("the file shows change %d of %d, in %d bytes", got, n, len(b))
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != mode {
		t.Errorf("the file has mode %v, want %v (%v)", st.Mode().Perm(), mode, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// fails expects that the file cannot be written: it stays, the error and the log say why, and the users in memory are what they were.
func (r *replacer) fails(t *testing.T, s *rig.Server, path string, n int, why string) {
	t.Helper()
	err := r.run(s, n)
	if err == nil || !strings.HasPrefix(err.Error(), r.refused) {
		t.Errorf("got %v", err)
	}
	log := s.Log()
	if last := log[max(0, len(log)-400):]; !strings.Contains(last, why) {
		t.Errorf("the log does not say %q: %s", why, last)
	}
	if r.command[0] == "CONFIG" && (err == nil || !strings.Contains(err.Error(), why)) {
		t.Errorf("the error does not say %q: %v", why, err)
	}
	if list := fmt.Sprint(s.Must("ACL", "LIST")); strings.Count(list, "user ") != 202 || r.command[0] == "ACL" && r.shows(list) != n {
		t.Errorf("users have changed: %.300s", list)
	}
}

// eachReplacer runs a test for both, each in a directory of its own.
func eachReplacer(t *testing.T, f func(t *testing.T, r *replacer, dir, path string)) {
	for i := range replacers {
		t.Run(replacers[i].name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			f(t, &replacers[i], dir, replacers[i].prepare(t, dir))
		})
	}
}

func TestReplacedFileKeepsWhatItIs(t *testing.T) {
	eachReplacer(t, func(t *testing.T, r *replacer, dir, path string) {
		s := r.start(t, dir)
		ok := func(n int, mode os.FileMode) {
			t.Helper()
			if err := r.run(s, n); err != nil {
				t.Errorf("change %d: %v", n, err)
			}
			r.has(t, path, n, mode)
		}
		ok(1, 0o600)
		if err := os.Chmod(path, 0o440); err != nil { // the directory decides
			t.Fatal(err)
		}
		ok(2, 0o440)
		if os.Geteuid() == 0 {
			if err := os.Chown(path, 1234, 5678); err != nil {
				t.Fatal(err)
			}
			ok(3, 0o440)
			if st, err := os.Stat(path); err != nil || st.Sys().(*syscall.Stat_t).Uid != 1234 || st.Sys().(*syscall.Stat_t).Gid != 5678 {
				t.Errorf("the file belongs to %+v, %v", st.Sys(), err)
			}
		}
		elsewhere := filepath.Join(t.TempDir(), "elsewhere")
		if err := errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path)); err != nil {
			t.Fatal(err)
		}
		ok(4, 0o440)
		r.has(t, elsewhere, 4, 0o440)
		if to, err := os.Readlink(path); err != nil || to != elsewhere {
			t.Errorf("the link leads to %q, %v", to, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if r.command[0] == "CONFIG" {
			if err := r.run(s, 5); err != nil { // of the comments nobody knows any more
				t.Error(err)
			}
			if b, err := os.ReadFile(path); err != nil || r.shows(string(b)) != 5 {
				t.Errorf("made anew: %s, %v", b, err)
			}
		} else {
			ok(5, 0o644)
		}
	})
}

// A directory that cannot be written to: as root, whom modes do not bind, on a file system that is read-only.
func TestFileInReadOnlyDirectory(t *testing.T) {
	eachReplacer(t, func(t *testing.T, r *replacer, _, _ string) {
		dir, why := t.TempDir(), "permission denied"
		if os.Geteuid() == 0 {
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
				t.Skipf("a tmpfs cannot be mounted: %v", err)
			}
			t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
			why = "read-only file system"
		}
		work := t.TempDir() // for the log
		r.prepare(t, work)
		path := r.prepare(t, dir)
		s := rig.StartCall(t, rig.Ours, r.name, work, rig.Call{Args: func(port int) []string {
			return []string{filepath.Join(dir, "redis.conf"), "--port", fmt.Sprint(port), "--aclfile", filepath.Join(dir, "users.acl")}
		}})
		lock, unlock := func() error { return os.Chmod(dir, 0o500) }, func() error { return os.Chmod(dir, 0o700) }
		if os.Geteuid() == 0 {
			lock = func() error { return syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "") }
			unlock = func() error { return syscall.Mount("", dir, "", syscall.MS_REMOUNT, "") }
		}
		if err := lock(); err != nil {
			t.Fatal(err)
		}
		r.fails(t, s, path, 1, why)
		r.has(t, path, 0, 0o600)
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		if err := r.run(s, 2); err != nil {
			t.Error(err)
		}
		r.has(t, path, 2, 0o600)
	})
}

// A disk that takes no more: the limit of a file's size does the same to any user.
func TestFileOnFullDisk(t *testing.T) {
	eachReplacer(t, func(t *testing.T, r *replacer, dir, path string) {
		s := r.start(t, dir)
		limitFiles(t, s.PID(), fullOfComments/2)
		r.fails(t, s, path, 1, "file too large")
		r.has(t, path, 0, 0o600)
		limitFiles(t, s.PID(), ^uint64(0))
		if err := r.run(s, 2); err != nil {
			t.Error(err)
		}
		r.has(t, path, 2, 0o600)
	})
}

// limitFiles sets how large the files may become that a process writes (RLIMIT_FSIZE).
func limitFiles(t *testing.T, pid int, size uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: size, Max: ^uint64(0)}
	if _, _, no := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); no != 0 {
		t.Skipf("the limit cannot be set: %v", no)
	}
}

// A server that is killed while it writes the file again and again leaves one that a server starts from: as new as the last answer at
// least, and as the last request at most.
func TestKilledWhileItReplacesAFile(t *testing.T) {
	const rounds = 6
	eachReplacer(t, func(t *testing.T, r *replacer, dir, path string) {
		asked, answered, left := 0, 0, 0
		for round := range rounds {
			s := r.start(t, dir)
			go killAtWork(s.PID(), path)
			for c := redis.NewClient(s.Options(0)); ; {
				pipe := c.Pipeline()
				pipe.Do(context.Background(), r.change(asked+1)...)
				pipe.Do(context.Background(), r.command...)
				asked++
				if _, err := pipe.Exec(context.Background()); err != nil {
					c.Close()
					break
				}
				answered = asked
			}
			s.WaitExit()
			b, err := os.ReadFile(path)
			if n := r.shows(string(b)); err != nil || n < answered || n > asked || len(b) < fullOfComments {
				t.Fatalf("round %d: the file shows change %d in %d bytes (%v), %d was answered and %d asked for", round, n, len(b), err, answered, asked)
			}
			tmp, _ := filepath.Glob(path + ".*.tmp")
			for _, name := range tmp {
				left++
				os.Remove(name)
			}
		}
		t.Logf("%d changes in %d rounds, %d of which left half of a file behind", asked, rounds, left)
	})
}

// killAtWork kills a process a moment after it has begun a temporary file beside another, or some time later if it never does.
func killAtWork(pid int, path string) {
	for deadline := time.Now().Add(time.Duration(rand.IntN(200)) * time.Millisecond); time.Now().Before(deadline); {
		if tmp, _ := filepath.Glob(path + ".*.tmp"); tmp != nil {
			break
		}
	}
	time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond) // the moment is what is random here
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
