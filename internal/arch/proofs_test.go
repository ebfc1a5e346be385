package arch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The table "rows | shown by" of docs/REPLICATION.md names what shows each requirement of replication. It stays true: every row
// is there, and every test, cluster script and conformance unit that it names exists.
func TestProofsOfReplication(t *testing.T) {
	root, paths := trackedFiles(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "REPLICATION.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "\n| rows | shown by |\n|---|---|\n")
	if !found {
		t.Fatal("docs/REPLICATION.md has no table | rows | shown by |")
	}
	k := knownProofs(t, root, paths)
	shown := map[string]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 {
			break // the table is over
		}
		rows, err := rowsOf(cells[1])
		if err != nil {
			t.Errorf("%s: %v", strings.TrimSpace(line), err)
		}
		named := k.check(t, cells[2])
		for _, r := range rows {
			shown[r] = shown[r] || named > 0 || r == "R44" // TLS is an issue of its own
		}
	}
	for _, series := range []struct {
		letter string
		last   int
	}{{"R", 47}, {"B", 9}} {
		for n := 1; n <= series.last; n++ {
			if r := series.letter + strconv.Itoa(n); !shown[r] {
				t.Errorf("docs/REPLICATION.md names nothing that shows %s", r)
			}
		}
	}
}

// rowsOf reads "R1, R2" and "R19 to R24".
func rowsOf(cell string) (rows []string, err error) {
	for part := range strings.SplitSeq(cell, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), " to ")
		if !isRange {
			to = from
		}
		if len(from) < 2 || len(to) < 2 || from[0] != to[0] {
			return nil, fmt.Errorf("%q is no row", part)
		}
		first, err1 := strconv.Atoi(from[1:])
		last, err2 := strconv.Atoi(to[1:])
		if err1 != nil || err2 != nil || first > last {
			return nil, fmt.Errorf("%q is no row", part)
		}
		for n := first; n <= last; n++ {
			rows = append(rows, from[:1]+strconv.Itoa(n))
		}
	}
	return rows, nil
}

// proofs are the names that the table may use.
type proofs map[string]bool

var (
	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	quoted       = regexp.MustCompile("`([^`]+)`")
)

func knownProofs(t *testing.T, root string, paths []string) proofs {
	t.Helper()
	known := proofs{}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunction.FindAllSubmatch(src, -1) {
			known[string(m[1])] = true
		}
	}
	scripts, err := filepath.Glob(filepath.Join(root, "libs", "repl", "repltest", "testdata", "*.txt"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no cluster scripts: %v", err)
	}
	for _, s := range scripts {
		known[filepath.Base(s)] = true
	}
	units, err := os.ReadFile(filepath.Join(root, "test", "conformance", "must-pass.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(units) {
		if f := bytes.Fields(line); len(f) > 0 && !bytes.HasPrefix(f[0], []byte("#")) {
			known[string(f[0])] = true
		}
	}
	return known
}

// check demands that everything that a cell names exists, and returns how much it names.
func (k proofs) check(t *testing.T, cell string) (named int) {
	t.Helper()
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		if named++; !k[m[1]] {
			t.Errorf("docs/REPLICATION.md names %s, which is no test, no cluster script and no unit of must-pass.txt", m[1])
		}
	}
	return named
}
