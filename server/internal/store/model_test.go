package store

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/store/arena"
	"github.com/lockstep-db/lockstep/server/internal/store/table"
)

// testBig is a large value for tests: a table, of which the model is the sorted keys.
type testBig struct{ t *table.Table }

func (b *testBig) Free(sp *arena.Space, step int) bool { return b.t.Free(step, nil) }
func (b *testBig) Clone(sp *arena.Space) arena.Big     { return &testBig{b.t.Clone()} }
func (b *testBig) Memory() int                         { return b.t.Memory() }
func (b *testBig) Copy(from *arena.Reader, to *arena.Space) arena.Big {
	c := &testBig{table.New(to)}
	b.t.Each(from, func(e table.Entry) bool { return !c.t.Set(e.Key(), e.Value()) || true })
	return c
}

func (b *testBig) text(rd *arena.Reader) string {
	var keys []string
	b.t.Each(rd, func(e table.Entry) bool { keys = append(keys, string(e.Key())); return true })
	sort.Strings(keys)
	return fmt.Sprint(keys)
}

// modelKey is what the model knows of a key.
type modelKey struct {
	str    string
	set    map[string]bool // nil: a string
	expire int64
}

func (m modelKey) text() string {
	if m.set == nil {
		return m.str
	}
	var keys []string
	for k := range m.set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return fmt.Sprint(keys)
}

type model struct {
	t     *testing.T
	r     *rand.Rand
	st    *Store
	db    *DB
	keys  map[string]modelKey
	now   int64
	space int
	snaps []modelSnapshot
}

type modelSnapshot struct {
	snap    *Snapshot
	keys    map[string]modelKey
	now     int64
	done    chan error // nil: read by readings
	readers []*orderedReader
}

// TestStoreModel drives a database with random operations on strings and a large type, while snapshots are taken, read on other
// goroutines and compared with the state at their start.
func TestStoreModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			st := New(4)
			m := &model{t: t, r: r, st: st, db: st.DB(0), keys: map[string]modelKey{}, now: 1000, space: []int{20, 500, 4000, 30000}[r.IntN(4)]}
			for i := range 60000 {
				m.step()
				if i%10000 == 0 {
					m.compare()
				}
			}
			for len(m.snaps) > 0 {
				m.release(0)
			}
			m.compare()
			m.st.Flush()
			for m.st.Reclaim(100) {
			}
			if n := st.Used() + st.Deferred(); n > 1000 {
				t.Errorf("%d bytes are left after a flush", n)
			}
		})
	}
}

func (m *model) key() []byte {
	k := fmt.Append(nil, "k", m.r.IntN(m.space))
	if k[1] == '7' {
		k = append(k, bytes.Repeat([]byte{'x'}, 300)...)
	}
	return k
}

func (m *model) value() []byte {
	switch m.r.IntN(20) {
	case 0:
		return bytes.Repeat([]byte{byte('a' + m.r.IntN(26))}, m.r.IntN(20000))
	case 1:
		return strconv.AppendInt(nil, m.r.Int64(), 10)
	case 2:
		if m.r.IntN(40) == 0 {
			return bytes.Repeat([]byte{'L'}, 1<<20+m.r.IntN(1<<20))
		}
	}
	return bytes.Repeat([]byte{byte('a' + m.r.IntN(26))}, m.r.IntN(100))
}

// get returns the model's view of a key at the present time.
func (m *model) get(k []byte) (modelKey, bool) {
	v, ok := m.keys[string(k)]
	if ok && v.expire != 0 && m.now > v.expire {
		delete(m.keys, string(k))
		return modelKey{}, false
	}
	return v, ok
}

