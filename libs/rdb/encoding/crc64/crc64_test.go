package crc64

import (
	"hash/crc64"
	"math/rand/v2"
	"testing"
)

func TestUpdateKnownValues(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint64
	}{
		{"", 0},
		{"123456789", 0xe9c6d914c4b8d9ca},
		{"This is a test of the emergency broadcast system.", reference([]byte("This is a test of the emergency broadcast system."))},
	} {
		if got := Update(0, []byte(c.in)); got != c.want {
			t.Errorf("Update(0, %q) = %#x, want %#x", c.in, got, c.want)
		}
	}
}

// reference uses the standard library's loop with our polynomial; it inverts on the way in and out.
func reference(p []byte) uint64 {
	return ^crc64.Update(^uint64(0), crc64.MakeTable(poly), p)
}

func TestUpdateAgreesWithTheStandardLibraryInAnySplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 1000)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	for n := range len(p) {
		cut := rng.IntN(n + 1)
		want := reference(p[:n])
		if got := Update(Update(0, p[:cut]), p[cut:n]); got != want {
			t.Fatalf("length %d cut at %d: %#x, want %#x", n, cut, got, want)
		}
		if got := update(0, p[:n]); got != want {
			t.Fatalf("portable form, length %d: %#x, want %#x", n, got, want)
		}
		if got := Combine(Update(0, p[:cut]), Update(0, p[cut:n]), int64(n-cut)); got != want {
			t.Fatalf("Combine, length %d cut at %d: %#x, want %#x", n, cut, got, want)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	p := make([]byte, 64<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		Update(0, p)
	}
}

func BenchmarkPortable(b *testing.B) {
	p := make([]byte, 64<<10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		update(0, p)
	}
}

func BenchmarkCombine(b *testing.B) {
	for b.Loop() {
		Combine(0x123456789abcdef, 0xfedcba987654321, 256<<10)
	}
}
