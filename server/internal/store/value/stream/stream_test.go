package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

// model is a stream as a plain list.
type model struct {
	ids     []ID
	entries map[ID][]string
}

func (m *model) clone() model {
	c := model{slices.Clone(m.ids), map[ID][]string{}}
	for id, e := range m.entries {
		c.entries[id] = e
	}
	return c
}

// compare reads the stream in both directions, in random parts, and checks its nodes as a loader would.
func (m *model) compare(t *testing.T, s *Stream, r *arena.Reader, rnd *rand.Rand) {
	t.Helper()
	if s.Len() != len(m.ids) {
		t.Fatalf("length %d, want %d", s.Len(), len(m.ids))
	}
	s.EachNode(r, func(master ID, lp []byte) {
		if _, err := stream.ValidateNode(stream.Node{Master: master, Listpack: lp}, true); err != nil {
			t.Fatal(err)
		}
	})
	from, to := ID{}, MaxID
	if len(m.ids) > 0 && rnd.IntN(2) == 0 {
		from, to = m.ids[rnd.IntN(len(m.ids))], m.ids[rnd.IntN(len(m.ids))]
		to.Seq++
	}
	var want []ID
	for _, id := range m.ids {
		if !Less(id, from) && !Less(to, id) {
			want = append(want, id)
		}
	}
	for _, reverse := range []bool{false, true} {
		var got []ID
		s.Range(r, from, to, reverse, func(e *Entry) bool {
			got = append(got, e.ID)
			var text []string
			for i := range e.Fields {
				text = append(text, string(e.Fields[i]), string(e.Values[i]))
			}
			if !slices.Equal(text, m.entries[e.ID]) {
				t.Fatalf("entry %v: %q, want %q", e.ID, text, m.entries[e.ID])
			}
			return true
		})
		if !slices.Equal(got, want) {
			t.Fatalf("range %v %v (reverse %v): %v, want %v", from, to, reverse, got, want)
		}
		slices.Reverse(want)
	}
}

// step makes one random change of both.
func step(s *Stream, sp *arena.Space, m *model, next *ID, rnd *rand.Rand) {
	drop := func(n int) {
		for _, id := range m.ids[:n] {
			delete(m.entries, id)
		}
		m.ids = m.ids[n:]
	}
	switch k := rnd.IntN(20); {
	case k < 13:
		*next, _ = Next(*next)
		if rnd.IntN(3) == 0 {
			*next = ID{Ms: next.Ms + uint64(rnd.IntN(1000)), Seq: rnd.Uint64N(5)}
		}
		if len(m.ids) > 0 && !Less(m.ids[len(m.ids)-1], *next) {
			*next, _ = Next(m.ids[len(m.ids)-1])
		}
		if !Less(s.LastID, *next) {
			*next, _ = Next(s.LastID)
		}
		var fields [][]byte
		var text []string
		for i := range 1 + rnd.IntN(3) {
			name, value := fmt.Sprintf("f%d", i*rnd.IntN(2)), fmt.Sprint(rnd.IntN(100000)*rnd.IntN(2), "x")[:1+rnd.IntN(2)]
			fields = append(fields, []byte(name), []byte(value))
			text = append(text, name, value)
		}
		s.Add(sp, Limits{Bytes: 200, Entries: 7}, *next, fields)
		m.ids = append(m.ids, *next)
		m.entries[*next] = text
	case k == 13 && rnd.IntN(4) == 0: // XSETID takes back the IDs of entries that were deleted at the end
		if *next = (ID{}); len(m.ids) > 0 {
			*next = m.ids[len(m.ids)-1]
		}
		s.LastID = *next
	case k < 18 && len(m.ids) > 0:
		i := rnd.IntN(len(m.ids))
		if !s.Delete(sp, m.ids[i]) {
			panic("not deleted")
		}
		delete(m.entries, m.ids[i])
		m.ids = slices.Delete(slices.Clone(m.ids), i, i+1)
	case k == 18 && len(m.ids) > 30:
		if n := s.Trim(sp, Trim{MaxLen: len(m.ids) - 5}); n != 5 {
			panic("trimmed otherwise")
		}
		drop(5)
	case k == 19 && len(m.ids) > 30:
		drop(s.Trim(sp, Trim{ByID: true, MinID: m.ids[10], Approx: rnd.IntN(2) == 0}))
	}
}

// The stream does what a plain list does, and a snapshot keeps showing what was there when it was taken.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		sp := arena.New()
		s, m, next := New(), model{entries: map[ID][]string{}}, ID{Ms: 1}
		var view *arena.View
		var frozen *Stream
		var then model
		for range 3000 {
			if view == nil && rnd.IntN(100) == 0 {
				view, frozen, then = sp.Snapshot(), s, m.clone()
				s = s.Clone(sp).(*Stream)
			}
			step(s, sp, &m, &next, rnd)
			if rnd.IntN(40) == 0 {
				m.compare(t, s, &sp.Reader, rnd)
				if view != nil {
					then.compare(t, frozen, &sp.Reader, rnd)
				}
			}
			if view != nil && rnd.IntN(100) == 0 {
				sp.Release(view)
				view = nil
				for sp.Reclaim(1000) {
				}
			}
		}
		if view != nil {
			sp.Release(view)
		}
		c := s.Copy(&sp.Reader, sp).(*Stream)
		m.compare(t, c, &sp.Reader, rnd)
		for _, x := range []*Stream{s, c} {
			for i := 0; x.Free(sp, i); i++ {
			}
		}
		for sp.Reclaim(1000) {
		}
		if sp.Used() != 0 {
			t.Fatalf("%d bytes were leaked", sp.Used())
		}
	}
}

