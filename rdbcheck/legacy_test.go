package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// original returns the path of one of Debian's own tools.
func original(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install Debian's redis-tools and redis-server 7.0", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// logLine is what differs between two runs of the original: process and time.
var logLine = regexp.MustCompile(`(?m)^\d+:C \d+ \w+ \d+ [\d:.]+ # `)

// sameRDB compares what both print for file, as bytes; the file is named like the original's argument.
func sameRDB(t *testing.T, program, what string, file []byte) bool {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dump.rdb")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := exec.Command(program, name).Output()
	var out bytes.Buffer
	code := legacyRDB("redis-check-rdb", []string{name}, streams{out: &out, err: &out})
	got, wanted := logLine.ReplaceAllString(out.String(), ""), logLine.ReplaceAllString(string(want), "")
	if (code == 0) != (err == nil) || got != wanted {
		t.Errorf("%s: exit code %d and\n%s\nwant (%v)\n%s", what, code, got, err, wanted)
		return false
	}
	return true
}

// corpusFiles returns the RDB files that both programs can read, the small ones if most is given.
func corpusFiles(t *testing.T, most int) map[string][]byte {
	files := map[string][]byte{}
	for _, pattern := range []string{corpus + "*/*.rdb", "testdata/*.rdb"} {
		names, _ := filepath.Glob(pattern)
		for _, f := range names {
			if b, err := os.ReadFile(f); err == nil && (most == 0 || len(b) <= most) {
				files[f] = b
			}
		}
	}
	if len(files) == 0 {
		t.Fatal("no files")
	}
	return files
}

// TestLegacyRDBPrintsWhatTheOriginalPrints runs redis-check-rdb beside it, on whole, cut and damaged files.
func TestLegacyRDBPrintsWhatTheOriginalPrints(t *testing.T) {
	program := original(t, "redis-check-rdb")
	for f, b := range corpusFiles(t, 0) {
		sameRDB(t, program, f, b)
		if len(b) < 20 || string(b[:9]) > "REDIS0010" {
			continue
		}
		step := max(len(b)/12, 1)
		for n := step / 2; n < len(b); n += step {
			sameRDB(t, program, f+" cut", b[:n])
			damaged := bytes.Clone(b)
			damaged[n] ^= 0xff
			sameRDB(t, program, f+" damaged", damaged)
		}
	}
}

func TestLegacyUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"a", "b"}, {"no such file"}, {"--version"}, {"-v"}, {"--help"}} {
		cmd := exec.Command(original(t, "redis-check-rdb"), args...)
		var want, got bytes.Buffer
		cmd.Stdout, cmd.Stderr = &want, &want
		cmd.Run()
		code := legacyRDB(cmd.Path, args, streams{out: &got, err: &got})
		if code != cmd.ProcessState.ExitCode() || got.String() != want.String() {
			t.Errorf("%q: %d %q, want %d %q", args, code, got.String(), cmd.ProcessState.ExitCode(), strings.TrimSpace(want.String()))
		}
	}
}

// sameAOF runs both on equal directories, and compares what they print and what is left.
func sameAOF(t *testing.T, what, stdin string, files map[string]string, args ...string) {
	t.Helper()
	program := original(t, "redis-check-aof")
	fill := func() string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	theirs, ours := fill(), fill()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdin = theirs, strings.NewReader(stdin)
	want, _ := cmd.Output()
	t.Chdir(ours)
	var out bytes.Buffer
	code := legacyAOF("redis-check-aof", args, streams{in: strings.NewReader(stdin), out: &out, err: &out})
	clean := func(b []byte) string {
		return logLine.ReplaceAllString(strings.ReplaceAll(string(b), program, "redis-check-aof"), "")
	}
	if code != cmd.ProcessState.ExitCode() || clean(out.Bytes()) != clean(want) {
		t.Errorf("%s: exit code %d and\n%s\nwant %d\n%s", what, code, clean(out.Bytes()), cmd.ProcessState.ExitCode(), clean(want))
	}
	for name := range files {
		a, _ := os.ReadFile(filepath.Join(theirs, name))
		b, _ := os.ReadFile(name)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: %s is left with %d bytes, want %d", what, name, len(b), len(a))
		}
	}
}

