package list

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// harness drives a List and a slice with the same operations, while snapshots of both come and go.
type harness struct {
	t     *testing.T
	r     *rand.Rand
	sp    *arena.Space
	lim   Limits
	l     *List
	model []string
	snaps []snapshot
}

type snapshot struct {
	view  *arena.View
	l     *List
	model []string
}

func (h *harness) element() string {
	switch h.r.IntN(12) {
	case 0:
		return strings.Repeat("v", h.r.IntN(900))
	case 1:
		return strings.Repeat("w", h.r.IntN(6000))
	case 2:
		return ""
	case 3:
		return "same"
	}
	return strconv.Itoa(h.r.IntN(5000))
}

// change makes the root changeable, as its owner in package store does.
func (h *harness) change() *List {
	if h.sp.Frozen(h.l.Epoch()) {
		h.l = h.l.Clone(h.sp).(*List)
	}
	return h.l
}

func (h *harness) step() {
	v, n := h.element(), len(h.model)
	l := h.change()
	op := h.r.IntN(17)
	switch {
	case op < 4 || n == 0:
		l.Push(h.sp, h.lim, Tail, []byte(v))
		h.model = append(h.model, v)
	case op < 7:
		l.Push(h.sp, h.lim, Head, []byte(v))
		h.model = slices.Insert(h.model, 0, v)
	case op < 10:
		i := h.r.IntN(n + 1)
		l.Insert(h.sp, h.lim, i, []byte(v))
		h.model = slices.Insert(h.model, i, v)
	case op < 12:
		i := h.r.IntN(n)
		l.Set(h.sp, h.lim, i, []byte(v))
		h.model[i] = v
	case op == 12:
		l.Drop(h.sp, Head)
		h.model = h.model[1:]
	case op == 13:
		l.Drop(h.sp, Tail)
		h.model = h.model[:n-1]
	case op == 14:
		i := h.r.IntN(n)
		k := min(n-i, h.r.IntN(8))
		if h.r.IntN(20) == 0 {
			k = n - i
		}
		l.DeleteRange(h.sp, i, k)
		h.model = slices.Delete(h.model, i, i+k)
	case op == 15:
		h.removeValue(l)
	default:
		h.appendNodes(l, v)
	}
	l.Settle(h.sp)
}

// removeValue deletes some elements through a cursor, in either direction.
func (h *harness) removeValue(l *List) {
	left := 1 + h.r.IntN(5)
	backward := h.r.IntN(2) == 0
	victim := h.model[h.r.IntN(len(h.model))]
	from := 0
	if backward {
		from = l.Len() - 1
	}
	needle := listpack.NewNeedle([]byte(victim))
	for cur := l.Cursor(&h.sp.Reader, from, backward); left > 0; left-- {
		if _, found := cur.Seek(&needle, 1<<30); !found {
			break
		}
		cur.Delete(h.sp)
	}
	removed := len(h.model) - l.Len()
	for ; removed > 0; removed-- {
		i := slices.Index(h.model, victim)
		if backward {
			for i = len(h.model) - 1; h.model[i] != victim; i-- {
			}
		}
		h.model = slices.Delete(h.model, i, i+1)
	}
}

func (h *harness) appendNodes(l *List, v string) {
	l.AppendPlain(h.sp, []byte(v))
	l.AppendPacked(h.sp, listpack.Append(listpack.Append(listpack.New(0), []byte("loaded")), []byte(v)))
	h.model = append(h.model, v, "loaded", v)
}

