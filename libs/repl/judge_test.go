package repl

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func id(c byte) ID {
	i, ok := ParseID(strings.Repeat(string(c), IDLen))
	if !ok {
		panic("BUG: test ID")
	}
	return i
}

// R4, row by row. The node is on history b, which parted from a at 50 and from c at 20; it holds the bytes 30 to 99.
func TestJudge(t *testing.T) {
	h := History{ID: id('b'), Offset: 100, Past: []Past{{id('a'), 50}, {id('c'), 20}}}
	held := Window{Active: true, Start: 30, End: 100}
	for _, tc := range []struct {
		name string
		w    Window
		req  Request
		want Reason
	}{
		{"own history, first byte held", held, Request{ID: id('b'), From: 30}, ReasonContinues},
		{"own history, byte before", held, Request{ID: id('b'), From: 29}, ReasonTooOld},
		{"own history, nothing to send", held, Request{ID: id('b'), From: 100}, ReasonContinues},
		{"own history, ahead of us", held, Request{ID: id('b'), From: 101}, ReasonAhead},
		{"older history, last shared request (PSYNC 51)", held, Request{ID: id('a'), From: OffsetFromPSYNC(51)}, ReasonOlder},
		{"older history, one beyond (PSYNC 52)", held, Request{ID: id('a'), From: OffsetFromPSYNC(52)}, ReasonParted},
		{"older history, left the backlog", held, Request{ID: id('a'), From: 10}, ReasonTooOld},
		{"second older history, shared but gone", held, Request{ID: id('c'), From: 20}, ReasonTooOld},
		{"second older history, beyond", held, Request{ID: id('c'), From: 35}, ReasonParted},
		{"unknown history", held, Request{ID: id('d'), From: 40}, ReasonUnknownID},
		{"no ID at all", held, Request{Unknown: "hello", From: 40}, ReasonUnknownID},
		{"asked for all", held, Request{}, ReasonAsked},
		{"no backlog", Window{}, Request{ID: id('b'), From: 100}, ReasonNoBacklog},
		{"no backlog, older history", Window{}, Request{ID: id('a'), From: 50}, ReasonNoBacklog},
		{"empty backlog at the end", Window{Active: true, Start: 100, End: 100}, Request{ID: id('b'), From: 100}, ReasonContinues},
		{"second older history, wide backlog", Window{Active: true, Start: 0, End: 100}, Request{ID: id('c'), From: 20}, ReasonOlder},
	} {
		v := Judge(h, tc.w, tc.req)
		if v.Reason != tc.want || v.Partial != tc.want.Partial() || v.Partial && v.From != tc.req.From {
			t.Errorf("%s: %+v, want %v", tc.name, v, tc.want)
		}
		if line := v.Log("r"); line == "" || v.Reason.String() == "" {
			t.Errorf("%s: no words for it", tc.name)
		}
		var c SyncCounters
		v.Count(&c)
		want := SyncCounters{PartialOK: 1}
		if !v.Partial {
			want = SyncCounters{Full: 1, PartialErr: 1}
			if tc.want == ReasonAsked {
				want.PartialErr = 0
			}
		}
		if c != want {
			t.Errorf("%s: counted %+v, want %+v", tc.name, c, want)
		}
	}
}

// E2 and E5 as a property: nodes that share, promote, continue and write at random, each with its whole stream kept as
// a slice. A granted partial sync is right when what the asker has is what the granter has up to there; a refusal for
// the sake of histories is right when no chain of remembered histories leads from one to the other.
func TestJudgeNeverLies(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		ids := 0
		fresh := func() ID {
			ids++
			return NewID([20]byte{1, byte(ids >> 8), byte(ids)})
		}
		type node struct {
			h    History
			data []byte
		}
		nodes := make([]node, 4)
		for i := range nodes {
			nodes[i].h = History{ID: fresh()}
		}
		granted := 0
		for range 200 {
			n, m := &nodes[rng.IntN(4)], &nodes[rng.IntN(4)]
			switch rng.IntN(4) {
			case 0:
				n.h.Promote(fresh())
				for range rng.IntN(5) {
					n.data = append(n.data, byte(rng.Uint32()))
					n.h.Offset++
				}
			default:
				if n == m {
					continue
				}
				w := Window{Active: true, End: m.h.Offset}
				v := Judge(m.h, w, Request{ID: n.h.ID, From: n.h.Offset})
				if !v.Partial {
					if rng.IntN(2) == 0 {
						n.h.AdoptFull(m.h.ID, m.h.Offset)
						n.data = append([]byte(nil), m.data...)
					}
					continue
				}
				granted++
				if string(n.data) != string(m.data[:v.From]) {
					t.Fatalf("seed %d: partial sync from %d granted to a node whose data differs", seed, v.From)
				}
				n.h.AdoptContinue(m.h.ID)
				upto := v.From + Offset(rng.IntN(int(m.h.Offset-v.From)+1)) // the link may break on the way
				n.data = append(n.data, m.data[v.From:upto]...)
				n.h.Offset = upto
			}
			if len(n.h.Past) > MaxPast {
				t.Fatal("too many older histories")
			}
			for i, p := range n.h.Past {
				if p.End > n.h.Offset || i > 0 && p.End > n.h.Past[i-1].End {
					t.Fatalf("seed %d: past out of order: %+v", seed, n.h)
				}
			}
		}
		if granted == 0 {
			t.Fatalf("seed %d granted nothing: the test shows nothing", seed)
		}
	}
}

// B1: after seven failovers in a row a replica of the first master still continues partially.
func TestManyFailovers(t *testing.T) {
	h := History{ID: id('a'), Offset: 10}
	for i := range byte(7) {
		h.Promote(NewID([20]byte{i + 1}))
		h.Offset += 5
	}
	v := Judge(h, Window{Active: true, Start: 0, End: h.Offset}, Request{ID: id('a'), From: 10})
	if v.Reason != ReasonOlder {
		t.Fatalf("%v after seven failovers", v.Reason)
	}
}

// R1, R2: the 50/51 example of the package comment.
func TestSecondIDCountsFromOne(t *testing.T) {
	h := History{ID: id('a'), Offset: 50}
	if got, n := h.Second(); !got.IsZero() || n != -1 || got.String() != strings.Repeat("0", 40) {
		t.Fatalf("second %v %d before any promotion", got, n)
	}
	h.Promote(id('b'))
	if got, n := h.Second(); got != id('a') || n != 51 {
		t.Fatalf("second %v %d, want a 51", got, n)
	}
}

func TestParseID(t *testing.T) {
	if _, ok := ParseID(strings.Repeat("g", 40)); ok {
		t.Error("g is no hexadecimal digit")
	}
	if _, ok := ParseID(strings.Repeat("a", 39)); ok {
		t.Error("39 digits are no ID")
	}
	up, _ := ParseID([]byte(strings.Repeat("AB", 20)))
	if up.String() != strings.Repeat("ab", 20) {
		t.Errorf("upper case read as %v", up)
	}
	if zero, ok := ParseID(strings.Repeat("0", 40)); !ok || !zero.IsZero() {
		t.Error("forty zeros are the zero ID")
	}
}
