package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// savedFile returns an RDB file with every type, as our server writes it.
func savedFile(t *testing.T) []byte {
	t.Helper()
	s := rig.Start(t, rig.Ours, "saves", nil)
	rig.Populate(t, s, 30)
	s.Must("SAVE")
	b, err := os.ReadFile(filepath.Join(s.Dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A corrupt file stops the start with status 1 and a message that names the file and the place in it, and is left as it was.
func TestCorruptFileStopsStart(t *testing.T) {
	whole := savedFile(t)
	for _, tt := range []struct {
		name    string
		corrupt func([]byte) []byte
	}{
		{"cut in the middle", func(b []byte) []byte { return b[:len(b)/2] }},
		{"cut before the checksum", func(b []byte) []byte { return b[:len(b)-8] }},
		{"flipped byte", func(b []byte) []byte { b[len(b)/2] ^= 0x41; return b }},
		{"a member twice", func([]byte) []byte {
			return []byte("REDIS0010\xfe\x00\x03\x01z\x02\x01m\x011\x01m\x012\xff\x00\x00\x00\x00\x00\x00\x00\x00")
		}},
		{"a key twice", func([]byte) []byte {
			return []byte("REDIS0010\xfe\x00\x00\x01k\x01v\x00\x01k\x01w\xff\x00\x00\x00\x00\x00\x00\x00\x00")
		}},
		{"no magic", func(b []byte) []byte { copy(b, "RODIS"); return b }},
		{"version of the future", func(b []byte) []byte { copy(b[5:], "0999"); return b }},
		{"unknown type", func([]byte) []byte { return []byte("REDIS0010\xfe\x00\xee\x01kv\xff\x00\x00\x00\x00\x00\x00\x00\x00") }},
		{"length beyond the file", func([]byte) []byte { return []byte("REDIS0010\xfe\x00\x00\x03key\x80\x7f\xff\xff\xffabc") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "dump.rdb")
			corrupt := tt.corrupt(bytes.Clone(whole))
			if err := os.WriteFile(path, corrupt, 0o644); err != nil {
				t.Fatal(err)
			}
			got := run(t, dir, "", rig.Program(t, "lockstep-server"), "--port", fmt.Sprint(rig.FreePort(t)), "--dir", dir, "--save", "")
			text := got.Out + got.Stderr
			if got.Code != 1 {
				t.Errorf("exit status %d, want 1:\n%s", got.Code, text)
			}
			if rig.Lockstep() && !(strings.Contains(text, "dump.rdb") && strings.Contains(text, "offset")) {
				t.Errorf("the message names neither file nor offset:\n%s", text)
			}
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, corrupt) {
				t.Errorf("the corrupt file was changed (%v)", err)
			}
		})
	}
}

// A start on a whole file reports the keys and serves them, and bytes behind the checksum do no harm.
func TestLoadAtStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), savedFile(t), 0o644); err != nil {
		t.Fatal(err)
	}
	s := rig.StartIn(t, rig.Ours, "loads", dir, nil)
	if n := s.Counter("rdb_last_load_keys_loaded"); n == 0 {
		t.Error("rdb_last_load_keys_loaded:0")
	}
	if n := s.Must("HLEN", "h:0"); n != int64(600) {
		t.Errorf("HLEN h:0 = %v, want 600", n)
	}
	if !strings.Contains(s.Log(), "DB loaded from disk") {
		t.Error("the log does not say that the database was loaded")
	}
}
