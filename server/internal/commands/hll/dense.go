package hll

// A register of the dense encoding begins in bit i*6 of the bytes, counted from the lowest bit of the first, and may lie across
// two of them:
//
//	byte      0                 1                 2
//	bits      7 6|5 4 3 2 1 0   7 6 5 4|3 2 1 0   7 6 5 4 3 2|1 0
//	register   1 |     0           2   |   1           3     | 2

func denseGet(p []byte, i int) uint8 {
	at, shift := i*6>>3, uint(i*6&7)
	w := uint(p[at]) >> shift
	if shift > 2 {
		w |= uint(p[at+1]) << (8 - shift)
	}
	return uint8(w & 63)
}

func densePut(p []byte, i int, value uint8) {
	at, shift := i*6>>3, uint(i*6&7)
	w, mask := uint(value&63)<<shift, uint(63)<<shift
	p[at] = byte(uint(p[at])&^mask | w)
	if shift > 2 {
		p[at+1] = byte(uint(p[at+1])&^(mask>>8) | w>>8)
	}
}

// denseRaise raises a register, and reports whether it was lower.
func denseRaise(p []byte, i int, value uint8) bool {
	if denseGet(p, i) >= value {
		return false
	}
	densePut(p, i, value)
	return true
}
