package stream

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
)

// node makes one with fields a and b, of three entries: shared fields, deleted, fields of its own.
func node(change func(v []int64)) Node {
	v := []int64{2, 1, 2, -1, -2, 0, // master: entries, deleted, fields a and b, end
		2, 0, 0, 10, 11, 5,
		3, 1, -4, 20, 21, 5,
		0, 1, 7, 1, -3, 30, 6}
	if change != nil {
		change(v)
	}
	lp := listpack.New(0)
	for i, n := range v {
		if i == 3 || i == 4 || i == 22 {
			lp = listpack.Append(lp, []byte{byte('a' - 1 - n)})
		} else {
			lp = listpack.AppendInt(lp, n)
		}
	}
	return Node{Master: ID{100, 5}, Listpack: lp}
}

func TestWalkANode(t *testing.T) {
	n := node(nil)
	info, err := ValidateNode(n, true)
	if want := (Info{Entries: 2, Deleted: 1, First: ID{100, 5}, Last: ID{101, 12}}); err != nil || info != want {
		t.Fatalf("got %+v, %v; want %+v", info, err, want)
	}
	if _, err := ValidateNode(node(func(v []int64) { v[13] = 9 }), true); err != nil {
		t.Errorf("a deleted entry above the one behind it: %v", err)
	}
	var w Walker
	if err := w.Reset(n); err != nil {
		t.Fatal(err)
	}
	var e Entry
	var got []string
	for {
		ok, err := w.Next(&e)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		s := e.ID.String()
		if e.Deleted {
			s += " deleted"
		}
		for i := range e.Fields {
			s += " " + string(e.Fields[i]) + "=" + string(e.Values[i])
		}
		got = append(got, s)
	}
	if want := "100-5 a=10 b=11, 101-1 deleted a=20 b=21, 101-12 c=30"; strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestDamagedNodes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(v []int64)
		want   string
	}{
		{"one entry more", func(v []int64) { v[0] = 3 }, "cut short"},
		{"one entry less", func(v []int64) { v[0] = 1 }, "bytes after the last entry"},
		{"counts swapped", func(v []int64) { v[0], v[1] = 1, 2 }, "holds 2 and 1"},
		{"negative count", func(v []int64) { v[1] = -1 }, "deleted entries is -1"},
		{"no end of the master entry", func(v []int64) { v[5] = 1 }, "does not end with 0"},
		{"entry length", func(v []int64) { v[11] = 4 }, "entry 100-5 has 5 elements"},
		{"order", func(v []int64) { v[19], v[20] = 0, 0 }, "entry 100-5 follows 100-5"},
		{"below the node", func(v []int64) { v[8] = -1 }, "entry 100-4 is below the node's own ID 100-5"},
		{"many fields", func(v []int64) { v[21] = 1 << 40 }, "number of fields is"},
	} {
		_, err := ValidateNode(node(tc.change), true)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
	if _, err := ValidateNode(Node{Listpack: listpack.New(0)}, false); err == nil {
		t.Error("an empty listpack passes")
	}
}

func TestIDsWrapLikeTheirDifferences(t *testing.T) {
	// The listpack of a node whose second entry is as far away as IDs go.
	id := (ID{0, 1}).plus(-1, -2)
	if want := (ID{1<<64 - 1, 1<<64 - 1}); id != want || id.Compare(ID{0, 1}) != 1 || (ID{0, 1}).Compare(id) != -1 {
		t.Errorf("got %v", id)
	}
	if DecodeID(AppendID(nil, id)) != id {
		t.Error("binary form does not read back")
	}
}

func FuzzValidateNode(f *testing.F) {
	f.Add(node(nil).Listpack)
	f.Fuzz(func(t *testing.T, lp []byte) {
		if len(lp) >= listpack.EmptySize {
			binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
			lp[4], lp[5], lp[len(lp)-1] = 0xFF, 0xFF, 0xFF
		}
		n := Node{Listpack: lp}
		deep, err := ValidateNode(n, true)
		if err != nil {
			return
		}
		shallow, err := ValidateNode(n, false)
		if err != nil || shallow.Entries != deep.Entries || shallow.Deleted != deep.Deleted {
			t.Fatalf("deep %+v, shallow %+v, %v", deep, shallow, err)
		}
	})
}
