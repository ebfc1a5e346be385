package ziplist

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

var (
	ints = []int64{0, 12, 13, -1, 127, -128, 128, -129, 32767, -32768, 32768, -32769, 1<<23 - 1, -1 << 23, 1 << 23,
		-1<<23 - 1, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1, math.MinInt32 - 1, math.MaxInt64, math.MinInt64}
	lengths = []int{0, 1, 63, 64, 240, 251, 252, 253, 254, 16383, 16384, 70000}
)

// build makes a ziplist with every integer width and string header.
func build() []byte {
	zl := New(0)
	for _, n := range ints {
		zl = AppendInt(zl, n)
	}
	for _, n := range lengths {
		zl = AppendString(zl, bytes.Repeat([]byte{'s'}, n))
	}
	return AppendInt(zl, 7)
}

func TestWhatIsBuiltReadsBack(t *testing.T) {
	zl := build()
	count, err := Validate(zl)
	if want := len(ints) + len(lengths) + 1; err != nil || count != want {
		t.Fatalf("Validate: %d elements, %v; want %d", count, err, want)
	}
	pos := First(zl)
	var v Value
	for _, n := range ints {
		if v, pos = Read(zl, pos); !v.IsInt || v.Int != n {
			t.Errorf("got %+v, want %d", v, n)
		}
	}
	for _, n := range lengths {
		if v, pos = Read(zl, pos); v.IsInt || len(v.Str) != n {
			t.Errorf("got %d bytes (integer %v), want %d", len(v.Str), v.IsInt, n)
		}
	}
	if v, pos = Read(zl, pos); v.Int != 7 || pos != -1 {
		t.Errorf("last element is %+v, next %d", v, pos)
	}
}

func TestValidateKnownBytes(t *testing.T) {
	// From hash_zl_v6.rdb: integers 2 to 7, then strings.
	zl := []byte("9\x00\x00\x002\x00\x00\x00\x0c\x00\x00\xf2\x02\xf3\x02\xf4\x02\xf5\x02\xf6\x02\xf7\x02\x037.0\x05\x038.0" +
		"\x05\x04str1\x06\x04str2\x06\x04str3\x06\x04str4\xff")
	if n, err := Validate(zl); n != 12 || err != nil {
		t.Fatalf("%d elements, %v", n, err)
	}
	if n, err := Validate(New(0)); n != 0 || err != nil || First(New(0)) != -1 {
		t.Fatalf("empty ziplist: %d elements, %v", n, err)
	}
}

func TestValidateRefusesBadInput(t *testing.T) {
	good := func() []byte { return AppendString(AppendInt(AppendString(New(0), []byte("ab")), 300), []byte("c")) }
	for _, c := range []struct {
		name   string
		change func(zl []byte) []byte
		want   string
	}{
		{"too short", func(zl []byte) []byte { return zl[:10] }, "less than"},
		{"wrong total", func(zl []byte) []byte { return zl[:len(zl)-1] }, "header says"},
		{"no end mark", func(zl []byte) []byte { zl[len(zl)-1] = 0; return zl }, "end mark is 0x00"},
		{"early end mark", func(zl []byte) []byte { zl[14] = 0xFF; return zl }, "offset 14: end mark before"},
		{"wrong tail", func(zl []byte) []byte { zl[4] = 10; return zl }, "offset 4"},
		{"wrong count", func(zl []byte) []byte { zl[8] = 9; return zl }, "says 9 elements, found 3"},
		{"wrong prevlen", func(zl []byte) []byte { zl[14] = 3; return zl }, "takes 3 bytes, it takes 4"},
		{"unknown encoding", func(zl []byte) []byte { zl[15] = 0xC1; return zl }, "unknown entry encoding 0xc1"},
		{"string too long", func(zl []byte) []byte { zl[11] = 0x3f; return zl }, "exceeds"},
		{"string header cut", func(zl []byte) []byte { zl[19] = 0x80; return zl }, "cut short"},
		{"huge string", func(zl []byte) []byte { copy(zl[11:], "\x80\xff\xff\xff\xff"); return zl }, "exceeds"},
	} {
		if _, err := Validate(c.change(good())); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestMoreElementsThanTheHeaderCanSay(t *testing.T) {
	zl := New(200000)
	for range 65600 {
		zl = AppendInt(zl, 1)
	}
	if n, err := Validate(zl); n != 65600 || err != nil {
		t.Fatalf("%d elements, %v", n, err)
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(build()[:200])
	f.Add([]byte("\x12\x00\x00\x00\x0e\x00\x00\x00\x02\x00\x00\x02ab\x04\xf5\xff"))
	f.Fuzz(func(t *testing.T, zl []byte) {
		// Let the fuzzer off the length fields: it would hardly ever get them right.
		if len(zl) >= EmptySize {
			binary.LittleEndian.PutUint32(zl, uint32(len(zl)))
			zl[len(zl)-1] = endMark
		}
		count, err := Validate(zl)
		if err != nil {
			return
		}
		again, seen := New(len(zl)), 0
		for pos := First(zl); pos >= 0; seen++ {
			var v Value
			if v, pos = Read(zl, pos); v.IsInt {
				again = AppendInt(again, v.Int)
			} else {
				again = AppendString(again, v.Str)
			}
		}
		if n, err := Validate(again); seen != count || n != count || err != nil {
			t.Fatalf("Validate counts %d, the walk %d, the copy %d (%v)", count, seen, n, err)
		}
	})
}
