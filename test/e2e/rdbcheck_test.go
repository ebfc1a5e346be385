package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// peerFile returns an RDB file written by Debian's redis-server and the number of its keys.
func peerFile(t *testing.T) ([]byte, int64) {
	t.Helper()
	s := rig.Start(t, rig.Peer, "saves", nil)
	rig.Populate(t, s, 30)
	var keys int64
	for db := range 16 {
		keys += s.DB(db).DBSize(t.Context()).Val()
	}
	s.Must("SAVE")
	b, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	return b, keys
}

func TestRDBCheck(t *testing.T) {
	check := rig.Program(t, "lockstep-rdbcheck")
	whole, keys := peerFile(t)
	path := filepath.Join(t.TempDir(), "dump.rdb")
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(whole)
	got := run(t, t.TempDir(), "", check, path)
	if got.Code != 0 {
		t.Errorf("whole file: status %d:\n%s%s", got.Code, got.Out, got.Stderr)
	}
	for _, want := range []string{"7.0.15", "redis-ver", fmt.Sprint(keys)} {
		if !strings.Contains(got.Out, want) {
			t.Errorf("whole file: the output lacks %q:\n%s", want, got.Out)
		}
	}

	if os.Getenv("LOCKSTEP_RDBCHECK") == "" && !regexp.MustCompile(`(?i)version:? +10\b`).MatchString(got.Out) {
		t.Errorf("whole file: the output does not name version 10:\n%s", got.Out)
	}

	offset := regexp.MustCompile(`offset:? +([0-9]+)`)
	for name, corrupt := range map[string][]byte{
		"cut in the middle": whole[:len(whole)/2],
		"no checksum":       whole[:len(whole)-8],
		"no magic":          append([]byte("RODIS"), whole[5:]...),
		"empty":             {},
	} {
		write(corrupt)
		got := run(t, t.TempDir(), "", check, path)
		text := got.Out + got.Stderr
		if got.Code != 1 || !offset.MatchString(strings.ToLower(text)) {
			t.Errorf("%s: status %d, want 1 and an offset:\n%s", name, got.Code, text)
		}
	}
	got = run(t, t.TempDir(), "", check, filepath.Join(t.TempDir(), "missing.rdb"))
	unreadable := 2 // lockstep-rdbcheck tells a file that it cannot read (2) from a corrupt one (1)
	if os.Getenv("LOCKSTEP_RDBCHECK") != "" {
		unreadable = 1
	}
	if got.Code != unreadable || !strings.Contains(got.Out+got.Stderr, "missing.rdb") {
		t.Errorf("missing file: status %d:\n%s%s", got.Code, got.Out, got.Stderr)
	}
}
