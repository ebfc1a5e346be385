package admin

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// lolwut draws. Of the versions that take arguments it has pictures of its own, in the sizes and within the limits of Redis's:
//
//	VERSION 5 [columns [tiles in a row [tiles in a column]]]   lines, in Braille
//	VERSION 6 [columns [rows]]                                 shades, as colours of the background
func lolwut(c *command.Ctx) {
	version, args := int64(0), c.Args[1:]
	if len(args) > 1 && command.Is(args[0], "VERSION") {
		var ok bool
		if version, ok = command.ParseInt(args[1]); !ok {
			c.Fail(command.ErrNotInteger)
			return
		}
		args = args[2:]
	}
	const signature = "Lockstep, as Redis ver. " + command.RedisVersion + "\n"
	switch version {
	case 5:
		if n := sizes(c, args, []size{{66, 1000}, {8, 200}, {12, 200}}); n != nil {
			c.Reply.Verbatim("txt", tiles(n[0], n[1], n[2], rand.Float64)+"\nAll lean one way, at first. "+signature)
		}
	case 6:
		if n := sizes(c, args, []size{{80, 1000}, {20, 1000}}); n != nil {
			c.Reply.Verbatim("txt", ripples(n[0], n[1], rand.Float64)+"\nThree stones, one pond. "+signature)
		}
	default:
		c.Reply.Verbatim("txt", "   o---o---o\n   |   |   |\n   o---o---o\n\n"+signature)
	}
}

// size is an argument of a picture, from 1 up to most.
type size struct{ usual, most int64 }

// sizes reads the arguments that are there. It returns nil after an error was replied.
func sizes(c *command.Ctx, args [][]byte, want []size) []int {
	n := make([]int, len(want))
	for i, w := range want {
		v := w.usual
		if i < len(args) {
			var ok bool
			if v, ok = command.ParseInt(args[i]); !ok {
				c.Fail(command.ErrNotInteger)
				return nil
			}
		}
		n[i] = int(min(max(v, 1), w.most))
	}
	return n
}

// tiles draws a diagonal in each square of a grid. In the first row all lean to the same side, further down more and more of
// them to the other, until the last row is a maze. A character holds 2 x 4 dots.
func tiles(columns, inRow, inColumn int, random func() float64) string {
	width, margin := columns*2, 0
	if columns > 4 {
		margin = 2
	}
	side := float64(width-2*margin) / float64(inRow)
	height := int(side*float64(inColumn)) + 2*margin
	cells := make([]byte, columns*((height+3)/4))
	for row := range inColumn {
		for col := range inRow {
			left, top := margin+int(side*float64(col)), margin+int(side*float64(row))
			n := int(side)
			falls := random() < float64(row)/float64(2*max(inColumn-1, 1))
			for i := range n {
				x, y := left+i, top+n-1-i
				if falls {
					y = top + i
				}
				cells[y/4*columns+x/2] |= dot(x%2, y%4)
			}
		}
	}
	return braille(cells, columns)
}

// dot is the bit of one of a character's dots: Unicode numbers those of the upper three rows by column, and then the lowest row.
func dot(x, y int) byte {
	if y == 3 {
		return 0x40 << x
	}
	return 1 << (y + 3*x)
}

func braille(cells []byte, columns int) string {
	var b strings.Builder
	b.Grow(len(cells)*3 + len(cells)/columns)
	for len(cells) > 0 {
		for _, dots := range cells[:columns] {
			b.WriteRune(0x2800 + rune(dots))
		}
		b.WriteByte('\n')
		cells = cells[columns:]
	}
	return b.String()
}

// ripples draws the waves around three points where they meet, in four shades.
func ripples(columns, rows int, random func() float64) string {
	type point struct{ x, y, length float64 }
	var stones [3]point
	for i := range stones {
		stones[i] = point{random() * float64(columns), random() * float64(rows), 4 + 8*random()}
	}
	shades := [...]string{"\x1b[0;30;40m", "\x1b[0;90;100m", "\x1b[0;37;47m", "\x1b[0;97;107m"}
	var b strings.Builder
	for y := range rows {
		last := -1
		for x := range columns {
			sum := 0.0 // from -3 to 3
			for _, s := range stones {
				far := math.Hypot(float64(x)-s.x, 2*(float64(y)-s.y)) // a character is twice as high as it is wide
				sum += math.Cos(2 * math.Pi * far / s.length)
			}
			shade := min(max(int((sum+2)/4*float64(len(shades))), 0), len(shades)-1)
			if shade != last {
				b.WriteString(shades[shade])
				last = shade
			}
			b.WriteByte(' ')
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}
