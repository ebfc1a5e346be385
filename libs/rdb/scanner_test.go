package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/intset"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// scanned is what a Scanner found: keys in order, and faults.
type scanned struct {
	keys   []string
	faults []*Fault
	whole  bool
}

// scanAll reads b to its end. It fails the test when offsets do not rise.
func scanAll(t testing.TB, b []byte, opts ScanOptions) scanned {
	t.Helper()
	opts.Deep, opts.Duplicates, opts.Foreign = true, true, true
	s := NewScanner(bytes.NewReader(b), int64(len(b)), opts)
	var r scanned
	for range 10 * (len(b) + 10) {
		it, err := s.Next()
		var fault *Fault
		switch {
		case err == io.EOF:
			r.whole = s.Whole()
			return r
		case errors.As(err, &fault):
			if fault.Offset < 0 || fault.Offset > int64(len(b)) || fault.Resume > int64(len(b)) {
				t.Fatalf("fault outside the file: %+v", fault)
			}
			r.faults = append(r.faults, fault)
			r.keys = r.keys[:len(r.keys)-fault.Retract]
		case err != nil:
			t.Fatal(err)
		case it.Op != OpKey:
			r.keys = append(r.keys, it.Op.String())
		default:
			if err := readAll(&it.Value); err == nil {
				r.keys = append(r.keys, fmt.Sprintf("%d:%s", it.DB, it.Key))
			}
		}
	}
	t.Fatalf("the scan does not end; %d faults, the last: %v", len(r.faults), r.faults[len(r.faults)-1])
	return r
}

func readAll(v *Value) error {
	var e Elem
	for v.Kind != KindString && v.Kind != KindRaw {
		if ok, err := v.NextElem(&e); !ok {
			return err
		}
	}
	return nil
}

