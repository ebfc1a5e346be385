package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lockstep-db/lockstep/libs/resp"
)

func cmd(args ...string) string { return string(resp.AppendCommand(nil, args...)) }

// scan reads all records and returns them in one word each, and how it ended.
func scan(r io.Reader, offset int64) (words []string, s *Scanner, err error) {
	s = NewScanner(r, offset)
	for {
		rec, err := s.Next()
		if err != nil {
			return words, s, err
		}
		word := strings.TrimRight(string(rec.Raw), "\r\n")
		if rec.Args != nil {
			word = string(bytes.Join(rec.Args, []byte(" ")))
		}
		if rec.Multi {
			word = "|" + word
		}
		words = append(words, fmt.Sprintf("%d:%s", rec.Start, word))
	}
}

func TestScannerRecords(t *testing.T) {
	file := cmd("SELECT", "0") + "#TS:17\r\n" + cmd("multi") + cmd("SET", "k", "a\r\nb") + "#other\n" + cmd("EXEC") + cmd("DEL", "k")
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(file), "by byte": iotest.OneByteReader(strings.NewReader(file))} {
		words, s, err := scan(r, 100)
		if err != io.EOF {
			t.Fatalf("%s: %v", name, err)
		}
		want := "100:SELECT 0,123:#TS:17,131:|multi,146:|SET k a\r\nb,176:|#other,183:|EXEC,197:DEL k"
		if got := strings.Join(words, ","); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if end := 100 + int64(len(file)); s.Cut() != end || s.Offset() != end {
			t.Errorf("%s: cut %d, offset %d, want %d", name, s.Cut(), s.Offset(), end)
		}
	}
}

// Every prefix of a good file is truncated, never corrupt, and its cut point is the last end of a record outside of transactions.
func TestEveryTruncationIsCut(t *testing.T) {
	records := []string{cmd("SELECT", "0"), "#TS:17\r\n", cmd("SET", "k", strings.Repeat("v", 300)), cmd("MULTI") + cmd("DEL", "k") + "#POS:none\r\n" + cmd("EXEC"), cmd("PING")}
	file := strings.Join(records, "")
	ends := map[int]bool{0: true}
	at := 0
	for _, r := range records {
		at += len(r)
		ends[at] = true
	}
	last := 0
	for n := range len(file) + 1 {
		if ends[n] {
			last = n
		}
		_, s, err := scan(strings.NewReader(file[:n]), 0)
		if ends[n] != (err == io.EOF) || err != io.EOF && !Truncated(err) {
			t.Fatalf("of %d bytes: %v", n, err)
		}
		if s.Cut() != int64(last) {
			t.Fatalf("of %d bytes: cut %d, want %d", n, s.Cut(), last)
		}
	}
}

func TestScannerFaults(t *testing.T) {
	good := cmd("SET", "a", "b")
	n := int64(len(good))
	for _, c := range []struct {
		tail, reason string
		offset       int64
		truncated    bool
	}{
		{"x", "Expected prefix '*', got: 'x'", n, false},
		{"*1\n$4\r\nPING\r\n", `Expected \r\n, got: 0a00`, n, false},
		{"*x\r\n", `Expected \r\n, got: 780d`, n, false},
		{"*\r\n", `Expected a number, got: ""`, n, false},
		{"*0\r\n", "Expected to read a command of 0 arguments, which is not in the suitable range", n, false},
		{"*1\r\n:4\r\n", "Expected prefix '$', got: ':'", n + 4, false},
		{"*1\r\n$-1\r\n", "Expected to read string of -1 bytes, which is not in the suitable range", n + 4, false},
		{"*1\r\n$4\r\nPINGxx", `Expected \r\n, got: 7878`, n + 8, false},
		{"*1\r\n$99999999999999999999\r\n", `Expected \r\n, got: 3939`, n + 4, false},
		{"*1", `Expected \r\n, got: 0000`, n, true},
		{"*1\r", `Expected \r\n, got: 0d00`, n, true},
		{"*1\r\n", "", n + 4, true},
		{"*1\r\n$400000000000\r\nPI", "Expected to read 400000000002 bytes, got 2 bytes", n + 19, true},
		{cmd("MULTI") + cmd("MULTI"), "Unexpected MULTI in AOF", n + 23, false},
		{cmd("EXEC"), "Unexpected EXEC in AOF", n + 8, false},
		{cmd("MULTI") + cmd("GET", "key"), "Reached EOF before reading EXEC for MULTI", n + 15 + 17, true},
		{"#" + strings.Repeat("x", 1022) + "\n", "Annotation longer than 1023 bytes", n, false},
		{"*" + strings.Repeat("1", 200), `Expected \r\n, got: 3131`, n, false},
	} {
		_, s, err := scan(strings.NewReader(good+c.tail), 0)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40q: %v", c.tail, err)
			continue
		}
		if syntax.Reason != c.reason || syntax.Offset != c.offset || Truncated(err) != c.truncated || s.Cut() != n {
			t.Errorf("%.40q: got %q at %d, truncated %t, cut %d; want %q at %d, %t, %d", c.tail, syntax.Reason, syntax.Offset, Truncated(err), s.Cut(), c.reason, c.offset, c.truncated, n)
		}
		if _, again := s.Next(); again != err {
			t.Errorf("%.40q: the error did not stay: %v", c.tail, again)
		}
	}
}

