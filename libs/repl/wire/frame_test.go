package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/lockstep-db/lockstep/libs/repl"
)

// cutter delivers its bytes in pieces of n.
type cutter struct {
	p []byte
	n int
}

func (c *cutter) Read(p []byte) (int, error) {
	if len(c.p) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.p[:min(c.n, len(c.p))])
	c.p = c.p[n:]
	return n, nil
}

// R19: the mark is found wherever reads cut it, also behind bytes that look like its beginning, and what follows is
// left for the stream.
func TestFrameFindsTheMark(t *testing.T) {
	mark := mustID("0123456789abcdef0123456789abcdef01234567")
	for _, payload := range []string{
		"", "x", "REDIS0010", strings.Repeat("payload ", 5000),
		mark.String()[:39], mark.String()[:20] + mark.String()[:39], strings.Repeat("0", 100),
	} {
		for _, tail := range []string{"", "*1\r\n$4\r\nPING\r\n", mark.String()} {
			for _, n := range []int{1, 2, 39, 40, 41, 4096, 1 << 20} {
				var wire bytes.Buffer
				wire.WriteString("\n\n")
				if err := SendMarked(&wire, mark, func(w io.Writer) error { _, err := io.WriteString(w, payload); return err }); err != nil {
					t.Fatal(err)
				}
				wire.WriteString(tail)
				checkFrame(t, wire.Bytes(), n, payload, tail, -1)
			}
		}
	}
}

func TestFrameOfKnownLength(t *testing.T) {
	for _, payload := range []string{"", "x", strings.Repeat("payload\r\n", 5000)} {
		for _, n := range []int{1, 7, 1 << 20} {
			var wire bytes.Buffer
			if err := SendSized(&wire, strings.NewReader(payload), int64(len(payload))); err != nil {
				t.Fatal(err)
			}
			wire.WriteString("rest")
			checkFrame(t, wire.Bytes(), n, payload, "rest", int64(len(payload)))
		}
	}
}

func checkFrame(t *testing.T, wire []byte, n int, payload, tail string, size int64) {
	t.Helper()
	r := bufio.NewReaderSize(&cutter{wire, n}, 256)
	f, err := ReadFrame(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err != nil || string(got) != payload || f.Size != size || f.Received != int64(len(payload)) {
		t.Fatalf("pieces of %d: read %d bytes (%v), announced %d, want %d bytes", n, len(got), err, f.Size, len(payload))
	}
	if _, err := f.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("read behind the end: %v", err)
	}
	rest, _ := io.ReadAll(r)
	if string(rest) != tail {
		t.Fatalf("pieces of %d: %d bytes left for the stream, want %d", n, len(rest), len(tail))
	}
	// Cut anywhere, it is never taken for whole.
	for _, cut := range []int{len(wire) - len(tail) - 1, (len(wire) - len(tail)) / 2} {
		r := bufio.NewReaderSize(&cutter{wire[:cut], n}, 256)
		f, err := ReadFrame(r, nil)
		if err != nil {
			continue
		}
		if _, err := io.ReadAll(f); !errors.Is(err, io.ErrUnexpectedEOF) && size != 0 {
			t.Fatalf("cut at %d of %d: %v, want unexpected EOF", cut, len(wire), err)
		}
	}
}

