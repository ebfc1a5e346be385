package admin

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// The pictures have the sizes that Redis 7.0 draws for the same arguments.
func TestPictureSizes(t *testing.T) {
	half := func() float64 { return 0.5 }
	for _, tt := range []struct{ columns, inRow, inColumn, lines int }{
		{66, 8, 12, 49}, {10, 2, 2, 5}, {66, 100, 100, 33}, {66, 7, 12, 56}, {30, 7, 9, 19}, {3, 7, 9, 2}, {50, 3, 1, 9}, {1, 1, 1, 1}, {10, 200, 1, 1}, {10, 1, 200, 801},
	} {
		lines := strings.Split(strings.TrimSuffix(tiles(tt.columns, tt.inRow, tt.inColumn, half), "\n"), "\n")
		if len(lines) != tt.lines {
			t.Errorf("%v: %d lines", tt, len(lines))
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n != tt.columns {
				t.Errorf("%v: a line of %d", tt, n)
			}
		}
	}
	colour := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, tt := range []struct{ columns, rows int }{{80, 20}, {1, 1}, {1000, 3}} {
		text := colour.ReplaceAllString(ripples(tt.columns, tt.rows, half), "")
		if want := strings.Repeat(strings.Repeat(" ", tt.columns)+"\n", tt.rows); text != want {
			t.Errorf("%v: got %q", tt, text)
		}
	}
}

// All tiles of the first row lean one way; those of the last row, the way that chance has it.
func TestTilesLeanApart(t *testing.T) {
	for _, tt := range []struct {
		chance float64
		want   string
	}{{0.1, "⡠⠊⡠⠊\n⠑⢄⠑⢄\n"}, {0.9, "⡠⠊⡠⠊\n⡠⠊⡠⠊\n"}} {
		if got := tiles(4, 2, 2, func() float64 { return tt.chance }); got != tt.want {
			t.Errorf("chance %v: got\n%s", tt.chance, got)
		}
	}
}
