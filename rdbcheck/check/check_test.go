package check

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	set1  = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
	multi = "*1\r\n$5\r\nMULTI\r\n" + set1 + "*1\r\n$4\r\nEXEC\r\n"
)

// corpus returns the RDB files of the libraries' tests.
func corpus(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	names, _ := filepath.Glob("../../libs/rdb/testdata/*/*.rdb")
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = b
	}
	if len(files) < 50 {
		t.Fatalf("only %d files", len(files))
	}
	return files
}

// findings checks b and returns the report with what was found. It fails the test when a place lies outside of b.
func findings(t testing.TB, name string, b []byte) (*Report, []*Finding) {
	t.Helper()
	var list []*Finding
	r, err := File(name, bytes.NewReader(b), int64(len(b)), Options{Finding: func(f *Finding) {
		if f.Offset > int64(len(b)) || f.Resume > int64(len(b)) || f.Record > int64(len(b)) {
			t.Fatalf("%s: a place outside of %d bytes: %+v", name, len(b), f)
		}
		list = append(list, f)
	}})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if int(r.Faults+r.Warnings) != len(list) {
		t.Fatalf("%s: %d faults and %d warnings counted, %d told", name, r.Faults, r.Warnings, len(list))
	}
	return r, list
}

// TestVerdictsOfTheSharedCorpus holds what is wrong with each file of the corpus: nothing, but for those listed.
func TestVerdictsOfTheSharedCorpus(t *testing.T) {
	const root = "../../../shared/corpus/rdb/"
	names, _ := filepath.Glob(root + "*/*")
	if len(names) == 0 {
		t.Skip("the shared corpus is not there")
	}
	complaints := map[string]string{
		"corrupt_ziplist.rdb":    "corrupt 488: ziplist: offset 0: 5 bytes are less than the 11 of an empty one",
		"corrupt_empty_keys.rdb": "warning -1: 9 keys hold empty collections; a loading server leaves them out",
		"invalid_chksum_v8.rdb":  "corrupt 201: checksum mismatch: the file says 2db20c4b2bd6e3e7, its bytes give 2cb20c4b2bd6e3e7",
		"misc_with_stream.rdb":   "warning -1: db 0: RESIZEDB announces 12 keys, 0 of which expire; there are 12, 1 of which expire",
		"future_v19.rdb":         "corrupt 5: can't handle RDB format version 99",
	}
	checked := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".json") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, list := findings(t, name, b)
		checked++
		got := []string{}
		for _, f := range list {
			got = append(got, fmt.Sprintf("%s %d: %s", f.Severity, f.Offset, f.Reason))
		}
		want := complaints[filepath.Base(name)]
		if text := strings.Join(got, "; "); text != want && !(strings.HasPrefix(want, "corrupt 201") && strings.HasPrefix(text, "corrupt 201: checksum mismatch") && len(got) == 1) {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
	if checked < 50 {
		t.Errorf("only %d files", checked)
	}
}

// TestEveryByteAndEveryCut damages small files everywhere: there is always a verdict, and one that is not "good" where a
// checksum or the framing tells.
func TestEveryByteAndEveryCut(t *testing.T) {
	files := map[string][]byte{"a.aof": []byte("#TS:100\r\n" + set1 + multi + set1)}
	for name, b := range corpus(t) {
		if len(b) <= 220 {
			files[name] = b
		}
	}
	files["both.aof"] = append(bytes.Clone(files["hash-ziplist.rdb"]), set1+multi...)
	files["valkey.rdb"] = []byte("VALKEY080\xfe\x00\x16\x01h\x02\x01a\x01x\xff\xff\xff\xff\xff\xff\xff\xff\x01b\x01y\x00\x00\x00\x00\x00\x00\x00\x01\xff\x00\x00\x00\x00\x00\x00\x00\x00")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tries := 0
	for name, b := range files {
		whole, _ := findings(t, name, b)
		for i := range b {
			tries += 3
			for _, bits := range []byte{1 << (i % 8), 0xff} {
				b[i] ^= bits
				r, _ := findings(t, name, b)
				if whole.Checksum == SumGood && i >= 9 && int64(i) < whole.Bytes && r.Faults == 0 && r.Checksum != SumDisabled {
					t.Errorf("%s: byte %d changed by %#x: no fault", name, i, bits)
				}
				b[i] ^= bits
			}
			if r, _ := findings(t, name, b[:i]); r.Faults == 0 && r.Commands == nil && int64(i) != whole.Bytes {
				t.Errorf("%s cut after %d bytes: no fault", name, i)
			}
		}
	}
	runtime.ReadMemStats(&after)
	// A check takes buffers of fixed size, most of them 256 KiB; nothing may grow with what a damaged length claims.
	if mean := (after.TotalAlloc - before.TotalAlloc) / uint64(tries); mean > 3<<20 {
		t.Errorf("a check allocates %d bytes", mean)
	}
}