// An RDB loader stops at the end that the format has; the mark behind it is read by Finish.
func TestFrameFinish(t *testing.T) {
	mark := mustID(idA)
	r := bufio.NewReader(iotest.OneByteReader(strings.NewReader("$EOF:" + mark.String() + "\r\nbody" + mark.String() + "next")))
	f, err := ReadFrame(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "next" {
		t.Fatalf("left %q", rest)
	}
	f, _ = ReadFrame(bufio.NewReader(strings.NewReader("$6\r\nbodyXX")), nil)
	io.ReadFull(f, make([]byte, 4))
	if err := f.Finish(); err == nil {
		t.Fatal("two bytes too many were not noticed")
	}
}

func TestReadFrameRefuses(t *testing.T) {
	for _, s := range []string{"", "+OK\r\n", "$\r\n", "$-1\r\n", "$x\r\n", "$EOF:short\r\n", "$5", "-ERR failed\r\n"} {
		f, err := ReadFrame(bufio.NewReader(strings.NewReader(s)), nil)
		if err == nil {
			t.Errorf("%q read as %+v", s, f)
		}
	}
	_, err := ReadFrame(bufio.NewReader(strings.NewReader("\n-ERR BGSAVE failed\r\n")), nil)
	var abort *AbortError
	if !errors.As(err, &abort) || abort.Text != "ERR BGSAVE failed" {
		t.Errorf("R24: the master's error is %v", err)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("\n$EOF:"+idA+"\r\nabc"+idA+"rest"), 3)
	f.Add([]byte("$3\r\nabcrest"), 1)
	f.Add([]byte("-ERR\r\n"), 1)
	f.Fuzz(func(t *testing.T, in []byte, n int) {
		r := bufio.NewReaderSize(&cutter{in, max(1, n&0xfff)}, 128)
		fr, err := ReadFrame(r, nil)
		if err != nil {
			return
		}
		body, err := io.ReadAll(fr)
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(r)
		if !bytes.HasSuffix(in, rest) || !bytes.Contains(in, body) || int64(len(body)) != fr.Received {
			t.Fatalf("body %q, rest %q of %q", body, rest, in)
		}
	})
}

func TestParsePSYNC(t *testing.T) {
	words := func(s string) (args [][]byte) {
		for w := range strings.FieldsSeq(s) {
			args = append(args, []byte(w))
		}
		return args
	}
	req, failover, err := ParsePSYNC(words("PSYNC " + idA + " 51"))
	if err != nil || failover || req != (repl.Request{ID: mustID(idA), From: 50}) {
		t.Errorf("%+v %v %v", req, failover, err)
	}
	if req, failover, err = ParsePSYNC(words("psync ? -1 FAILOVER")); err != nil || !failover || !req.ID.IsZero() || req.Unknown != "" {
		t.Errorf("%+v %v %v", req, failover, err)
	}
	if req, _, err = ParsePSYNC(words("PSYNC nonsense 5")); err != nil || req.Unknown != "nonsense" {
		t.Errorf("%+v %v", req, err)
	}
	for _, s := range []string{"PSYNC", "PSYNC ?", "PSYNC ? x"} {
		if _, _, err := ParsePSYNC(words(s)); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	c, err := ParseReplconf(words("REPLCONF listening-port 7 ip-address h capa eof capa psync2 capa future"))
	if err != nil || c != (Replconf{Port: 7, IP: "h", Capa: repl.CapaEOF | repl.CapaPSYNC2}) {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = ParseReplconf(words("replconf ACK 42")); err != nil || !c.Ack || c.Offset != 42 {
		t.Errorf("%+v %v", c, err)
	}
	for s, want := range map[string]Replconf{"REPLCONF rdb-filter-only functions": {Filtered: true, WithFunctions: true}, "REPLCONF rdb-only 1": {RDBOnly: true}, "REPLCONF": {}} {
		if c, err = ParseReplconf(words(s)); err != nil || c != want {
			t.Errorf("%s: %+v %v", s, c, err)
		}
	}
	for _, s := range []string{"REPLCONF capa", "REPLCONF rdb-filter-only keys", "REPLCONF what ever", "REPLCONF listening-port x", "REPLCONF ip-address " + strings.Repeat("x", 300)} {
		if _, err := ParseReplconf(words(s)); err == nil {
			t.Errorf("%q accepted", s)
		}
	}
	if _, err := ParseReplconf(words("REPLCONF rdb-only x")); err == nil || err.Error() != "value is not an integer or out of range" {
		t.Errorf("rdb-only x: %v", err)
	}
}
