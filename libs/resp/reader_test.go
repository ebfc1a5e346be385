package resp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReaderValues(t *testing.T) {
	text := func(k Kind, s string) Value { return Value{Kind: k, Text: []byte(s)} }
	number := func(n int64, s string) Value { return Value{Kind: KindInt, Int: n, Text: []byte(s)} }
	for _, c := range []struct {
		in   string
		want Value
	}{
		{"+OK\r\n", text(KindSimpleString, "OK")},
		{"-ERR no\r\n", text(KindError, "ERR no")},
		{":-12\r\n", number(-12, "-12")},
		{"$5\r\na\r\nbc\r\n", text(KindBulk, "a\r\nbc")},
		{"$0\r\n\r\n", text(KindBulk, "")},
		{"$-1\r\n", Value{Kind: KindBulk, Absent: true}},
		{"*-1\r\n", Value{Kind: KindArray, Absent: true}},
		{"*0\r\n", Value{Kind: KindArray, Elems: []Value{}}},
		{"*2\r\n:1\r\n*1\r\n$1\r\na\r\n", Value{Kind: KindArray, Elems: []Value{
			number(1, "1"), {Kind: KindArray, Elems: []Value{text(KindBulk, "a")}}}}},
		{"_\r\n", text(KindNull, "")},
		{",3.5\r\n", Value{Kind: KindDouble, Float: 3.5, Text: []byte("3.5")}},
		{",-inf\r\n", Value{Kind: KindDouble, Float: math.Inf(-1), Text: []byte("-inf")}},
		{"#t\r\n", Value{Kind: KindBool, Int: 1, Text: []byte("t")}},
		{"#f\r\n", Value{Kind: KindBool, Text: []byte("f")}},
		{"(-123456789012345678901234567890\r\n", text(KindBigNumber, "-123456789012345678901234567890")},
		{"!6\r\nERR no\r\n", text(KindBlobError, "ERR no")},
		{"=6\r\ntxt:hi\r\n", Value{Kind: KindVerbatim, Format: "txt", Text: []byte("hi")}},
		{"%1\r\n+k\r\n:1\r\n", Value{Kind: KindMap, Elems: []Value{text(KindSimpleString, "k"), number(1, "1")}}},
		{"~1\r\n:1\r\n", Value{Kind: KindSet, Elems: []Value{number(1, "1")}}},
		{">1\r\n+m\r\n", Value{Kind: KindPush, Elems: []Value{text(KindSimpleString, "m")}}},
		{"|1\r\n+k\r\n:2\r\n:1\r\n", Value{Kind: KindInt, Int: 1, Text: []byte("1"),
			Attributes: []Value{text(KindSimpleString, "k"), number(2, "2")}}},
	} {
		for _, src := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			r := NewReader(src)
			got, err := r.Read()
			if err != nil || !reflect.DeepEqual(normal(got), normal(c.want)) {
				t.Errorf("%q: got %+v, %v", c.in, got, err)
			}
			if _, err := r.Read(); err != io.EOF {
				t.Errorf("%q: then %v", c.in, err)
			}
		}
	}
}

// normal makes nil and empty slices alike.
func normal(v Value) Value {
	if len(v.Text) == 0 {
		v.Text = nil
	}
	if len(v.Elems) == 0 {
		v.Elems = nil
	}
	for i := range v.Elems {
		v.Elems[i] = normal(v.Elems[i])
	}
	return v
}