func (h *harness) check(r *arena.Reader, l *List, model []string, what string) {
	h.t.Helper()
	if l.Len() != len(model) {
		h.t.Fatalf("%s: Len %d, want %d", what, l.Len(), len(model))
	}
	checkForms(h.t, l, what)
	i := 0
	for cur := l.Cursor(r, 0, false); cur.OK(); cur.Next() {
		if i == len(model) || string(cur.Value().Append(nil)) != model[i] {
			h.t.Fatalf("%s: element %d is %.40q, want %.40q", what, i, cur.Value().Append(nil), model[i])
		}
		i++
	}
	if i != len(model) {
		h.t.Fatalf("%s: walk saw %d of %d", what, i, len(model))
	}
	for cur := l.Cursor(r, l.Len()-1, true); cur.OK(); cur.Next() {
		if i--; string(cur.Value().Append(nil)) != model[i] {
			h.t.Fatalf("%s: backwards, element %d differs", what, i)
		}
	}
	if i != 0 {
		h.t.Fatalf("%s: walk backwards ended at %d", what, i)
	}
	l.EachNode(r, func(data []byte, plain bool) bool {
		if !plain {
			if err := listpack.Validate(data, true); err != nil {
				h.t.Fatalf("%s: %v", what, err)
			}
		}
		return true
	})
	if len(model) > 0 {
		k := h.r.IntN(len(model))
		cur := l.Cursor(r, k, h.r.IntN(2) == 0)
		if !cur.Value().Equal([]byte(model[k])) {
			h.t.Fatalf("%s: element %d by index is %.40q, want %.40q", what, k, cur.Value().Append(nil), model[k])
		}
		if !l.End(r, Head).Equal([]byte(model[0])) || !l.End(r, Tail).Equal([]byte(model[len(model)-1])) {
			h.t.Fatalf("%s: ends differ", what)
		}
	}
}

func (h *harness) snapshots(step int) {
	if h.r.IntN(60) == 0 && len(h.snaps) < 3 {
		h.snaps = append(h.snaps, snapshot{h.sp.Snapshot(), h.l, slices.Clone(h.model)})
	}
	if len(h.snaps) > 0 && h.r.IntN(50) == 0 {
		i := h.r.IntN(len(h.snaps))
		s := h.snaps[i]
		h.check(&s.view.Reader, s.l, s.model, "snapshot")
		h.sp.Release(s.view)
		h.snaps = slices.Delete(h.snaps, i, i+1)
	}
	h.sp.Reclaim(100)
	if step%7 == 0 {
		h.check(&h.sp.Reader, h.l, h.model, "step "+strconv.Itoa(step))
	}
}

// checkForms: the ends are plain to read, and what is to be compressed is, or was tried.
func checkForms(t *testing.T, l *List, what string) {
	t.Helper()
	at, sum := 0, 0
	for _, s := range l.dir {
		for _, n := range s.chunk.nodes {
			middle := l.depth > 0 && at >= l.depth && at < l.Nodes()-l.depth
			if !middle && n.form == compressed || middle && n.form == loose {
				t.Fatalf("%s: node %d of %d has form %d, depth %d", what, at, l.Nodes(), n.form, l.depth)
			}
			sum += n.cap
			at++
		}
	}
	if at != l.Nodes() || sum != l.blocks {
		t.Fatalf("%s: %d nodes of %d bytes, want %d of %d", what, at, sum, l.Nodes(), l.blocks)
	}
}

// Pushing and popping at the ends compresses what comes to lie in the middle, and expands what comes to an end; text takes a part of
// its memory.
func TestCompressed(t *testing.T) {
	const elements = 20_000
	fill := func(depth int) (*arena.Space, *List) {
		sp := arena.New()
		l := New(sp)
		l.CompressBeyond(sp, depth, new(Compressor))
		for i := range elements {
			end := Tail
			if i%3 == 0 {
				end = Head
			}
			l.Push(sp, Limits{Fill: -2}, end, []byte(`{"name":"user`+strconv.Itoa(i)+`","visits":`+strconv.Itoa(i*7)+`,"country":"Finland"}`))
			checkForms(t, l, "after a push")
		}
		return sp, l
	}
	_, plain := fill(0)
	for _, depth := range []int{1, 3} {
		sp, l := fill(depth)
		if c, p := l.Memory(), plain.Memory(); c > p/2 || sp.Used() > p/2 {
			t.Errorf("depth %d takes %d bytes, %d of the Space; plain takes %d", depth, c, sp.Used(), p)
		}
		for i := range elements {
			l.Drop(sp, End(i%2))
			checkForms(t, l, "after a pop")
		}
		for sp.Reclaim(1000) {
		}
		if sp.Used() != 0 {
			t.Errorf("%d bytes are left of an empty list", sp.Used())
		}
	}
}

