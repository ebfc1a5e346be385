package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

func openZSet(t *testing.T, db *store.DB, key string) store.ZSet {
	t.Helper()
	z, _, err := db.WriteZSet([]byte(key), 1)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// zsetOrder returns the members of a model in the order of a sorted set.
func zsetOrder(m map[string]float64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[a], m[b]), cmp.Compare(a, b))
	})
}

func checkZSet(t *testing.T, v store.ZSetView, model map[string]float64) {
	t.Helper()
	names := zsetOrder(model)
	if v.Len() != len(names) {
		t.Fatalf("Len = %d, want %d", v.Len(), len(names))
	}
	i := 0
	v.Each(0, len(names), false, func(m []byte, f float64) {
		if string(m) != names[i] || f != model[names[i]] {
			t.Fatalf("rank %d: %q %v, want %q %v", i, m, f, names[i], model[names[i]])
		}
		i++
	})
	v.Each(len(names)-1, len(names), true, func(m []byte, f float64) {
		i--
		if string(m) != names[i] {
			t.Fatalf("backwards, rank %d: %q, want %q", i, m, names[i])
		}
	})
	if i != 0 {
		t.Fatalf("Each ended %d members early", i)
	}
}

// TestZSetModel drives a set through both encodings against a map, with snapshots that must keep what they saw.
func TestZSetModel(t *testing.T) {
	type old struct {
		snap  *store.Snapshot
		model map[string]float64
	}
	st := store.New(1)
	st.Limits.ZSetPackedEntries = 20
	db, model := st.DB(0), map[string]float64{}
	var olds []old
	big := 0
	for step := range 40000 {
		z := openZSet(t, db, "z")
		name := fmt.Sprint(rand.Intn(60) * 7)
		_, had := model[name]
		switch p := rand.Intn(400); {
		case p == 0 && len(model) > 0:
			from := rand.Intn(len(model))
			to := from + rand.Intn(len(model)-from+1)
			for _, gone := range zsetOrder(model)[from:to] {
				delete(model, gone)
			}
			z.RemoveRange(from, to)
		case p == 1 && len(model) > 0:
			z.RemoveRange(0, len(model))
			clear(model)
		case p < 150:
			if z.Remove([]byte(name)) != had {
				t.Fatalf("Remove(%q) is wrong", name)
			}
			delete(model, name)
		default:
			score := float64(rand.Intn(9)) / 2
			_, res := z.Add([]byte(name), score, 0)
			want := store.AddNew
			if had && model[name] == score {
				want = store.AddSame
			} else if had {
				want = store.AddUpdated
			}
			if res != want {
				t.Fatalf("Add(%q) = %v, want %v", name, res, want)
			}
			model[name] = score
		}
		if z.Exists() != (len(model) > 0) || db.Exists([]byte("z"), 1) != z.Exists() {
			t.Fatalf("Exists = %v with %d members", z.Exists(), len(model))
		}
		v, ok, _ := db.ReadZSet([]byte("z"), 1)
		if v.Packed() == nil && ok {
			big++
		}
		if step%100 == 0 {
			checkZSet(t, v, model)
			checkZSetRanges(t, v, model)
		}
		if rand.Intn(1000) == 0 && len(olds) < 3 {
			olds = append(olds, old{st.Snapshot(), maps.Clone(model)})
		}
		if rand.Intn(1500) == 0 && len(olds) > 0 {
			checkOldZSet(t, olds[0].snap, olds[0].model)
			olds[0].snap.Release()
			olds = olds[1:]
		}
		st.Reclaim(16)
	}
	if big < 1000 {
		t.Errorf("only %d steps had the large encoding", big)
	}
	for _, o := range olds {
		checkOldZSet(t, o.snap, o.model)
	}
}

func checkOldZSet(t *testing.T, s *store.Snapshot, model map[string]float64) {
	t.Helper()
	var v store.ZSetView // without a database: the set was empty
	if dbs := s.DBs(); len(dbs) > 0 {
		it, ok := dbs[0].Item([]byte("z"))
		if !ok {
			t.Fatal("the snapshot has lost its key")
		}
		v = it.ZSet()
	}
	checkZSet(t, v, model)
}

