package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const corpus = "../libs/rdb/testdata/"

// check runs the program and returns what it printed.
func check(t *testing.T, stdin io.Reader, args ...string) (code int, out, complaints string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, streams{in: stdin, out: &o, err: &e})
	return code, o.String(), e.String()
}

func TestVerdicts(t *testing.T) {
	for _, tc := range []struct {
		name     string
		args     []string
		code     int
		out, err string
	}{
		{"good", []string{corpus + "redis/hash-ziplist.rdb"}, 0, "RDB version 9, 137 bytes, checksum ok\n", ""},
		{"keys", []string{corpus + "librdb/multiple_dbs.rdb"}, 0, "  db 2: 1 keys, 0 expire, 0 of them expired\n    types      string 1\n", ""},
		{"corrupt", []string{corpus + "redis/corrupt_ziplist.rdb"}, 1,
			`corrupt_ziplist.rdb: CORRUPT at offset 488, read-object-value of key "key:000000000091" in db 0 (hash-ziplist): ziplist: offset 0:`, ""},
		{"checksum", []string{corpus + "librdb/invalid_chksum_v8.rdb"}, 1, "CORRUPT at offset 201, check-sum: checksum mismatch", ""},
		{"version", []string{corpus + "librdb/future_v19.rdb"}, 1, "can't handle RDB format version 99", ""},
		{"empty collections", []string{corpus + "redis/corrupt_empty_keys.rdb"}, 0, "warning: 9 keys hold empty collections", ""},
		{"AOF", []string{corpus + "redis/rdb-preamble.aof"}, 0, "warning: 52 bytes follow the RDB data: the commands of an AOF", ""},
		{"worst of two", []string{corpus + "redis/corrupt_ziplist.rdb", corpus + "redis/hash-ziplist.rdb"}, 1, "hash-ziplist.rdb: OK, 1 keys", ""},
		{"missing", []string{"no such file", corpus + "redis/hash-ziplist.rdb"}, 2, "OK", "no such file"},
		{"folder", []string{"."}, 2, "", "is a directory"},
		{"no file", nil, 2, "", "no file given"},
		{"unknown flag", []string{"--frobnicate", "x"}, 2, "", "frobnicate"},
		{"help", []string{"--help"}, 0, "Examples:", ""},
		{"version flag", []string{"--version"}, 0, "version", ""},
		{"flag behind the file", []string{corpus + "redis/hash-ziplist.rdb", "--json"}, 0, `"ok":true`, ""},
	} {
		code, out, complaints := check(t, nil, tc.args...)
		if code != tc.code || !strings.Contains(out, tc.out) || !strings.Contains(complaints, tc.err) {
			t.Errorf("%s: exit code %d, want %d\nstdout %s\nstderr %s", tc.name, code, tc.code, out, complaints)
		}
	}
}

func TestQuietPrintsOnlyComplaints(t *testing.T) {
	if code, out, _ := check(t, nil, "-q", corpus+"redis/hash-ziplist.rdb"); code != 0 || out != "" {
		t.Errorf("good file: %d %q", code, out)
	}
	if code, out, _ := check(t, nil, "--quiet", corpus+"redis/corrupt_ziplist.rdb"); code != 1 || strings.Count(out, "\n") != 1 {
		t.Errorf("corrupt file: %d %q", code, out)
	}
}

func TestJSON(t *testing.T) {
	code, out, _ := check(t, nil, "--json", corpus+"redis/corrupt_ziplist.rdb", corpus+"librdb/single_key.rdb")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || len(lines) != 2 {
		t.Fatalf("exit code %d, %d lines", code, len(lines))
	}
	var bad, good report
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &bad), json.Unmarshal([]byte(lines[1]), &good)); err != nil {
		t.Fatal(err)
	}
	if want := (fault{488, "read-object-value", 0, "key:000000000091", "hash-ziplist", bad.Fault.Reason}); bad.OK || *bad.Fault != want {
		t.Errorf("fault %+v", bad.Fault)
	}
	if !good.OK || good.Version != 11 || good.Fault != nil || good.Databases[0].Keys != 1 || len(good.Aux) != 8 ||
		good.Aux[0] != (aux{"redis-ver", "255.255.255"}) {
		t.Errorf("got %+v", good)
	}
}

