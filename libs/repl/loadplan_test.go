package repl

import "testing"

// B6: where a snapshot is loaded by what there is and what it needs.
func TestChooseLoad(t *testing.T) {
	disk, stream, swap := Load{}, Load{Direct: true}, Load{Direct: true, KeepsOld: true}
	for _, tc := range []struct {
		name         string
		r            Room
		size, memory int64
		want         Load
	}{
		{"nothing to keep", Room{Free: 0}, 1 << 40, -1, stream},
		{"both fit by the master's memory", Room{Keys: 1, Used: 500, Free: 1250}, -1, 1000, swap},
		{"a byte too little", Room{Keys: 1, Used: 500, Free: 1249}, -1, 1000, disk},
		{"both fit by the length", Room{Keys: 1, Used: 500, Free: 1250}, 500, -1, swap},
		{"too long", Room{Keys: 1, Used: 5, Free: 1250}, 501, -1, disk},
		{"the larger counts", Room{Keys: 1, Used: 5, Free: 1250}, 10, 1001, disk},
		{"nothing is told: as large as ours", Room{Keys: 1, Used: 1000, Free: 1250}, -1, -1, swap},
		{"nothing is told, and ours is too large", Room{Keys: 1, Used: 1001, Free: 1250}, -1, -1, disk},
		{"what is free is not known", Room{Keys: 1, Used: 1, Free: -1}, -1, 1, disk},
	} {
		if got := ChooseLoad(tc.r, tc.size, tc.memory); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}
