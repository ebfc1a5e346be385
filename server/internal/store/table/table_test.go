package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// check verifies every invariant of the structure.
func (t *Table) check(tb testing.TB) {
	tb.Helper()
	n, vol, deepest, size := 0, 0, 0, 0
	for i, s := range t.dir {
		if i > 0 && t.dir[i-1] == s {
			continue
		}
		lo, span := t.span(uint64(i)<<t.shift, s.depth)
		if lo != i {
			tb.Fatalf("segment at %d does not begin its span (%d, %d)", i, lo, span)
		}
		for j := range span {
			if t.dir[lo+j] != s {
				tb.Fatalf("directory entry %d does not point to its segment", lo+j)
			}
		}
		if s.depth == 64-t.shift {
			deepest++
		}
		size += int(s.size) * 8
		words := s.words()
		sn, sv, last := 0, 0, uint64(0)
		for p, w := range words {
			if w == 0 {
				continue
			}
			sn++
			sv += int(w >> 1 & 1)
			if w>>tagShift < last>>tagShift {
				tb.Fatalf("slot %d is out of order", p)
			}
			last = w
			for q := s.home(w); q < p; q++ {
				if words[q] == 0 {
					tb.Fatalf("gap at %d before slot %d with home %d", q, p, s.home(w))
				}
			}
			e := At(&t.sp.Reader, handleOf(w))
			hash := Hash(e.Key())
			if s.tag(hash)>>tagShift != w>>tagShift {
				tb.Fatalf("tag of %q is wrong at depth %d", e.Key(), s.depth)
			}
			if t.dir[hash>>t.shift] != s {
				tb.Fatalf("%q is in a foreign segment", e.Key())
			}
			if (e.Expire() != 0) != (w&volatileBit != 0) {
				tb.Fatalf("volatile bit of %q is wrong", e.Key())
			}
			size += arena.Cap(e.Size())
		}
		if words[len(words)-1] != 0 {
			tb.Fatal("the last slot is taken")
		}
		if sn != int(s.n) || sv != int(s.vol) {
			tb.Fatalf("segment counts %d entries (%d volatile), holds %d (%d)", s.n, s.vol, sn, sv)
		}
		n, vol = n+sn, vol+sv
	}
	if n != t.n || vol != t.vol || deepest != t.deepest || size != t.bytes {
		tb.Fatalf("table counts n %d vol %d deepest %d bytes %d, holds %d %d %d %d", t.n, t.vol, t.deepest, t.bytes, n, vol, deepest, size)
	}
}

type frozen struct {
	view  *arena.View
	t     *Table
	model map[string]string
}

func (f *frozen) check(tb testing.TB) {
	tb.Helper()
	seen := 0
	f.t.Each(&f.view.Reader, func(e Entry) bool {
		if v, ok := f.model[string(e.Key())]; !ok || v != string(e.Value()) {
			tb.Fatalf("snapshot shows %q = %q, was %q (%v)", e.Key(), e.Value(), v, ok)
		}
		seen++
		return true
	})
	if seen != len(f.model) {
		tb.Fatalf("snapshot shows %d entries of %d", seen, len(f.model))
	}
}