// variedFile holds n keys of all kinds in two databases.
func variedFile(t testing.TB, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEncoder(&out, EncodeOptions{Version: 12, Compress: true})
	if err != nil {
		t.Fatal(err)
	}
	e.Aux("redis-ver", "7.0.15")
	a := e.Appender()
	lp := listpack.New(0)
	for i := range 10 {
		lp = listpack.AppendInt(listpack.Append(lp, fmt.Appendf(nil, "f%d", i)), int64(i))
	}
	var is []byte
	is = intset.New()
	for i := range 20 {
		is, _ = intset.Add(is, int64(i*1000))
	}
	for i := range n {
		if i%(n/2) == 0 {
			e.SelectDB(i / (n / 2))
			e.ResizeDB(uint64(n/2), 0)
		}
		var dst []byte
		if i%3 == 0 {
			dst = AppendExpire(dst, 1900000000000+int64(i))
		}
		key := fmt.Appendf(nil, "key:%05d", i)
		switch i % 7 {
		case 0:
			dst = a.String(a.Key(dst, TypeString, key), fmt.Appendf(nil, "value %d of this key", i))
		case 1:
			dst = a.Int(a.Key(dst, TypeString, key), int64(i)*999)
		case 2:
			dst = a.Listpack(a.Key(dst, TypeHashListpack, key), lp)
		case 3:
			dst = a.Intset(a.Key(dst, TypeSetIntset, key), is)
		case 4:
			dst = a.Count(a.Key(dst, TypeZset2, key), 2)
			dst = a.Score(a.String(dst, []byte("one")), 1)
			dst = a.Score(a.String(dst, []byte("two")), 2.5)
		case 5:
			dst = a.ListNode(a.Count(a.Key(dst, TypeListQuicklist2, key), 1), lp)
		case 6:
			dst = a.String(a.Key(dst, TypeString, key), []byte(strings.Repeat("abc", 40)))
		}
		e.Write(dst)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestScannerLosesLittle flips every byte of a file: few records near the fault are lost, none far from it, and the end
// is found.
func TestScannerLosesLittle(t *testing.T) {
	const n = 40
	file := variedFile(t, n)
	want := scanAll(t, file, ScanOptions{})
	if len(want.keys) != n+5 || len(want.faults) != 0 || !want.whole {
		t.Fatalf("the whole file: %d records, faults %v", len(want.keys), want.faults)
	}
	worst, lost := 0, 0
	for i := 9; i < len(file); i++ {
		for _, bits := range []byte{0x01, 0x80, 0xFF} {
			file[i] ^= bits
			got := scanAll(t, file, ScanOptions{})
			file[i] ^= bits
			if len(got.faults) == 0 {
				t.Errorf("byte %d changed by %#x: no fault", i, bits)
			}
			have := map[string]int{}
			for _, k := range got.keys {
				have[k[strings.Index(k, ":")+1:]]++
			}
			missing, extra := 0, len(got.keys)
			for _, k := range want.keys {
				if name := k[strings.Index(k, ":")+1:]; have[name] > 0 {
					have[name]--
					extra--
				} else {
					missing++
				}
			}
			if missing > 6 || extra > 2 {
				t.Errorf("byte %d changed by %#x: %d records missing, %d too many; faults %v", i, bits, missing, extra, got.faults)
			}
			worst = max(worst, missing)
			lost += missing
		}
	}
	t.Logf("%d of %d damaged files lost a record, at most %d", lost, 3*len(file), worst)
}

// TestScannerGoesOnBehindDamagedContent holds that a value whose structure is whole costs only itself.
func TestScannerGoesOnBehindDamagedContent(t *testing.T) {
	r := scanAll(t, readFile(t, "redis/corrupt_ziplist.rdb"), ScanOptions{})
	if len(r.faults) == 0 || len(r.keys) < 3 || r.faults[0].Offset != 488 || r.faults[0].Resume != 494 {
		t.Errorf("keys %q, faults %v, resumed at %d", r.keys, r.faults, r.faults[0].Resume)
	}
}

// TestScannerReadsForeignFiles holds the forms of what later versions added.
func TestScannerReadsForeignFiles(t *testing.T) {
	id := strings.Repeat("\x00", 16)
	ms := "\x00\x00\x00\x00\x00\x00\x00\x00"
	stream := "\x00\x00\x05\x00\x00\x00\x00\x00\x05"
	for _, tc := range []struct{ name, file, want string }{
		{"array", "REDIS0014\x1c\x01a\x03\x01\x07\x00\x01" + ms + "\x01\x02" + ms + "\x05\x00\x03abc", "0:a"},
		{"stream-v4", "REDIS0013\x1a\x01s" + stream + "\x00\x40\x64\x40\x64\x01\x01p\x01\x03iid\x05\x01\x01\x00", "0:s"},
		{"stream-v5", "REDIS0014\x1b\x01s" + stream + "\x01\x01g\x05\x00\x00\x01" + id + ms + "\x01\x00\x01" + id + "\x00\x00\x00\x00\x00", "0:s"},
		{"key metadata", "REDIS0013\xf3\x01abcd\x02\x05\x00\x00\x01k\x01v", "0:k"},
		{"template", "REDIS0015\xf2\x07\x02\x01a\x01b\x20\x01h\x07\x01x\x01y", "hash-template 0:h"},
		{"template listpack", "REDIS0015\xf2\x07\x01\x01a\x1e\x01h\x0b\x0b\x00\x00\x00\x02\x00\x07\x01\x01\x01\xff", "hash-template 0:h"},
		{"Valkey", "VALKEY080\xfe\x00\x16\x01h\x02\x01a\x01x\xff\xff\xff\xff\xff\xff\xff\xff\x01b\x01y" + ms, "selectdb 0:h"},
		{"Valkey import", "VALKEY080\xf3\x28" + strings.Repeat("n", 40) + "\x01\x00\x40\x63\x00\x01k\x01v", "slot-import 0:k"},
	} {
		file := tc.file + "\xff" + ms
		r := scanAll(t, []byte(file), ScanOptions{})
		if got := strings.Join(r.keys, " "); got != tc.want || len(r.faults) > 0 || !r.whole {
			t.Errorf("%s: %q, faults %v", tc.name, got, r.faults)
		}
		for n := range file {
			if cut := scanAll(t, []byte(file[:n]), ScanOptions{}); len(cut.faults) == 0 {
				t.Errorf("%s cut after %d bytes: no fault", tc.name, n)
			}
		}
		strict := NewDecoder(strings.NewReader(file), DecodeOptions{})
		if _, err := strict.Next(); !errors.Is(err, ErrVersion) && !errors.Is(err, ErrSignature) {
			t.Errorf("%s: a server would read it: %v", tc.name, err)
		}
	}
}

// FuzzScanner holds that every input is read to an end, with offsets inside of it.
func FuzzScanner(f *testing.F) {
	for _, name := range corpus(f) {
		if b := readFile(f, name); len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Add(variedFile(f, 20))
	f.Add([]byte("VALKEY080\xfe\x00\x16\x01h\x01\x01a\x01x\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { scanAll(t, b, ScanOptions{Headless: true}) })
}
