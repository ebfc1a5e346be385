package lzf

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	hashBits = 13
	// One of 1<<skipShift positions without a match lengthens the step by one: random data is skimmed, not searched.
	skipShift = 5
)

// Strings of these lengths are sampled before the search. Shorter ones cost no more than the sample; in longer ones
// the search skims, and repeats may be too far apart for a sample to tell.
const (
	sampleFrom  = 64
	sampleBelow = 1024
	samples     = 32
	// distinct is how many different bytes among the samples mean that matches are too rare to pay. Random bytes have
	// 30 on average, base64 25, text and JSON fewer than 20.
	distinct = 27
)

// looksRandom says whether searching src for repeats is a waste: most such strings are ciphertext or compressed already.
func looksRandom(src []byte) bool {
	var seen [4]uint64
	n, stride := uint64(0), len(src)/samples
	for i := range samples {
		c := src[i*stride]
		word := &seen[c>>6]
		n += ^(*word >> (c & 63)) & 1
		*word |= 1 << (c & 63)
	}
	return n >= distinct
}

// Compressor compresses one string at a time. Its table survives from call to call, so that a short string does not
// pay for clearing it; the zero value is ready. It serves one goroutine.
type Compressor struct {
	// table maps the hash of 3 bytes to base + the position where they were last seen. Entries below base are left
	// over from earlier strings.
	table [1 << hashBits]uint32
	base  uint32
}

// Compress writes the compressed form of src to dst and returns its length, or false when it does not fit in dst:
// offer less than len(src) to be told that compressing does not pay. dst and src must not overlap.
func (c *Compressor) Compress(dst, src []byte) (n int, ok bool) {
	if len(src) > math.MaxUint32>>1 {
		return 0, false // positions are 32 bits wide
	}
	if len(dst) < len(src) && len(src) >= sampleFrom && len(src) < sampleBelow && looksRandom(src) {
		return 0, false
	}
	if c.base == 0 || uint64(c.base)+uint64(len(src)) > math.MaxUint32 {
		clear(c.table[:])
		c.base = 1
	}
	base := c.base
	c.base += uint32(len(src))

	out, anchor, pos, misses := 0, 0, 0, 0
	for last := len(src) - 4; pos <= last; {
		h := hash(binary.LittleEndian.Uint32(src[pos:]))
		seen := c.table[h]
		c.table[h] = base + uint32(pos)
		ref := int(seen) - int(base)
		if seen < base || pos-ref > maxDistance || !same3(src, ref, pos) {
			pos += 1 + misses>>skipShift
			misses++
			continue
		}
		misses = 0
		length := matchLength(src, ref, pos)
		if out, ok = putLiterals(dst, out, src[anchor:pos]); !ok || len(dst)-out < 3 {
			return 0, false
		}
		out = putCopy(dst, out, pos-ref-1, length)
		pos += length
		anchor = pos
		// One position inside the match keeps runs of the same bytes findable at little cost.
		if pos <= last {
			c.table[hash(binary.LittleEndian.Uint32(src[pos-2:]))] = base + uint32(pos-2)
		}
	}
	return putLiterals(dst, out, src[anchor:])
}

// hash spreads the lower three bytes of v.
func hash(v uint32) uint32 { return v << 8 * 2654435761 >> (32 - hashBits) }

func same3(src []byte, a, b int) bool {
	return src[a] == src[b] && src[a+1] == src[b+1] && src[a+2] == src[b+2]
}

// matchLength returns how many bytes from pos on repeat those from ref on, knowing that three do.
func matchLength(src []byte, ref, pos int) int {
	n, most := minMatch, min(len(src)-pos, maxMatch)
	for ; n+8 <= most; n += 8 {
		a, b := binary.LittleEndian.Uint64(src[ref+n:]), binary.LittleEndian.Uint64(src[pos+n:])
		if a != b {
			return n + bits.TrailingZeros64(a^b)>>3
		}
	}
	for n < most && src[ref+n] == src[pos+n] {
		n++
	}
	return n
}

func putLiterals(dst []byte, out int, lit []byte) (int, bool) {
	if len(dst)-out < len(lit)+(len(lit)+maxLiteral-1)/maxLiteral {
		return 0, false
	}
	for len(lit) > 0 {
		n := min(len(lit), maxLiteral)
		dst[out] = byte(n - 1)
		copy(dst[out+1:], lit[:n])
		out += 1 + n
		lit = lit[n:]
	}
	return out, true
}

// putCopy writes a copy token; offset is the distance less one.
func putCopy(dst []byte, out, offset, length int) int {
	if length < longMatch {
		dst[out] = byte((length-2)<<5 | offset>>8)
		dst[out+1] = byte(offset)
		return out + 2
	}
	dst[out] = byte(7<<5 | offset>>8)
	dst[out+1] = byte(length - longMatch)
	dst[out+2] = byte(offset)
	return out + 3
}