func (m *model) step() {
	k := m.key()
	m.now += int64(m.r.IntN(2))
	want, ok := m.get(k)
	switch op := m.r.IntN(100); {
	case op < 20:
		v, e := m.value(), int64(0)
		if m.r.IntN(5) == 0 {
			e = m.now + int64(m.r.IntN(5000))
		} else if m.r.IntN(5) == 0 && ok {
			e = KeepTTL
		}
		m.db.SetString(k, v, e, m.now)
		if e == KeepTTL {
			e = want.expire
		}
		m.keys[string(k)] = modelKey{str: string(v), expire: e}
	case op < 30:
		m.appendOrEdit(k, want, ok)
	case op < 45:
		if got := m.db.Exists(k, m.now); got != ok {
			m.t.Fatalf("Exists(%.20q) = %v", k, got)
		}
		m.db.Delete(k)
		delete(m.keys, string(k))
	case op < 65:
		m.changeSet(k, want, ok)
	case op < 70:
		m.incr(k, want, ok)
	case op < 78:
		at := int64(0)
		if m.r.IntN(3) > 0 {
			at = m.now + int64(m.r.IntN(5000))
		}
		if got := m.db.SetExpire(k, at, m.now); got != ok {
			m.t.Fatalf("SetExpire(%.20q) = %v", k, got)
		}
		if ok {
			want.expire = at
			m.keys[string(k)] = want
		}
	case op < 85:
		m.renameOrCopy(k, want, ok)
	case op < 95:
		m.check(k, want, ok)
	case op < 98:
		m.st.Reclaim(5)
		m.readOn()
	case m.r.IntN(20) == 0:
		m.snapshot()
	case m.r.IntN(30) == 0:
		m.st.ExpireCycle(m.now, 1, func() bool { return false })
	}
}

func (m *model) check(k []byte, want modelKey, ok bool) {
	it, found := m.db.Item(k, m.now)
	if found != ok {
		m.t.Fatalf("Item(%.20q) found %v, want %v", k, found, ok)
	}
	if ok && (itemText(it) != want.text() || it.Expire() != want.expire) {
		m.t.Fatalf("%.20q is %.40q until %d, want %.40q until %d", k, itemText(it), it.Expire(), want.text(), want.expire)
	}
}

func itemText(it Item) string {
	if it.IsBig() {
		return it.Big().(*testBig).text(it.Reader())
	}
	return string(it.Bytes())
}

func (m *model) appendOrEdit(k []byte, want modelKey, ok bool) {
	v := m.value()
	if m.r.IntN(2) == 0 {
		n, err := m.db.Append(k, v, m.now)
		if want.set != nil {
			if !errors.Is(err, ErrWrongType) {
				m.t.Fatal("Append to a set", err)
			}
			return
		}
		want.str += string(v)
		if n != len(want.str) {
			m.t.Fatalf("Append returned %d, want %d", n, len(want.str))
		}
	} else {
		at := m.r.IntN(200)
		b, err := m.db.EditString(k, at+len(v), m.now)
		if want.set != nil {
			if !errors.Is(err, ErrWrongType) {
				m.t.Fatal("EditString of a set", err)
			}
			return
		}
		copy(b[at:], v)
		w := []byte(want.str)
		if len(w) < at+len(v) {
			w = append(w, make([]byte, at+len(v)-len(w))...)
		}
		copy(w[at:], v)
		want.str = string(w)
	}
	m.keys[string(k)] = want
}

func (m *model) incr(k []byte, want modelKey, ok bool) {
	n, err := strconv.ParseInt(want.str, 10, 64)
	canInt := !ok || want.set == nil && err == nil && strconv.FormatInt(n, 10) == want.str
	got, gotErr := m.db.IncrBy(k, 7, m.now)
	if (gotErr == nil) != canInt {
		m.t.Fatalf("IncrBy of %.20q: %v", want.str, gotErr)
	}
	if canInt {
		want.str = strconv.FormatInt(n+7, 10)
		if got != n+7 {
			m.t.Fatalf("IncrBy = %d", got)
		}
		m.keys[string(k)] = want
	}
}

