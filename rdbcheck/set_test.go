package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes a directory with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func base(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(corpus + "redis/hash-ziplist.rdb")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAppendOnlyDirectories checks what only the manifest and the files together tell.
func TestAppendOnlyDirectories(t *testing.T) {
	const manifest = "file a.aof.1.base.rdb seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\nfile a.aof.2.incr.aof seq 2 type i\n"
	whole := func(change func(map[string]string)) map[string]string {
		files := map[string]string{"a.aof.manifest": manifest, "a.aof.1.base.rdb": base(t), "a.aof.1.incr.aof": set1, "a.aof.2.incr.aof": set1 + set1}
		change(files)
		return files
	}
	for _, tc := range []struct {
		name   string
		change func(map[string]string)
		code   int
		want   string
	}{
		{"whole", func(map[string]string) {}, 0, "a.aof.manifest: OK, all files that it lists are there\n"},
		{"missing", func(f map[string]string) { delete(f, "a.aof.1.incr.aof") }, 1, "incr file a.aof.1.incr.aof is missing"},
		{"orphan", func(f map[string]string) { f["a.aof.3.incr.aof"] = set1 }, 3, "a.aof.3.incr.aof is not in the manifest"},
		{"left over", func(f map[string]string) { f["temp-a.aof.manifest"] = "" }, 3, "temp-a.aof.manifest is left over"},
		{"gap", func(f map[string]string) {
			f["a.aof.manifest"] = strings.ReplaceAll(f["a.aof.manifest"], "2 type", "4 type")
		}, 3, "a gap in the sequence: a.aof.2.incr.aof (4) follows a.aof.1.incr.aof (1)"},
		{"twice", func(f map[string]string) { f["a.aof.manifest"] += "file a.aof.1.incr.aof seq 3 type i\n" }, 1, "a.aof.1.incr.aof is listed twice"},
		{"history and loaded", func(f map[string]string) { f["a.aof.manifest"] += "file a.aof.1.incr.aof seq 3 type h\n" }, 1, "is also to be loaded"},
		{"bad line", func(f map[string]string) { f["a.aof.manifest"] += "file x\n" }, 1, "a.aof.manifest: CORRUPT at offset 105, read-manifest: AOF manifest, line 4: Invalid AOF manifest file format"},
		{"torn", func(f map[string]string) { f["a.aof.2.incr.aof"] += "*3\r\n$3\r\nSE" }, 1, "read-command: Expected to read 5 bytes, got 2 bytes; whole up to offset 54, 10 bytes before the end"},
		{"damaged in the middle", func(f map[string]string) { f["a.aof.2.incr.aof"] = set1 + "*3\r\nxx\r\n" + set1 + set1 }, 1, "reading goes on at offset 35\n"},
		{"open transaction", func(f map[string]string) { f["a.aof.2.incr.aof"] = set1 + multi + set1 }, 1, "Reached EOF before reading EXEC for MULTI; whole up to offset 27"},
		{"base", func(f map[string]string) { f["a.aof.1.base.rdb"] = f["a.aof.1.base.rdb"][:100] }, 1, "a.aof.1.base.rdb: CORRUPT at offset 100"},
		{"empty increment", func(f map[string]string) { f["a.aof.2.incr.aof"] = "" }, 0, "a.aof.2.incr.aof: OK, 0 commands"},
		{"time goes back", func(f map[string]string) { f["a.aof.2.incr.aof"] = "#TS:200\r\n" + set1 + "#TS:100\r\n" }, 3, "the time goes back from 200 to 100"},
	} {
		dir := folder(t, whole(tc.change))
		for _, arg := range []string{dir, filepath.Join(dir, "a.aof.manifest")} {
			code, out, complaints := runProgram(t, nil, arg)
			if code != tc.code || !strings.Contains(out, tc.want) || complaints != "" {
				t.Errorf("%s: exit code %d, want %d and %q\n%s%s", tc.name, code, tc.code, tc.want, out, complaints)
			}
		}
	}
}

func TestFoldersWithoutManifest(t *testing.T) {
	dir := folder(t, map[string]string{"x.rdb": base(t), "y.aof": set1, "notes.txt": "hello"})
	if code, out, _ := runProgram(t, nil, dir); code != 0 || strings.Count(out, ": OK") != 2 {
		t.Errorf("%d %s", code, out)
	}
	if code, _, complaints := runProgram(t, nil, folder(t, nil)); code != 2 || !strings.Contains(complaints, "no manifest") {
		t.Errorf("%d %s", code, complaints)
	}
}
