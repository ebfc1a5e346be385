package bits

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
)

func TestTranscripts(t *testing.T) {
	for _, path := range []string{"testdata/bits.txt", "testdata/field.txt"} {
		commandtest.Replay(t, path, Commands(), strings.Commands(), lists.Commands(), keys.Commands(nil))
	}
}

// count and position agree with a walk over single bits, for any span.
func TestSpansAgainstSingleBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		v := make([]byte, 1+r.IntN(40))
		fill := []byte{0, 0xff, byte(r.IntN(256))}[r.IntN(3)]
		for i := range v {
			if v[i] = fill; r.IntN(10) == 0 {
				v[i] = byte(r.IntN(256))
			}
		}
		s := span{r.IntN(len(v) * 8), r.IntN(len(v) * 8)}
		n, first := 0, [2]int{-1, -1}
		for at := s.from; at <= s.to; at++ {
			b := bitAt(v, at)
			n += int(b)
			if first[b] < 0 {
				first[b] = at
			}
		}
		if got := count(v, s); got != n {
			t.Fatalf("count(%x, %v) = %d, want %d", v, s, got, n)
		}
		for b := range first {
			if got := position(v, s, byte(b)); got != first[b] {
				t.Fatalf("position(%x, %v, %d) = %d, want %d", v, s, b, got, first[b])
			}
		}
	}
}

// A field reads back what was put, and nothing around it changes.
func TestFieldPutGet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		v := make([]byte, 24)
		for i := range v {
			v[i] = byte(r.IntN(256))
		}
		f := field{at: r.IntN(100), width: 1 + r.IntN(64), signed: true}
		old := bytes.Clone(v)
		n := int64(r.Uint64())
		f.put(v, uint64(n))
		if got := f.get(v); uint64(got)<<(64-f.width) != uint64(n)<<(64-f.width) {
			t.Fatalf("%+v: put %x, got %x", f, n, got)
		}
		for at := range len(v) * 8 {
			if (at < f.at || at > f.last()) && bitAt(v, at) != bitAt(old, at) {
				t.Fatalf("%+v changed bit %d", f, at)
			}
		}
	}
}

func BenchmarkCount(b *testing.B) {
	v := bytes.Repeat([]byte{0x5a}, 1<<20)
	b.SetBytes(int64(len(v)))
	for b.Loop() {
		if count(v, span{0, len(v)*8 - 1}) != len(v)*bits.OnesCount8(0x5a) {
			b.Fatal("wrong count")
		}
	}
}

func BenchmarkAnd(b *testing.B) {
	out, v := make([]byte, 1<<20), make([]byte, 1<<20)
	b.SetBytes(int64(len(v)))
	for b.Loop() {
		operation(and).apply(out, v)
	}
}
