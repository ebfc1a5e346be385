package lzf

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func inputs() [][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	letters := make([]byte, 30000)
	for i := range letters {
		letters[i] = "abcd"[rng.IntN(4)]
	}
	return [][]byte{
		[]byte(""), []byte("a"), []byte("aaaa"), []byte("aaaaa"), bytes.Repeat([]byte("c"), 118),
		bytes.Repeat([]byte("x"), 300), bytes.Repeat([]byte("x"), 273), bytes.Repeat([]byte("0123456789"), 4000),
		[]byte(strings.Repeat(`{"name":"value","list":[1,2,3]},`, 50)), random, random[:100], letters,
		append(bytes.Clone(random), random...), append(bytes.Clone(letters[:8192]), letters...),
	}
}

func TestCompressThenDecompressGivesTheOriginal(t *testing.T) {
	var c Compressor
	for round := range 2 { // the second round meets a table full of old entries
		for i, s := range inputs() {
			dst := make([]byte, len(s)+len(s)/maxLiteral+4)
			n, ok := c.Compress(dst, s)
			if !ok {
				t.Fatalf("round %d sample %d: %d bytes do not fit in %d", round, i, len(s), len(dst))
			}
			back := make([]byte, len(s))
			if err := Decompress(back, dst[:n]); err != nil || !bytes.Equal(back, s) {
				t.Fatalf("round %d sample %d of %d bytes, compressed %d: %v", round, i, len(s), n, err)
			}
			if n > 0 {
				if _, ok := c.Compress(make([]byte, n-1), s); ok {
					t.Errorf("sample %d: fits in %d bytes the first time, in %d the second", i, n, n-1)
				}
			}
		}
	}
}

func TestCompressRatio(t *testing.T) {
	var c Compressor
	s := bytes.Repeat([]byte("0123456789"), 1000)
	n, ok := c.Compress(make([]byte, len(s)), s)
	if !ok || n > 200 {
		t.Errorf("10,000 bytes of a repeated pattern became %d bytes (ok %v), want at most 200", n, ok)
	}
}

func TestRandomStringsAreNotSearched(t *testing.T) {
	random := samples256()
	if !looksRandom(random) {
		t.Error("random bytes are searched")
	}
	for _, s := range []string{
		`{"id":12345,"name":"Ada Lovelace","mail":"ada@example.org","tags":["math","poetry"],"active":true}`,
		"Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty",
		strings.Repeat("0123456789abcdef", 8),
	} {
		if looksRandom([]byte(s)) {
			t.Errorf("not searched: %q", s)
		}
	}
	var c Compressor
	if _, ok := c.Compress(make([]byte, len(random)-4), random); ok {
		t.Error("random bytes became shorter")
	}
	// With room for the worst case the result is wanted, whatever it is.
	if _, ok := c.Compress(make([]byte, 2*len(random)), random); !ok {
		t.Error("random bytes do not fit in twice their size")
	}
}

func samples256() []byte {
	rng := rand.New(rand.NewPCG(7, 8))
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func TestCompressSurvivesTheWrapOfItsBase(t *testing.T) {
	var c Compressor
	s := bytes.Repeat([]byte("abcde"), 100)
	c.Compress(make([]byte, 600), s)
	c.base = 1<<32 - 400
	dst := make([]byte, 600)
	n, ok := c.Compress(dst, s)
	back := make([]byte, len(s))
	if err := Decompress(back, dst[:n]); !ok || err != nil || !bytes.Equal(back, s) {
		t.Fatalf("ok %v, err %v", ok, err)
	}
}

func TestDecompressKnownBytes(t *testing.T) {
	// From string_lzf.rdb: 118 times "c".
	got := make([]byte, 118)
	if err := Decompress(got, []byte{0x01, 'c', 'c', 0xe0, 0x69, 0x00, 0x01, 'c', 'c'}); err != nil {
		t.Fatal(err)
	}
	if want := bytes.Repeat([]byte("c"), 118); !bytes.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestDecompressRefusesBadInput(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		size int
		want string
	}{
		{"literal beyond the end", []byte{4, 'a', 'b'}, 5, "literal bytes, 2 left"},
		{"literal beyond dst", []byte{1, 'a', 'b'}, 1, "more than 1 bytes"},
		{"copy before the start", []byte{0, 'a', 0x20, 1}, 4, "2 bytes back, only 1 written"},
		{"copy beyond dst", []byte{0, 'a', 0x20, 0}, 3, "more than 3 bytes"},
		{"copy without distance", []byte{0, 'a', 0x20}, 4, "cut short"},
		{"long copy without length", []byte{0, 'a', 0xe0}, 4, "cut short"},
		{"too few bytes", []byte{0, 'a'}, 4, "expands to 1 bytes, want 4"},
	} {
		err := Decompress(make([]byte, c.size), c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte{0x01, 'c', 'c', 0xe0, 0x69, 0x00, 0x01, 'c', 'c'}, uint16(118))
	f.Add([]byte{0, 'a', 0xe0}, uint16(4))
	f.Fuzz(func(t *testing.T, p []byte, n uint16) {
		dst := make([]byte, n)
		if Decompress(dst, p) != nil {
			return
		}
		if len(dst) > len(p)*MaxRatio {
			t.Fatalf("%d bytes from %d: MaxRatio is wrong", len(dst), len(p))
		}
		var c Compressor
		again := make([]byte, len(dst)*2+2)
		m, ok := c.Compress(again, dst)
		back := make([]byte, len(dst))
		if err := Decompress(back, again[:m]); !ok || err != nil || !bytes.Equal(back, dst) {
			t.Fatalf("round trip: ok %v, %v", ok, err)
		}
	})
}

func benchmark(b *testing.B, s []byte) {
	var c Compressor
	dst := make([]byte, len(s)-4) // as the RDB writer offers
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		c.Compress(dst, s)
	}
}

func BenchmarkCompressRandom100(b *testing.B)  { benchmark(b, inputs()[10]) }
func BenchmarkCompressRandom5000(b *testing.B) { benchmark(b, inputs()[9]) }
func BenchmarkCompressJSON(b *testing.B)       { benchmark(b, inputs()[8]) }
func BenchmarkCompressRepeat300(b *testing.B)  { benchmark(b, inputs()[5]) }
