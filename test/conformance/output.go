package main

import (
	"bufio"
	"io"
	"regexp"
	"strings"
)

// counts is what one unit's run printed.
type counts struct {
	Passed  int
	Failed  []failure
	Skipped []string // left out by our list
	Ignored int      // left out by the suite itself: a tag needs what this run has not (large memory, TLS...)
	Done    bool     // the unit ran to its end
}

// A failure is a test that failed, or an exception that ended the unit.
type failure struct {
	Name   string
	Detail string // further lines that the suite printed
}

// The suite prints "[ok]: name (12 ms)", "[err]: name in tests/unit/x.tcl" + details, "[skip]: name",
// "[ignore]: reason", "[exception]: trace", "[1/1 done]: unit (3 seconds)" and chatter that we do not count.
var (
	statusLine = regexp.MustCompile(`^\[(ok|err|skip|ignore|exception|[0-9]+/[0-9]+ done|ready|testing|TIMEOUT)\]: ?(.*)$`)
	elapsed    = regexp.MustCompile(` \([0-9]+ ms\)$`)
	inFile     = regexp.MustCompile(` in tests/[^ ]+\.tcl$`)
)

// parseOutput reads what test_helper.tcl printed for one unit. The summary behind "The End" repeats the failures
// and is left out.
func parseOutput(r io.Reader) (counts, error) {
	var c counts
	var open *failure // collects the lines below an [err] or [exception]
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), 64<<20)
	for sc.Scan() {
		line := sc.Text()
		if strings.TrimSpace(line) == "The End" {
			break
		}
		m := statusLine.FindStringSubmatch(line)
		if m == nil {
			if open != nil {
				open.Detail += line + "\n"
			}
			continue
		}
		open = nil
		switch m[1] {
		case "ok":
			c.Passed++
		case "err", "exception", "TIMEOUT":
			name := m[2]
			if m[1] != "err" {
				name = m[1] + ": " + name
			}
			c.Failed = append(c.Failed, failure{Name: inFile.ReplaceAllString(name, "")})
			open = &c.Failed[len(c.Failed)-1]
		case "skip":
			c.Skipped = append(c.Skipped, elapsed.ReplaceAllString(m[2], ""))
		case "ignore":
			c.Ignored++
		default:
			c.Done = c.Done || strings.HasSuffix(m[1], "done")
		}
	}
	return c, sc.Err()
}
