package lists

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/rdb/encoding/listpack"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

// LRANGE gives every element as it was pushed, whatever form it is kept in and wherever the range begins and ends.
func TestRangeOfAllForms(t *testing.T) {
	for _, count := range []int{3, 40, 1000} {
		s := commandtest.New(Commands())
		var want []string
		for i := range count {
			element := []string{strconv.Itoa(i), strings.Repeat("x", i/4%130), strconv.Itoa(-1 << (i % 60)), "short"}[i%4]
			if i%97 == 5 {
				element = strings.Repeat("long", 3000) // in a block of its own
			}
			want = append(want, element)
			s.Do("RPUSH", "l", element)
		}
		for from := 0; from < count; from += 1 + count/20 {
			for _, to := range []int{from, from + 1, from + count/3, count - 1, count + 5} {
				last := min(to, count-1)
				var b strings.Builder
				fmt.Fprintf(&b, "*%d\r\n", last-from+1)
				for _, element := range want[from : last+1] {
					fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(element), element)
				}
				reply := b.String()
				if got := s.Do("LRANGE", "l", strconv.Itoa(from), strconv.Itoa(to)).Reply; got != reply {
					t.Fatalf("%d elements, LRANGE %d %d: %.200q, want %.200q", count, from, to, got, reply)
				}
			}
		}
	}
}

// Room is made for the longest of the short elements, however many of them are asked for.
func TestRoomForShortElements(t *testing.T) {
	for size := range 64 {
		lp := listpack.New(0)
		for range 120 {
			lp = listpack.Append(lp, bytes.Repeat([]byte{'x'}, size))
		}
		for count := 1; count <= 120; count++ {
			want := strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", size, strings.Repeat("x", size)), count)
			if out, _, n := appendShort(nil, lp, listpack.First(lp), count); n != count || string(out) != want {
				t.Fatalf("%d elements of %d bytes: %d, %.200q", count, size, n, out)
			}
		}
	}
}
