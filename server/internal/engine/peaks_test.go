package engine

import "testing"

// INFO's largest buffers are those of the last eight seconds: one that is gone is still told, and then forgotten.
func TestPeaksAreOfTheLastSeconds(t *testing.T) {
	var p bufferPeaks
	p.note(100_000, 10, 2000)
	p.note(100_999, 30, 1000)
	p.note(103_000, 5, 500)
	for _, tc := range []struct {
		now     int64
		in, out int
	}{{103_500, 30, 2000}, {107_999, 30, 2000}, {108_000, 5, 500}, {110_999, 5, 500}, {111_000, 0, 0}} {
		if in, out := p.recent(tc.now); in != tc.in || out != tc.out {
			t.Errorf("at %d: %d and %d, want %d and %d", tc.now, in, out, tc.in, tc.out)
		}
	}
	p.note(108_100, 1, 1) // in the slot of second 100
	if in, out := p.recent(108_200); in != 5 || out != 500 {
		t.Errorf("a slot that is used again kept its old peak: %d and %d", in, out)
	}
}
