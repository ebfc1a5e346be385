package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// collections drives lists, hashes and sets through the facade, and plain Go values beside them, while snapshots are
// read on other goroutines.
type collections struct {
	t     *testing.T
	r     *rand.Rand
	st    *Store
	db    *DB
	lists map[string][]string
	hash  map[string]map[string]string
	sets  map[string]map[string]bool
	snaps []collectionsSnapshot
}

type collectionsSnapshot struct {
	snap *Snapshot
	want map[string]string // key -> text
	done chan error
}

func (m *collections) word() string {
	switch m.r.IntN(8) {
	case 0:
		return strings.Repeat("w", m.r.IntN(200))
	case 1:
		return strings.Repeat("x", m.r.IntN(6000))
	case 2, 3:
		return fmt.Sprint(m.r.Int64N(1 << m.r.IntN(40)))
	}
	return fmt.Sprint("e", m.r.IntN(300))
}

func (m *collections) number() string { return fmt.Sprint(m.r.IntN(1 << m.r.IntN(36))) }

func (m *collections) stepList(key string) {
	l, ok, err := m.db.WriteList([]byte(key), 1)
	want := m.lists[key]
	if err != nil || ok != (len(want) > 0) {
		m.t.Fatalf("%s: found %v, %v; model has %d", key, ok, err, len(want))
	}
	n := len(want)
	if n == 0 || m.r.IntN(2) == 0 {
		vs := [][]byte{[]byte(m.word())}
		for m.r.IntN(3) > 0 {
			vs = append(vs, []byte(m.word()))
		}
		end := End(m.r.IntN(2))
		l.Push(end, vs...)
		for _, v := range vs {
			if end == Head {
				want = slices.Insert(want, 0, string(v))
			} else {
				want = append(want, string(v))
			}
		}
		m.lists[key] = want
		return
	}
	i, v := m.r.IntN(n), m.word()
	switch m.r.IntN(7) {
	case 0:
		l.Drop(Head)
		want = want[1:]
	case 1:
		l.Drop(Tail)
		want = want[:n-1]
	case 2:
		l.Set(i, []byte(v))
		want = slices.Clone(want)
		want[i] = v
	case 3:
		i = m.r.IntN(n + 1)
		l.Insert(i, []byte(v))
		want = slices.Insert(slices.Clone(want), i, v)
	case 4:
		k := m.r.IntN(n - i + 1)
		if m.r.IntN(4) > 0 { // mostly little goes
			i = min(i, 2)
			k = max(n-i-2, 0)
		}
		l.Trim(i, k)
		want = slices.Clone(want[i : i+k])
	default:
		count := m.r.IntN(5) - 2
		removed := l.Remove([]byte(want[i]), count)
		var gone int
		want, gone = removeFrom(want, want[i], count)
		if gone != removed {
			m.t.Fatalf("%s: Remove(%d) = %d, want %d", key, count, removed, gone)
		}
	}
	if len(want) == 0 {
		delete(m.lists, key)
	} else {
		m.lists[key] = want
	}
	if l.Exists() != (len(want) > 0) || l.Len() != len(want) {
		m.t.Fatalf("%s: Len %d, want %d", key, l.Len(), len(want))
	}
}

func removeFrom(in []string, v string, count int) (out []string, gone int) {
	out = slices.Clone(in)
	left := count
	if count <= 0 {
		left = -count
	}
	if left == 0 {
		left = len(in)
	}
	if count < 0 {
		slices.Reverse(out)
	}
	out = slices.DeleteFunc(out, func(s string) bool {
		if s == v && left > 0 {
			left--
			gone++
			return true
		}
		return false
	})
	if count < 0 {
		slices.Reverse(out)
	}
	return out, gone
}

func (m *collections) stepHash(key string) {
	h, ok, err := m.db.WriteHash([]byte(key), 1)
	want := m.hash[key]
	if err != nil || ok != (len(want) > 0) {
		m.t.Fatalf("%s: found %v, %v; model has %d", key, ok, err, len(want))
	}
	if want == nil {
		want = map[string]string{}
		m.hash[key] = want
	}
	for range 1 + m.r.IntN(4) {
		f := fmt.Sprint("f", m.r.IntN(60))
		_, had := want[f]
		v := h.View()
		if got, ok := v.Get([]byte(f)); ok != had || had && !got.Equal([]byte(want[f])) {
			m.t.Fatalf("%s: Get(%s) differs", key, f)
		}
		if m.r.IntN(5) < 3 {
			w := m.word()
			if len(w) > 64 && m.r.IntN(3) > 0 {
				w = w[:64]
			}
			if added := h.Set([]byte(f), []byte(w)); added == had {
				m.t.Fatalf("%s: Set(%s) = %v", key, f, added)
			}
			want[f] = w
		} else if h.Delete([]byte(f)) != had {
			m.t.Fatalf("%s: Delete(%s), had %v", key, f, had)
		} else {
			delete(want, f)
		}
	}
	if len(want) == 0 {
		delete(m.hash, key)
	}
}

