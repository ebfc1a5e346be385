package crc64

// shifts[i] is x^(8<<i) mod the polynomial, reflected: multiplying by it appends 1<<i zero bytes.
var shifts = makeShifts()

func makeShifts() *[64]uint64 {
	t := new([64]uint64)
	t[0] = 1 << 55 // x^8: bit 63 is x^0
	for i := 1; i < len(t); i++ {
		t[i] = multiply(t[i-1], t[i-1])
	}
	return t
}

// multiply returns a*b modulo the polynomial; bit 63 of each is the coefficient of x^0.
func multiply(a, b uint64) uint64 {
	var product uint64
	for a != 0 {
		product ^= b & uint64(int64(a)>>63)
		b = b>>1 ^ poly&-(b&1) // b * x
		a <<= 1
	}
	return product
}

// Combine returns the checksum of A followed by B from crc1 = Update(0, A), crc2 = Update(0, B) and len2 = len(B) in
// bytes. It costs about a microsecond, whatever the lengths. A negative length counts as none.
func Combine(crc1, crc2 uint64, len2 int64) uint64 {
	for i := 0; len2 > 0; i++ {
		if len2&1 != 0 {
			crc1 = multiply(shifts[i], crc1)
		}
		len2 >>= 1
	}
	return crc1 ^ crc2
}
