package resp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// parsed is what a stream of bytes holds.
type parsed struct {
	Requests [][]string
	Raw      string // of all requests and blanks
	Reason   string
}

// parseAll feeds the pieces one by one. Each piece is overwritten once the
// parser must have let go of it.
func parseAll(p *Parser, pieces ...[]byte) parsed {
	var out parsed
	for _, piece := range pieces {
		piece = bytes.Clone(piece)
		p.Feed(piece)
		for done := false; !done; {
			args, status := p.Next()
			switch status {
			case NeedMore:
				done = true
				for i := range piece {
					piece[i] = '!'
				}
			case Request:
				words := []string{}
				for _, a := range args {
					words = append(words, string(a))
				}
				out.Requests = append(out.Requests, words)
				out.Raw += string(p.Raw())
			case Blank:
				out.Raw += string(p.Raw())
			case Broken:
				out.Reason = p.Err().Reason
				return out
			}
		}
	}
	return out
}

func TestParserRequests(t *testing.T) {
	for _, c := range []struct {
		in   string
		want [][]string
	}{
		{"*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}},
		{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\nPING\r\n", [][]string{{"SET", "k", "a\r\nb"}, {"PING"}}},
		{"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}},
		{"*0\r\n*-1\r\n*1\r\n$1\r\na\r\n", [][]string{{"a"}}},
		{"\n*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}},
		{"\r\n\r\n  \r\nPING\n", [][]string{{"PING"}}},
		{"*1\rX$4\rXPING\rX*1\r\n$1\r\na\r\n", [][]string{{"PING"}, {"a"}}},
		{"*1\r\n$4\r\nPINGxxPING\r\n", [][]string{{"PING"}, {"PING"}}},
		{"echo \"\\x41\\n\\q\\\"\" \r\n", [][]string{{"echo", "A\nq\""}}},
		{"echo 'a\\'b\\n'\r\n", [][]string{{"echo", "a'b\\n"}}},
		{"echo foo\"bar\"\r\n", [][]string{{"echo", "foobar"}}},
		{"echo a\x0bb\r\n\x0becho a\r\n", [][]string{{"echo", "a\vb"}, {"echo", "a"}}},
		{"echo \"\"\r\n", [][]string{{"echo", ""}}},
		{"-1\r\n", [][]string{{"-1"}}},
		{"*1\n$4\nPING\n", nil},
	} {
		got := parseAll(&Parser{}, []byte(c.in))
		if !reflect.DeepEqual(got.Requests, c.want) || got.Reason != "" {
			t.Errorf("%q: got %q, %s, want %q", c.in, got.Requests, got.Reason, c.want)
		}
	}
}

// The reasons are those of redis-server 7.0.15 for the same bytes.
func TestParserRefuses(t *testing.T) {
	long := strings.Repeat("1", 70000)
	for _, c := range []struct{ in, reason string }{
		{"*abc\r\n", "invalid multibulk length"},
		{"*\r\n", "invalid multibulk length"},
		{"*01\r\n", "invalid multibulk length"},
		{"*+1\r\n", "invalid multibulk length"},
		{"*1 \r\n", "invalid multibulk length"},
		{"*2147483648\r\n", "invalid multibulk length"},
		{"*99999999999999999999\r\n", "invalid multibulk length"},
		{"*1\r\n$abc\r\n", "invalid bulk length"},
		{"*1\r\n$-1\r\n", "invalid bulk length"},
		{"*1\r\n$\r\n", "invalid bulk length"},
		{"*1\r\n$01\r\n", "invalid bulk length"},
		{"*1\r\n$536870913\r\n", "invalid bulk length"},
		{"*2\r\n$4\r\nECHO\r\n$-5\r\n", "invalid bulk length"},
		{"*1\r\nfoo\r\n", "expected '$', got 'f'"},
		{"*1\r\n\r\n", "expected '$', got '\r'"},
		{"*1\r\n\xff\r\n", "expected '$', got '\xff'"},
		{"*" + long, "too big mbulk count string"},
		{"*1\r\n$" + long, "too big bulk count string"},
		{long, "too big inline request"},
		{"set a \"b\r\n", "unbalanced quotes in request"},
		{"set a 'b\r\n", "unbalanced quotes in request"},
		{"set a \"b\"c\r\n", "unbalanced quotes in request"},
		{"PING\r\n*x\r\nPING\r\n", "invalid multibulk length"},
	} {
		p := &Parser{}
		got := parseAll(p, []byte(c.in))
		if got.Reason != c.reason {
			t.Errorf("%.40q: got %q, want %q", c.in, got.Reason, c.reason)
		}
		p.Feed([]byte("PING\r\n"))
		if _, status := p.Next(); status != Broken {
			t.Errorf("%.40q: %v after the error", c.in, status)
		}
	}
}

func TestParserLimits(t *testing.T) {
	p := &Parser{Unauthenticated: true}
	if got := parseAll(p, []byte("*11\r\n")); got.Reason != "unauthenticated multibulk length" {
		t.Errorf("got %q", got.Reason)
	}
	p.Reset()
	if got := parseAll(p, []byte("*10\r\n$16384\r\n")); got.Reason != "" {
		t.Errorf("got %q", got.Reason)
	}
	p.Reset()
	if got := parseAll(p, []byte("*10\r\n$16385\r\n")); got.Reason != "unauthenticated bulk length" {
		t.Errorf("got %q", got.Reason)
	}
	p = &Parser{MaxBulk: -1}
	if got := parseAll(p, []byte("*1\r\n$5368709130\r\n")); got.Reason != "" {
		t.Errorf("without bound: got %q", got.Reason)
	}
	for _, unauthenticated := range []bool{false, true} { // the quick way and the slow one
		for length, reason := range map[string]string{"300": "", "301": "invalid bulk length"} {
			p = &Parser{MaxBulk: 300, Unauthenticated: unauthenticated}
			if got := parseAll(p, []byte("*1\r\n$"+length+"\r\n")); got.Reason != reason {
				t.Errorf("%s bytes where 300 are allowed: got %q", length, got.Reason)
			}
		}
	}
	p = &Parser{Unauthenticated: true}
	p.Feed([]byte("auth x\r\n*11\r\n"))
	p.Next()
	p.Unauthenticated = false
	if _, status := p.Next(); status != NeedMore {
		t.Errorf("authenticated within the pipeline: %v, %v", status, p.Err())
	}
}

// TestParserSplits holds that the boundaries of reads have no meaning.
func TestParserSplits(t *testing.T) {
	stream := []byte("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$12\r\nhello\r\nworld\r\n" +
		"\nPING\r\n*0\r\n  echo \"a b\"\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*1\rX$1\rXa\rX" +
		"*2\r\n$4\r\necho\r\n$300\r\n" + strings.Repeat("z", 300) + "\r\nget a\r\n*1\r\n$-2\r\n")
	whole := parseAll(&Parser{}, stream)
	if len(whole.Requests) != 7 || whole.Reason != "invalid bulk length" {
		t.Fatalf("whole: %q", whole)
	}
	if !bytes.HasPrefix(stream, []byte(whole.Raw)) {
		t.Errorf("raw differs from the stream: %q", whole.Raw)
	}
	for cut := range stream {
		if got := parseAll(&Parser{}, stream[:cut], stream[cut:]); !reflect.DeepEqual(got, whole) {
			t.Fatalf("cut at %d: got %q", cut, got)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		if got := parseAll(&Parser{}, randomCuts(random, stream)...); !reflect.DeepEqual(got, whole) {
			t.Fatalf("got %q", got)
		}
	}
}

func randomCuts(random *rand.Rand, b []byte) (pieces [][]byte) {
	most := 1 + random.IntN(40)
	for len(b) > 0 {
		n := min(1+random.IntN(most), len(b))
		pieces, b = append(pieces, b[:n]), b[n:]
	}
	return pieces
}

func TestParserHold(t *testing.T) {
	p := &Parser{}
	data := []byte("PING\r\nget a\r\nge")
	p.Feed(data)
	p.Next()
	p.Hold()
	copy(data, "!!!!!!!!!!!!!!!!!!!!")
	if p.Buffered() != len("get a\r\nge") {
		t.Errorf("buffered %d", p.Buffered())
	}
	p.Feed([]byte("t b\r\n*1\r\n$1\r\nx"))
	p.Feed([]byte("\r\nquit\r\n"))
	p.Hold()
	var got [][]string
	for {
		args, status := p.Next()
		if status == NeedMore {
			break
		}
		got = append(got, []string{string(bytes.Join(args, []byte(" ")))})
	}
	if want := [][]string{{"get a"}, {"get b"}, {"x"}, {"quit"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if p.Buffered() != 0 {
		t.Errorf("%d bytes left", p.Buffered())
	}
}

func TestParserBigArgument(t *testing.T) {
	const size = 10 << 20
	p := &Parser{}
	p.Feed(fmt.Appendf(nil, "*2\r\n$4\r\nECHO\r\n$%d\r\n", size))
	if _, status := p.Next(); status != NeedMore || cap(p.own) > 2*keepBuffer {
		t.Fatalf("%v, a header reserved %d bytes", status, cap(p.own))
	}
	piece := bytes.Repeat([]byte("x"), 16*1024)
	grown := 0
	for sent := 0; sent < size; sent += len(piece) {
		before := cap(p.own)
		p.Feed(piece)
		if _, status := p.Next(); status != NeedMore {
			t.Fatal(status)
		}
		if cap(p.own) != before {
			grown++
		}
	}
	if p.Buffered() < size || grown > 3 {
		t.Errorf("buffered %d, grown %d times", p.Buffered(), grown)
	}
	p.Feed([]byte("\r\nPING\r\n"))
	args, status := p.Next()
	if status != Request || len(args[1]) != size || p.ArgsSize() != size+4 {
		t.Fatalf("%v, %d arguments", status, len(args))
	}
	if args, status = p.Next(); status != Request || string(args[0]) != "PING" {
		t.Fatalf("then %v", status)
	}
	if p.Next(); p.Free() > keepBuffer {
		t.Errorf("%d bytes kept", p.Free())
	}
}

func TestParserKeepsBufferInUse(t *testing.T) {
	p := &Parser{}
	big := fmt.Appendf(nil, "*1\r\n$200000\r\n%s\r\n", strings.Repeat("x", 200000))
	feed := func(b []byte) {
		p.Feed(b[:len(b)/2])
		p.Next()
		p.Feed(b[len(b)/2:])
		p.Next()
		p.Next()
	}
	feed(big)
	own := &p.own[:1][0]
	feed(big)
	if &p.own[:1][0] != own {
		t.Error("the buffer was not used again")
	}
	for range keepRequests {
		feed([]byte("*1\r\n$4\r\nPING\r\n"))
	}
	if p.Free() > keepBuffer {
		t.Errorf("%d bytes kept after small requests", p.Free())
	}
	p.Release()
	if p.Free() != 0 {
		t.Errorf("%d bytes kept after Release", p.Free())
	}
}

func TestParserManyArguments(t *testing.T) {
	const n = 100000
	stream := fmt.Appendf(nil, "*%d\r\n", n)
	for i := range n {
		stream = fmt.Appendf(stream, "$%d\r\n%d\r\n", len(fmt.Sprint(i)), i)
	}
	got := parseAll(&Parser{}, randomCuts(rand.New(rand.NewPCG(3, 4)), stream)...)
	if len(got.Requests) != 1 || len(got.Requests[0]) != n || got.Requests[0][n-1] != fmt.Sprint(n-1) {
		t.Fatalf("%d requests", len(got.Requests))
	}
}

func TestParserAllocatesNothing(t *testing.T) {
	p := &Parser{}
	stream := pipeline(32, 16)
	if n := testing.AllocsPerRun(100, func() {
		p.Feed(stream)
		for {
			if _, status := p.Next(); status == NeedMore {
				break
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestQuotedIsReadBack(t *testing.T) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	words, _, err := SplitArgs(nil, nil, AppendQuoted([]byte("get "), every))
	if err != nil || len(words) != 2 || !bytes.Equal(words[1], every) {
		t.Errorf("got %q, %v", words, err)
	}
}

func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", "PING\r\n", "\n*1\r\n$4\r\nPING\r\n", "*0\r\n*-1\r\n",
		"echo \"\\x4\" 'a\\'b'\n", "*1\r\n$-1\r\n", "*2147483647\r\n$536870912\r\nabc", "*1\rX$1\rXa\rX",
	} {
		f.Add([]byte(s), uint64(1))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole := parseAll(&Parser{}, stream)
		random := rand.New(rand.NewPCG(seed, 0))
		cut := parseAll(&Parser{}, randomCuts(random, stream)...)
		if !reflect.DeepEqual(cut, whole) {
			t.Fatalf("whole: %q\ncut: %q", whole, cut)
		}
		if !bytes.HasPrefix(stream, []byte(whole.Raw)) {
			t.Fatalf("raw %q", whole.Raw)
		}
	})
}

// pipeline returns n GET and SET requests with values of the size.
func pipeline(n, size int) (stream []byte) {
	for i := range n {
		key := fmt.Sprintf("key:%010d", i)
		if i%2 == 0 {
			stream = fmt.Appendf(stream, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", len(key), key)
		} else {
			stream = fmt.Appendf(stream, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, size, strings.Repeat("v", size))
		}
	}
	return stream
}

func benchmarkParser(b *testing.B, requests, size int) {
	p := &Parser{}
	stream := pipeline(requests, size)
	b.ReportAllocs()
	b.SetBytes(int64(len(stream)))
	n := 0
	for b.Loop() {
		p.Feed(stream)
		for {
			if _, status := p.Next(); status == NeedMore {
				break
			}
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/request")
}

func BenchmarkParserOne(b *testing.B)       { benchmarkParser(b, 1, 16) }
func BenchmarkParserPipeline(b *testing.B)  { benchmarkParser(b, 32, 16) }
func BenchmarkParserBigValues(b *testing.B) { benchmarkParser(b, 8, 4096) }
func BenchmarkParserHugeRequest(b *testing.B) {
	p := &Parser{}
	stream := fmt.Appendf(nil, "*1\r\n$%d\r\n%s\r\n", 16<<20, bytes.Repeat([]byte("x"), 16<<20))
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		for rest := stream; len(rest) > 0; {
			n := min(len(rest), 16*1024)
			p.Feed(rest[:n])
			p.Next()
			rest = rest[n:]
		}
		p.Next()
	}
}

// Ahead sees the keys of whole requests and nothing else, and leaves everything to Next.
func TestAhead(t *testing.T) {
	const get, set, ping = "*2\r\n$3\r\nGET\r\n$2\r\nk1\r\n", "*3\r\n$3\r\nSET\r\n$2\r\nk2\r\n$3\r\nabc\r\n", "*1\r\n$4\r\nPING\r\n"
	for _, c := range []struct {
		name, stream string
		room         int
		want         string
	}{
		{"none", "", 4, ""},
		{"without keys", ping + get + ping + set, 4, "k1 k2"},
		{"no more than there is room for", get + set + get, 2, "k1 k2"},
		{"the last one is cut in its value", get + set[:len(set)-4], 4, "k1"},
		{"the last one lacks its line break", get + get[:len(get)-1], 4, "k1"},
		{"cut in a header", get + "*2\r\n$", 4, "k1"},
		{"an inline request ends it", get + "GET k\r\n" + get, 4, "k1"},
		{"a long one ends it", get + "*9\r\n" + get, 4, "k1"},
		{"nonsense ends it", get + "*2\r\n$3\r\nGET\r\n!2\r\nk1\r\n" + get, 4, "k1"},
		{"an absent key ends it", get + "*2\r\n$3\r\nGET\r\n$-1\r\n" + get, 4, "k1"},
	} {
		p := &Parser{}
		p.Feed([]byte(c.stream))
		if got := string(bytes.Join(p.Ahead(make([][]byte, 0, c.room)), []byte(" "))); got != c.want {
			t.Errorf("%s: keys %q, want %q", c.name, got, c.want)
		}
		if strings.HasPrefix(c.stream, get) {
			if args, status := p.Next(); status != Request || len(args) != 2 || string(args[1]) != "k1" {
				t.Errorf("%s: then Next found %q, %v", c.name, args, status)
			}
		}
	}
	// The end of a request under way comes before those that lie whole in the data.
	p := &Parser{}
	p.Feed([]byte(get[:8]))
	p.Next()
	p.Feed([]byte(get[8:] + set))
	if keys := p.Ahead(make([][]byte, 0, 4)); len(keys) != 0 {
		t.Errorf("keys %q behind half a request", keys)
	}
	p.Next()
	if keys := p.Ahead(make([][]byte, 0, 4)); len(keys) != 1 || string(keys[0]) != "k2" {
		t.Errorf("keys %q after it", keys)
	}
}
