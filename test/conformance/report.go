package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// printTable writes one line for each unit, the failures and the total. It reports whether all passed.
func printTable(w io.Writer, results []result) bool {
	width := len("unit")
	for _, r := range results {
		width = max(width, len(r.Unit))
	}
	fmt.Fprintf(w, "\n%-*s %8s %8s %8s %8s %8s\n", width, "unit", "passed", "failed", "skipped", "ignored", "seconds")
	passed, failed, skipped, good := 0, 0, 0, true
	for _, r := range results {
		mark := ""
		if !r.ok() {
			mark, good = "  FAIL", false
		}
		fmt.Fprintf(w, "%-*s %8d %8d %8d %8d %8.1f%s\n", width, r.Unit, r.Passed, len(r.Failed), len(r.Skipped), r.Ignored, r.Elapsed.Seconds(), mark)
		passed, failed, skipped = passed+r.Passed, failed+len(r.Failed), skipped+len(r.Skipped)
	}
	for _, r := range results {
		if !r.ok() {
			printFailures(w, r)
		}
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped in %d units\n", passed, failed, skipped, len(results))
	return good
}

// printRequired writes how many tests of each unit must pass, and of all.
func printRequired(w io.Writer, must []required) {
	total := 0
	for _, m := range must {
		fmt.Fprintf(w, "%6d %s\n", m.Min, m.Unit)
		total += m.Min
	}
	fmt.Fprintf(w, "%6d tests in %d units\n", total, len(must))
}

func printFailures(w io.Writer, r result) {
	fmt.Fprintf(w, "\n--- %s (output and servers' files: %s)\n", r.Unit, r.Log)
	if r.Err != nil {
		fmt.Fprintf(w, "    %v\n", r.Err)
	}
	gone := 0
	for _, f := range r.Failed {
		if strings.Contains(f.Detail, "connection refused") {
			gone++ // follows from the crash or hang before it
			continue
		}
		detail := strings.Join(strings.Fields(f.Detail), " ")
		if len(detail) > 300 {
			detail = detail[:300] + "..."
		}
		fmt.Fprintf(w, "    [err] %s\n", f.Name)
		if detail != "" {
			fmt.Fprintf(w, "          %s\n", detail)
		}
	}
	if gone > 0 {
		fmt.Fprintf(w, "    [err] %d more because the server was gone\n", gone)
	}
}

// progress prints a line as soon as a unit ends.
func progress(w io.Writer, r result) {
	verdict := "ok"
	if !r.ok() {
		verdict = "FAIL"
	}
	fmt.Fprintf(w, "%-4s %s: %d passed, %d failed, %d skipped (%s)\n", verdict, r.Unit, r.Passed, len(r.Failed), len(r.Skipped), r.Elapsed.Round(time.Second))
}
