package strings

import (
	"math"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// lcsOptions are those of LCS.
type lcsOptions struct {
	onlyLen, idx, withLen bool
	minLen                int64
}

func parseLCS(c *command.Ctx) (o lcsOptions, ok bool) {
	for i := 3; i < len(c.Args); i++ {
		a := c.Args[i]
		switch {
		case command.Is(a, "IDX"):
			o.idx = true
		case command.Is(a, "LEN"):
			o.onlyLen = true
		case command.Is(a, "WITHMATCHLEN"):
			o.withLen = true
		case command.Is(a, "MINMATCHLEN") && i+1 < len(c.Args):
			i++
			n, ok := c.Int(c.Args[i])
			if !ok {
				return o, false
			}
			o.minLen = max(n, 0)
		default:
			c.Fail(command.ErrSyntax)
			return o, false
		}
	}
	if o.idx && o.onlyLen {
		c.Fail("ERR If you want both the length and indexes, please just use IDX.")
		return o, false
	}
	return o, true
}

func lcs(c *command.Ctx) {
	var text [2][]byte
	strings := true
	for i := range text { // both are looked up, which tells of missing keys, before either is refused
		v, _, err := c.DB.GetString(c.Args[1+i], c.Now)
		strings = strings && err == nil
		text[i] = v
	}
	if !strings {
		c.Fail("ERR The specified keys must contain string values")
		return
	}
	o, ok := parseLCS(c)
	if !ok {
		return
	}
	a, b := text[0], text[1]
	if len(a) >= math.MaxUint32-1 || len(b) >= math.MaxUint32-1 {
		c.Fail("ERR String too long for LCS")
		return
	}
	cells := uint64(len(a)+1) * uint64(len(b)+1)
	if cells > uint64(c.Store.Limits.MaxString)/4 {
		c.Fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		return
	}
	t := newLCSTable(a, b)
	switch {
	case o.idx:
		t.replyRanges(c, &o)
	case o.onlyLen:
		c.Reply.Int(int64(t.at(len(a), len(b))))
	default:
		c.Reply.Bulk(t.subsequence())
	}
}

// lcsTable holds, for each pair of prefixes of a and b, the length of their longest common subsequence.
type lcsTable struct {
	a, b  []byte
	cells []uint32
}

func newLCSTable(a, b []byte) *lcsTable {
	t := &lcsTable{a, b, make([]uint32, (len(a)+1)*(len(b)+1))}
	width := len(b) + 1
	for i := range a {
		above := t.cells[i*width : (i+1)*width]
		row := t.cells[(i+1)*width : (i+2)*width]
		for j := range b {
			if a[i] == b[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	return t
}

func (t *lcsTable) at(i, j int) uint32 { return t.cells[i*(len(t.b)+1)+j] }

// walk goes from the ends of both strings to their starts and calls match for the positions of each common byte. Of several longest
// subsequences it finds the one that Redis does.
func (t *lcsTable) walk(match func(i, j int)) {
	for i, j := len(t.a), len(t.b); i > 0 && j > 0; {
		switch {
		case t.a[i-1] == t.b[j-1]:
			i--
			j--
			match(i, j)
		case t.at(i-1, j) > t.at(i, j-1):
			i--
		default:
			j--
		}
	}
}

func (t *lcsTable) subsequence() []byte {
	out := make([]byte, t.at(len(t.a), len(t.b)))
	n := len(out)
	t.walk(func(i, _ int) {
		n--
		out[n] = t.a[i]
	})
	return out
}

// lcsRange is a run of common bytes: length bytes from i in a and from j in b.
type lcsRange struct{ i, j, length int }

func (t *lcsTable) replyRanges(c *command.Ctx, o *lcsOptions) {
	var ranges []lcsRange
	t.walk(func(i, j int) {
		if n := len(ranges); n > 0 && ranges[n-1].i == i+1 && ranges[n-1].j == j+1 {
			r := &ranges[n-1]
			r.i, r.j, r.length = i, j, r.length+1
			return
		}
		ranges = append(ranges, lcsRange{i, j, 1})
	})
	w := c.Reply
	w.Map(2)
	w.BulkString("matches")
	kept := ranges[:0]
	for _, r := range ranges {
		if int64(r.length) >= o.minLen {
			kept = append(kept, r)
		}
	}
	w.Array(len(kept))
	for _, r := range kept {
		if o.withLen {
			w.Array(3)
		} else {
			w.Array(2)
		}
		for _, from := range [2]int{r.i, r.j} {
			w.Array(2)
			w.Int(int64(from))
			w.Int(int64(from + r.length - 1))
		}
		if o.withLen {
			w.Int(int64(r.length))
		}
	}
	w.BulkString("len")
	w.Int(int64(t.at(len(t.a), len(t.b))))
}
