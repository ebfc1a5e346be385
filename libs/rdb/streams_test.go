package rdb

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/libs/rdb/encoding/stream"
)

// streamJSON is the form of librdb's stream_data_with_meta.json.
type streamJSON struct {
	Entries []struct {
		ID    string
		Items map[string]string
	}
	Length, EntriesAdded           uint64
	FirstID, LastID, MaxDelEntryID string
	Groups                         []groupJSON
}

type groupJSON struct {
	Name, LastID string
	EntriesRead  int64
	Pending      []struct {
		Sent  int64
		ID    string
		Count uint64
	}
	Consumers []struct {
		Name                 string
		ActiveTime, SeenTime int64
		Pending              []struct{ ID string }
	}
}

func TestStreamHoldsWhatTheJSONSays(t *testing.T) {
	var file struct{ Mystream streamJSON }
	text := readFile(t, "librdb/stream_data_with_meta.json")
	if err := json.Unmarshal([]byte("{"+string(text)+"}"), &file); err != nil {
		t.Fatal(err)
	}
	want := file.Mystream
	c, err := decode(bytes.NewReader(readFile(t, "librdb/stream_v11.rdb")), DecodeOptions{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.streams["mystream"].Stream(true)
	if err != nil {
		t.Fatal(err)
	}
	if s.Length != want.Length || s.EntriesAdded != want.EntriesAdded || s.FirstID.String() != want.FirstID ||
		s.LastID.String() != want.LastID || s.MaxDeletedID.String() != want.MaxDelEntryID {
		t.Errorf("got %+v", s)
	}
	i := 0
	walkStream(t, s, func(e *stream.Entry) {
		items := map[string]string{}
		for k := range e.Fields {
			items[string(e.Fields[k])] = string(e.Values[k])
		}
		if w := want.Entries[i]; e.Deleted || e.ID.String() != w.ID || !reflect.DeepEqual(items, w.Items) {
			t.Errorf("entry %d is %s %v, want %v", i, e.ID, items, w)
		}
		i++
	})
	if i != len(want.Entries) || len(s.Groups) != len(want.Groups) {
		t.Fatalf("%d entries and %d groups", i, len(s.Groups))
	}
	for i := range s.Groups {
		compareGroup(t, &s.Groups[i], &want.Groups[i])
	}
}

func compareGroup(t *testing.T, g *stream.Group, w *groupJSON) {
	t.Helper()
	if string(g.Name) != w.Name || g.LastID.String() != w.LastID || g.EntriesRead != w.EntriesRead ||
		len(g.Pending) != len(w.Pending) || len(g.Consumers) != len(w.Consumers) {
		t.Fatalf("group %+v, want %+v", g, w)
	}
	for k, p := range g.Pending {
		if wp := w.Pending[k]; p.ID.String() != wp.ID || p.DeliveredMs != wp.Sent || p.Deliveries != wp.Count {
			t.Errorf("pending %+v, want %+v", p, wp)
		}
	}
	for k, cons := range g.Consumers {
		wc := w.Consumers[k]
		if string(cons.Name) != wc.Name || cons.SeenMs != wc.SeenTime || cons.ActiveMs != wc.ActiveTime || cons.Pending != len(wc.Pending) {
			t.Errorf("consumer %+v, want %+v", cons, wc)
		}
	}
}

func walkStream(t *testing.T, s *stream.Stream, visit func(*stream.Entry)) {
	t.Helper()
	var w stream.Walker
	var e stream.Entry
	for _, n := range s.Nodes {
		if err := w.Reset(n); err != nil {
			t.Fatal(err)
		}
		for {
			ok, err := w.Next(&e)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			visit(&e)
		}
	}
}

// TestStreamsOfVersion9 looks at a file with streams of 6.2, one of them with a group of two consumers.
func TestStreamsOfVersion9(t *testing.T) {
	c, err := decode(bytes.NewReader(readFile(t, "librdb/misc_with_stream.rdb")), DecodeOptions{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]int{}
	for key, raw := range c.streams {
		if raw.Type.Object() != Stream {
			continue
		}
		s, err := raw.Stream(true)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		walkStream(t, s, func(e *stream.Entry) {
			if !e.Deleted {
				entries[key]++
			}
		})
		if entries[key] != int(s.Length) {
			t.Errorf("%s: %d entries, length %d", key, entries[key], s.Length)
		}
	}
	if len(entries) == 0 || c.aux["redis-ver"] == "" {
		t.Errorf("no streams found: %v", c.types)
	}
}

// A deep check finds a node that begins before the end of the one before it, although each of them is well-formed.
func TestStreamNodesOverlap(t *testing.T) {
	body := func(second uint64) []byte {
		b := AppendLen([]byte{byte(TypeStream2)}, 2)
		for _, master := range []uint64{1, second} { // each with an entry of its own ID and one 5 ms later
			lp := listpack.New(0)
			for _, n := range []int64{2, 0, 0, 0, 2, 0, 0, 3, 2, 5, 0, 3} {
				lp = listpack.AppendInt(lp, n)
			}
			b = stream.AppendID(AppendLen(b, stream.IDSize), stream.ID{Ms: master})
			b = append(AppendLen(b, uint64(len(lp))), lp...)
		}
		for _, n := range []uint64{4, 20, 0, 1, 0, 0, 0, 4, 0} { // length, last, first and deleted ID, added, groups
			b = AppendLen(b, n)
		}
		return b
	}
	for second, want := range map[uint64]string{7: "", 6: "stream node 6-0 follows an entry 6-0", 2: "stream node 2-0 follows an entry 6-0"} {
		if _, err := DecodeValue(body(second), DecodeOptions{}); err != nil {
			t.Errorf("second node at %d, shallow: %v", second, err)
		}
		_, err := DecodeValue(body(second), DecodeOptions{Deep: true})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("second node at %d: %v, want %q", second, err, want)
		}
	}
}
