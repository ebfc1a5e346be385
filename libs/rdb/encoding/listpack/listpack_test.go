package listpack

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// elements returns the list as a client sees it, walking forwards, and fails if
// the walk backwards differs.
func elements(t *testing.T, lp []byte) []string {
	t.Helper()
	if err := Validate(lp, true); err != nil {
		t.Fatalf("edit left an invalid listpack: %v", err)
	}
	var out, back []string
	for pos := First(lp); pos >= 0; pos = Next(lp, pos) {
		v, after := Read(lp, pos)
		out = append(out, string(v.Append(nil)))
		s, next := Short(lp, pos)
		if short := !v.IsInt && len(v.Str) < 64; short != (next > pos) || short && (string(s) != string(v.Str) || AtEnd(lp, next) != (after < 0) || after > 0 && next != after) {
			t.Fatalf("Short at %d of %q: %q, %d, Read goes to %d", pos, v.Append(nil), s, next, after)
		}
	}
	for pos := Last(lp); pos >= 0; pos = Prev(lp, pos) {
		back = append(back, string(Get(lp, pos).Append(nil)))
	}
	for i := range back {
		if back[i] != out[len(out)-1-i] {
			t.Fatalf("backwards %q, forwards %q", back, out)
		}
	}
	if len(back) != len(out) || Len(lp) != len(out) {
		t.Fatalf("%d forwards, %d backwards, Len %d", len(out), len(back), Len(lp))
	}
	return out
}

func randomElement(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return strings.Repeat("x", r.IntN(70))
	case 1:
		return strings.Repeat("y", []int{0, 63, 64, 126, 4095, 4096, 16377, 16378, 16379}[r.IntN(9)])
	case 2:
		return "0" + strconv.Itoa(r.IntN(10))
	case 3, 4:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	}
	return strconv.Itoa(r.IntN(300) - 20)
}

// TestModel applies random edits to a listpack and to a slice.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		lp, model := New(0), []string{}
		for step := range 150 {
			lp, model = randomEdit(r, lp, model)
			if got := elements(t, lp); fmt.Sprint(got) != fmt.Sprint(model) {
				t.Fatalf("seed %d step %d: have %q, want %q", seed, step, got, model)
			}
			probe(t, r, lp, model)
		}
	}
}

func randomEdit(r *rand.Rand, lp []byte, model []string) ([]byte, []string) {
	v := randomElement(r)
	n := len(model)
	if n == 0 || r.IntN(12) < 2 {
		return Append(lp, []byte(v)), append(model, v)
	}
	i := r.IntN(n)
	pos := Seek(lp, i)
	switch r.IntN(7) {
	case 0:
		return Prepend(lp, []byte(v)), append([]string{v}, model...)
	case 1:
		lp, _ = Insert(lp, pos, []byte(v))
		return lp, append(model[:i:i], append([]string{v}, model[i:]...)...)
	case 2, 3:
		lp, _ = Replace(lp, pos, []byte(v))
		model[i] = v
		return lp, model
	case 4:
		lp, next := Delete(lp, pos)
		if (next < 0) != (i == n-1) {
			panic("Delete returned the wrong next position")
		}
		return lp, append(model[:i:i], model[i+1:]...)
	case 5:
		count := r.IntN(4)
		return DeleteRange(lp, pos, count), append(model[:i:i], model[min(n, i+count):]...)
	}
	if r.IntN(2) == 0 {
		size := EntrySize([]byte(v))
		buf := append(make([]byte, size), lp...)
		if start := PrependAt(buf, size, []byte(v)); start != 0 {
			panic("PrependAt used more or less than EntrySize")
		}
		return DropFirst(buf, i+1), model[i:]
	}
	if r.IntN(2) == 0 {
		number := r.Int64() >> r.IntN(64)
		x := Extend(lp)
		x.Bytes([]byte(v))
		x.Int(number)
		x.Bytes([]byte("tail"))
		return x.Done(), append(model, v, strconv.FormatInt(number, 10), "tail")
	}
	other := Append(Append(New(0), []byte(v)), []byte("tail"))
	return Merge(lp, other), append(model, v, "tail")
}

func probe(t *testing.T, r *rand.Rand, lp []byte, model []string) {
	t.Helper()
	for _, i := range []int{r.IntN(len(model) + 1), -1 - r.IntN(len(model)+1)} {
		at := i
		if i < 0 {
			at += len(model)
		}
		pos := Seek(lp, i)
		if at < 0 || at >= len(model) {
			if pos != -1 {
				t.Fatalf("Seek(%d) of %d = %d", i, len(model), pos)
			}
			continue
		}
		if v := Get(lp, pos); !v.Equal([]byte(model[at])) || v.Size() != len(model[at]) {
			t.Fatalf("Seek(%d) found %q, want %q", i, v.Append(nil), model[at])
		}
		skip := r.IntN(3)
		want := -1
		for j := 0; j < len(model); j += skip + 1 {
			if model[j] == model[at] {
				want = Seek(lp, j)
				break
			}
		}
		if got := Find(lp, First(lp), []byte(model[at]), skip); got != want {
			t.Fatalf("Find(%q, skip %d) = %d, want %d", model[at], skip, got, want)
		}
	}
}

