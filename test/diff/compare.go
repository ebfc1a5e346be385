package diff

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// view is how two replies are looked at whose bytes need not be equal. The zero view wants equal values.
type view struct {
	mask      *regexp.Regexp   // parts of texts that are not compared
	slack     map[string]slack // by the name of a field, "#2" for the third element of an array, "" for the whole reply
	unordered bool             // elements of aggregates may come in any order
	pairs     bool             // with unordered: arrays alternate names and values
	bags      bool             // words within a text may come in any order
	ownFields []string         // fields that are left out with their values, in RESP2 too
	ownNames  []string         // elements, and fields of maps, that only one server has; an array is called as its first element
	ownWords  []string         // the same, but not arrays
}

// positional reports whether it is the place in an array that says what an element is.
func (w *view) positional() bool {
	for name := range w.slack {
		if !strings.HasPrefix(name, "#") {
			return false
		}
	}
	return w.slack != nil
}

// slack reports whether two values that differ are near enough.
type slack func(a, b *resp.Value) bool

// number returns the integer that a value is or spells.
func number(v *resp.Value) (int64, bool) {
	n, err := strconv.ParseInt(string(v.Text), 10, 64)
	return n, err == nil && len(v.Elems) == 0
}

// near accepts numbers from 0 on that are at most so far apart.
func near(distance int64) slack {
	return func(a, b *resp.Value) bool {
		x, okx := number(a)
		y, oky := number(b)
		return a.Kind == b.Kind && okx && oky && x >= 0 && y >= 0 && max(x, y)-min(x, y) <= distance
	}
}

// span is the longest time that a call has taken until both servers had answered. What both were told at once they did not do further apart
// than that, and telling it takes as long again: so far may times differ that count from a moment, on a machine as slow as this one.
type span struct{ longest time.Duration }

// within accepts times in a unit that differ by no more than that, and by one for where the clock is cut off.
func (s *span) within(unit time.Duration) slack {
	return func(a, b *resp.Value) bool { return near(int64(2*s.longest/unit)+1)(a, b) }
}

// clock accepts Unix times in milliseconds of about the same moment.
func (s *span) clock(a, b *resp.Value) bool {
	x, _ := number(a)
	y, _ := number(b)
	return min(x, y) > 1e12 && s.within(time.Millisecond)(a, b)
}

// madeID accepts IDs of stream entries that are made of the clock.
func (s *span) madeID(a, b *resp.Value) bool {
	of := func(v *resp.Value) *resp.Value {
		ms, _, _ := strings.Cut(string(v.Text), "-")
		return &resp.Value{Kind: v.Kind, Text: []byte(ms)}
	}
	return s.clock(of(a), of(b))
}

// kind accepts any two values of the same type.
func kind(a, b *resp.Value) bool { return a.Kind == b.Kind && a.Absent == b.Absent }

// anything accepts any two values, absent ones too.
func anything(_, _ *resp.Value) bool { return true }

// differ says where two replies differ, "" if they do not.
func (w *view) differ(a, b *resp.Value) string {
	x, _ := w.arranged(a)
	y, _ := w.arranged(b)
	return w.at("", -1, &x, &y)
}

func (w *view) at(name string, index int, a, b *resp.Value) string {
	if a.IsError() || b.IsError() {
		if a.Kind == b.Kind && w.masked(a) == w.masked(b) {
			return ""
		}
		return fmt.Sprintf("%.300q and %.300q", a.Text, b.Text)
	}
	for _, key := range []string{name, "#" + strconv.Itoa(index)} {
		if near := w.slack[key]; near != nil && (key != "" || index < 0) && near(a, b) {
			return ""
		}
	}
	switch {
	case a.Kind != b.Kind || a.Absent != b.Absent:
		return fmt.Sprintf("%s and %s", a.Kind, b.Kind)
	case len(a.Elems) == 0 && len(b.Elems) == 0:
		if x, y := w.masked(a), w.masked(b); x != y || a.Format != b.Format {
			return fmt.Sprintf("%.300q and %.300q", x, y)
		}
		return ""
	}
	return w.elements(a.Elems, b.Elems)
}

func (w *view) elements(a, b []resp.Value) string {
	for i := range min(len(a), len(b)) {
		name := ""
		if i > 0 && len(a[i-1].Elems) == 0 {
			name = string(a[i-1].Text)
		}
		if d := w.at(name, i, &a[i], &b[i]); d != "" {
			return fmt.Sprintf("[%d %.50s] %s", i, name, d)
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d and %d elements", len(a), len(b))
	}
	return ""
}

// arranged returns a value without the elements that only one server has, in an order that does not depend on the server, and its text.
func (w *view) arranged(v *resp.Value) (resp.Value, string) {
	if len(v.Elems) == 0 {
		return *v, fmt.Sprintf("%v %q ", v.Kind, w.masked(v))
	}
	step := 1
	if v.Kind == resp.KindMap || w.pairs {
		step = 2
	}
	type group struct {
		elems []resp.Value
		text  string
	}
	var groups []group
	for i := 0; i < len(v.Elems); i += step {
		elems := v.Elems[i:min(i+step, len(v.Elems))]
		if name := firstText(&elems[0]); slices.Contains(w.ownNames, name) {
			continue
		} else if len(elems[0].Elems) == 0 && slices.Contains(w.ownWords, name) {
			continue
		} else if len(elems[0].Elems) == 0 && slices.Contains(w.ownFields, name) {
			i += 2 - step // in RESP2 the value is the next element
			continue
		}
		var g group
		for i := range elems {
			e, text := w.arranged(&elems[i])
			g.elems = append(g.elems, e)
			g.text += text
		}
		groups = append(groups, g)
	}
	if w.unordered {
		slices.SortStableFunc(groups, func(a, b group) int { return strings.Compare(a.text, b.text) })
	}
	out := *v
	out.Elems = nil
	text := fmt.Sprint(v.Kind)
	for _, g := range groups {
		out.Elems = append(out.Elems, g.elems...)
		text += g.text
	}
	return out, text
}

// firstText is what an element is called: its text, or that of its first element.
func firstText(v *resp.Value) string {
	for len(v.Elems) > 0 {
		v = &v.Elems[0]
	}
	return string(v.Text)
}

func (w *view) masked(v *resp.Value) string {
	text := string(v.Text)
	if w.mask != nil {
		text = w.mask.ReplaceAllString(text, "~")
	}
	if w.bags {
		words := strings.Fields(text)
		slices.Sort(words)
		text = strings.Join(words, " ")
	}
	return text
}

// loose reports whether a rule compares less than all bytes of all replies.
func (r *rule) loose() bool {
	w := &r.view
	return w.mask != nil || w.slack != nil || w.unordered || w.bags || w.ownNames != nil || w.ownWords != nil || w.ownFields != nil || r.check != nil || r.copy != nil || r.firstLine || r.pushesApart
}