func TestScannerMemory(t *testing.T) {
	// A length that lies costs no memory.
	s := NewScanner(strings.NewReader("*1\r\n$100000000000\r\nabc"), 0)
	if _, err := s.Next(); !Truncated(err) || len(s.buf) != scanBuffer {
		t.Errorf("error %v, %d bytes of buffer", err, len(s.buf))
	}
	// A large record's memory is given back, and none is needed for a small one.
	s = NewScanner(strings.NewReader(cmd("SET", "k", strings.Repeat("x", 8<<20))+strings.Repeat(cmd("SET", "k", "v"), 1<<20)), 0)
	for i := 0; ; i++ {
		rec, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil || string(rec.Args[0]) != "SET" {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if len(s.buf) != scanBuffer {
		t.Errorf("%d bytes of buffer at the end", len(s.buf))
	}
	if n := testing.AllocsPerRun(1, func() {
		s := NewScanner(strings.NewReader(strings.Repeat(cmd("SET", "k", "v"), 1000)), 0)
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
	}); n > 20 {
		t.Errorf("%v allocations for 1000 records", n)
	}
}

func TestScannerReadError(t *testing.T) {
	want := errors.New("disk on fire")
	r := io.MultiReader(strings.NewReader(cmd("PING")+"*1\r"), iotest.ErrReader(want))
	if _, _, err := scan(r, 0); !errors.Is(err, want) || Truncated(err) {
		t.Errorf("got %v", err)
	}
}

// FuzzScanner: no input panics, records follow each other without gap, what is read as commands reads the same when written again.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{cmd("SET", "a", "b"), "#TS:1\r\n" + cmd("MULTI") + cmd("DEL", "k") + cmd("EXEC"), "*1\r\n$100\r\nx", "*-1\r\n", "#\n", "*1\n", "REDIS0010"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewScanner(bytes.NewReader(b), 0)
		var at int64
		for {
			rec, err := s.Next()
			if err != nil {
				var syntax *SyntaxError
				if err != io.EOF && (!errors.As(err, &syntax) || syntax.Offset > int64(len(b))) {
					t.Fatalf("error %v of %d bytes", err, len(b))
				}
				if (err == io.EOF) != (s.Cut() == int64(len(b))) && len(b) > 0 && err == io.EOF {
					t.Fatalf("whole, but cut at %d of %d", s.Cut(), len(b))
				}
				if s.Cut() > at {
					t.Fatalf("cut %d beyond the last record's end %d", s.Cut(), at)
				}
				return
			}
			if rec.Start != at || !bytes.Equal(rec.Raw, b[at:at+int64(len(rec.Raw))]) {
				t.Fatalf("record at %d says %d, %q", at, rec.Start, rec.Raw)
			}
			at += int64(len(rec.Raw))
			if rec.Args != nil {
				again := NewScanner(bytes.NewReader(resp.AppendCommand(nil, rec.Args...)), 0)
				if got, err := again.Next(); !bytes.EqualFold(rec.Args[0], []byte("exec")) && (err != nil || !equal(got.Args, rec.Args)) {
					t.Fatalf("written again: %v", err)
				}
			}
		}
	})
}

func equal(a, b [][]byte) bool {
	return bytes.Equal(bytes.Join(a, []byte{0}), bytes.Join(b, []byte{0})) && len(a) == len(b)
}

func BenchmarkScanner(b *testing.B) {
	file := strings.Repeat(cmd("SET", "key:000000123456", strings.Repeat("v", 16)), 100_000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		s := NewScanner(strings.NewReader(file), 0)
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
	}
}