func (m *collections) stepSet(key string) {
	s, ok, err := m.db.WriteSet([]byte(key), 1)
	want := m.sets[key]
	if err != nil || ok != (len(want) > 0) {
		m.t.Fatalf("%s: found %v, %v; model has %d", key, ok, err, len(want))
	}
	if want == nil {
		want = map[string]bool{}
		m.sets[key] = want
	}
	for range 1 + m.r.IntN(8) {
		w := m.number()
		if m.r.IntN(30) == 0 {
			w = m.word()
		}
		if m.r.IntN(2) == 0 {
			for w = range want {
				break
			}
		}
		v := s.View()
		if v.Has([]byte(w)) != want[w] {
			m.t.Fatalf("%s: Has(%.20s) = %v", key, w, !want[w])
		}
		if m.r.IntN(5) < 3 {
			if s.Add([]byte(w)) == want[w] {
				m.t.Fatalf("%s: Add(%.20s), had %v", key, w, want[w])
			}
			want[w] = true
		} else {
			if s.Delete([]byte(w)) != want[w] {
				m.t.Fatalf("%s: Delete(%.20s), had %v", key, w, want[w])
			}
			delete(want, w)
		}
	}
	if len(want) == 0 {
		delete(m.sets, key)
	}
}

func (m *collections) texts() map[string]string {
	out := map[string]string{}
	for k, v := range m.lists {
		out[k] = fmt.Sprintf("%q", v)
	}
	for k, v := range m.hash {
		out[k] = pairsText(maps.Clone(v))
	}
	for k, v := range m.sets {
		out[k] = fmt.Sprintf("%q", slices.Sorted(maps.Keys(v)))
	}
	return out
}

func pairsText(h map[string]string) string {
	text := ""
	for _, f := range slices.Sorted(maps.Keys(h)) {
		text += fmt.Sprintf("%q=%q ", f, h[f])
	}
	return text
}

// collectionText reads an item as a saver would, through the views.
func collectionText(it Item) string {
	switch it.Kind().Type() {
	case TypeList:
		v, all := it.List(), []string{}
		v.EachNode(func(data []byte, plain bool) bool {
			if plain {
				all = append(all, string(data))
				return true
			}
			for pos := listpack.First(data); pos >= 0; pos = listpack.Next(data, pos) {
				all = append(all, string(listpack.Get(data, pos).Append(nil)))
			}
			return true
		})
		return fmt.Sprintf("%q", all)
	case TypeHash:
		v, all := it.Hash(), map[string]string{}
		v.Each(func(field, value listpack.Value) bool {
			all[string(field.Append(nil))] = string(value.Append(nil))
			return true
		})
		if len(all) != v.Len() {
			return "Len differs"
		}
		return pairsText(all)
	}
	v, all := it.Set(), []string{}
	v.Each(func(m listpack.Value) bool {
		all = append(all, string(m.Append(nil)))
		return true
	})
	slices.Sort(all)
	return fmt.Sprintf("%q", all)
}

func (s *collectionsSnapshot) compare() error {
	n := 0
	var err error
	for _, d := range s.snap.DBs() {
		d.Range(0, d.Buckets(), func(it Item) bool {
			n++
			if got, want := collectionText(it), s.want[string(it.Key())]; got != want {
				err = fmt.Errorf("%s is %.200s, want %.200s", it.Key(), got, want)
			}
			return err == nil
		})
	}
	if err == nil && n != len(s.want) {
		err = fmt.Errorf("%d keys, want %d", n, len(s.want))
	}
	return err
}

func (m *collections) snapshots() {
	if m.r.IntN(150) == 0 && len(m.snaps) < 3 {
		s := collectionsSnapshot{m.st.Snapshot(), m.texts(), make(chan error, 1)}
		go func() { s.done <- s.compare() }()
		m.snaps = append(m.snaps, s)
	}
	if len(m.snaps) > 0 && m.r.IntN(100) == 0 {
		m.release(m.r.IntN(len(m.snaps)))
	}
	m.st.Reclaim(50)
}

func (m *collections) release(i int) {
	s := m.snaps[i]
	if err := <-s.done; err != nil {
		m.t.Fatal("snapshot while writing: ", err)
	}
	if err := s.compare(); err != nil {
		m.t.Fatal("snapshot at its end: ", err)
	}
	s.snap.Release()
	m.snaps = slices.Delete(m.snaps, i, i+1)
}

