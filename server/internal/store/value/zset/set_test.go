package zset

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// expect returns the members of a map in the order of a sorted set.
func expect(m map[string]float64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[a], m[b]), cmp.Compare(a, b))
	})
}

func checkSet(t *testing.T, r *arena.Reader, s *Set, model map[string]float64) {
	t.Helper()
	if s.Len() != len(model) || s.dict.Len() != len(model) {
		t.Fatalf("%d in the order, %d in the dictionary, want %d", s.Len(), s.dict.Len(), len(model))
	}
	if len(model) == 0 {
		return
	}
	c := s.Tree().At(0)
	for i, name := range expect(model) {
		if e := c.Entry(); string(Member(r, e)) != name || e.Score != model[name] {
			t.Fatalf("rank %d: %q %v, want %q %v", i, Member(r, e), e.Score, name, model[name])
		}
		c.Next()
	}
	n := 0
	s.dict.Each(r, func(e table.Entry) bool {
		if model[string(e.Key())] != ScoreOf(e) {
			t.Fatalf("dictionary: %q has %v, want %v", e.Key(), ScoreOf(e), model[string(e.Key())])
		}
		n++
		return true
	})
	if n != len(model) {
		t.Fatalf("dictionary shows %d entries, want %d", n, len(model))
	}
}

func TestSetAgainstMapWithLiveSnapshots(t *testing.T) {
	type old struct {
		view  *arena.View
		set   *Set
		model map[string]float64
	}
	sp := arena.New()
	set, model := New(sp), map[string]float64{}
	var olds []old
	for step := range 60000 {
		name := fmt.Sprint("member", rand.Intn(1500))
		switch rand.Intn(10) {
		case 0, 1, 2:
			_, had := model[name]
			if set.Delete([]byte(name)) != had {
				t.Fatalf("Delete(%q) is wrong", name)
			}
			delete(model, name)
		case 3:
			if rand.Intn(40) == 0 && len(model) > 0 {
				first := rand.Intn(len(model))
				n := rand.Intn(min(len(model)-first, 200) + 1)
				for _, gone := range expect(model)[first : first+n] {
					delete(model, gone)
				}
				set.DeleteRange(first, n)
			}
		default:
			model[name] = float64(rand.Intn(200))
			set.Put([]byte(name), model[name])
		}
		if f, ok := set.Score([]byte(name)); f != model[name] || ok != (model[name] != 0 || ok && f == 0) {
			t.Fatalf("Score(%q) = %v %v, want %v", name, f, ok, model[name])
		}
		if rand.Intn(3000) == 0 && len(olds) < 4 {
			olds = append(olds, old{sp.Snapshot(), set, maps.Clone(model)})
			set = set.Clone(sp).(*Set)
		}
		if rand.Intn(4000) == 0 && len(olds) > 0 {
			i := rand.Intn(len(olds))
			checkSet(t, &olds[i].view.Reader, olds[i].set, olds[i].model)
			sp.Release(olds[i].view)
			olds = slices.Delete(olds, i, i+1)
		}
		sp.Reclaim(8)
		if step%2000 == 0 {
			checkSet(t, &sp.Reader, set, model)
		}
	}
	checkSet(t, &sp.Reader, set, model)
	for _, o := range olds {
		checkSet(t, &o.view.Reader, o.set, o.model)
		sp.Release(o.view)
	}
	for step := 0; set.Free(sp, step); step++ {
	}
	for sp.Reclaim(1 << 20) {
	}
	if sp.Used() != 0 {
		t.Errorf("%d bytes are left after the set and all snapshots are gone", sp.Used())
	}
}

// A snapshot is read on another goroutine while the set changes: the race detector must have nothing to say, and the
// reader must see the state at the start.
func TestSnapshotIsReadWhileSetChanges(t *testing.T) {
	sp := arena.New()
	set, model := New(sp), map[string]float64{}
	for i := range 20000 {
		name := fmt.Sprint(i)
		model[name] = float64(i * 7919 % 1000)
		set.Put([]byte(name), model[name])
	}
	view, frozen := sp.Snapshot(), set
	set = set.Clone(sp).(*Set)
	done := make(chan error)
	go func() {
		names := expect(model)
		for range 3 {
			c := frozen.Tree().At(0)
			for i, name := range names {
				if e := c.Entry(); string(Member(&view.Reader, e)) != name {
					done <- fmt.Errorf("rank %d is %q, want %q", i, Member(&view.Reader, e), name)
					return
				}
				c.Next()
			}
		}
		done <- nil
	}()
	for step := 0; ; step++ {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		name := []byte(fmt.Sprint(rand.Intn(30000)))
		if rand.Intn(3) == 0 {
			set.Delete(name)
		} else {
			set.Put(name, rand.Float64()*1000)
		}
		sp.Reclaim(16)
	}
}

