package number

import (
	"math"
	"testing"
)

// The texts of these tables are the answers of redis-server 7.0.15 to ZSCORE.
func TestFormatDouble(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{3, "3"}, {-3, "-3"}, {0, "0"}, {math.Copysign(0, -1), "-0"},
		{3.1, "3.1000000000000001"}, {0.1, "0.10000000000000001"},
		{1e15, "1000000000000000"}, {1e16, "10000000000000000"},
		{1e17, "1e+17"}, {1e20, "1e+20"}, {123456789012345678, "1.2345678901234568e+17"},
		{9007199254740992, "9007199254740992"}, {4503599627370497, "4503599627370497"},
		{1e-4, "0.0001"}, {1e-5, "1.0000000000000001e-05"}, {1.5e300, "1.5000000000000001e+300"},
		{12345.678, "12345.678"}, {1e-320, "9.9998886718268301e-321"}, {0.5, "0.5"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"},
	} {
		if got := string(FormatDouble([]byte("x"), c.f)); got != "x"+c.want {
			t.Errorf("%v: got %s, want %s", c.f, got[1:], c.want)
		}
	}
}

func TestFormatHuman(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{3, "3"}, {10, "10"}, {0.1, "0.10000000000000001"}, {1e-18, "0"}, {-1e-18, "0"}, {0, "0"},
		{13.361389338970184, "13.36138933897018433"}, {1e20, "100000000000000000000"}, {math.Inf(-1), "-inf"},
	} {
		if got := string(FormatHuman(nil, c.f)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.f, got, c.want)
		}
	}
}

// The texts of this table are the answers of redis-server 7.0.15 to SET k a,
// INCRBYFLOAT k b.
func TestLongDoubleAdd(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"0.1", "0.2", "0.3"}, {"3", "1.1", "4.1"}, {"1.0", "-1.1", "-0.1"}, {"10.50", "0.1", "10.6"},
		{"5.0e3", "200", "5200"}, {"17179869184", "1.5", "17179869185.5"},
		{"1", "1e20", "100000000000000000000"}, {"0", "1e30", "1000000000000000000024696061952"},
		{"0", "0x10", "16"}, {"0", "0x1p3", "8"}, {"0", "010", "10"}, {"0", ".5", "0.5"}, {"0", "5.", "5"},
		{"0", "+1", "1"}, {"0", "-0", "0"}, {"0", "1e-30", "0"}, {"0", "-5e-18", "0"}, {"0", "5e-4951", "0"},
		{"0", "99999999999999999999.123456789", "100000000000000000000"},
		{"123456789.987654321", "1e-9", "123456789.98765432199434144"},
	} {
		a, ok := ParseLongDouble([]byte(c.a))
		b, ok2 := ParseLongDouble([]byte(c.b))
		sum, ok3 := a.Add(b)
		if !ok || !ok2 || !ok3 {
			t.Errorf("%s+%s: refused (%v %v %v)", c.a, c.b, ok, ok2, ok3)
			continue
		}
		got := string(sum.Append(nil))
		if got != c.want {
			t.Errorf("%s+%s: got %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestParseLongDoubleRefuses(t *testing.T) {
	for _, s := range []string{
		"", " 1", "1 ", "nan", "-nan", "1e5000", "1e-5000", "1_0", "0b1", "1e", "0x", "1\x00", "\t1", "1e4933",
		"1e-4960", "1p3", ".", "-", "+", "--1", "1e+", "0x1e+1", "infinite", "1e999999999999999999999",
	} {
		if x, ok := ParseLongDouble([]byte(s)); ok {
			t.Errorf("%q: read as %s", s, x.Append(nil))
		}
	}
}

func TestLongDoubleInfinity(t *testing.T) {
	inf, ok := ParseLongDouble([]byte("-Infinity"))
	if !ok || string(inf.Append(nil)) != "-inf" {
		t.Fatalf("got %s, %v", inf.Append(nil), ok)
	}
	if _, ok := (LongDouble{}).Add(inf); ok {
		t.Error("0 + -inf is finite")
	}
	big, _ := ParseLongDouble([]byte("1e4932"))
	if _, ok := big.Add(big); !ok {
		t.Log("2e4932 overflows")
	} else {
		t.Error("2e4932 fits")
	}
}

func FuzzParseLongDouble(f *testing.F) {
	for _, s := range []string{"1", "-0.5e3", "0x.8p-1", "inf", "1e4932", "1__2", "1e-99999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		x, ok := ParseLongDouble(text)
		if !ok {
			return
		}
		printed := x.Append(nil)
		again, ok := ParseLongDouble(printed)
		if !ok {
			t.Fatalf("%q printed as %q, which is refused", text, printed)
		}
		if twice := again.Append(nil); len(printed) < 18 && string(twice) != string(printed) {
			t.Fatalf("%q, then %q", printed, twice)
		}
	})
}
