package arena

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

func TestClasses(t *testing.T) {
	last := 0
	for n := 1; n <= maxBlock; n++ {
		c := classOf(n)
		if c != last && c != last+1 || classSize(c) < n || c > 1 && classSize(c-1) >= n {
			t.Fatalf("size %d has class %d of %d bytes, after class %d", n, c, classSize(c), last)
		}
		last = c
	}
	if last != classes-1 {
		t.Fatalf("the last class is %d, want %d", last, classes-1)
	}
	for c := 1; c < classes; c++ {
		size := classSize(c)
		units := slabUnits(size)
		if blocks := units * unitSize / size; blocks == 0 || units > unitsPerChunk {
			t.Fatalf("class %d of %d bytes: %d blocks in %d units", c, size, blocks, units)
		}
	}
}

func TestFreeRun(t *testing.T) {
	for range 10000 {
		m := rand.Uint64() & rand.Uint64()
		n := 1 + rand.IntN(16)
		want := -1
		for u := 0; u+n <= 64 && want < 0; u++ {
			if run := (uint64(1)<<n - 1) << u; m&run == run {
				want = u
			}
		}
		if got := freeRun(m, n); got != want {
			t.Fatalf("freeRun(%064b, %d) = %d, want %d", m, n, got, want)
		}
	}
	if freeRun(^uint64(0), 16) != 0 {
		t.Fatal("a free chunk has room for a run of 16")
	}
}

type testBlock struct {
	h     Handle
	n     int
	fill  byte
	epoch uint32
}

// TestModel allocates and frees blocks of all sizes, with snapshots that hold some: no block is ever handed out twice, and what a
// snapshot sees stays.
func TestModel(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { runModel(t, rand.New(rand.NewPCG(seed, 3))) })
	}
}

func runModel(t *testing.T, r *rand.Rand) {
	sp := New()
	var live []testBlock
	type held struct {
		v      *View
		blocks []testBlock
	}
	var snaps []held
	check := func(rd *Reader, b testBlock) {
		t.Helper()
		if v := rd.Bytes(b.h, b.n); bytes.Count(v, []byte{b.fill}) != b.n {
			t.Fatalf("block %x of %d bytes lost its content", b.h, b.n)
		}
	}
	for i := range 40000 {
		switch grow := i / 10000 % 2; {
		case r.IntN(3) > grow:
			n := 1 + r.IntN(1<<r.IntN(14))
			if r.IntN(300) == 0 {
				n = 1 + r.IntN(3<<20)
			}
			b := testBlock{sp.Alloc(n), n, byte(1 + r.IntN(200)), sp.Epoch()}
			v := sp.Bytes(b.h, n)
			for i := range v {
				v[i] = b.fill
			}
			live = append(live, b)
		case len(live) > 0:
			j := r.IntN(len(live))
			b := live[j]
			check(&sp.Reader, b)
			sp.Free(b.h, b.n, b.epoch)
			live[j] = live[len(live)-1]
			live = live[:len(live)-1]
		}
		if r.IntN(1000) == 0 && len(snaps) < 3 {
			snaps = append(snaps, held{sp.Snapshot(), append([]testBlock(nil), live...)})
		}
		if r.IntN(2000) == 0 && len(snaps) > 0 {
			j := r.IntN(len(snaps))
			for _, b := range snaps[j].blocks {
				check(&snaps[j].v.Reader, b)
			}
			sp.Release(snaps[j].v)
			snaps = append(snaps[:j], snaps[j+1:]...)
		}
		if r.IntN(3000) == 0 {
			sp.Purge(r.IntN(2) == 0)
		}
		sp.Reclaim(3)
	}
	for _, s := range snaps {
		for _, b := range s.blocks {
			check(&s.v.Reader, b)
		}
		sp.Release(s.v)
	}
	used := 0
	for _, b := range live {
		check(&sp.Reader, b)
		used += Cap(b.n)
	}
	for sp.Reclaim(1000) {
	}
	if sp.Used() != used || sp.Deferred() != 0 {
		t.Fatalf("Used is %d and Deferred %d, want %d and 0", sp.Used(), sp.Deferred(), used)
	}
	for _, b := range live {
		sp.Free(b.h, b.n, b.epoch)
	}
	if sp.Used() != 0 {
		t.Fatalf("%d bytes used after everything was freed", sp.Used())
	}
	for sp.Unmap(10) {
	}
}

func resident(t *testing.T) int {
	if raceEnabled {
		t.Skip("the race detector takes memory too")
	}
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc")
	}
	n, _ := strconv.Atoi(string(bytes.Fields(b)[1]))
	return n * os.Getpagesize()
}

// TestMemoryGoesBack: after a mass deletion, and after freeing everything, the process shrinks.
func TestMemoryGoesBack(t *testing.T) {
	const blocks, size = 2_000_000, 48
	sp := New()
	hs := make([]Handle, blocks)
	clear(hs)
	base := resident(t)
	for i := range hs {
		hs[i] = sp.Alloc(size)
		sp.Bytes(hs[i], size)[0] = 1
	}
	full := resident(t) - base
	if full < blocks*size*9/10 {
		t.Fatalf("%d blocks of %d bytes take %d bytes", blocks, size, full)
	}
	// A large deletion leaves many chunks empty at its end: they go back one for each slice, and until the last one is gone there is more to do.
	slices := func() (n int) {
		for n = 1; sp.Reclaim(1); n++ {
		}
		return n
	}
	for _, h := range hs[:blocks*3/4] {
		sp.Free(h, size, 1)
	}
	if n := slices(); n < full/chunkSize/2 {
		t.Errorf("%d chunks go back in %d slices", full*3/4/chunkSize, n)
	}
	if left := resident(t) - base; left > full*2/5 {
		t.Errorf("%d of %d bytes are still resident after 3/4 was freed", left, full)
	}
	for _, h := range hs[blocks*3/4:] {
		sp.Free(h, size, 1)
	}
	slices()
	if left := resident(t) - base; left > full/10 {
		t.Errorf("%d of %d bytes are still resident after all was freed", left, full)
	}
	kept := sp.dirtyUnits
	if kept <= unitsPerChunk/2 {
		t.Fatalf("%d units are kept for what comes next: there is nothing to purge", kept)
	}
	sp.Purge(true)
	slices()
	sp.Purge(false)
	if left := sp.dirtyUnits; left >= unitsPerChunk/2 { // a huge page that the next block comes from stays whole
		t.Errorf("of %d free units that were kept, %d are left after a purge", kept, left)
	}
	h := sp.Alloc(size) // and all is usable
	sp.Bytes(h, size)[0] = 1
}

// TestSmallSpaceIsSmall: huge pages must not make a small database large.
func TestSmallSpaceIsSmall(t *testing.T) {
	base := resident(t)
	for range 16 {
		sp := New()
		for range 100 {
			h := sp.Alloc(50)
			sp.Bytes(h, 50)[0] = 1
		}
	}
	if n := resident(t) - base; n > 16*64<<10 {
		t.Errorf("16 databases of 5 KB take %d bytes", n)
	}
}
