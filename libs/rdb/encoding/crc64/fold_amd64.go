package crc64

// foldFrom is the length from which folding pays for its set-up; it is a multiple of 64.
const foldFrom = 128

var canFold = hasCLMUL()

// foldKeys move a 128-bit register 512 and 128 bits ahead. In the reflected form a carry-less product comes out one bit
// too far ahead, hence the powers: x^(distance+63) for the earlier half, x^(distance-1) for the later one.
var foldKeys = [4]uint64{power(512 + 63), power(512 - 1), power(128 + 63), power(128 - 1)}

// power returns x^n modulo the polynomial, reflected.
func power(n int) uint64 {
	c := uint64(1) << 63
	for range n {
		c = c>>1 ^ poly&-(c&1)
	}
	return c
}

//go:noescape
func fold(p *byte, n int, crc uint64, k *[4]uint64, out *[16]byte)

func hasCLMUL() bool

// Update returns the checksum of some bytes followed by p, where crc is the checksum of those bytes (0 for none).
//
// Long pieces are folded with carry-less multiplication: 16 bytes remain that have the same checksum as all before them.
func Update(crc uint64, p []byte) uint64 {
	if n := len(p) &^ 63; n >= foldFrom && canFold {
		var rest [16]byte
		fold(&p[0], n, crc, &foldKeys, &rest)
		crc = update(0, rest[:])
		p = p[n:]
	}
	return update(crc, p)
}