func (m *model) changeSet(k []byte, want modelKey, ok bool) {
	r, found, err := m.db.writeAs(k, TypeSet, m.now)
	if wrong := ok && want.set == nil; wrong != (err != nil) || found != (ok && !wrong) {
		m.t.Fatalf("writeAs: %v %v", found, err)
	} else if wrong {
		return
	}
	next := modelKey{set: map[string]bool{}, expire: want.expire}
	maps.Copy(next.set, want.set)
	if !found {
		r.createBig(k, KindSetTable, &testBig{table.New(m.db.sp)})
	}
	b := r.ownBig().(*testBig)
	for range 1 + m.r.IntN(30) {
		e := fmt.Append(nil, "member", m.r.IntN(2000))
		if m.r.IntN(3) == 0 {
			b.t.Delete(e)
			delete(next.set, string(e))
		} else {
			b.t.Set(e, nil)
			next.set[string(e)] = true
		}
	}
	if len(next.set) == 0 {
		r.remove()
		delete(m.keys, string(k))
		return
	}
	m.keys[string(k)] = next
}

func (m *model) renameOrCopy(k []byte, want modelKey, ok bool) {
	to := m.key()
	var got bool
	move := m.r.IntN(2) == 0
	if move {
		got = m.db.Rename(k, to, m.now)
	} else {
		got = m.db.CopyTo(m.db, k, to, m.now)
	}
	if got != ok {
		m.t.Fatalf("Rename or CopyTo = %v", got)
	}
	if ok {
		if move {
			delete(m.keys, string(k))
		}
		m.keys[string(to)] = want
	}
}

func (m *model) snapshot() {
	if len(m.snaps) == 3 {
		m.release(m.r.IntN(3))
	}
	for k := range m.keys {
		m.get([]byte(k)) // forget what is expired
	}
	s := modelSnapshot{snap: m.st.Snapshot(), keys: maps.Clone(m.keys), now: m.now}
	if m.r.IntN(2) == 0 {
		s.readers = orderedReaders(s.snap, 1+m.r.IntN(2))
	} else {
		s.done = make(chan error, 1)
		go func() { s.done <- s.compare() }()
	}
	m.snaps = append(m.snaps, s)
}

func (m *model) release(i int) {
	s := m.snaps[i]
	if s.readers != nil {
		for _, r := range s.readers {
			for !r.read(m.t, &s) {
			}
		}
		s.snap.Release()
		m.snaps = append(m.snaps[:i], m.snaps[i+1:]...)
		return
	}
	if err := <-s.done; err != nil {
		m.t.Fatal(err)
	}
	if err := s.compare(); err != nil { // once more, at the end of its life
		m.t.Fatal("at release: ", err)
	}
	s.snap.Release()
	m.snaps = append(m.snaps[:i], m.snaps[i+1:]...)
}

// compare runs on another goroutine: the model's keys are a clone, and the sets in it are never changed.
func (s *modelSnapshot) compare() error {
	var err error
	n := 0
	for _, d := range s.snap.DBs() {
		half := d.Buckets() / 2
		see := func(it Item) bool {
			var there bool
			if there, err = s.see(it); there {
				n++
			}
			return err == nil
		}
		d.Range(half, d.Buckets(), see)
		d.Range(0, half, see)
	}
	if err == nil && n != len(s.keys) {
		return fmt.Errorf("snapshot shows %d keys of %d", n, len(s.keys))
	}
	return err
}

// see compares a key of the snapshot. there is false for an expired one.
func (s *modelSnapshot) see(it Item) (there bool, err error) {
	if at := it.Expire(); at != 0 && s.now > at {
		return false, nil
	}
	want, ok := s.keys[string(it.Key())]
	if !ok || itemText(it) != want.text() || it.Expire() != want.expire {
		return true, fmt.Errorf("snapshot shows %.20q = %.40q until %d, want %.40q until %d", it.Key(), itemText(it), it.Expire(), want.text(), want.expire)
	}
	return true, nil
}

func (m *model) compare() {
	m.st.ExpireCycle(m.now, 10, func() bool { return false })
	for k := range m.keys {
		m.get([]byte(k))
	}
	for k, v := range m.keys {
		m.check([]byte(k), v, true)
	}
	n := 0
	m.db.Keys(m.now, func([]byte) bool { n++; return true })
	if n != len(m.keys) {
		m.t.Fatalf("%d keys, want %d", n, len(m.keys))
	}
}
