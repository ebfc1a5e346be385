package codec_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/codec"
	"github.com/lockstep-db/lockstep/server/internal/digest"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

var streamKey = []byte("s")

// FuzzStream holds that a stream from outside is refused or can be read from both ends, saved, loaded again as the same, and changed until
// nothing is left of it.
func FuzzStream(f *testing.F) {
	for _, s := range streamSeeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, deep := range []bool{true, false} {
			db := loadBody(body, deep)
			if db == nil {
				continue
			}
			ids := readStream(t, db)
			saved := saveStream(t, db, rdb.DefaultVersion)
			again := loadBody(saved, true)
			if again == nil {
				t.Fatalf("what was saved is refused: %x", saved)
			}
			if a, b := digest.Value(db, streamKey, 0), digest.Value(again, streamKey, 0); a != b {
				t.Fatalf("digest %s after it was saved and loaded, before %s", b, a)
			}
			if !bytes.Equal(saveStream(t, again, rdb.DefaultVersion), saved) {
				t.Fatal("it is saved differently the second time")
			}
			if old := saveStream(t, db, 9); loadBody(old, true) == nil {
				t.Fatalf("what was saved for an older version is refused: %x", old)
			}
			takeApart(t, db, ids)
		}
	})
}

// loadBody loads a payload without its footer into a store of its own; nil if it is refused, or no stream.
func loadBody(body []byte, deep bool) *store.DB {
	v, err := rdb.DecodeValue(body, rdb.DecodeOptions{Deep: deep})
	if err != nil || v.Type.Object() != rdb.Stream {
		return nil
	}
	db := store.New(1).DB(0)
	if codec.Load(db, streamKey, v, store.Attributes{}) != nil {
		return nil
	}
	return db
}

func saveStream(t testing.TB, db *store.DB, version int) []byte {
	t.Helper()
	a, err := rdb.NewAppender(rdb.EncodeOptions{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	it, ok := db.Item(streamKey, 0)
	if !ok {
		t.Fatal("the stream is gone")
	}
	return codec.AppendValue(a, nil, it)
}

// readStream reads all of a stream from both ends, which must see the same, and returns the IDs.
func readStream(t *testing.T, db *store.DB) (ids []store.StreamID) {
	v, _, _ := db.ReadStream(streamKey, 0)
	var forth, back []string
	v.Range(store.StreamID{}, store.MaxStreamID, false, func(e *store.StreamEntry) bool {
		ids = append(ids, e.ID)
		forth = append(forth, fmt.Sprintf("%v %q %q", e.ID, e.Fields, e.Values))
		return true
	})
	v.Range(store.StreamID{}, store.MaxStreamID, true, func(e *store.StreamEntry) bool {
		back = append(back, fmt.Sprintf("%v %q %q", e.ID, e.Fields, e.Values))
		return true
	})
	if len(forth) != v.Len() || len(back) != v.Len() {
		t.Fatalf("length %d, but %d entries forward and %d backward", v.Len(), len(forth), len(back))
	}
	for i, e := range forth {
		if e != back[len(back)-1-i] {
			t.Fatalf("entry %d is %s forward and %s backward", i, e, back[len(back)-1-i])
		}
	}
	for i, id := range ids {
		if i > 0 && ids[i-1].Compare(id) >= 0 || !v.Has(id) {
			t.Fatalf("entry %v follows %v; found: %v", id, ids[max(i-1, 0)], v.Has(id))
		}
	}
	for _, g := range v.Groups() {
		v.Lag(g)
	}
	return ids
}

// takeApart changes whatever can be changed, until the stream is empty.
func takeApart(t *testing.T, db *store.DB, ids []store.StreamID) {
	s, _, err := db.WriteStream(streamKey, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range s.View().Groups() {
		edit := s.Group([]byte(g.Name))
		edit.Touch("somebody", 1)
		for _, id := range ids {
			edit.Assign(store.StreamPending{ID: id, Consumer: "somebody"})
			s.View().Advance(edit, id)
		}
		for first, _ := edit.EdgePending(); edit.Pending() > 0; first, _ = edit.EdgePending() {
			if !edit.Acknowledge(first) {
				t.Fatalf("group %q: %v is pending and cannot be acknowledged", g.Name, first)
			}
		}
	}
	for i := 0; i < len(ids); i += 3 {
		if !s.Delete(ids[i]) {
			t.Fatalf("entry %v cannot be deleted", ids[i])
		}
	}
	if next, ok := store.NextStreamID(s.View().LastID); ok {
		s.Add(next, [][]byte{[]byte("field"), []byte("value")})
	}
	s.Trim(store.StreamTrim{MaxLen: s.View().Len() / 2})
	s.Trim(store.StreamTrim{})
	if n := s.View().Len(); n != 0 {
		t.Fatalf("%d entries are left when all were trimmed", n)
	}
}

// streamSeeds are small streams as they are saved: without entries, with several nodes, with holes, with groups.
func streamSeeds(t testing.TB) (seeds [][]byte) {
	for _, entries := range []int{0, 1, 7} {
		st := store.New(1)
		st.Limits.StreamNodeEntries = 3
		db := st.DB(0)
		s, _, err := db.WriteStream(streamKey, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.Create()
		for i := range entries {
			name := []byte{'a' + byte(i/2)}
			s.Add(store.StreamID{Ms: uint64(i + 1), Seq: uint64(i)}, [][]byte{name, []byte("value"), []byte("n"), fmt.Append(nil, i*1000)})
			s.SetID(store.StreamID{Ms: uint64(i + 1), Seq: uint64(i)}, nil, nil)
		}
		seeds = append(seeds, saveStream(t, db, rdb.DefaultVersion))
		s.AddGroup("g", store.StreamID{Ms: 2, Seq: 1}, 2)
		s.AddGroup("h", store.StreamID{}, store.UnknownRead)
		g := s.Group([]byte("g"))
		g.Touch("alice", 5)
		g.Touch("bob", 6)
		if entries > 1 {
			g.Assign(store.StreamPending{ID: store.StreamID{Ms: 1}, Delivered: 7, Deliveries: 1, Consumer: "alice"})
			g.Assign(store.StreamPending{ID: store.StreamID{Ms: 2, Seq: 1}, Delivered: 8, Deliveries: 2, Consumer: "bob"})
			s.Delete(store.StreamID{Ms: 2, Seq: 1})
		}
		seeds = append(seeds, saveStream(t, db, rdb.DefaultVersion), saveStream(t, db, 9))
	}
	return seeds
}
