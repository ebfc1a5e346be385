// Package crc64 computes the checksum of RDB files and DUMP payloads: CRC-64 with the Jones polynomial
// 0xad93d23594c935a9, bit-reflected, initial value 0, no final xor. The nine bytes "123456789" give 0xe9c6d914c4b8d9ca.
//
// hash/crc64 of the standard library inverts the value before and after, and knows only slicing by 8; a save or a load
// checksums every byte, so this one uses the processor's carry-less multiplication where there is one (64 bytes a step),
// else slicing by 16. [Combine] joins the checksums of two neighbouring pieces,
// which lets two cores share one file.
//
//	Update(Update(0, a), b) == Update(0, a||b) == Combine(Update(0, a), Update(0, b), len(b))
package crc64

import "encoding/binary"

// poly is the Jones polynomial with its bits reversed: bit 63 of the register stands for x^0.
const poly = 0x95ac9329ac4bc9b5

// slices[0] is the classic byte table; slices[k][b] is the effect of byte b followed by k zero bytes.
var slices = makeSlices()

func makeSlices() *[16][256]uint64 {
	t := new([16][256]uint64)
	for b := range 256 {
		c := uint64(b)
		for range 8 {
			c = c>>1 ^ poly&-(c&1)
		}
		t[0][b] = c
	}
	for k := 1; k < len(t); k++ {
		for b := range 256 {
			c := t[k-1][b]
			t[k][b] = c>>8 ^ t[0][byte(c)]
		}
	}
	return t
}

// update is the portable form of Update.
func update(crc uint64, p []byte) uint64 {
	t := slices
	for len(p) >= 16 {
		a := crc ^ binary.LittleEndian.Uint64(p)
		b := binary.LittleEndian.Uint64(p[8:])
		crc = t[15][byte(a)] ^ t[14][byte(a>>8)] ^ t[13][byte(a>>16)] ^ t[12][byte(a>>24)] ^
			t[11][byte(a>>32)] ^ t[10][byte(a>>40)] ^ t[9][byte(a>>48)] ^ t[8][a>>56] ^
			t[7][byte(b)] ^ t[6][byte(b>>8)] ^ t[5][byte(b>>16)] ^ t[4][byte(b>>24)] ^
			t[3][byte(b>>32)] ^ t[2][byte(b>>40)] ^ t[1][byte(b>>48)] ^ t[0][b>>56]
		p = p[16:]
	}
	for _, c := range p {
		crc = crc>>8 ^ t[0][byte(crc)^c]
	}
	return crc
}