func TestReaderErrorsSayWhere(t *testing.T) {
	for _, c := range []struct {
		in     string
		offset int64
		reason string
	}{
		{"+OK\r\nx\r\n", 5, "unknown type 'x'"},
		{"\r\n", 0, "empty line"},
		{"+OK\n", 0, `line ends without \r\n`},
		{"$x\r\n", 0, "invalid length of bulk string: \"x\""},
		{"%-1\r\n", 0, "invalid length of map: \"-1\""},
		{"*?\r\n", 0, "invalid length of array: \"?\""},
		{"$600000000\r\n", 0, "bulk string of 600000000 bytes, the limit is 536870912"},
		{"*1\r\n:1x\r\n", 4, "invalid integer: \"1x\""},
		{"#x\r\n", 0, "invalid boolean: \"x\""},
		{"(1a\r\n", 0, "invalid big number: \"1a\""},
		{",\r\n", 0, "invalid double: \"\""},
		{"=2\r\nab\r\n", 0, "verbatim string without format"},
		{"$1\r\nabc\r\n", 5, "no line break behind a string"},
		{"*2000000000\r\n", 0, "array of 2000000000 elements is too large"},
		{strings.Repeat("*1\r\n", 65) + ":1\r\n", 256, "nested deeper than 64"},
		{strings.Repeat("|0\r\n", 65) + ":1\r\n", 256, "nested deeper than 64"},
		{"$5\r\nab", 6, "string cut short: unexpected EOF"},
		{"*2\r\n:1\r\n", 8, "aggregate cut short: unexpected EOF"},
		{"+O", 2, "line cut short: unexpected EOF"},
		{"+" + strings.Repeat("x", 2<<20) + "\r\n", 0, "line longer than 1048576 bytes"},
	} {
		r := NewReader(strings.NewReader(c.in))
		var err error
		for err == nil {
			_, err = r.Read()
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.20q: got %v", c.in, err)
			continue
		}
		reason := syntax.Reason
		if syntax.Err != nil {
			reason += ": " + syntax.Err.Error()
		}
		if syntax.Offset != c.offset || reason != c.reason {
			t.Errorf("%.20q: got %v, want offset %d, %s", c.in, err, c.offset, c.reason)
		}
	}
}

func TestReaderStreamsBody(t *testing.T) {
	big := strings.Repeat("abc", 100000)
	src := bufio.NewReader(strings.NewReader("$300000\r\n" + big + "\r\n$3\r\nabc\r\n+OK\r\nrest"))
	r := NewReader(src)
	h, err := r.ReadHeader()
	if err != nil || h.Kind != KindBulk || h.Len != 300000 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if got, err := io.ReadAll(r.Body()); err != nil || string(got) != big {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if h, err = r.ReadHeader(); err != nil || h.Len != 3 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if v, err := r.Read(); err != nil || string(v.Text) != "OK" {
		t.Fatalf("behind an unread body: %+v, %v", v, err)
	}
	if rest, _ := io.ReadAll(src); string(rest) != "rest" {
		t.Errorf("%q is left", rest)
	}
}

func TestReaderLongLinesAndBulks(t *testing.T) {
	line, bulk := strings.Repeat("e", 100000), strings.Repeat("b", 3<<20)
	w := Writer{}
	w.Error(line)
	w.BulkString(bulk)
	r := NewReader(bytes.NewReader(w.Buf))
	if v, err := r.Read(); err != nil || v.Err().Error() != line {
		t.Errorf("line: %v", err)
	}
	if v, err := r.Read(); err != nil || string(v.Text) != bulk {
		t.Errorf("bulk: %v", err)
	}
}

func TestReplyErrorCode(t *testing.T) {
	if got := ReplyError("MOVED 1 a:2").Code(); got != "MOVED" {
		t.Errorf("got %s", got)
	}
	if got := ReplyError("LOADING").Code(); got != "LOADING" {
		t.Errorf("got %s", got)
	}
}

func TestAppendCommandIsParsed(t *testing.T) {
	got := parseAll(&Parser{}, AppendCommand(AppendCommand(nil, "SET", "k", "a\r\nb"), []byte("PING")))
	if want := [][]string{{"SET", "k", "a\r\nb"}, {"PING"}}; !reflect.DeepEqual(got.Requests, want) {
		t.Errorf("got %q", got.Requests)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"+OK\r\n", "-ERR x\r\n", ":1\r\n", "$3\r\nabc\r\n", "*2\r\n:1\r\n$-1\r\n", "%1\r\n+a\r\n_\r\n", "|1\r\n+a\r\n#t\r\n,1.5\r\n",
		"=5\r\ntxt:a\r\n", "~1\r\n(12\r\n", ">1\r\n!1\r\nx\r\n", "*1000000000\r\n", "$536870912\r\nx",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, werr := readAll(bytes.NewReader(stream))
		pieces, perr := readAll(iotest.OneByteReader(bytes.NewReader(stream)))
		if !reflect.DeepEqual(whole, pieces) && !bytes.Contains(stream, []byte("nan")) {
			t.Fatalf("whole %+v, byte by byte %+v", whole, pieces)
		}
		if werr.Error() != perr.Error() {
			t.Fatalf("whole %v, byte by byte %v", werr, perr)
		}
	})
}

func readAll(src io.Reader) (values []Value, err error) {
	r := NewReader(src)
	for {
		v, err := r.Read()
		if err != nil {
			return values, err
		}
		values = append(values, v)
	}
}