// TestModel drives a table with random operations, in phases of growth and shrinking, while snapshots come and go.
func TestModel(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { runModel(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func runModel(t *testing.T, r *rand.Rand) {
	sp := arena.New()
	tab := New(sp)
	model := map[string]string{}
	var snaps []*frozen
	space := []int{50, 3000, 30000}[r.IntN(3)]
	for phase := range 6 {
		deletes := []int{10, 90, 50}[phase%3]
		for range 30000 {
			key := fmt.Append(nil, "key:", r.IntN(space))
			if r.IntN(100) == 0 {
				key = bytes.Repeat(key, 60) // a long key
			}
			ref, ok := tab.Find(key)
			if _, want := model[string(key)]; ok != want {
				t.Fatalf("Find(%q) = %v", key, ok)
			}
			switch {
			case r.IntN(100) < deletes:
				if ok {
					tab.Remove(&ref)
					delete(model, string(key))
				}
			case ok && r.IntN(2) == 0: // change the time to live
				e := tab.Entry(ref)
				s := e.Shape()
				s.Expire = int64(r.IntN(2)) * 12345
				h, n := Make(sp, s, len(e.Value()))
				copy(n.Value(), e.Value())
				tab.Replace(&ref, h, s.Expire != 0)
			case ok:
				v := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(40))
				tab.SetValue(&ref, v)
				model[string(key)] = string(v)
			default:
				v := bytes.Repeat([]byte{'n'}, r.IntN(40))
				if r.IntN(500) == 0 {
					v = make([]byte, 70000)
				}
				tab.Add(&ref, key, v)
				model[string(key)] = string(v)
				if string(tab.Entry(ref).Key()) != string(key) {
					t.Fatal("Ref does not name what it added")
				}
			}
			if r.IntN(5000) == 0 && len(snaps) < 3 {
				m := make(map[string]string, len(model))
				for k, v := range model {
					m[k] = v
				}
				snaps = append(snaps, &frozen{sp.Snapshot(), tab.Clone(), m})
			}
			if r.IntN(6000) == 0 && len(snaps) > 0 {
				i := r.IntN(len(snaps))
				snaps[i].check(t)
				sp.Release(snaps[i].view)
				snaps = append(snaps[:i], snaps[i+1:]...)
			}
			sp.Reclaim(2)
		}
		tab.check(t)
		for k, v := range model {
			if got, ok := tab.Get([]byte(k)); !ok || string(got) != v {
				t.Fatalf("Get(%q) = %q, %v, want %q", k, got, ok, v)
			}
		}
	}
	for _, s := range snaps {
		s.check(t)
		sp.Release(s.view)
	}
	for step := 0; tab.Free(step, nil); step++ {
	}
	for sp.Reclaim(1000) {
	}
	if sp.Used() != 0 || sp.Deferred() != 0 {
		t.Fatalf("%d bytes used and %d deferred after everything was freed", sp.Used(), sp.Deferred())
	}
}

// TestScanGuarantee: an entry that is there from the start of an iteration to its end is returned, whatever happens to the others.
func TestScanGuarantee(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 2))
		tab := New(arena.New())
		n := []int{0, 3, 200, 5000, 40000}[r.IntN(5)]
		stay := map[string]bool{}
		for i := range n {
			k := fmt.Sprint("stay", i)
			stay[k] = true
			tab.Set([]byte(k), nil)
			if r.IntN(4) == 0 { // what stays may be a few of many
				for j := range 5 {
					tab.Set(fmt.Append(nil, "go", i, ".", j), nil)
				}
			}
		}
		seen := map[string]bool{}
		count := 1 + r.IntN(50)
		calls := 0
		for c := Cursor(0); ; {
			c = tab.Scan(c, count, func(e Entry) { seen[string(e.Key())] = true })
			calls++
			if c == 0 {
				break
			}
			grow := r.IntN(3)
			for range 5 * count {
				i, j := r.IntN(n+1), r.IntN(5)
				k := fmt.Append(nil, "go", i, ".", j)
				if grow == 0 && tab.Len() < 100000 {
					tab.Set(k, nil)
				} else {
					tab.Delete(k)
				}
			}
		}
		for k := range stay {
			if !seen[k] {
				t.Fatalf("seed %d: %q was not returned (%d entries, %d calls)", seed, k, tab.Len(), calls)
			}
		}
		tab.check(t)
	}
}

func TestScanTakesAnyCursor(t *testing.T) {
	tab := New(arena.New())
	for i := range 5000 {
		tab.Set(fmt.Append(nil, i), nil)
	}
	for range 10000 {
		tab.Scan(rand.Uint64(), 10, func(Entry) {})
	}
}

func TestScanOfUnchangedTableReturnsEachOnce(t *testing.T) {
	tab := New(arena.New())
	for i := range 20000 {
		tab.Set(fmt.Append(nil, i), nil)
	}
	seen, calls := map[string]int{}, 0
	for c := Cursor(0); ; {
		c = tab.Scan(c, 10, func(e Entry) { seen[string(e.Key())]++ })
		if calls++; c == 0 {
			break
		}
	}
	for k, n := range seen {
		if n != 1 {
			t.Fatalf("%q was returned %d times", k, n)
		}
	}
	if len(seen) != 20000 || calls > 2300 {
		t.Fatalf("%d entries in %d calls", len(seen), calls)
	}
}

func TestRandomReachesEverything(t *testing.T) {
	tab := New(arena.New())
	for i := range 3000 {
		tab.Set(binary.BigEndian.AppendUint32(nil, uint32(i)), nil)
	}
	counts := make([]int, 3000)
	for range 3000 * 100 {
		counts[binary.BigEndian.Uint32(tab.Random().Key())]++
	}
	for i, n := range counts {
		if n < 40 || n > 200 {
			t.Fatalf("entry %d was chosen %d times, expected about 100", i, n)
		}
	}
}
