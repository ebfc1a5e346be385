package aof

import (
	"io"
	"strings"
	"testing"
)

const historyA = "0123456789abcdef0123456789abcdef01234567"

func TestAnnotations(t *testing.T) {
	if got := string(AppendTimestamp(nil, 1700000000)); got != "#TS:1700000000\r\n" {
		t.Errorf("got %q", got)
	}
	if ts, found, err := ParseTimestamp([]byte("#TS:1700000000\r\n")); ts != 1700000000 || !found || err != nil {
		t.Errorf("got %d, %t, %v", ts, found, err)
	}
	if _, found, err := ParseTimestamp([]byte("#TS:17x\r\n")); !found || err == nil {
		t.Error("a wrong timestamp was taken")
	}
	for _, p := range []Position{{}, {historyA, 0, -1}, {historyA, 1 << 60, 15}} {
		got, found, err := ParsePosition(AppendPosition(nil, p))
		if got != p || !found || err != nil {
			t.Errorf("%v: got %v, %t, %v", p, got, found, err)
		}
	}
	for _, bad := range []string{"#POS:", "#POS:x:1:0\r\n", "#POS:" + historyA + ":-1:0\r\n", "#POS:" + historyA + ":1:0\n", "#POS:" + historyA + ":1:-2\r\n", "#POS:" + historyA + ":1\r\n"} {
		if p, found, err := ParsePosition([]byte(bad)); !found || err == nil || !p.None() {
			t.Errorf("%q: got %v, %t, %v", bad, p, found, err)
		}
	}
}

// The reader's tracker comes to the position that the writer's had, with annotations only where the two streams part.
func TestTracker(t *testing.T) {
	at := Position{historyA, 1000, -1}
	sel, set := cmd("SELECT", "3"), cmd("SET", "a", "b")
	file := string(AppendPosition(nil, at)) + sel + set
	at.Offset, at.DB = at.Offset+int64(len(sel+set)), 3
	at.Offset += 14 // a PING, which only the stream has
	file += string(AppendPosition(nil, at)) + cmd("MULTI") + set + cmd("EXEC")
	at.Offset += int64(len(cmd("MULTI") + set + cmd("EXEC")))
	if got := track(t, file); got != at {
		t.Errorf("got %v, want %v", got, at)
	}
	if got := track(t, file+"#POS:none\r\n"+set); !got.None() {
		t.Errorf("got %v after the history ended", got)
	}
	if got := track(t, file+"#POS:rubbish\r\n"+set); !got.None() {
		t.Errorf("got %v after a wrong position", got)
	}
}

func track(t *testing.T, file string) Position {
	t.Helper()
	var tr Tracker
	s := NewScanner(strings.NewReader(file), 0)
	for {
		rec, err := s.Next()
		if err == io.EOF {
			return tr.At()
		}
		if err != nil {
			t.Fatal(err)
		}
		tr.Read(rec)
	}
}
