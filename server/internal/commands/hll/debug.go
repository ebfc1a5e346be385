package hll

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// pfdebug shows what is in a sketch. GETREG and TODENSE make it dense.
func pfdebug(c *command.Ctx) {
	what, key := c.Args[1], c.Args[2]
	v, found, err := c.DB.GetStringForWrite(key, c.Now)
	if err == nil && !found {
		c.Fail("ERR The specified key does not exist")
		return
	}
	s, ok := check(c, v, found, err)
	if !ok {
		return
	}
	switch {
	case command.Is(what, "GETREG"):
		if d, _, ok := makeDense(c, key, s); ok {
			c.Reply.Array(registers)
			for i := range registers {
				c.Reply.Int(int64(denseGet(d[header:], i)))
			}
		}
	case command.Is(what, "DECODE"):
		if s[4] != sparse {
			c.Fail("ERR HLL encoding is not sparse")
			return
		}
		c.Reply.BulkString(decoded(s))
		unshare(c, key)
	case command.Is(what, "ENCODING"):
		c.Reply.SimpleString([]string{dense: "dense", sparse: "sparse"}[s[4]])
		unshare(c, key)
	case command.Is(what, "TODENSE"):
		if _, converted, ok := makeDense(c, key, s); ok {
			c.Reply.Int(map[bool]int64{true: 1}[converted])
		}
	default:
		c.Fail("ERR Unknown PFDEBUG subcommand '" + string(what) + "'")
		unshare(c, key)
	}
}

// makeDense stores a sparse sketch as a dense one. ok is false after an error reply.
func makeDense(c *command.Ctx, key []byte, s sketch) (d sketch, converted, ok bool) {
	d, ok = s.toDense()
	if !ok {
		c.Fail(errCorrupt)
		return nil, false, false
	}
	if s[4] == dense {
		return d, false, true
	}
	c.DB.SetRawString(key, d, store.KeepTTL, c.Now)
	c.Dirty++
	return d, true, true
}

// decoded lists the runs of a sparse sketch: z and Z for zeros in one and two bytes, v for values.
func decoded(s sketch) string {
	var b strings.Builder
	for p := s[header:]; len(p) > 0; {
		r, ok := decodeRun(p)
		if !ok {
			break
		}
		switch {
		case r.value > 0:
			fmt.Fprintf(&b, "v:%d,%d ", r.value, r.n)
		case r.long:
			fmt.Fprintf(&b, "Z:%d ", r.n)
		default:
			fmt.Fprintf(&b, "z:%d ", r.n)
		}
		p = p[r.size():]
	}
	return strings.TrimSuffix(b.String(), " ")
}

const testElements = 10_000_000

// pfselftest tries the registers, and estimates up to ten million elements in both encodings.
func pfselftest(c *command.Ctx) {
	msg := testRegisters()
	if msg == "" {
		msg = testEstimates(c.Store.Limits.SketchSparseBytes)
	}
	if msg != "" {
		c.Fail("TESTFAILED " + msg)
		return
	}
	c.Reply.OK()
}

func testRegisters() string {
	p := make([]byte, denseSize-header)
	var want [registers]uint8
	for range 1000 {
		for i := range want {
			want[i] = uint8(rand.IntN(64))
			densePut(p, i, want[i])
		}
		for i, w := range want {
			if got := denseGet(p, i); got != w {
				return fmt.Sprintf("Register %d should be %d but is %d", i, w, got)
			}
		}
	}
	return ""
}

func testEstimates(sparseMax int) string {
	a, _ := newSketch().toDense()
	b := newSketch()
	seed := rand.Uint64()
	var element [8]byte
	for n, checkpoint := 1, 1; n <= testElements; n++ {
		binary.LittleEndian.PutUint64(element[:], uint64(n)^seed)
		a, _, _ = a.add(element[:], sparseMax)
		b, _, _ = b.add(element[:], sparseMax)
		if n < checkpoint {
			continue
		}
		if n < sparseMax/2 && b[4] != sparse {
			return "sparse encoding not used"
		}
		if msg := compareEstimates(a, b, n); msg != "" {
			return msg
		}
		checkpoint *= 10
	}
	return ""
}

// compareEstimates checks both estimates of n elements: equal, and no further off than six times the standard error.
func compareEstimates(a, b sketch, n int) string {
	x, _ := a.count()
	y, _ := b.count()
	if x != y {
		return "dense/sparse disagree"
	}
	off := math.Abs(float64(n) - float64(x))
	limit := math.Ceil(1.04 / math.Sqrt(registers) * 6 * float64(n))
	if off > limit {
		return fmt.Sprintf("Too big error. card:%d abserr:%.0f", n, off)
	}
	return ""
}