func TestStandardInput(t *testing.T) {
	b, err := os.ReadFile(corpus + "redis/hash-ziplist.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := check(t, bytes.NewReader(b), "-"); code != 0 || !strings.Contains(out, "-: OK, 1 keys") {
		t.Errorf("%d %q", code, out)
	}
	broken := io.MultiReader(bytes.NewReader(b[:50]), &tornPipe{})
	if code, _, complaints := check(t, broken, "-"); code != 2 || !strings.Contains(complaints, "pipe torn") {
		t.Errorf("a read error: %d %q", code, complaints)
	}
}

type tornPipe struct{}

func (*tornPipe) Read([]byte) (int, error) { return 0, errors.New("pipe torn") }

func TestProgressLine(t *testing.T) {
	p := &progress{name: "dump.rdb", size: 400 << 20, done: 100 << 20}
	if got, want := p.line(2*time.Second), "dump.rdb: 100 MiB, 50 MiB/s, 25 %, 6s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.size = -1
	if got, want := p.line(2*time.Second), "dump.rdb: 100 MiB, 50 MiB/s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLegacyPrintsWhatTheOriginalPrints runs redis-check-rdb beside it, on whole, cut and broken files.
func TestLegacyPrintsWhatTheOriginalPrints(t *testing.T) {
	program, err := exec.LookPath("redis-check-rdb")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-check-rdb is missing: install Debian's redis-tools and redis-server 7.0")
		}
		t.Skip("redis-check-rdb is not installed")
	}
	files, _ := filepath.Glob(corpus + "*/*.rdb")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "dump.rdb")
		for _, n := range []int{len(b), len(b) / 2, len(b) - 4} {
			if err := os.WriteFile(name, b[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			// It refuses versions above 10, and takes empty collections, which servers skip, for the end of the file.
			if string(b[:9]) > "REDIS0010" || strings.Contains(f, "corrupt_empty_keys") {
				continue
			}
			want, err := exec.Command(program, name).Output()
			var out bytes.Buffer
			code := legacy([]string{name}, streams{out: &out, err: &out})
			if (code == 0) != (err == nil) || essential(out.String()) != essential(string(want)) {
				t.Errorf("%s, %d of %d bytes: exit code %d and\n%s\nwant (%v)\n%s", f, n, len(b), code, out.String(), err, want)
			}
		}
	}
}

// essential leaves out what differs on purpose: the place in Redis's source, a type that was never read, the log line
// of a crash, and offsets inside a piece: of a cut one, of module data, which the original names before it reads it.
func essential(s string) string {
	for re, by := range map[string]string{
		`(?m)^\[offset \d+\] (Internal error|ziplist:).*\n`:          "",
		`(?m)^\[offset \d+\] (Unexpected EOF.*|MODULE AUX for: .*)$`: "$1",
		`(?m)^\[additional info\] Reading type.*\n`:                  "",
		`(?m)^\d+:C .*\n`: "",
	} {
		s = regexp.MustCompile(re).ReplaceAllString(s, by)
	}
	return s
}

func TestLegacyUsage(t *testing.T) {
	var out bytes.Buffer
	if code := legacy(nil, streams{out: &out, err: &out}); code != 1 || out.String() != "Usage: redis-check-rdb <rdb-file-name>\n" {
		t.Errorf("%d %q", code, out.String())
	}
	out.Reset()
	if code := legacy([]string{"no such file"}, streams{out: &out, err: &out}); code != 1 ||
		!strings.HasSuffix(out.String(), "Cannot open file no such file: no such file or directory\n") {
		t.Errorf("%d %q", code, out.String())
	}
}
