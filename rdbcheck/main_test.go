package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const corpus = "../libs/rdb/testdata/"

// runProgram runs the program and returns what it printed.
func runProgram(t *testing.T, stdin io.Reader, args ...string) (code int, out, complaints string) {
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
		{"goes on", []string{corpus + "redis/corrupt_ziplist.rdb"}, 1, "; reading goes on at offset 494\n", ""},
		{"counts the rest", []string{corpus + "redis/corrupt_ziplist.rdb"}, 1, "CORRUPT, 1 fault; 53 keys can be read\n", ""},
		{"checksum", []string{corpus + "librdb/invalid_chksum_v8.rdb"}, 1, "CORRUPT at offset 201, check-sum: checksum mismatch", ""},
		{"no RDB", []string{"main_test.go"}, 1, "main_test.go: CORRUPT at offset 0, start: wrong signature: not an RDB file\nmain_test.go: CORRUPT, 1 fault; 0 keys", ""},
		{"version", []string{corpus + "librdb/future_v19.rdb"}, 1, "can't handle RDB format version 99", ""},
		{"empty collections", []string{corpus + "redis/corrupt_empty_keys.rdb"}, 3, "warning: 9 keys hold empty collections", ""},
		{"AOF", []string{corpus + "redis/rdb-preamble.aof"}, 0, "OK, 2 keys, 2 commands\n", ""},
		{"worst of two", []string{corpus + "redis/corrupt_ziplist.rdb", corpus + "redis/hash-ziplist.rdb"}, 1, "hash-ziplist.rdb: OK, 1 keys", ""},
		{"missing", []string{"no such file", corpus + "redis/hash-ziplist.rdb"}, 2, "OK", "no such file"},
		{"no file", nil, 2, "", "no file given"},
		{"unknown flag", []string{"--frobnicate", "x"}, 2, "", "frobnicate"},
		{"help", []string{"--help"}, 0, "Examples:", ""},
		{"version flag", []string{"--version"}, 0, "version", ""},
		{"flag behind the file", []string{corpus + "redis/hash-ziplist.rdb", "--json"}, 0, `"ok":true`, ""},
	} {
		code, out, complaints := runProgram(t, nil, tc.args...)
		if code != tc.code || !strings.Contains(out, tc.out) || !strings.Contains(complaints, tc.err) {
			t.Errorf("%s: exit code %d, want %d\nstdout %s\nstderr %s", tc.name, code, tc.code, out, complaints)
		}
	}
}

func TestQuietPrintsOnlyComplaints(t *testing.T) {
	if code, out, _ := runProgram(t, nil, "-q", corpus+"redis/hash-ziplist.rdb"); code != 0 || out != "" {
		t.Errorf("good file: %d %q", code, out)
	}
	if code, out, _ := runProgram(t, nil, "--quiet", corpus+"redis/corrupt_ziplist.rdb"); code != 1 || strings.Count(out, "\n") != 1 {
		t.Errorf("corrupt file: %d %q", code, out)
	}
	if code, out, _ := runProgram(t, nil, "--quiet", "--json", corpus+"redis/hash-ziplist.rdb"); code != 0 || out != "" {
		t.Errorf("good file as JSON: %d %q", code, out)
	}
}

func TestJSON(t *testing.T) {
	code, out, _ := runProgram(t, nil, "--json", corpus+"redis/corrupt_ziplist.rdb", corpus+"librdb/single_key.rdb")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || len(lines) != 2 {
		t.Fatalf("exit code %d, %d lines", code, len(lines))
	}
	var bad, good jsonReport
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &bad), json.Unmarshal([]byte(lines[1]), &good)); err != nil {
		t.Fatal(err)
	}
	if bad.OK || bad.Faults != 1 || len(bad.FaultList) != 1 {
		t.Fatalf("got %+v", bad)
	}
	f := bad.FaultList[0]
	if f.Offset != 488 || f.Operation != "read-object-value" || *f.DB != 0 || *f.Key != "key:000000000091" || f.Type != "hash-ziplist" || f.Resume != 494 {
		t.Errorf("fault %+v", f)
	}
	if !good.OK || good.Version != 11 || good.Faults != 0 || good.Databases[0].Keys != 1 || len(good.Aux) != 8 ||
		good.Aux[0] != (jsonAux{"redis-ver", "255.255.255"}) {
		t.Errorf("got %+v", good)
	}
}

func TestCSV(t *testing.T) {
	_, out, _ := runProgram(t, nil, "--csv", corpus+"redis/corrupt_ziplist.rdb", corpus+"librdb/single_key.rdb")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][1] != "corrupt" || rows[1][2] != "488" || rows[1][7] != "key:000000000091" || rows[2][1] != "ok" {
		t.Errorf("%v %q", err, rows)
	}
}

func TestStandardInput(t *testing.T) {
	b, err := os.ReadFile(corpus + "redis/hash-ziplist.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runProgram(t, bytes.NewReader(b), "-"); code != 0 || !strings.Contains(out, "-: OK, 1 keys") {
		t.Errorf("%d %q", code, out)
	}
	broken := io.MultiReader(bytes.NewReader(b[:50]), &tornPipe{})
	if code, _, complaints := runProgram(t, broken, "-"); code != 2 || !strings.Contains(complaints, "pipe torn") {
		t.Errorf("a read error: %d %q", code, complaints)
	}
}

type tornPipe struct{}

func (*tornPipe) Read([]byte) (int, error) { return 0, errors.New("pipe torn") }

// TestCompressedFiles reads gzip and zstd, whole and cut, from files and standard input.
func TestCompressedFiles(t *testing.T) {
	b, err := os.ReadFile(corpus + "redis/encodings.rdb")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(b)
	z.Close()
	enc, _ := zstd.NewWriter(nil)
	for name, packed := range map[string][]byte{"gzip": zipped.Bytes(), "zstd": enc.EncodeAll(b, nil)} {
		file := filepath.Join(t.TempDir(), "dump")
		os.WriteFile(file, packed, 0o400)
		if code, out, _ := runProgram(t, nil, file); code != 0 || !strings.Contains(out, "OK, 13 keys") {
			t.Errorf("%s: %d %q", name, code, out)
		}
		if code, out, _ := runProgram(t, bytes.NewReader(packed), "-"); code != 0 || !strings.Contains(out, "OK, 13 keys") {
			t.Errorf("%s from standard input: %d %q", name, code, out)
		}
		if code, out, complaints := runProgram(t, bytes.NewReader(packed[:len(packed)*3/4]), "-"); code != 1 && code != 2 {
			t.Errorf("%s, cut: %d %q %q", name, code, out, complaints)
		}
	}
}

// TestCheckingNeverWrites holds that a file and its directory may be read-only.
func TestCheckingNeverWrites(t *testing.T) {
	b, _ := os.ReadFile(corpus + "redis/corrupt_ziplist.rdb")
	name := filepath.Join(t.TempDir(), "dump.rdb")
	os.WriteFile(name, b, 0o400)
	before, _ := os.Stat(name)
	runProgram(t, nil, name)
	after, _ := os.Stat(name)
	now, _ := os.ReadFile(name)
	if !bytes.Equal(now, b) || before.ModTime() != after.ModTime() {
		t.Error("the file has changed")
	}
}
