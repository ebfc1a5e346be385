package command

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// call makes the context of a call whose words are separated by blanks.
func call(words string) *Ctx {
	c := &Ctx{Spec: &Spec{Name: "get", Parent: &Spec{Name: "slowlog"}}, Reply: &resp.Writer{}}
	for _, w := range strings.Fields(words) {
		c.Args = append(c.Args, []byte(w))
	}
	return c
}

func TestClamp(t *testing.T) {
	for _, tc := range []struct {
		start, stop int64
		n, from, to int
	}{
		{0, -1, 3, 0, 3}, {0, 0, 3, 0, 1}, {2, 2, 3, 2, 3}, {1, 9, 3, 1, 3}, {-2, -1, 3, 1, 3}, {-9, 1, 3, 0, 2},
		{2, 1, 3, 0, 0}, {3, 9, 3, 0, 0}, {0, -4, 3, 0, 0}, {0, -1, 0, 0, 0},
		{math.MinInt64, math.MaxInt64, 3, 0, 3}, {math.MinInt64, math.MinInt64, 3, 0, 0}, {math.MaxInt64, math.MaxInt64, 3, 0, 0},
	} {
		if from, to := Clamp(tc.start, tc.stop, tc.n); from != tc.from || to != tc.to {
			t.Errorf("Clamp(%d, %d, %d) = %d, %d, want %d, %d", tc.start, tc.stop, tc.n, from, to, tc.from, tc.to)
		}
	}
}

func TestEntryCount(t *testing.T) {
	const bad = "-ERR count should be greater than or equal to -1\r\n"
	for words, want := range map[string]struct {
		n     int64
		reply string
	}{
		"SLOWLOG GET": {10, ""}, "SLOWLOG GET 0": {0, ""}, "SLOWLOG GET 7": {7, ""}, "SLOWLOG GET -1": {math.MaxInt64, ""},
		"SLOWLOG GET -2": {0, bad}, "SLOWLOG GET x": {0, bad}, "SLOWLOG GET 1 2": {0, "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n"},
	} {
		c := call(words)
		n, ok := c.EntryCount()
		if got := string(c.Reply.Buf); n != want.n || got != want.reply || ok != (want.reply == "") {
			t.Errorf("%s: %d, %v, %q", words, n, ok, got)
		}
	}
}

// The replies are those of redis-server 7.0.15 to LMPOP, also where two things are wrong.
func TestMultiPop(t *testing.T) {
	const syntax, keys, count = "-ERR syntax error\r\n", "-ERR numkeys should be greater than 0\r\n", "-ERR count should be greater than 0\r\n"
	for words, want := range map[string]string{
		"LMPOP 1 a LEFT":                   "a first 1",
		"LMPOP 2 a b right":                "a last 1; b last 1",
		"LMPOP 1 a LEFT count 5":           "a first 5",
		"LMPOP 0 a LEFT":                   keys,
		"LMPOP x a LEFT":                   keys,
		"LMPOP 2 a LEFT":                   syntax,
		"LMPOP 1 a MIDDLE":                 syntax,
		"LMPOP 1 a MIDDLE COUNT 0":         syntax,
		"LMPOP 1 a LEFT COUNT":             syntax,
		"LMPOP 1 a LEFT COUNTS 1":          syntax,
		"LMPOP 1 a LEFT COUNT 0":           count,
		"LMPOP 1 a LEFT COUNT 1 x":         syntax,
		"LMPOP 9223372036854775807 a LEFT": syntax,
	} {
		c := call(words)
		var tried []string
		c.MultiPop(Ends{"LEFT", "RIGHT"}, func(c *Ctx, key []byte, last bool, count int64) bool {
			end := map[bool]string{false: "first", true: "last"}[last]
			tried = append(tried, string(key)+" "+end+" "+string('0'+rune(count)))
			return false
		})
		got := strings.Join(tried, "; ")
		if got == "" {
			got = string(c.Reply.Buf)
		} else if !bytes.Equal(c.Reply.Buf, []byte("*-1\r\n")) {
			t.Errorf("%s: replies %q", words, c.Reply.Buf)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
}
