package hll

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/commands/bits"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
	"github.com/lockstep-db/lockstep/server/internal/commands/keys"
	"github.com/lockstep-db/lockstep/server/internal/commands/lists"
	"github.com/lockstep-db/lockstep/server/internal/commands/strings"
)

func TestTranscripts(t *testing.T) {
	commandtest.Replay(t, "testdata/hll.txt", Commands(), strings.Commands(), lists.Commands(), bits.Commands(), keys.Commands(nil))
}

// A sketch in either encoding has the registers that a plain array has.
func TestRegistersAgainstArray(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		s, ok := newSketch(), true
		var want, got [registers]uint8
		for range 1 + r.IntN(3000) {
			i, v := r.IntN(registers), uint8(1+r.IntN(8))
			if r.IntN(3) == 0 {
				i = r.IntN(60) // crowded: runs are split and joined
			}
			var changed bool
			if s, changed, ok = s.set(i, v, 3000); !ok || changed != (want[i] < v) {
				t.Fatalf("set %d to %d: changed %v, ok %v, was %d", i, v, changed, ok, want[i])
			}
			want[i] = max(want[i], v)
		}
		if !s.merge(&got) || got != want {
			t.Fatal("registers differ")
		}
	}
}

func TestEstimates(t *testing.T) {
	if msg := testRegisters(); msg != "" {
		t.Error(msg)
	}
	s := newSketch()
	var element [8]byte
	for n := range 100_000 {
		binary.LittleEndian.PutUint64(element[:], uint64(n))
		s, _, _ = s.add(element[:], 3000)
		if n == 1000 || n == 99_999 {
			d, _ := s.toDense()
			if msg := compareEstimates(s, d, n+1); msg != "" {
				t.Error(msg)
			}
		}
	}
	if s[4] != dense {
		t.Error("still sparse")
	}
}

// Bytes from outside never panic, and a corrupt sketch is not changed.
func FuzzSketch(f *testing.F) {
	f.Add([]byte(newSketch()), uint16(3), uint8(4))
	s := newSketch()
	for i := range 100 {
		s, _, _ = s.set(i*150, uint8(i%30+1), 3000)
	}
	f.Add([]byte(s), uint16(15000), uint8(31))
	f.Add(append([]byte(newSketch()[:header]), 0x40), uint16(0), uint8(1))
	f.Fuzz(func(t *testing.T, v []byte, index uint16, value uint8) {
		if !valid(v) {
			return
		}
		s := append(sketch(nil), v...)
		_, counted := s.count()
		out, _, ok := s.set(int(index)%registers, value%51+1, 3000)
		if _, again := out.count(); counted && (!ok || !again) {
			t.Fatalf("a good sketch is corrupt after a change: %x", out)
		}
		decoded(s)
	})
}

func BenchmarkAdd(b *testing.B) {
	s, _ := newSketch().toDense()
	var element [8]byte
	for i := 0; b.Loop(); i++ {
		binary.LittleEndian.PutUint64(element[:], uint64(i))
		s, _, _ = s.add(element[:], 3000)
	}
}

func BenchmarkCount(b *testing.B) {
	s, _ := newSketch().toDense()
	for i := range registers {
		densePut(s[header:], i, uint8(i%20))
	}
	for b.Loop() {
		if _, ok := s.count(); !ok {
			b.Fatal("corrupt")
		}
	}
}