func TestPackedAgainstMap(t *testing.T) {
	scores := []float64{0, 1, -1, 1.5, math.Inf(1), math.Inf(-1), 1e300, 1 << 53, 3, 3, 3}
	lp, model := listpack.New(0), map[string]float64{}
	for range 4000 {
		name := fmt.Sprint(rand.Intn(30) - 10)
		if rand.Intn(3) == 0 {
			name = fmt.Sprintf("m%s", name)
		}
		pos, score := PackedFind(lp, []byte(name))
		want, had := model[name]
		if (pos >= 0) != had || score != want {
			t.Fatalf("PackedFind(%q) = %d %v, want %v %v", name, pos, score, had, want)
		}
		if had {
			if rank := PackedRank(lp, pos); expect(model)[rank] != name {
				t.Fatalf("PackedRank(%q) = %d", name, rank)
			}
			lp = PackedDelete(lp, pos, 1)
			delete(model, name)
		} else {
			model[name] = scores[rand.Intn(len(scores))]
			lp = PackedInsert(lp, []byte(name), model[name])
		}
		if err := listpack.Validate(lp, true); err != nil {
			t.Fatal(err)
		}
		i, names := 0, expect(model)
		for pos := listpack.First(lp); pos >= 0; i++ {
			v, next := listpack.Read(lp, pos)
			if got := string(v.Append(nil)); i >= len(names) || got != names[i] || PackedScore(lp, pos) != model[got] {
				t.Fatalf("member %d is %q with %v, want %v", i, got, PackedScore(lp, pos), names)
			}
			pos = listpack.Next(lp, next)
		}
	}
}

func TestDraftInAnyOrder(t *testing.T) {
	for name, next := range map[string]func(i int) float64{
		"ascending":  func(i int) float64 { return float64(i) },
		"descending": func(i int) float64 { return -float64(i) },
		"ties":       func(int) float64 { return 1 },
		"mixed":      func(int) float64 { return float64(rand.Intn(100)) },
	} {
		sp := arena.New()
		d, model := NewDraft(sp), map[string]float64{}
		for i := range 3000 {
			m := fmt.Sprintf("%06d", i)
			model[m] = next(i)
			if !d.Add([]byte(m), model[m]) {
				t.Fatalf("%s: Add(%q) found it", name, m)
			}
		}
		if d.Add([]byte("000007"), 9) {
			t.Errorf("%s: Add took a member twice", name)
		}
		if d.isMixed != (name == "mixed") {
			t.Errorf("%s: sorted on the way: %v", name, !d.isMixed)
		}
		if name == "ascending" {
			d.Merge([]byte("000008"), 100, func(old, score float64) float64 { return old + score })
			model["000008"] += 100
		}
		set := d.Set()
		checkSet(t, &sp.Reader, set, model)
		checkSet(t, &sp.Reader, set.Copy(&sp.Reader, sp).(*Set), model)
		if lp := set.Packed(); PackedLen(lp) != len(model) {
			t.Errorf("%s: Packed has %d members", name, PackedLen(lp))
		} else {
			checkSet(t, &sp.Reader, FromPacked(sp, lp), model)
		}
	}
}

func TestAppendScore(t *testing.T) {
	// The texts are those that redis-server 7.0 saves.
	for f, want := range map[float64]string{
		0: "0", 3: "3", -17: "-17", 0.1: "0.10000000000000001", 1.5: "1.5", 1e20: "1e+20", 1e16: "10000000000000000", 1e17: "1e+17",
		123456789012345680000: "1.2345678901234568e+20", 3e-7: "2.9999999999999999e-07", math.Inf(1): "inf", math.Inf(-1): "-inf",
	} {
		got := AppendScore(nil, f)
		if string(got) != want {
			t.Errorf("AppendScore(%v) = %q, want %q", f, got, want)
		}
		if back, ok := ParseScore(got); !ok || back != f {
			t.Errorf("ParseScore(%q) = %v %v", got, back, ok)
		}
	}
	if got := AppendScore(nil, math.Copysign(0, -1)); !bytes.Equal(got, []byte("0")) {
		t.Errorf("AppendScore(-0) = %q", got)
	}
}
