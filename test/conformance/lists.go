package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// A required unit of the suite and the least number of its tests that must run and pass.
type required struct {
	Unit string // "unit/type/list": a path below tests/ without ".tcl"
	Min  int
}

// A skip names one test (or, with a leading slash, a Tcl regular expression over test names) of one unit.
type skip struct {
	Unit    string
	Backend string // the only back end of the event loop that the skip is for, or "": all
	Test    string
	Reason  string
	Line    int // in skips.txt, from 1
}

// matches reports whether the suite, given this skip, leaves out the test called name.
// The suite compares literally, or searches for the expression behind a leading slash; names that we
// write in skips.txt keep to the syntax that Tcl and Go share.
func (s skip) matches(name string) bool {
	expr, isExpr := strings.CutPrefix(s.Test, "/")
	if !isExpr {
		return s.Test == name
	}
	re, err := regexp.Compile(expr)
	return err == nil && re.MatchString(name)
}

// readRequired parses must-pass.txt: a unit and its count on each line, # starts a comment.
func readRequired(path string) ([]required, error) {
	var list []required
	seen := map[string]bool{}
	err := eachLine(path, func(n int, line string) error {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			return fmt.Errorf("want a unit and a count, got %q", line)
		}
		least, err := strconv.Atoi(fields[1])
		if err != nil || least < 0 {
			return fmt.Errorf("bad count %q", fields[1])
		}
		if seen[fields[0]] {
			return fmt.Errorf("unit %s is listed twice", fields[0])
		}
		seen[fields[0]] = true
		list = append(list, required{fields[0], least})
		return nil
	})
	return list, err
}

// readSkips parses skips.txt: "unit | test name or /expression | reason" on each line, where a unit may be followed by
// "@" and the name of the one back end that is meant. Those for other back ends than the given one are left out.
func readSkips(path, backend string) ([]skip, error) {
	var list []skip
	err := eachLine(path, func(n int, line string) error {
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 {
			return fmt.Errorf("want \"unit | test | reason\", got %q", line)
		}
		s := skip{Test: strings.TrimSpace(parts[1]), Reason: strings.TrimSpace(parts[2]), Line: n}
		s.Unit, s.Backend, _ = strings.Cut(strings.TrimSpace(parts[0]), "@")
		if s.Unit == "" || s.Test == "" || s.Reason == "" {
			return fmt.Errorf("unit, test and reason must all be there")
		}
		if expr, ok := strings.CutPrefix(s.Test, "/"); ok {
			if _, err := regexp.Compile(expr); err != nil {
				return fmt.Errorf("bad expression: %w", err)
			}
		}
		if s.Backend == "" || s.Backend == backend {
			list = append(list, s)
		}
		return nil
	})
	return list, err
}

// eachLine calls f for every line that is neither empty nor a comment and adds file and line to its error.
func eachLine(path string, f func(n int, line string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sc := bufio.NewScanner(file)
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := f(n, line); err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return sc.Err()
}
