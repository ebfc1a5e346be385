package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const printed = `Cleanup: may take some time... OK
Starting test server at port 21079
[ready]: 4711
Testing unit/x
[ok]: first (3 ms)
[ok]: [err]: not a failure, only a name (0 ms)
[skip]: left out
[ignore]: big: large memory flag not provided
[err]: second in tests/unit/x.tcl
Expected '1' to be equal to '2'
  line two
[ok]: third (1 ms)
[1/1 done]: unit/x (2 seconds)

                   The End

Execution time of different units:
  2 seconds - unit/x

!!! WARNING The following tests failed:

*** [err]: second in tests/unit/x.tcl
`

func TestParseOutput(t *testing.T) {
	c, err := parseOutput(strings.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	if c.Passed != 3 || c.Ignored != 1 || !c.Done {
		t.Errorf("got %+v", c)
	}
	if len(c.Skipped) != 1 || c.Skipped[0] != "left out" {
		t.Errorf("skipped: %q", c.Skipped)
	}
	if len(c.Failed) != 1 || c.Failed[0].Name != "second" || !strings.Contains(c.Failed[0].Detail, "line two") {
		t.Errorf("failed: %+v", c.Failed)
	}
}

func TestParseOutputOfUnfinishedUnit(t *testing.T) {
	c, err := parseOutput(strings.NewReader("[ok]: first (3 ms)\n[exception]: Executing test client: I/O error.\ntrace\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Done || len(c.Failed) != 1 || !strings.HasPrefix(c.Failed[0].Name, "exception") {
		t.Errorf("got %+v", c)
	}
}

func TestJudge(t *testing.T) {
	r := &runner{skips: []skip{{Unit: "unit/x", Test: "/^left", Line: 7}, {Unit: "unit/y", Test: "other"}, {Unit: "unit/w", Backend: "portable", Test: "racy", Line: 9}}}
	tests := []struct {
		name  string
		res   result
		fault string
	}{
		{"good", result{Unit: "unit/x", Least: 2, counts: counts{Passed: 2, Done: true, Skipped: []string{"left out"}}}, ""},
		{"too few", result{Unit: "unit/x", Least: 3, counts: counts{Passed: 2, Done: true, Skipped: []string{"left out"}}}, "wants 3"},
		{"stale skip", result{Unit: "unit/x", counts: counts{Passed: 2, Done: true}}, "skips.txt:7"},
		{"fewer with this back end", result{Unit: "unit/w", Least: 3, counts: counts{Passed: 2, Done: true, Skipped: []string{"racy"}}}, ""},
		{"stale skip of this back end", result{Unit: "unit/w", Least: 2, counts: counts{Passed: 2, Done: true}}, "skips.txt:9"},
		{"no end", result{Unit: "unit/z", counts: counts{Passed: 2}}, "to its end"},
	}
	for _, tt := range tests {
		r.judge(&tt.res)
		if got := tt.res.Err; (got == nil) != (tt.fault == "") || got != nil && !strings.Contains(got.Error(), tt.fault) {
			t.Errorf("%s: got %v, want %q", tt.name, got, tt.fault)
		}
	}
}

func TestListsNameTheirLine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "list")
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"# c\nunit/x\n", "\nunit/x -1\n", "unit/x 1\nunit/x 2\n"} {
		write(bad)
		if _, err := readRequired(path); err == nil || !strings.Contains(err.Error(), "list:") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	for _, bad := range []string{"unit/x | name\n", "unit/x |  | reason\n", "unit/x | /( | reason\n"} {
		write(bad)
		if _, err := readSkips(path, ""); err == nil || !strings.Contains(err.Error(), "list:1") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestSkipsOfBackend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(path, []byte("unit/x | a | why\nunit/x@portable | b | why\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for backend, want := range map[string]int{"": 1, "epoll": 1, "portable": 2} {
		if skips, err := readSkips(path, backend); err != nil || len(skips) != want || skips[want-1].Unit != "unit/x" {
			t.Errorf("%q: got %+v, %v; want %d", backend, skips, err, want)
		}
	}
}

// The lists in the repository must be readable, and every skip must belong to a unit that is required.
func TestOwnLists(t *testing.T) {
	must, err := readRequired("must-pass.txt")
	if err != nil {
		t.Fatal(err)
	}
	skips, err := readSkips("skips.txt", "portable")
	if err != nil {
		t.Fatal(err)
	}
	units := map[string]bool{}
	for _, m := range must {
		units[m.Unit] = true
	}
	for _, s := range skips {
		if !units[s.Unit] {
			t.Errorf("skips.txt:%d: %s is not in must-pass.txt", s.Line, s.Unit)
		}
	}
}

func TestRotationReachesEveryUnit(t *testing.T) {
	must := []required{{"integration/psync2", 1}, {"unit/a", 1}, {"unit/b", 1}, {"unit/c", 1}, {"unit/d", 1}}
	seen := map[string]int{}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for range 3 {
		for _, m := range plan(nil, must, options{rotate: 3, always: "integration/"}, day) {
			seen[m.Unit]++
		}
		day = day.AddDate(0, 0, 1)
	}
	if len(seen) != len(must) || seen["integration/psync2"] != 3 {
		t.Errorf("three days of a third each: %v", seen)
	}
	runs := 0
	for range 3 {
		runs += len(plan(nil, must, options{rotate: 3}, day))
		day = day.AddDate(0, 0, 1)
	}
	for _, m := range plan(nil, must, options{within: "integration/"}, day) {
		if !strings.HasPrefix(m.Unit, "integration/") {
			t.Errorf("within integration/: %s", m.Unit)
		}
	}
	if runs != len(must) {
		t.Errorf("three days of a third each, none always: %d runs of %d units", runs, len(must))
	}
}

func TestSourceListTakesOneRelease(t *testing.T) {
	got, err := sourceList("http://deb.example/debian/ bookworm main\nhttp://deb.example/sec/ bookworm-security main\n"+
		"http://other.example/ nodistro main\nhttp://deb.example/debian/ trixie main\n", "bookworm")
	if err != nil || strings.Count(got, "deb-src") != 2 || strings.Contains(got, "trixie") || strings.Contains(got, "other") {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := sourceList("http://other.example/ nodistro main\n", ""); err == nil {
		t.Error("no release known: want an error")
	}
}
