package commandtest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

var record = flag.Bool("record", false, "run transcripts against redis-server and rewrite their answers")

// step is one command of a transcript, or a line without an answer.
type step struct {
	line   string // as written, without answers
	args   []string
	config []string
	order  int // 0: as is; 1: unordered; 2: unordered pairs
	want   Result
	number int
}

// Replay runs a transcript and compares each command with Redis.
func Replay(t *testing.T, path string, families ...[]*command.Spec) {
	t.Helper()
	steps := load(t, path)
	if *record {
		recordSteps(t, path, steps)
		steps = load(t, path)
	}
	s := New(families...)
	for i := range steps {
		st := &steps[i]
		switch {
		case st.config != nil:
			s.config(t, st.config[0], st.config[1])
			continue
		case len(st.args) == 0:
			continue
		}
		if strings.EqualFold(st.args[0], "FLUSHALL") {
			s.Store.Flush()
			continue
		}
		if strings.EqualFold(st.args[0], "HELLO") {
			s.Ctx.Reply.Proto, _ = strconv.Atoi(st.args[1])
			continue
		}
		st.compare(t, path, s.Do(st.args...))
	}
}

func (st *step) compare(t *testing.T, path string, got Result) {
	t.Helper()
	if got.Blocked != nil {
		t.Errorf("%s:%d: %s: blocked", path, st.number, st.line)
		return
	}
	a, b := got.Reply, st.want.Reply
	if st.order > 0 && a != "" {
		a, b = sorted(a, st.order), sorted(b, st.order)
	}
	if a != b {
		t.Errorf("%s:%d: %s\n got %q\nwant %q", path, st.number, st.line, a, b)
	}
	if !slices.Equal(got.Events, st.want.Events) {
		t.Errorf("%s:%d: %s: events %q, want %q", path, st.number, st.line, got.Events, st.want.Events)
	}
	if !slices.Equal(got.Effects, st.want.Effects) {
		t.Errorf("%s:%d: %s: effects %q, want %q", path, st.number, st.line, got.Effects, st.want.Effects)
	}
}

func (s *Server) config(t *testing.T, name, value string) {
	t.Helper()
	n, err := strconv.Atoi(value)
	lim := &s.Store.Limits
	target := map[string]*int{
		"list-max-listpack-size": &lim.ListPackedSize, "hash-max-listpack-entries": &lim.HashPackedEntries,
		"hash-max-listpack-value": &lim.HashPackedValue, "set-max-intset-entries": &lim.SetIntEntries,
		"stream-node-max-entries": &lim.StreamNodeEntries, "hll-sparse-max-bytes": &lim.SketchSparseBytes,
		"zset-max-listpack-entries": &lim.ZSetPackedEntries, "zset-max-listpack-value": &lim.ZSetPackedValue,
	}[name]
	if err != nil || target == nil {
		t.Fatalf("config %s %s: unknown", name, value)
	}
	*target = n
}

// load reads a transcript.
func load(t *testing.T, path string) (steps []step) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	order := 0
	for i, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		st := step{line: line, number: i + 1}
		word, rest, _ := strings.Cut(line, " ")
		last := len(steps) - 1
		switch word {
		case "<":
			steps[last].want.Reply, err = strconv.Unquote(rest)
		case "!":
			steps[last].want.Events = append(steps[last].want.Events, rest)
			continue
		case "~":
			steps[last].want.Effects = append(steps[last].want.Effects, rest)
			continue
		case ">":
			st.args, err = split(rest)
			st.order, order = order, 0
		case "config":
			st.config = strings.Fields(rest)
		case "unordered":
			order = 1
			if rest == "pairs" {
				order = 2
			}
		case "", "#":
		default:
			err = fmt.Errorf("unknown line %q", line)
		}
		if err != nil {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
		if word != "<" {
			steps = append(steps, st)
		}
	}
	return steps
}

// split reads the arguments of a command line.
func split(s string) (args []string, err error) {
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		var a string
		switch {
		case s[0] == '"':
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, err
			}
			a, _ = strconv.Unquote(q)
			s = s[len(q):]
		case s[0] == '{':
			word, rest, _ := strings.Cut(s[1:], "}")
			text, count, _ := strings.Cut(word, "*")
			n, err := strconv.Atoi(count)
			if err != nil {
				return nil, err
			}
			a, s = strings.Repeat(text, n), rest
		default:
			a, s, _ = strings.Cut(s, " ")
		}
		args = append(args, a)
	}
	return args, nil
}