func TestModel(t *testing.T) {
	limits := []Limits{{Fill: -1}, {Fill: -2}, {Fill: 3}, {Fill: 128, Plain: 500}, {Fill: -5}, {Fill: 0}, {Fill: -2, Plain: 1}}
	for seed := range uint64(21) {
		h := &harness{t: t, r: rand.New(rand.NewPCG(seed, 3)), sp: arena.New(), lim: limits[seed%uint64(len(limits))]}
		h.l = New(h.sp)
		h.l.CompressBeyond(h.sp, int(seed%4), new(Compressor))
		for step := range 1200 {
			h.step()
			h.snapshots(step)
		}
		for _, s := range h.snaps {
			h.check(&s.view.Reader, s.l, s.model, "last snapshot")
			h.sp.Release(s.view)
		}
		other := arena.New()
		c := h.l.Copy(&h.sp.Reader, other).(*List)
		for step := 0; h.l.Free(h.sp, step); step++ {
		}
		for h.sp.Reclaim(1000) {
		}
		if used := h.sp.Used(); used != 0 {
			t.Fatalf("seed %d: %d bytes are left of a freed list", seed, used)
		}
		h.check(&other.Reader, c, h.model, "copy")
	}
}

// TestNodesAsRedis: pushing gives the node boundaries that Redis 7.0.15 has (DEBUG OBJECT, ql_nodes).
func TestNodesAsRedis(t *testing.T) {
	for _, c := range []struct{ fill, elements, size, nodes int }{
		{-2, 1000, 100, 13}, {-1, 1000, 10, 3}, {-2, 10, 9000, 10}, {3, 10, 1, 4}, {128, 1000, 200, 25},
	} {
		for _, end := range []End{Head, Tail} {
			sp := arena.New()
			l := New(sp)
			for range c.elements {
				l.Push(sp, Limits{Fill: c.fill}, end, []byte(strings.Repeat("x", c.size)))
			}
			if l.Nodes() != c.nodes {
				t.Errorf("fill %d, %d elements of %d bytes at end %d: %d nodes, want %d", c.fill, c.elements, c.size, end, l.Nodes(), c.nodes)
			}
		}
	}
}

func TestSpareCapacityIsBounded(t *testing.T) {
	sp := arena.New()
	l := New(sp)
	data := 0
	for range 20000 {
		l.Push(sp, Limits{Fill: -2}, Tail, []byte("0123456789abcdefghij"))
		data += 22
	}
	if used := l.Memory(); used > data*115/100 {
		t.Errorf("%d bytes of entries take %d", data, used)
	}
}

func TestPushAndDropDoNotAllocate(t *testing.T) {
	sp := arena.New()
	l := New(sp)
	v := []byte("some element")
	for range 100 {
		l.Push(sp, Limits{Fill: -2}, Tail, v)
	}
	if n := testing.AllocsPerRun(1000, func() {
		l.Push(sp, Limits{Fill: -2}, Head, v)
		_ = l.End(&sp.Reader, Tail)
		l.Drop(sp, Head)
		l.Push(sp, Limits{Fill: -2}, Tail, v)
		l.Drop(sp, Tail)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPush(b *testing.B) {
	for _, end := range []End{Head, Tail} {
		b.Run(strconv.Itoa(int(end)), func(b *testing.B) {
			sp := arena.New()
			l := New(sp)
			v := []byte("xxxxxxxxxxxxxxxx")
			for b.Loop() {
				l.Push(sp, Limits{Fill: -2}, end, v)
			}
		})
	}
}

func BenchmarkRange600(b *testing.B) {
	sp := arena.New()
	l := New(sp)
	for range 100000 {
		l.Push(sp, Limits{Fill: -2}, Head, []byte("xxx"))
	}
	n := 0
	for b.Loop() {
		cur := l.Cursor(&sp.Reader, 0, false)
		for i := 0; i < 600 && cur.OK(); i++ {
			v := cur.Value()
			n += len(v.Str)
			cur.Next()
		}
	}
}

// TestReplacingAnElementKeepsTheSpace: neither setting a large element again nor making it small leaves a block that is too large.
func TestReplacingAnElementKeepsTheSpace(t *testing.T) {
	sp := arena.New()
	l := New(sp)
	lim := Limits{Fill: -2}
	big := []byte(strings.Repeat("b", 1<<18))
	l.Push(sp, lim, Tail, big)
	for i := range 5 {
		big[0] = byte('c' + i)
		l.Set(sp, lim, 0, big)
	}
	if got := l.Memory(); got > len(big)*5/4+1000 {
		t.Errorf("%d bytes for an element of %d", got, len(big))
	}
	l.Set(sp, lim, 0, []byte("small"))
	if got := l.Memory(); got > 2000 {
		t.Errorf("%d bytes for a small element", got)
	}
}
