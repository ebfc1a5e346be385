package repltest

import (
	"slices"
	"strings"
)

// Shrink returns a shorter script in which the same kind of invariant breaks: it leaves out ever smaller pieces of the
// script as long as it still fails, but for the end of the faults. The result can be kept in testdata.
func Shrink(script string) string {
	lines := strings.Split(strings.TrimSpace(script), "\n")
	kind := failureOf(lines)
	if kind == "" {
		return script
	}
	end := slices.Index(lines, faultsEnd)
	if end < 0 {
		end = len(lines)
	}
	for size := max(end/2, 1); ; size /= 2 {
		for changed := true; changed; {
			changed = false
			for i := 0; i+size <= end; {
				if shorter := without(lines, i, size); failureOf(shorter) == kind {
					lines, end, changed = shorter, end-size, true
				} else {
					i += size
				}
			}
		}
		if size == 1 {
			return strings.Join(lines, "\n") + "\n"
		}
	}
}

func without(lines []string, at, n int) []string {
	return append(append([]string(nil), lines[:at]...), lines[at+n:]...)
}

// failureOf runs a script and returns which invariant breaks: the first word of the failure. Lines about a node that was
// left out do nothing.
func failureOf(lines []string) (kind string) {
	w := NewWorld(1)
	w.quiet = true
	defer func() {
		if recover() != nil {
			kind = "panic"
		}
	}()
	defer w.Close()
	for _, line := range lines {
		_ = w.line(line)
	}
	if w.Failure == nil {
		return ""
	}
	kind, _, _ = strings.Cut(w.Failure.Error(), " ")
	return kind
}