// Groups keep both trees in step, and a snapshot's group stays as it was.
func TestGroupSnapshot(t *testing.T) {
	sp := arena.New()
	s := New()
	s.AddGroup(sp, "g", ID{}, 0)
	g := s.OwnGroup(sp, "g")
	g.Touch(sp, "alice", 1)
	g.Touch(sp, "bob", 1)
	for i := range 100 {
		g.Assign(sp, Pending{ID: ID{Ms: uint64(i)}, Consumer: "alice", Deliveries: 1})
	}
	view := sp.Snapshot()
	old := s
	s = s.Clone(sp).(*Stream)
	g = s.OwnGroup(sp, "g")
	for i := range 50 {
		g.Assign(sp, Pending{ID: ID{Ms: uint64(i)}, Consumer: "bob", Deliveries: 2})
	}
	for i := range 10 {
		if !g.Acknowledge(sp, ID{Ms: uint64(i)}) {
			t.Fatal("not pending")
		}
	}
	check := func(g *Group, alice, bob int) {
		t.Helper()
		if a, b := g.Consumer([]byte("alice")).Pending(), g.Consumer([]byte("bob")).Pending(); a != alice || b != bob || g.Pending() != a+b {
			t.Errorf("pending: %d of alice, %d of bob, %d of the group", a, b, g.Pending())
		}
	}
	check(s.Group([]byte("g")), 50, 40)
	check(old.Group([]byte("g")), 100, 0)
	if n, ok := g.RemoveConsumer(sp, "bob"); n != 40 || !ok || g.Pending() != 50 {
		t.Errorf("removed %d, %v; %d are left", n, ok, g.Pending())
	}
	check(old.Group([]byte("g")), 100, 0)
	sp.Release(view)
}

// A copy shares no consumer with its original, though both are of one epoch.
func TestCopyHasGroupsOfItsOwn(t *testing.T) {
	sp := arena.New()
	s := New()
	g := s.AddGroup(sp, "g", ID{}, 0)
	g.Touch(sp, "alice", 1)
	g.Assign(sp, Pending{ID: ID{Ms: 1}, Consumer: "alice"})
	c := s.Copy(&sp.Reader, sp).(*Stream)
	c.OwnGroup(sp, "g").Acknowledge(sp, ID{Ms: 1})
	for name, x := range map[string]*Stream{"the original": s, "the copy": c} {
		want := 1
		if x == c {
			want = 0
		}
		g := x.Group([]byte("g"))
		if n := g.Consumer([]byte("alice")).Pending(); n != want || g.Pending() != want {
			t.Errorf("%s: %d entries are pending, %d of alice; want %d", name, g.Pending(), n, want)
		}
	}
}

// Nodes that are full keep no room to grow.
func TestFullNodesArePacked(t *testing.T) {
	sp := arena.New()
	s := New()
	fields := [][]byte{[]byte("field"), []byte("value of some length")}
	for i := range 100 * 20 {
		s.Add(sp, Limits{4096, 100}, ID{Ms: uint64(i + 1)}, fields)
	}
	size := 0
	s.EachNode(&sp.Reader, func(_ ID, lp []byte) { size += len(lp) })
	if most := size * 9 / 8; s.blocks > most {
		t.Errorf("%d nodes with %d bytes take %d, want at most %d", s.Nodes(), size, s.blocks, most)
	}
}

func BenchmarkAdd(b *testing.B) {
	sp := arena.New()
	s := New()
	fields := [][]byte{[]byte("field"), []byte("value of some length")}
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		s.Add(sp, Limits{4096, 100}, ID{Ms: uint64(i)}, fields)
	}
}

// What groups take counts as memory of the Space, as long as they are there.
func TestGroupsCountAsMemory(t *testing.T) {
	sp := arena.New()
	s := New()
	base := s.Memory()
	check := func(what string) {
		t.Helper()
		if sp.Used() != s.Memory()-base {
			t.Errorf("%s: the Space has %d bytes, the stream %d", what, sp.Used(), s.Memory()-base)
		}
	}
	s.AddGroup(sp, "gone", ID{}, 0)
	g := s.AddGroup(sp, "g", ID{}, 0)
	g.Touch(sp, "alice", 1)
	g.Touch(sp, "bob", 1)
	for i := range 1000 {
		g.Assign(sp, Pending{ID: ID{Ms: uint64(i)}, Consumer: "alice"})
		g.Assign(sp, Pending{ID: ID{Ms: uint64(i)}, Consumer: []string{"alice", "bob"}[i%2]})
	}
	check("pending")
	if sp.Used() < 100_000 {
		t.Errorf("1000 pending entries take %d bytes", sp.Used())
	}
	for i := range 500 {
		g.Acknowledge(sp, ID{Ms: uint64(i)})
		g.Acknowledge(sp, ID{Ms: uint64(i)})
	}
	check("acknowledged")
	g.RemoveConsumer(sp, "bob")
	check("without bob")
	s.RemoveGroup(sp, "gone")
	check("without a group")
	other := arena.New()
	c := s.Copy(&sp.Reader, other).(*Stream)
	for _, x := range []struct {
		sp *arena.Space
		s  *Stream
	}{{sp, s}, {other, c}} {
		if x.sp.Used() != x.s.Memory()-base {
			t.Errorf("a copy takes %d bytes, want %d", x.sp.Used(), x.s.Memory()-base)
		}
		x.s.Free(x.sp, 0)
		if x.sp.Used() != 0 {
			t.Errorf("%d bytes are left", x.sp.Used())
		}
	}
}
