package aof

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestManifestSteps(t *testing.T) {
	const name = "appendonly.aof"
	m := &Manifest{}
	m.ReplaceBase(name, true)
	m.AddIncr(name)
	if got, want := string(m.Append(nil)), "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n"; got != want {
		t.Errorf("first: got\n%swant\n%s", got, want)
	}
	m.AddIncr(name)
	m.ReplaceBase(name, false)
	m.RetireIncr(1)
	want := `file appendonly.aof.2.base.aof seq 2 type b
file appendonly.aof.1.incr.aof seq 1 type h
file appendonly.aof.1.base.rdb seq 1 type h
file appendonly.aof.2.incr.aof seq 2 type i
`
	if got := string(m.Append(nil)); got != want {
		t.Errorf("rewritten: got\n%swant\n%s", got, want)
	}
	again, err := ParseManifest([]byte(want))
	if err != nil || !reflect.DeepEqual(again, m) {
		t.Errorf("read again: %+v, %v; want %+v", again, err, m)
	}
	c := m.Clone()
	c.RetireIncr(0)
	c.Base.Name, c.History[0].Name = "x", "y"
	if got := string(m.Append(nil)); got != want {
		t.Errorf("the clone shares memory: %s", got)
	}
}

func TestManifestNames(t *testing.T) {
	for _, name := range []string{"a b", `q"uote`, "tab\t", "\xff\x00", "'", "#1"} {
		m := &Manifest{}
		m.AddIncr(name)
		again, err := ParseManifest(m.Append(nil))
		if err != nil || again.Incr[0].Name != name+".1.incr.aof" {
			t.Errorf("%q: %v, %v", name, again, err)
		}
	}
}

// The texts are those of redis-server.
func TestManifestFaults(t *testing.T) {
	const ok = "file a seq 1 type b\n"
	for _, c := range []struct {
		text, reason string
		line         int
	}{
		{"", reasonEmpty, 0},
		{"\n", reasonFormat, 1},
		{ok + "# comment\n" + ok, reasonTwoBases, 3},
		{ok + "file b seq 2 type i", reasonLong, 2},
		{ok + "file b seq 2 type i" + strings.Repeat(" ", 1024) + "\n", reasonLong, 2},
		{"file a/b seq 1 type b\n", reasonPath, 1},
		{"file .. seq 1 type b\n", reasonFormat, 1},
		{"file a seq 1 type z\n", reasonKind, 1},
		{"file a seq 0 type b\n", reasonFormat, 1},
		{"file a seq x type b\n", reasonFormat, 1},
		{"file a seq 1\n", reasonFormat, 1},
		{"file a seq 1 type b extra\n", reasonFormat, 1},
		{"file \"a seq 1 type b\n", reasonFormat, 1},
		{"file a seq 2 type i\nfile b seq 2 type i\n", reasonMonotonic, 2},
		{"seq 2 type i seq 2\n", reasonFormat, 1},
	} {
		m, err := ParseManifest([]byte(c.text))
		var fault *ManifestError
		if !errors.As(err, &fault) || fault.Reason != c.reason || fault.Line != c.line {
			t.Errorf("%q: got %v, %v; want line %d: %s", c.text, m, err, c.line, c.reason)
		}
	}
	if _, err := ParseManifest([]byte("#\nFILE a SEQ 1 future yes TYPE b\r\n")); err != nil {
		t.Errorf("a future key and other case: %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte("file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n"))
	f.Add([]byte("# c\nfile \"a\\x00 b\" seq 1 type h\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			return
		}
		text := m.Append(nil)
		for line := range bytes.Lines(text) {
			if len(line) > maxManifestLine {
				return // quotes made it longer
			}
		}
		if len(text) == 0 {
			return // nothing but comments
		}
		again, err := ParseManifest(text)
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Fatalf("%+v reads as %+v, %v", m, again, err)
		}
	})
}