const (
	set1  = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	multi = "*1\r\n$5\r\nMULTI\r\n"
	exec1 = "*1\r\n$4\r\nEXEC\r\n"
)

func TestLegacyAOFPrintsWhatTheOriginalPrints(t *testing.T) {
	preamble, err := os.ReadFile(corpus + "redis/rdb-preamble.aof")
	if err != nil {
		t.Fatal(err)
	}
	manifest := "file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"
	base := string(preamble[:len(preamble)-52])
	for name, text := range map[string]string{
		"whole": set1 + set1, "torn": set1 + set1[:20], "garbage": set1 + "xyz\r\n" + set1, "empty": "", "multi": set1 + multi + set1 + exec1,
		"open multi": set1 + multi + set1, "nested": multi + multi + exec1, "exec": set1 + exec1, "annotations": "#TS:100\r\n" + set1 + "#TS:200\r\n" + set1,
		"bad length": "*3\r\n$3\r\nSET\r\n$x\r\n", "negative": "*1\r\n$-4\r\n", "no break": "*1\r\n$4\r\nPINGxx", "preamble": string(preamble),
		"broken preamble": string(preamble[:60]) + "\x80" + string(preamble[61:]), "torn preamble": string(preamble[:90]), "star": "*",
		"dump": base,
	} {
		files := map[string]string{"a.aof": text}
		sameAOF(t, name, "", files, "a.aof")
		sameAOF(t, name+", fixed", "y\n", files, "--fix", "a.aof")
		sameAOF(t, name+", not fixed", "n\n", files, "--fix", "a.aof")
		sameAOF(t, name+", until", "", files, "--truncate-to-timestamp", "150", "a.aof")
		sameAOF(t, name+", until before all", "", files, "--truncate-to-timestamp", "50", "a.aof")
	}
	for name, files := range map[string]map[string]string{
		"whole":         {"a.1.incr.aof": set1, "a.2.incr.aof": set1 + multi + set1 + exec1},
		"torn last":     {"a.1.incr.aof": set1, "a.2.incr.aof": set1 + set1[:11]},
		"torn first":    {"a.1.incr.aof": set1[:15], "a.2.incr.aof": set1},
		"missing":       {"a.1.incr.aof": set1},
		"empty":         {"a.1.incr.aof": "", "a.2.incr.aof": ""},
		"times":         {"a.1.incr.aof": "#TS:100\r\n" + set1, "a.2.incr.aof": "#TS:140\r\n" + set1 + "#TS:200\r\n" + set1},
		"times in both": {"a.1.incr.aof": "#TS:100\r\n" + set1 + "#TS:180\r\n" + set1, "a.2.incr.aof": "#TS:200\r\n" + set1},
	} {
		files["a.1.base.rdb"], files["a.manifest"] = base, manifest
		sameAOF(t, "set, "+name, "", files, "a.manifest")
		sameAOF(t, "set, "+name+", fixed", "y\n", files, "--fix", "a.manifest")
		sameAOF(t, "set, "+name+", until", "", files, "--truncate-to-timestamp", "150", "a.manifest")
	}
	for _, m := range []string{"file a seq x type i\n", "file a.1.base.rdb seq 1 type b\nfile b seq 1 type b\n", "file a seq 1\n", "file ../a seq 1 type i\n", "file a seq 2 type i\nfile b seq 1 type i\n"} {
		sameAOF(t, m, "", map[string]string{"a.manifest": m, "a.1.base.rdb": base}, "a.manifest")
	}
	for _, args := range [][]string{{}, {"no such file"}, {"--fix"}, {"--what", "a"}, {"--truncate-to-timestamp", "x", "a"}, {"1", "2", "3", "4"}} {
		sameAOF(t, strings.Join(args, " "), "", nil, args...)
	}
}