func checkZSetRanges(t *testing.T, v store.ZSetView, model map[string]float64) {
	t.Helper()
	names := zsetOrder(model)
	for range 5 {
		r := store.ScoreRange{Min: float64(rand.Intn(9)) / 2, Max: float64(rand.Intn(9)) / 2, MinEx: rand.Intn(2) == 0, MaxEx: rand.Intn(2) == 0}
		want := 0
		for _, f := range model {
			if (f > r.Min || f == r.Min && !r.MinEx) && (f < r.Max || f == r.Max && !r.MaxEx) {
				want++
			}
		}
		from, to := v.RanksByScore(r)
		if to-from != want {
			t.Fatalf("RanksByScore(%+v) = %d, %d, want %d members", r, from, to, want)
		}
	}
	for i, name := range names {
		rank, score, ok := v.Rank([]byte(name))
		if rank != i || score != model[name] || !ok {
			t.Fatalf("Rank(%q) = %d %v %v, want %d", name, rank, score, ok, i)
		}
		if m, f := v.At(i); string(m.Append(nil)) != name || f != score {
			t.Fatalf("At(%d) = %q %v", i, m.Append(nil), f)
		}
	}
	seen := map[string]float64{}
	for c := uint64(0); ; {
		if c = v.Scan(c, 3, func(m []byte, f float64) { seen[string(m)] = f }); c == 0 {
			break
		}
	}
	if !maps.Equal(seen, model) {
		t.Fatalf("Scan saw %d members of %d", len(seen), len(model))
	}
}

func TestZSetLexRanges(t *testing.T) {
	st := store.New(1)
	for _, n := range []int{10, 500} {
		key := fmt.Sprint("lex", n)
		z := openZSet(t, st.DB(0), key)
		for _, i := range rand.Perm(n) {
			z.Add(fmt.Appendf(nil, "%04d", i), 0, 0)
		}
		lowest, highest := store.LexBound{Inf: -1}, store.LexBound{Inf: 1}
		at := func(s string, ex bool) store.LexBound { return store.LexBound{Member: []byte(s), Ex: ex} }
		for _, c := range []struct {
			r        store.LexRange
			from, to int
		}{
			{store.LexRange{Min: lowest, Max: highest}, 0, n},
			{store.LexRange{Min: highest, Max: lowest}, 0, 0},
			{store.LexRange{Min: at("0003", false), Max: at("0007", false)}, 3, 8},
			{store.LexRange{Min: at("0003", true), Max: at("0007", true)}, 4, 7},
			{store.LexRange{Min: at("0005", true), Max: at("0005", false)}, 0, 0},
			{store.LexRange{Min: at("0005", false), Max: at("0005", false)}, 5, 6},
			{store.LexRange{Min: lowest, Max: at("00031", false)}, 0, 4},
			{store.LexRange{Min: at("zzz", false), Max: highest}, n, n},
		} {
			v := z.View()
			if from, to := v.RanksByLex(c.r); from != c.from || to != c.to {
				t.Errorf("%d members: RanksByLex(%+v) = %d, %d, want %d, %d", n, c.r, from, to, c.from, c.to)
			}
		}
	}
}