// TestLyingLengths holds that a length without the bytes takes no memory.
func TestLyingLengths(t *testing.T) {
	huge := "\x81\x00\x00\x7f\xff\xff\xff\xff\xff"
	for _, body := range []string{"\x00\x01k" + huge, "\x02\x01k" + huge + "\x01a", "\x00" + huge, "\x00\x01k\xc3" + huge + huge, "\xfa" + huge, "\x0f\x01k" + huge} {
		b := []byte("REDIS0010" + body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, _ := findings(t, "lie", b)
		runtime.ReadMemStats(&after)
		if r.Faults == 0 || after.TotalAlloc-before.TotalAlloc > 4<<20 {
			t.Errorf("%q: %d faults, %d bytes", body, r.Faults, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

// TestAllFaultsAreListed damages three values of a file.
func TestAllFaultsAreListed(t *testing.T) {
	file := []byte("REDIS0010\xfe\x00\xfb\x0a\x00")
	for i := range 10 {
		blob := "\x0b\x00\x00\x00\x02\x00\x01\x01\x02\x01\xff" // a listpack of 1 and 2
		if i%3 == 2 {
			blob = "\x0b\x00\x00\x00\x07\x00\x01\x01\x02\x01\xff" // that claims 7 elements
		}
		file = append(file, fmt.Sprintf("\x10\x04key%d\x0b%s", i, blob)...)
	}
	file = append(file, "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
	r, list := findings(t, "three", file)
	if r.Faults != 3 || r.Databases[0].Keys != 7 || r.Checksum != SumDisabled {
		t.Errorf("%d faults, %d keys, checksum %s", r.Faults, r.Databases[0].Keys, r.Checksum)
	}
	for i, f := range list {
		if want := fmt.Sprintf("key%d", i*3+2); string(f.Key) != want || f.Type != "hash-listpack" || !f.InKey || f.DB != 0 || f.Offset <= f.Record || f.Resume <= f.Offset {
			t.Errorf("fault %d: %+v", i, f)
		}
	}
}

// TestWrongCountsAndRest holds the warnings about a file that is whole.
func TestWrongCountsAndRest(t *testing.T) {
	file := "REDIS0010\xfe\x00\xfb\x05\x01\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00rest"
	r, list := findings(t, "counts", []byte(file))
	if r.Faults != 0 || len(list) != 2 || !strings.Contains(list[0].Reason, "RESIZEDB announces 5 keys, 1 of which expire; there are 1, 0 of which expire") ||
		list[1].Reason != "4 bytes follow the end of the RDB data" || list[1].Offset != int64(len(file)-4) {
		t.Errorf("%+v", list)
	}
}

// FuzzFile holds that every input gets a verdict.
func FuzzFile(f *testing.F) {
	for _, b := range corpus(f) {
		if len(b) < 500 {
			f.Add("x.rdb", b)
		}
	}
	f.Add("x.aof", []byte("#TS:100\r\n"+set1+multi))
	f.Add("x.aof", []byte(set1+"*3\r\nxx\r\n"+set1))
	f.Fuzz(func(t *testing.T, name string, b []byte) { findings(t, name, b) })
}
