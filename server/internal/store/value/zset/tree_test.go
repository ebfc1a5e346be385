package zset

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// item is an element of the model: a sorted slice.
type item struct {
	score float64
	name  string
	ref   uint64
}

func order(a, b item) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name))
}

func newItem(sp *arena.Space, score float64, name string) item {
	h, _ := table.Make(sp, table.Shape{Key: []byte(name)}, 8)
	return item{score, name, uint64(h)}
}

// check compares everything a tree can say with the model, and its invariants.
func check(t *testing.T, r *arena.Reader, tree *Tree, model []item) {
	t.Helper()
	if tree.Len() != len(model) {
		t.Fatalf("Len = %d, want %d", tree.Len(), len(model))
	}
	checkNode(t, &tree.root, true)
	if len(model) == 0 {
		return
	}
	c := tree.At(0)
	for i, it := range model {
		if e := c.Entry(); e != (Entry{it.score, it.ref}) {
			t.Fatalf("entry at rank %d is %v, want %v", i, e, it)
		}
		if c.Next() != (i+1 < len(model)) {
			t.Fatalf("Next at rank %d of %d", i, len(model))
		}
	}
	for i := len(model) - 1; i >= 0; i-- {
		if e := c.Entry(); e.Ref != model[i].ref {
			t.Fatalf("backwards: entry at rank %d is %v, want %v", i, e, model[i])
		}
		if c.Prev() != (i > 0) {
			t.Fatalf("Prev at rank %d", i)
		}
	}
	for range 3 {
		i := rand.Intn(len(model))
		it := model[i]
		if c := tree.At(i); c.Entry().Ref != it.ref {
			t.Fatalf("At(%d) = %v, want %v", i, c.Entry(), it)
		}
		if rank, ok := tree.Rank(r, it.score, []byte(it.name)); rank != i || !ok {
			t.Fatalf("Rank(%v) = %d %v, want %d", it, rank, ok, i)
		}
		lo, _ := slices.BinarySearchFunc(model, item{score: it.score}, order)
		hi, _ := slices.BinarySearchFunc(model, item{score: it.score, name: "\xff"}, order)
		if n := tree.CountBelow(it.score, false); n != lo {
			t.Fatalf("CountBelow(%v, false) = %d, want %d", it.score, n, lo)
		}
		if n := tree.CountBelow(it.score, true); n != hi {
			t.Fatalf("CountBelow(%v, true) = %d, want %d", it.score, n, hi)
		}
	}
}

func checkNode(t *testing.T, c *child, root bool) (depth int) {
	t.Helper()
	want := *c
	if c.leaf == nil && c.branch == nil {
		if !root || c.count != 0 {
			t.Fatal("slot without a node")
		}
		return 0
	}
	want.refresh()
	if want.count != c.count || want.least != c.least {
		t.Fatalf("slot says %d %v, its node %d %v", c.count, c.least, want.count, want.least)
	}
	if c.branch == nil {
		if c.leaf.n == 0 {
			t.Fatal("empty leaf")
		}
		return 0
	}
	if c.branch.n < 2 {
		t.Fatal("branch with one child")
	}
	for i := range c.branch.kid[:c.branch.n] {
		d := checkNode(t, &c.branch.kid[i], false)
		if i > 0 && d != depth {
			t.Fatal("leaves at different depths")
		}
		depth = d
	}
	return depth + 1
}

// snapshot is an old tree and what it must still hold.
type snapshot struct {
	view  *arena.View
	tree  Tree
	model []item
}

func TestTreeAgainstSortedSliceWithLiveSnapshots(t *testing.T) {
	for seed := range int64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { runModel(t, seed) })
	}
}

