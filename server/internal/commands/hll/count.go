package hll

import "math"

// histogram counts the registers of each value.
type histogram [64]int

func (s sketch) histogram() (h histogram, ok bool) {
	ok = s.each(func(_, n int, value uint8) { h[value] += n })
	return h, ok
}

// count estimates the number of elements.
func (s sketch) count() (n uint64, ok bool) {
	h, ok := s.histogram()
	if !ok {
		return 0, false
	}
	return h.estimate(), true
}

// estimate is algorithm 6 of the paper. Products are rounded before they are added (the conversions forbid fused operations), so
// that every machine comes to the same number.
func (h *histogram) estimate() uint64 {
	const m = float64(registers)
	const alpha = 0.721347520444481703680 // 1 / (2 ln 2)
	z := m * tau((m-float64(h[hashBits+1]))/m)
	for i := hashBits; i >= 1; i-- {
		z = (z + float64(h[i])) * 0.5
	}
	z += float64(m * sigma(float64(h[0])/m))
	return uint64(math.Round(alpha * m * m / z))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		last := z
		z += float64(x * y)
		y += y
		if z == last {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		last := z
		y *= 0.5
		z -= float64((1 - x) * (1 - x) * y)
		if z == last {
			return z / 3
		}
	}
}
