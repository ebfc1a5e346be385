package hash

import (
	"fmt"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/store/arena"
)

func TestPackedCheck(t *testing.T) {
	for _, n := range []int{1, 2, 5, 64, 127, 128, 200, 256} {
		lp := listpack.New(0)
		for i := range n {
			lp = listpack.Append(listpack.Append(lp, fmt.Append(nil, "f", i)), fmt.Append(nil, i*i*i))
		}
		longest, distinct := PackedCheck(lp)
		if want := len(fmt.Sprint((n - 1) * (n - 1) * (n - 1))); longest != max(want, len(fmt.Sprint("f", n-1))) || !distinct {
			t.Errorf("%d fields: longest %d, distinct %v", n, longest, distinct)
		}
		twice := listpack.Append(listpack.Append(lp, fmt.Append(nil, "f", n/2)), []byte("v"))
		if _, distinct := PackedCheck(twice); distinct {
			t.Errorf("%d fields: one twice is not seen", n)
		}
		if _, ok := FromPacked(arena.New(), twice); ok {
			t.Errorf("%d fields: FromPacked takes one twice", n)
		}
	}
}

func BenchmarkPackedCheck(b *testing.B) {
	lp := listpack.New(0)
	for i := range 20 {
		lp = listpack.Append(listpack.Append(lp, fmt.Append(nil, "field", i)), fmt.Append(nil, i*i*i))
	}
	for b.Loop() {
		PackedCheck(lp)
	}
}
