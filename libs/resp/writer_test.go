package resp

import (
	"math"
	"strings"
	"testing"
)

func TestWriterReplies(t *testing.T) {
	for _, c := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"ok", func(w *Writer) { w.OK() }, "+OK\r\n", "+OK\r\n"},
		{"simple string", func(w *Writer) { w.SimpleString("QUEUED") }, "+QUEUED\r\n", "+QUEUED\r\n"},
		{"error", func(w *Writer) { w.Error("ERR a\r\nb\r\n") }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
		{"int", func(w *Writer) { w.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
		{"uint", func(w *Writer) { w.Uint(math.MaxUint64) }, ":18446744073709551615\r\n", ":18446744073709551615\r\n"},
		{"bulk", func(w *Writer) { w.Bulk([]byte("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"bulk int", func(w *Writer) { w.BulkInt(-42) }, "$3\r\n-42\r\n", "$3\r\n-42\r\n"},
		{"null", func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
		{"null array", func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
		{"array", func(w *Writer) { w.Array(10) }, "*10\r\n", "*10\r\n"},
		{"map", func(w *Writer) { w.Map(6) }, "*12\r\n", "%6\r\n"},
		{"set", func(w *Writer) { w.Set(3) }, "*3\r\n", "~3\r\n"},
		{"push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
		{"double", func(w *Writer) { w.Double(3.1) }, "$18\r\n3.1000000000000001\r\n", ",3.1000000000000001\r\n"},
		{"infinity", func(w *Writer) { w.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
		{"human double", func(w *Writer) { w.HumanDouble(0.5) }, "$3\r\n0.5\r\n", ",0.5\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"big number", func(w *Writer) { w.BigNumber("123") }, "$3\r\n123\r\n", "(123\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", "hi") }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"verbatim, odd format", func(w *Writer) { w.Verbatim("a", "hi") }, "$2\r\nhi\r\n", "=6\r\na  :hi\r\n"},
		{"raw", func(w *Writer) { w.Raw([]byte(":1\r\n")) }, ":1\r\n", ":1\r\n"},
	} {
		for proto, want := range map[int]string{2: c.resp2, 3: c.resp3} {
			w := Writer{Proto: proto}
			c.write(&w)
			if got := string(w.Buf); got != want {
				t.Errorf("%s, RESP%d: got %q, want %q", c.name, proto, got, want)
			}
		}
	}
}

func TestWriterInsertsHeaders(t *testing.T) {
	w := Writer{Proto: 3}
	w.OK()
	mark := w.Len()
	w.InsertArray(mark, 0)
	mark = w.Len()
	for range 12 {
		w.Int(7)
	}
	w.InsertArray(mark, 12)
	mark = w.Len()
	w.InsertMap(mark, 0)
	mark = w.Len()
	w.Int(1)
	w.InsertSet(mark, 1)
	want := "+OK\r\n*0\r\n*12\r\n" + strings.Repeat(":7\r\n", 12) + "%0\r\n~1\r\n:1\r\n"
	if got := string(w.Buf); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	w := Writer{Proto: 3, Buf: make([]byte, 0, 4096)}
	bulk := []byte("value")
	if n := testing.AllocsPerRun(100, func() {
		w.Buf = w.Buf[:0]
		w.Array(3)
		w.Bulk(bulk)
		w.BulkInt(123456)
		w.Double(3.25)
		w.HumanDouble(3.25)
		mark := w.Len()
		w.Null()
		w.InsertMap(mark, 1)
		w.Error("ERR no")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