func (m *collections) compare() {
	for k, want := range m.texts() {
		it, ok := m.db.Item([]byte(k), 1)
		if !ok || collectionText(it) != want {
			m.t.Fatalf("%s (found %v) differs from the model", k, ok)
		}
	}
	if want := len(m.lists) + len(m.hash) + len(m.sets); m.db.Len() != want {
		m.t.Fatalf("%d keys, want %d", m.db.Len(), want)
	}
}

func TestCollectionsModel(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			m := &collections{t: t, r: rand.New(rand.NewPCG(seed, 11)), st: New(2), lists: map[string][]string{}, hash: map[string]map[string]string{}, sets: map[string]map[string]bool{}}
			m.db = m.st.DB(0)
			m.st.Limits.HashPackedEntries = []int{128, 20, 0}[seed%3]
			m.st.Limits.SetIntEntries = []int{40, 10, 0}[seed%3]
			m.st.Limits.ListPackedSize = []int{-2, 5, -1}[seed%3]
			m.st.Limits.ListPlain = []int{0, 0, 1000}[seed%3]
			for step := range 6000 {
				key := fmt.Sprint(m.r.IntN(4))
				switch m.r.IntN(3) {
				case 0:
					m.stepList("list" + key)
				case 1:
					m.stepHash("hash" + key)
				default:
					m.stepSet("set" + key)
				}
				m.snapshots()
				if step%500 == 0 {
					m.compare()
				}
			}
			for len(m.snaps) > 0 {
				m.release(0)
			}
			m.compare()
			for k := range m.texts() {
				m.db.CopyTo(m.st.DB(1), []byte(k), []byte(k), 1)
				m.db.Delete([]byte(k))
			}
			m.db = m.st.DB(1)
			m.compare()
			for k := range m.texts() {
				m.db.Delete([]byte(k))
			}
			for m.st.Reclaim(1000) {
			}
			if used := m.st.Used() + m.st.Deferred(); used > 2000 {
				t.Errorf("%d bytes are left after all keys are deleted", used)
			}
		})
	}
}

func TestDrafts(t *testing.T) {
	st := New(1)
	db := st.DB(0)
	elements := []string{"a", "7", strings.Repeat("b", 700), strings.Repeat("c", 5000), "d"}
	ld, sd, hd := db.NewListDraft(), db.NewSetDraft(2), db.NewHashDraft(2)
	for _, e := range elements {
		ld.Add([]byte(e))
		if !sd.Add([]byte(e)) || sd.Add([]byte(e)) || !hd.Add([]byte(e), []byte("v")) || hd.Add([]byte(e), []byte("w")) {
			t.Fatalf("%.10s: adding twice is not seen", e)
		}
	}
	ld.AddPacked(listpack.Append(listpack.New(0), []byte("packed")))
	ld.AddPlain([]byte("plain"))
	ok := ld.Load([]byte("list"), Attributes{}) && sd.Load([]byte("set"), Attributes{Expire: 99}) && hd.Load([]byte("hash"), Attributes{})
	if !ok {
		t.Fatal("Load says that the key was there")
	}
	again := db.NewSetDraft(1000)
	again.Add([]byte("x"))
	if again.Load([]byte("set"), Attributes{}) {
		t.Error("Load over a key that is there")
	}
	for key, want := range map[string]string{
		"list": fmt.Sprintf("%q", append(slices.Clone(elements), "packed", "plain")),
		"set":  fmt.Sprintf("%q", slices.Sorted(slices.Values(elements))),
	} {
		it, _ := db.Item([]byte(key), 1)
		if got := collectionText(it); got != want {
			t.Errorf("%s is %.80s, want %.80s", key, got, want)
		}
	}
	if it, _ := db.Item([]byte("set"), 1); it.Expire() != 99 {
		t.Errorf("set expires at %d, want 99", it.Expire())
	}
	lp := listpack.New(0)
	for _, s := range []string{"f", "1", "g", "2", "f", "3"} {
		lp = listpack.Append(lp, []byte(s))
	}
	if _, err := db.LoadHash([]byte("bad"), lp, false, Attributes{}); err == nil {
		t.Error("a hash with a field twice was loaded")
	}
	long := listpack.Append(listpack.Append(listpack.New(0), []byte("f")), make([]byte, db.Limits().HashPackedValue+1))
	for measured, want := range map[bool]Kind{false: KindHashPacked, true: KindHashTable} {
		key := fmt.Append(nil, measured)
		if _, err := db.LoadHash(key, long, measured, Attributes{}); err != nil || db.Kind(key, 1) != want {
			t.Errorf("a hash with a long value, measured %v: kind %v, error %v", measured, db.Kind(key, 1), err)
		}
	}
}
