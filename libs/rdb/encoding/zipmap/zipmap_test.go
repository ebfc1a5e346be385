package zipmap

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadKnownBytes(t *testing.T) {
	// hash-zipmap.rdb, then one with unused bytes and a long value.
	long := strings.Repeat("v", 300)
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"\x02\x02f1\x02\x00v1\x02f2\x02\x00v2\xff", []string{"f1", "v1", "f2", "v2"}},
		{"\x00\xff", nil},
		{"\xfe\x01a\x01\x03b\xff\xff\xff\x01c\xfe\x2c\x01\x00\x00\x00" + long + "\xff", []string{"a", "b", "c", long}},
	} {
		zm := []byte(c.in)
		if n, err := Validate(zm); n != len(c.want)/2 || err != nil {
			t.Fatalf("%.20q: %d pairs, %v", c.in, n, err)
		}
		var got []string
		for pos := First(zm); pos >= 0; {
			var f, v []byte
			f, v, pos = Read(zm, pos)
			got = append(got, string(f), string(v))
		}
		if strings.Join(got, ",") != strings.Join(c.want, ",") {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestValidateRefusesBadInput(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"\x00", "less than"},
		{"\x01\x01a\x01\x00b", "end mark expected"},
		{"\x01\x01a\x01\x00b\xffx", "end mark expected"},
		{"\x01\x01a\xff", "field without a value"},
		{"\x01\x05a\xff", "exceeds"},
		{"\x01\x01a\x01\x09b\xff", "exceeds"},
		{"\x01\x01a\xfe\x01", "cut short"},
		{"\x01\xfe\xff\xff\xff\xffa\x01\x00b\xff", "exceeds"},
		{"\x02\x01a\x01\x00b\xff", "says 2 pairs, found 1"},
		{"\x01\x01a", "cut short"},
	} {
		if _, err := Validate([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.in, err, c.want)
		}
	}
}

func FuzzValidate(f *testing.F) {
	f.Add([]byte("\x02\x02f1\x02\x00v1\x02f2\x02\x00v2\xff"))
	f.Add([]byte("\x01\x01a\x01\x03bzzz\xff"))
	f.Fuzz(func(t *testing.T, zm []byte) {
		pairs, err := Validate(zm)
		if err != nil {
			return
		}
		seen := 0
		for pos := First(zm); pos >= 0; seen++ {
			var field, value []byte
			field, value, pos = Read(zm, pos)
			if !bytes.Contains(zm, field) || !bytes.Contains(zm, value) {
				t.Fatal("strings that are not in the input")
			}
		}
		if seen != pairs {
			t.Fatalf("Validate counts %d pairs, the walk %d", pairs, seen)
		}
	})
}
