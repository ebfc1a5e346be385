package hll

import "slices"

// The sparse encoding is a list of runs, each of one or two bytes:
//
//	00nnnnnn            n+1 registers that are 0            up to 64
//	01nnnnnn nnnnnnnn   n+1 registers that are 0            up to 16,384, high byte first
//	1vvvvvnn            n+1 registers that are v+1          up to 4, values 1 to 32
const (
	maxZeros       = 64
	maxValues      = 4
	maxSparseValue = 32
)

// run is one run of registers with the same value.
type run struct {
	n     int
	value uint8
	long  bool // of zeros, in the form of two bytes although it may be short
}

// decodeRun reads the run at the beginning of p; ok is false when its second byte is missing.
func decodeRun(p []byte) (r run, ok bool) {
	switch b := p[0]; {
	case b&0x80 != 0:
		return run{n: int(b&3) + 1, value: b>>2&31 + 1}, true
	case b&0x40 == 0:
		return run{n: int(b) + 1}, true
	case len(p) < 2:
		return run{}, false
	default:
		return run{n: (int(b&63)<<8 | int(p[1])) + 1, long: true}, true
	}
}

func (r run) size() int {
	if r.long {
		return 2
	}
	return 1
}

// appendRun appends a run in its shortest form; none for a run of no registers.
func appendRun(b []byte, r run) []byte {
	n := r.n - 1
	switch {
	case r.n == 0:
		return b
	case r.value > 0:
		return append(b, 0x80|(r.value-1)<<2|byte(n))
	case r.n <= maxZeros:
		return append(b, byte(n))
	}
	return append(b, 0x40|byte(n>>8), byte(n))
}

type sparseOutcome uint8

const (
	sparseSame    sparseOutcome = iota // the register was as high already
	sparseChanged                      // it was raised
	sparseFull                         // it does not fit: the sketch has to become dense
	sparseCorrupt                      // no run has the register
)

// sparseRaise raises one register. The runs that come out are those that Redis has, since values are compared and exchanged byte for byte: the
// run is split around the register, then neighbours with equal values are joined.
func sparseRaise(s sketch, index int, value uint8, maxSize int) (sketch, sparseOutcome) {
	at, before, first := header, header, 0 // before: where the run before begins
	var r run
	for {
		if at >= len(s) {
			return s, sparseCorrupt
		}
		var ok bool
		if r, ok = decodeRun(s[at:]); !ok {
			return s, sparseCorrupt
		}
		if index < first+r.n {
			break
		}
		before = at
		at += r.size()
		first += r.n
	}
	if r.value >= value {
		return s, sparseSame
	}
	var buf [5]byte
	split := appendRun(buf[:0], run{n: index - first, value: r.value})
	split = appendRun(split, run{n: 1, value: value})
	split = appendRun(split, run{n: first + r.n - 1 - index, value: r.value})
	if more := len(split) - r.size(); more > 0 && len(s)+more > maxSize {
		return s, sparseFull
	}
	s = slices.Replace(s, at, at+r.size(), split...)
	return joinRuns(s, before), sparseChanged
}

// joinRuns joins neighbours of the same value from the place on. It looks at five runs, as Redis does: a split touches no more.
func joinRuns(s sketch, at int) sketch {
	for steps := 5; at < len(s) && steps > 0; steps-- {
		r, ok := decodeRun(s[at:])
		if !ok {
			break
		}
		if r.value > 0 && at+1 < len(s) {
			next, _ := decodeRun(s[at+1:])
			if next.value == r.value && r.n+next.n <= maxValues {
				joined := appendRun(nil, run{n: r.n + next.n, value: r.value})
				s = slices.Replace(s, at, at+2, joined...)
				continue
			}
		}
		at += r.size()
	}
	return s
}
