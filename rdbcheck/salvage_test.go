package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/rdbcheck/salvage"
)

// keysOf reads a file strictly, as a server does, and returns its keys with their values' bytes.
func keysOf(b []byte) (map[string]string, error) {
	keys := map[string]string{}
	d := rdb.NewDecoder(bytes.NewReader(b), rdb.DecodeOptions{Deep: true, Duplicates: true})
	for {
		it, err := d.Next()
		if err == io.EOF {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		if it.Op == rdb.OpFunction {
			keys["function "+string(it.Value.Str)] = ""
		}
		if it.Op != rdb.OpKey {
			continue
		}
		name := fmt.Sprintf("%d %s", it.DB, it.Key)
		from := it.Offset
		if err := it.Value.ReadThrough(); err != nil {
			return keys, err
		}
		if _, there := keys[name]; there {
			return keys, errors.New("twice: " + name)
		}
		keys[name] = string(b[from:d.Offset()])
	}
}

// TestSalvagedFilesAreWhole damages every byte of small files, and cuts them everywhere: what is salvaged passes a strict
// reader, and holds nothing but what the original held, near the damage excepted.
func TestSalvagedFilesAreWhole(t *testing.T) {
	for name, file := range corpusFiles(t, 350) {
		want, err := keysOf(file)
		if err != nil || len(want) == 0 {
			continue
		}
		try := func(what string, b []byte, doubt int) {
			var out bytes.Buffer
			losses, kept := 0, 0
			_, _, _, err := salvage.RDB(bytes.NewReader(b), int64(len(b)), &out, func(l *salvage.Loss) {
				losses++
				if l.Kept {
					kept++
				}
			})
			if err != nil {
				if len(b) >= 9 {
					t.Errorf("%s, %s: %v", name, what, err)
				}
				return
			}
			got, err := keysOf(out.Bytes())
			if err != nil && !errors.Is(err, rdb.ErrVersion) {
				t.Errorf("%s, %s: what was salvaged is not whole: %v", name, what, err)
			}
			strange := 0
			for k, v := range got {
				if want[k] != v {
					strange++
				}
			}
			if strange > doubt+kept || len(got) < len(want) && losses == 0 {
				t.Errorf("%s, %s: %d of %d keys, %d of them differ, %d losses told", name, what, len(got), len(want), strange, losses)
			}
		}
		for i := range file {
			if i == 7 || i == 8 || file[max(i-1, 0)] == 0xfe {
				continue // the version, or the number of a database: what is read is another file
			}
			for _, bits := range []byte{0x80 >> (i % 8), 0xff} {
				b := bytes.Clone(file)
				b[i] ^= bits
				try(fmt.Sprintf("byte %d changed by %#x", i, bits), b, 3)
			}
			try(fmt.Sprintf("cut after %d bytes", i), file[:i], 0)
		}
	}
}

func TestSalvageCommand(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "good.rdb")
	code, text, complaints := runProgram(t, nil, "salvage", corpus+"redis/corrupt_ziplist.rdb", out)
	if code != 1 || complaints != "" || !strings.Contains(text, `lost: offset 470, 24 bytes, key "key:000000000091" in db 0 (hash-ziplist): read-object-value at offset 488: ziplist`) ||
		!strings.HasSuffix(text, "53 keys saved to "+out+", 1 lost, 0 doubtful\n") {
		t.Errorf("%d %s%s", code, text, complaints)
	}
	if code, text, _ := runProgram(t, nil, out); code != 0 {
		t.Errorf("the new file: %d %s", code, text)
	}
	before, _ := os.ReadFile(out)
	if code, _, complaints := runProgram(t, nil, "salvage", corpus+"redis/hash-ziplist.rdb", out); code != 2 || !strings.Contains(complaints, "exists already") {
		t.Errorf("%d %s", code, complaints)
	}
	if after, _ := os.ReadFile(out); !bytes.Equal(before, after) {
		t.Error("the existing file was changed")
	}
	if code, text, _ := runProgram(t, nil, "salvage", "--json", "--force", corpus+"redis/hash-ziplist.rdb", out); code != 0 || !strings.Contains(text, `"lost":0`) {
		t.Errorf("%d %s", code, text)
	}
	if code, text, complaints := runProgram(t, nil, "salvage", "--force", corpus+"librdb/future_v19.rdb", out); code != 1 || !strings.Contains(text, "1 keys saved") {
		t.Errorf("a version that is not known: %d %s%s", code, text, complaints)
	}
	if code, text, _ := runProgram(t, nil, out); code != 0 || !strings.Contains(text, "1 keys") {
		t.Errorf("what was salvaged of it: %d %s", code, text)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestSalvageRestoresWhatDamageTookFromKeys damages what stands before keys.
func TestSalvageRestoresWhatDamageTookFromKeys(t *testing.T) {
	a, _ := rdb.NewAppender(rdb.EncodeOptions{})
	file := []byte("REDIS0010\xfe\x00\xfb\x0a\x00")
	for i := range 10 {
		file = a.String(a.Key(file, rdb.TypeString, fmt.Appendf(nil, "zero%d", i)), []byte("value"))
	}
	selectAt := len(file)
	file = append(file, "\xfe\x05\xfb\x0a\x0a"...)
	expireAt := len(file)
	for i := range 10 {
		file = rdb.AppendExpire(file, 1_900_000_000_000+int64(i))
		file = a.String(a.Key(file, rdb.TypeString, fmt.Appendf(nil, "five%d", i)), []byte("value"))
	}
	file = append(file, "\xff\x00\x00\x00\x00\x00\x00\x00\x00"...)
	want, err := keysOf(file)
	if err != nil || len(want) != 20 {
		t.Fatal(err, len(want))
	}
	for what, at := range map[string]int{"SELECTDB": selectAt, "EXPIRETIME_MS": expireAt} {
		b := bytes.Clone(file)
		b[at] = 0x70
		var out bytes.Buffer
		_, _, _, err := salvage.RDB(bytes.NewReader(b), int64(len(b)), &out, func(*salvage.Loss) {})
		got, err2 := keysOf(out.Bytes())
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s damaged: %s is %q, want %q", what, k, got[k], v)
			}
		}
	}
}