func runModel(t *testing.T, seed int64) {
	rng := rand.New(rand.NewSource(seed))
	sp := arena.New()
	var tree Tree
	var model []item
	var snaps []snapshot
	scores := []float64{3, 50, 1e6}[seed%3] // many ties, some, none
	target, most := 200+3600*int(seed%2), 0
	free := func(it item) { sp.Free(arena.Handle(it.ref), 8+len(it.name)+8, 1) }
	for step := range 12000 {
		if step%3000 == 1500 {
			target = 4000 - target // grow and shrink by turns
		}
		switch p := rng.Intn(100); {
		case p < 10 && len(model) > 0: // another score
			i := rng.Intn(len(model))
			old := model[i]
			it := old
			it.score += float64(rng.Intn(5) - 2)
			if rng.Intn(4) == 0 {
				it.score = rng.Float64() * scores
			}
			if !tree.Update(sp, old.score, Entry{it.score, it.ref}, []byte(it.name)) {
				t.Fatalf("Update did not find %v", old)
			}
			model = slices.Delete(model, i, i+1)
			i, _ = slices.BinarySearchFunc(model, it, order)
			model = slices.Insert(model, i, it)
		case p == 10 && rng.Intn(30) == 0 && len(model) > 0: // a run of ranks
			i := rng.Intn(len(model))
			n := rng.Intn(min(len(model)-i, 150) + 1)
			k := i
			tree.DeleteRange(sp, i, n, func(e Entry) {
				if e.Ref != model[k].ref {
					t.Fatalf("DeleteRange gave %v, want %v", e, model[k])
				}
				free(model[k])
				k++
			})
			if k != i+n {
				t.Fatalf("DeleteRange gave %d entries, want %d", k-i, n)
			}
			model = slices.Delete(model, i, i+n)
		case len(model) < target && p < 80 || len(model) == 0:
			it := newItem(sp, float64(rng.Intn(int(scores))), fmt.Sprintf("m%d", step))
			tree.Insert(sp, Entry{it.score, it.ref}, []byte(it.name))
			i, _ := slices.BinarySearchFunc(model, it, order)
			model = slices.Insert(model, i, it)
		default:
			i := rng.Intn(len(model))
			it := model[i]
			if !tree.Delete(sp, it.score, []byte(it.name)) {
				t.Fatalf("Delete did not find %v", it)
			}
			free(it)
			model = slices.Delete(model, i, i+1)
			if tree.Delete(sp, it.score, []byte(it.name)) {
				t.Fatalf("Delete found %v twice", it)
			}
		}
		if rng.Intn(700) == 0 && len(snaps) < 3 {
			snaps = append(snaps, snapshot{sp.Snapshot(), tree, slices.Clone(model)})
		}
		if rng.Intn(900) == 0 && len(snaps) > 0 {
			s := snaps[0]
			check(t, &s.view.Reader, &s.tree, s.model)
			sp.Release(s.view)
			snaps = snaps[1:]
		}
		sp.Reclaim(64)
		most = max(most, len(model))
		if step%50 == 0 {
			check(t, &sp.Reader, &tree, model)
		}
	}
	for _, s := range snaps {
		check(t, &s.view.Reader, &s.tree, s.model)
	}
	t.Logf("at most %d entries", most)
	leaves, branches := countNodes(&tree.root)
	if tree.leaves != leaves || tree.branches != branches {
		t.Errorf("tree counts %d leaves and %d branches, has %d and %d", tree.leaves, tree.branches, leaves, branches)
	}
}

func countNodes(c *child) (leaves, branches int) {
	switch {
	case c.leaf != nil:
		return 1, 0
	case c.branch != nil:
		branches = 1
		for i := range c.branch.kid[:c.branch.n] {
			l, b := countNodes(&c.branch.kid[i])
			leaves, branches = leaves+l, branches+b
		}
	}
	return leaves, branches
}

func TestLexRanks(t *testing.T) {
	sp := arena.New()
	var tree Tree
	for _, n := range rand.Perm(1000) {
		it := newItem(sp, 0, fmt.Sprintf("%04d", n))
		tree.Insert(sp, Entry{0, it.ref}, []byte(it.name))
	}
	for _, c := range []struct {
		name      string
		including bool
		want      int
	}{{"0000", false, 0}, {"0000", true, 1}, {"0500", false, 500}, {"0500", true, 501}, {"05005", true, 501}, {"9", true, 1000}, {"", true, 0}} {
		if got := tree.CountLexBelow(&sp.Reader, []byte(c.name), c.including); got != c.want {
			t.Errorf("CountLexBelow(%q, %v) = %d, want %d", c.name, c.including, got, c.want)
		}
	}
}

func TestBuilder(t *testing.T) {
	sp := arena.New()
	for _, n := range []int{0, 1, 2, leafFill, leafFill + 1, leafFill*branchFill + 1, 30000} {
		var model []item
		for i := range n {
			model = append(model, newItem(sp, float64(i/3), fmt.Sprintf("%06d", i)))
		}
		for _, descending := range []bool{false, true} {
			b := NewBuilder(descending)
			for i := range model {
				if descending {
					i = n - 1 - i
				}
				b.Add(sp, Entry{model[i].score, model[i].ref})
			}
			tree := b.Tree(sp)
			check(t, &sp.Reader, &tree, model)
			if l, br := countNodes(&tree.root); l != tree.leaves || br != tree.branches {
				t.Errorf("%d entries: counts %d leaves %d branches, has %d and %d", n, tree.leaves, tree.branches, l, br)
			}
			if n > 10000 && tree.Memory() > 20*n {
				t.Errorf("%d entries take %d bytes in a built tree", n, tree.Memory())
			}
		}
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		name  string
		score func(i int) float64
		most  float64
	}{
		{"ascending", func(i int) float64 { return float64(i) }, 18.5},
		{"random", func(int) float64 { return rand.Float64() }, 21.5},
	} {
		sp := arena.New()
		var tree Tree
		for i := range 50000 {
			it := newItem(sp, c.score(i), fmt.Sprint(i))
			tree.Insert(sp, Entry{it.score, it.ref}, []byte(it.name))
		}
		per := float64(tree.Memory()) / 50000
		t.Logf("%s inserts: %.2f bytes an entry", c.name, per)
		if per > c.most {
			t.Errorf("%s inserts take %.1f bytes an entry, want at most %.1f", c.name, per, c.most)
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	sp := arena.New()
	var tree Tree
	b.ReportAllocs()
	for i := range b.N {
		it := newItem(sp, float64(i*7919%1000003), "member")
		tree.Insert(sp, Entry{it.score, it.ref}, []byte(it.name))
	}
}
