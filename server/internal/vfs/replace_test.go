package vfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Whichever change fails, the old file stays whole and nothing is left beside it; the next write is as good as ever.
func TestWriteFileFailsWhole(t *testing.T) {
	for _, change := range []string{"create", "write", "sync", "rename"} {
		dir := t.TempDir()
		name := filepath.Join(dir, "f")
		must(t, os.WriteFile(name, []byte("old"), 0o600))
		files := &Err{FS: OS{}, Inject: func(c, _ string) error {
			if c == change {
				return errors.New("no " + c)
			}
			return nil
		}}
		if err := WriteFile(files, name, []byte("new one")); err == nil || !strings.Contains(err.Error(), "no "+change) {
			t.Errorf("%s fails: %v", change, err)
		}
		want(t, name, "old", 0o600)
		alone(t, dir, "f")
		must(t, WriteFile(OS{}, name, []byte("new one")))
		want(t, name, "new one", 0o600)
		alone(t, dir, "f")
	}
}

// Every state of the disk in between, with and without what was not synced, has the old file or the new one.
func TestWriteFileCrashes(t *testing.T) {
	m := NewMem()
	must(t, WriteFile(m, "f", []byte("old")))
	states := 0
	look := func(string, string) {
		for _, kept := range []bool{true, false} {
			b, err := ReadFile(m.Crash(kept), "f")
			if text := string(b); err != nil || text != "old" && text != "new one" {
				t.Errorf("a crash leaves %q, %v", text, err)
			}
			states++
		}
	}
	m.Boundary = look
	must(t, WriteFile(m, "f", []byte("new one")))
	look("", "")
	if states < 10 {
		t.Errorf("only %d states were seen", states)
	}
	if b, err := ReadFile(m.Crash(false), "f"); string(b) != "new one" || err != nil {
		t.Errorf("written, and yet a crash leaves %q, %v", b, err)
	}
}

func TestWriteFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o755))
	file, one, two := filepath.Join(dir, "a", "b", "f"), filepath.Join(dir, "a", "one"), filepath.Join(dir, "two")
	must(t, os.Symlink("b/f", one))
	must(t, os.Symlink(one, two))
	for _, text := range []string{"made", "made anew"} { // the first time the link leads nowhere
		must(t, WriteFile(OS{}, two, []byte(text)))
		want(t, file, text, 0o644)
		if to, err := os.Readlink(two); to != one || err != nil {
			t.Errorf("the link leads to %q, %v", to, err)
		}
	}
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	if err := WriteFile(OS{}, filepath.Join(dir, "loop"), nil); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("a loop: %v", err)
	}
}

func TestWriteFileKeepsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	name := filepath.Join(t.TempDir(), "f")
	must(t, os.WriteFile(name, []byte("old"), 0o640))
	must(t, os.Chown(name, 1234, 5678))
	must(t, WriteFile(OS{}, name, []byte("new")))
	want(t, name, "new", 0o640)
	st, err := os.Stat(name)
	must(t, err)
	if own := st.Sys().(*syscall.Stat_t); own.Uid != 1234 || own.Gid != 5678 {
		t.Errorf("the file belongs to %d:%d", own.Uid, own.Gid)
	}
}

// A link that somebody has put where the temporary file goes is not written through, and what an earlier crash left there is no obstacle.
func TestWriteFileTakesItsTemporaryName(t *testing.T) {
	dir := t.TempDir()
	name, precious := filepath.Join(dir, "f"), filepath.Join(dir, "precious")
	must(t, os.WriteFile(precious, []byte("precious"), 0o644))
	must(t, os.Symlink(precious, fmt.Sprintf("%s.%d.tmp", name, os.Getpid())))
	must(t, WriteFile(OS{}, name, []byte("new")))
	want(t, name, "new", 0o644)
	want(t, precious, "precious", 0o644)
	alone(t, dir, "f", "precious")
}

func TestPlainFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	for _, name := range []string{pipe, dir, "/dev/null"} {
		if err := WriteFile(OS{}, name, []byte("x")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("WriteFile %s: %v", name, err)
		}
		if _, err := ReadPlain(OS{}, name); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("ReadPlain %s: %v", name, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	b, err := os.ReadFile(name)
	if string(b) != text || err != nil {
		t.Errorf("%s has %q, %v, want %q", filepath.Base(name), b, err, text)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm() != mode {
		t.Errorf("%s: mode %v, want %v (%v)", filepath.Base(name), st.Mode(), mode, err)
	}
}

// alone fails unless the directory has just these entries.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	var got []string
	for _, e := range list {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("the directory has %v, want %v", got, names)
	}
}