func TestParseIntTakesCanonicalFormOnly(t *testing.T) {
	for _, s := range []string{"0", "1", "-1", "127", "9223372036854775807", "-9223372036854775808"} {
		if n, ok := ParseInt([]byte(s)); !ok || strconv.FormatInt(n, 10) != s {
			t.Errorf("ParseInt(%q) = %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "-", "+1", "-0", "01", " 1", "1 ", "1a", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "18446744073709551616"} {
		if n, ok := ParseInt([]byte(s)); ok {
			t.Errorf("ParseInt(%q) = %d, want refusal", s, n)
		}
	}
}

func TestEntrySizeIsWhatAppendAdds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		v := []byte(randomElement(r))
		if got := len(Append(New(0), v)) - EmptySize; got != EntrySize(v) {
			t.Fatalf("%d bytes %.20q: Append takes %d, EntrySize says %d", len(v), v, got, EntrySize(v))
		}
	}
}

// TestCountOverflow crosses the limit of the header's 16-bit count both ways.
func TestCountOverflow(t *testing.T) {
	lp := New(1 << 18)
	for range 65534 {
		lp = AppendInt(lp, 1)
	}
	for n := 65534; n < 65540; n++ {
		if Len(lp) != n {
			t.Fatalf("Len = %d, want %d", Len(lp), n)
		}
		lp = AppendInt(lp, 1)
	}
	if pos := Seek(lp, 65539); pos != Last(lp) {
		t.Fatalf("Seek(65539) = %d, last is %d", pos, Last(lp))
	}
	lp = DeleteRange(lp, First(lp), 65530)
	if Len(lp) != 10 {
		t.Fatalf("Len = %d, want 10", Len(lp))
	}
	if err := Validate(lp, true); err != nil {
		t.Fatal(err)
	}
}

func TestEditsInPlaceWithinCapacity(t *testing.T) {
	buf := make([]byte, 64)
	lp := Append(Prepend(Init(buf), []byte("b")), []byte("c"))
	if &lp[0] != &buf[0] {
		t.Fatal("an edit within the capacity moved the listpack")
	}
}

func TestValidateNamesTheOffset(t *testing.T) {
	good := Append(Append(New(0), []byte("hello")), []byte("12345"))
	for _, c := range []struct {
		name string
		at   int
		b    byte
		want string
	}{
		{"total", 0, 99, "offset 0"},
		{"count", 4, 9, "offset 4"},
		{"encoding", 6, 0xF7, "offset 6"},
		{"string length", 6, 0xBF, "offset 6"},
		{"backlen", 12, 3, "offset 12"},
		{"cut 32-bit length", 13, 0xF0, "offset 13"},
		{"end mark", len(good) - 1, 0, "offset 17"},
	} {
		bad := bytes.Clone(good)
		bad[c.at] = c.b
		if err := Validate(bad, true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// FuzzValidate: what passes a deep check can be walked and edited.
func FuzzValidate(f *testing.F) {
	lp := New(0)
	for _, s := range []string{"a", "1", "-1", "4095", "70000", "-8388608", "2147483647", "9223372036854775807", strings.Repeat("z", 100), strings.Repeat("z", 4100)} {
		lp = Append(lp, []byte(s))
		f.Add(bytes.Clone(lp))
	}
	f.Fuzz(func(t *testing.T, lp []byte) {
		if Validate(lp, true) != nil {
			return
		}
		seen := elements(t, lp)
		again := New(0)
		for _, s := range seen {
			again = Append(again, []byte(s))
		}
		if got := elements(t, again); fmt.Sprint(got) != fmt.Sprint(seen) {
			t.Fatalf("re-encoding %q gives %q", seen, got)
		}
		if first := First(lp); first >= 0 {
			lp, _ = Replace(bytes.Clone(lp), first, []byte("replaced"))
			lp, _ = Delete(lp, Last(lp))
			elements(t, lp)
		}
	})
}

func TestNeedle(t *testing.T) {
	lp := New(0)
	words := []string{"a", "7", "b", "-7000", strings.Repeat("l", 100), "7", "07", strings.Repeat("m", 5000), "123456789012", "end"}
	for _, w := range words {
		lp = Append(lp, []byte(w))
	}
	for i, w := range words {
		s := NewNeedle([]byte(w))
		for from := 0; from <= i; from++ {
			want := from
			for words[want] != w {
				want++
			}
			at, passed := s.Find(lp, Seek(lp, from), 100)
			if at != Seek(lp, want) || passed != want-from || !s.At(lp, at) {
				t.Errorf("%.10q from %d: at %d after %d, want index %d", w, from, at, passed, want)
			}
			if at, passed := s.Find(lp, Seek(lp, from), want-from); at != -1 || passed != want-from {
				t.Errorf("%.10q from %d with limit %d: at %d after %d", w, from, want-from, at, passed)
			}
		}
	}
	s := NewNeedle([]byte("nope"))
	if at, passed := s.Find(lp, First(lp), 100); at != -1 || passed != len(words) {
		t.Errorf("missing: at %d after %d", at, passed)
	}
}
