package intset

import (
	"bytes"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func members(t *testing.T, is []byte) []int64 {
	t.Helper()
	if Len(is) > 0 {
		if err := Validate(is, true); err != nil {
			t.Fatalf("edit left an invalid intset: %v", err)
		}
	}
	out := []int64{}
	for i := range Len(is) {
		out = append(out, Get(is, i))
	}
	return out
}

// TestModel adds and removes random integers, of widths that grow, in an intset and a sorted slice.
func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		is, model := New(), []int64{}
		for step := range 300 {
			bits := []int{7, 7, 16, 33, 64}[min(4, r.IntN(1+step/60))]
			v := int64(r.Uint64()) >> (64 - bits)
			i, found := slices.BinarySearch(model, v)
			if pos, ok := Find(is, v); ok != found || (widthOf(v) <= Width(is) && pos != i) {
				t.Fatalf("Find(%d) = %d, %v; want %d, %v", v, pos, ok, i, found)
			}
			var changed bool
			if r.IntN(3) == 0 {
				is, changed = Remove(is, v)
				if changed != found {
					t.Fatalf("Remove(%d) = %v, want %v", v, changed, found)
				}
				if found {
					model = slices.Delete(model, i, i+1)
				}
			} else {
				limit := Grown(is, v)
				is, changed = Add(is, v)
				if changed == found || len(is) > limit {
					t.Fatalf("Add(%d) = %v, %d bytes; had it: %v, Grown said %d", v, changed, len(is), found, limit)
				}
				if !found {
					model = slices.Insert(model, i, v)
				}
			}
			if got := members(t, is); !slices.Equal(got, model) {
				t.Fatalf("seed %d step %d: have %d, want %d", seed, step, got, model)
			}
		}
	}
}

// TestBytesEqualRedis holds what DUMP of Redis 7.0.15 contains after SADD of the integers in this order.
func TestBytesEqualRedis(t *testing.T) {
	for _, c := range []struct {
		add  []int64
		want string
	}{
		{[]int64{3, 1, 2}, "0200000003000000010002000300"},
		{[]int64{3, -1, 70000}, "0400000003000000ffffffff0300000070110100"},
		{[]int64{1, math.MinInt64}, "0800000002000000" + "0000000000000080" + "0100000000000000"},
	} {
		is := New()
		for _, v := range c.add {
			is, _ = Add(is, v)
		}
		if got := hex.EncodeToString(is); got != c.want {
			t.Errorf("%d: got %s, Redis has %s", c.add, got, c.want)
		}
	}
}

func TestValidateNamesTheOffset(t *testing.T) {
	good := New()
	for _, v := range []int64{5, 1, 9} {
		good, _ = Add(good, v)
	}
	bad := func(at int, b byte) []byte {
		c := bytes.Clone(good)
		c[at] = b
		return c
	}
	for _, c := range []struct {
		is   []byte
		want string
	}{
		{good[:5], "offset 0"}, {bad(0, 3), "offset 0"}, {bad(4, 4), "offset 4"}, {good[:13], "offset 4"},
		{New(), "offset 4"}, {bad(10, 1), "offset 10"}, {bad(12, 5), "offset 12"},
	} {
		if err := Validate(c.is, true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Validate(%x) = %v, want an error with %q", c.is, err, c.want)
		}
	}
}

// FuzzValidate: what passes a shallow check can be searched and edited.
func FuzzValidate(f *testing.F) {
	is := New()
	for _, v := range []int64{1, 300, 70000, math.MaxInt64} {
		is, _ = Add(is, v)
		f.Add(bytes.Clone(is), v)
	}
	f.Fuzz(func(t *testing.T, is []byte, v int64) {
		if Validate(is, false) != nil {
			return
		}
		ordered := Validate(is, true) == nil
		Find(is, v)
		is, _ = Add(bytes.Clone(is), v)
		if _, ok := Find(is, v); ordered && !ok {
			t.Fatalf("%d was added and is not found", v)
		}
		is, _ = Remove(is, v)
		if ordered && Len(is) > 0 && Validate(is, true) != nil {
			t.Fatal("order lost")
		}
	})
}
