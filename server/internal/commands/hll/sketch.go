// Package hll is the HyperLogLog family: how many different elements were added, within 0.81 %, in at most 12 KiB.
//
// A sketch is a string, byte for byte as Redis makes it, so that values, snapshots and streams can be exchanged:
//
//	0        4          5        8                16
//	| "HYLL" | encoding | 0 0 0  | cardinality    | registers ...
//	           0 dense             little endian;
//	           1 sparse            the top bit says that it is out of date
//
// It has 16,384 registers of 6 bits. An element's hash picks a register with its lowest 14 bits; the register keeps the greatest
// number, over all elements, of zeros (plus one) at the low end of the other 50.
//
//	dense   the registers one after the other, lowest bits first: 12,288 bytes   dense.go
//	sparse  a run-length code for a sketch of few elements                       sparse.go
//
// The estimate (count.go) is that of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
package hll

import (
	"encoding/binary"
	"math/bits"
)

const (
	indexBits = 14
	registers = 1 << indexBits
	hashBits  = 64 - indexBits // of which zeros are counted
	header    = 16
	denseSize = header + registers*6/8
)

const (
	dense  = 0
	sparse = 1
)

// stale is the bit of the last byte of the cardinality that says it is out of date.
const stale = 0x80

// sketch is a whole value, header included.
type sketch []byte

// newSketch returns a sparse sketch without elements.
func newSketch() sketch {
	s := make(sketch, header, header+8)
	copy(s, "HYLL")
	s[4] = sparse
	return appendRun(s, run{n: registers})
}

// valid says whether a string looks like a sketch. What is in a sparse one shows only when it is read.
func valid(v []byte) bool {
	return len(v) >= header && string(v[:4]) == "HYLL" && v[4] <= sparse && (v[4] != dense || len(v) == denseSize)
}

// cached returns the cardinality that the header holds.
func (s sketch) cached() (n uint64, ok bool) {
	return binary.LittleEndian.Uint64(s[8:]), s[15]&stale == 0
}

func (s sketch) cache(n uint64) { binary.LittleEndian.PutUint64(s[8:], n) }

func (s sketch) outdate() { s[15] |= stale }

// set raises a register to a value. The sketch becomes dense when a sparse one cannot hold the value or would be longer than
// sparseMax bytes. changed is false where the register is as high already; ok is false for a corrupt sketch, which is left as it is.
func (s sketch) set(index int, value uint8, sparseMax int) (_ sketch, changed, ok bool) {
	if s[4] == dense {
		return s, denseRaise(s[header:], index, value), true
	}
	if value <= maxSparseValue {
		t, outcome := sparseRaise(s, index, value, sparseMax)
		if outcome != sparseFull {
			return t, outcome == sparseChanged, outcome != sparseCorrupt
		}
	}
	d, ok := s.toDense()
	if !ok {
		return s, false, false
	}
	return d, denseRaise(d[header:], index, value), true
}

// add counts an element.
func (s sketch) add(element []byte, sparseMax int) (_ sketch, changed, ok bool) {
	index, value := pattern(element)
	return s.set(index, value, sparseMax)
}

// toDense returns the sketch in the dense encoding; a new string unless it is dense already. ok is false for a corrupt one.
func (s sketch) toDense() (_ sketch, ok bool) {
	if s[4] == dense {
		return s, true
	}
	d := make(sketch, denseSize)
	copy(d, s[:header])
	d[4] = dense
	ok = s.each(func(index, n int, value uint8) {
		for i := index; value > 0 && i < index+n; i++ {
			densePut(d[header:], i, value)
		}
	})
	return d, ok
}

// each calls f for runs of n registers with the same value, in order. It returns false when the sketch is corrupt: when a sparse
// one has not exactly as many registers as it should.
func (s sketch) each(f func(index, n int, value uint8)) bool {
	if s[4] == dense {
		for i := range registers {
			f(i, 1, denseGet(s[header:], i))
		}
		return true
	}
	index := 0
	for p := s[header:]; len(p) > 0; {
		r, ok := decodeRun(p)
		if !ok || index+r.n > registers {
			return false
		}
		f(index, r.n, r.value)
		index += r.n
		p = p[r.size():]
	}
	return index == registers
}

// merge raises every register of max to that of the sketch.
func (s sketch) merge(max *[registers]uint8) bool {
	return s.each(func(index, n int, value uint8) {
		for i := index; value > 0 && i < index+n; i++ {
			if max[i] < value {
				max[i] = value
			}
		}
	})
}

// pattern returns the register of an element and the value that it asks for.
func pattern(element []byte) (index int, value uint8) {
	h := murmur(element)
	rest := h>>indexBits | 1<<hashBits // an end to the zeros
	return int(h & (registers - 1)), uint8(bits.TrailingZeros64(rest)) + 1
}

// murmur is MurmurHash64A (by Austin Appleby, public domain) with the seed that all sketches share.
func murmur(b []byte) uint64 {
	const m, r, seed = 0xc6a4a7935bd1e995, 47, 0xadc83b19
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		h = (h ^ (k^k>>r)*m) * m
	}
	if len(b) > 0 {
		var tail uint64
		for i, c := range b {
			tail |= uint64(c) << (8 * i)
		}
		h = (h ^ tail) * m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}