func TestZSetAddConditions(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		old   float64 // NaN: the member is missing
		score float64
		flags store.AddFlags
		want  float64
		res   store.AddResult
	}{
		{nan, 1, 0, 1, store.AddNew},
		{nan, 1, store.AddXX, 1, store.AddNothing},
		{nan, 1, store.AddGT, 1, store.AddNew},
		{nan, 1, store.AddIncr, 1, store.AddNew},
		{5, 1, store.AddNX, 5, store.AddNothing},
		{5, 5, 0, 5, store.AddSame},
		{5, 1, store.AddXX, 1, store.AddUpdated},
		{5, 1, store.AddGT, 5, store.AddNothing},
		{5, 9, store.AddGT, 9, store.AddUpdated},
		{5, 5, store.AddGT, 5, store.AddNothing},
		{5, 9, store.AddLT, 9, store.AddNothing},
		{5, 1, store.AddLT | store.AddIncr, 6, store.AddNothing},
		{5, -1, store.AddLT | store.AddIncr, 4, store.AddUpdated},
		{inf, math.Inf(-1), store.AddIncr, inf, store.AddNaN},
	} {
		for _, limit := range []int{0, 128} {
			st := store.New(1)
			st.Limits.ZSetPackedEntries = limit
			z := openZSet(t, st.DB(0), "k")
			if !math.IsNaN(c.old) {
				z.Add([]byte("m"), c.old, 0)
			}
			_, res := z.Add([]byte("m"), c.score, c.flags)
			v := z.View()
			now, ok := v.Score([]byte("m"))
			if res != c.res || ok != (!math.IsNaN(c.old) || c.res == store.AddNew) {
				t.Errorf("%+v: result %v, there %v", c, res, ok)
			}
			if want := c.want; ok && (c.res == store.AddNew || c.res == store.AddUpdated) && now != want {
				t.Errorf("%+v: score is %v", c, now)
			} else if ok && (c.res == store.AddNothing || c.res == store.AddNaN) && now != c.old {
				t.Errorf("%+v: score is %v, must stay", c, now)
			}
		}
	}
}

func TestZSetEncodings(t *testing.T) {
	encoding := func(db *store.DB) string {
		it, _ := db.Item([]byte("k"), 1)
		return it.Kind().Encoding()
	}
	st := store.New(1)
	db := st.DB(0)
	z := openZSet(t, db, "k")
	for i := range 128 {
		z.Add(fmt.Append(nil, i), 1, 0)
	}
	if e := encoding(db); e != "listpack" {
		t.Errorf("128 members: %s", e)
	}
	z.Add([]byte("one more"), 1, 0)
	if e := encoding(db); e != "skiplist" {
		t.Errorf("129 members: %s", e)
	}
	d := db.NewZSetDraft()
	d.Add([]byte("x"), 2)
	if !d.Store([]byte("k")) || encoding(db) != "listpack" {
		t.Errorf("a stored result of one member: %s", encoding(db))
	}
	z = openZSet(t, db, "k")
	z.Add(make([]byte, 65), 1, 0)
	if e := encoding(db); e != "skiplist" {
		t.Errorf("a member of 65 bytes: %s", e)
	}
}

func TestLoadZSetChecksItsInput(t *testing.T) {
	pack := func(elements ...string) []byte {
		lp := listpack.New(0)
		for _, e := range elements {
			lp = listpack.Append(lp, []byte(e))
		}
		return lp
	}
	st := store.New(1)
	db := st.DB(0)
	for name, lp := range map[string][]byte{
		"empty": pack(), "odd": pack("a"), "no score": pack("a", "b"), "nan": pack("a", "nan"),
		"twice": pack("a", "1", "a", "2"), "twice the same": pack("a", "1", "a", "1"),
	} {
		if _, err := db.LoadZSet([]byte("bad"), lp, store.Attributes{}); !errors.Is(err, store.ErrBadZSet) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if db.Len() != 0 {
		t.Fatal("a refused set was stored")
	}
	for name, lp := range map[string][]byte{"sorted": pack("b", "1", "a", "2.5"), "unsorted": pack("a", "2.5", "b", "1")} {
		if added, err := db.LoadZSet([]byte(name), lp, store.Attributes{Expire: 99}); !added || err != nil {
			t.Errorf("%s: %v %v", name, added, err)
		}
		z := openZSet(t, db, name)
		checkZSet(t, z.View(), map[string]float64{"b": 1, "a": 2.5})
	}
	if added, err := db.LoadZSet([]byte("sorted"), pack("x", "1"), store.Attributes{}); added || err != nil {
		t.Errorf("a key that is there: %v %v", added, err)
	}
}
