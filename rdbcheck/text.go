package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lockstep-db/lockstep/rdbcheck/check"
)

// textPrinter writes for people: findings as they are met, then what is in the file and the verdict.
type textPrinter struct {
	w     io.Writer
	quiet bool
}

func (t *textPrinter) finding(file string, f *check.Finding) {
	io.WriteString(t.w, findingText(file, f))
}

// findingText is one line.
func findingText(file string, f *check.Finding) string {
	var b strings.Builder
	if f.Severity == check.Warning {
		fmt.Fprintf(&b, "%s: warning", file)
		if f.Offset >= 0 {
			fmt.Fprintf(&b, " at offset %d", f.Offset)
		}
	} else {
		fmt.Fprintf(&b, "%s: CORRUPT", file)
		if f.Offset >= 0 {
			fmt.Fprintf(&b, " at offset %d", f.Offset)
		}
		if f.Op != "" {
			fmt.Fprintf(&b, ", %s", f.Op)
		}
	}
	if f.InKey {
		fmt.Fprintf(&b, " of key %q in db %d (%s)", f.Key, f.DB, f.Type)
	}
	fmt.Fprintf(&b, ": %s", f.Reason)
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "; %s", n)
	}
	return b.String() + "\n"
}

func (t *textPrinter) end(file string, r *check.Report) error {
	if t.quiet {
		return nil
	}
	var b strings.Builder
	describe(&b, file, r)
	keys, _, _ := r.Total()
	what := fmt.Sprintf("%d keys", keys)
	if r.Commands != nil {
		what = fmt.Sprintf("%d commands", r.Commands.Count)
		if keys > 0 {
			what = fmt.Sprintf("%d keys, %s", keys, what)
		}
	}
	if r.Kind == "manifest" {
		what = "all files that it lists are there"
	}
	switch {
	case r.Faults > 0 && r.Kind == "manifest":
		fmt.Fprintf(&b, "%s: CORRUPT, %d %s\n", file, r.Faults, plural(r.Faults, "fault"))
	case r.Faults > 0:
		fmt.Fprintf(&b, "%s: CORRUPT, %d %s; %s can be read\n", file, r.Faults, plural(r.Faults, "fault"), what)
	case r.Warnings > 0:
		fmt.Fprintf(&b, "%s: OK, %s, %d %s\n", file, what, r.Warnings, plural(r.Warnings, "warning"))
	default:
		fmt.Fprintf(&b, "%s: OK, %s\n", file, what)
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// describe says what is in a file.
func describe(b *strings.Builder, file string, r *check.Report) {
	if r.Version > 0 {
		name := ""
		if r.Valkey {
			name = "Valkey "
		}
		fmt.Fprintf(b, "%s: %sRDB version %d, %d bytes, checksum %s\n", file, name, r.Version, r.Bytes, r.Checksum)
	}
	width := 0
	for _, a := range r.Aux {
		width = max(width, len(a.Name))
	}
	for _, a := range r.Aux {
		fmt.Fprintf(b, "  %-*s  %s\n", min(width, 24), oneLine(printable([]byte(a.Name))), oneLine(printable([]byte(a.Value))))
	}
	if r.Functions > 0 {
		fmt.Fprintf(b, "  %d function %s\n", r.Functions, pluralOf(r.Functions, "library", "libraries"))
	}
	if r.ModuleAux > 0 {
		fmt.Fprintf(b, "  %d %s of module data beside the keys\n", r.ModuleAux, plural(r.ModuleAux, "piece"))
	}
	for _, d := range r.Databases {
		fmt.Fprintf(b, "  db %d: %d keys, %d expire, %d of them expired\n", d.DB, d.Keys, d.Expires, d.Expired)
		fmt.Fprintf(b, "    types      %s\n    encodings  %s\n", counts(d.Types), counts(d.Encodings))
	}
	if c := r.Commands; c != nil {
		describeCommands(b, file, c)
	}
}

func pluralOf(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// printable returns s as it is when it is plain text, else with escapes.
func printable(s []byte) string {
	if utf8.Valid(s) && !strings.ContainsFunc(string(s), func(r rune) bool { return !strconv.IsPrint(r) && r != '\n' }) {
		return string(s)
	}
	q := strconv.Quote(string(s))
	return q[1 : len(q)-1]
}

// oneLine shortens a value for a table.
func oneLine(s string) string {
	const most = 100
	s = strings.ReplaceAll(s, "\n", `\n`)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + fmt.Sprintf("... (%d bytes)", len(s))
	}
	return s
}

// counts lists names with their numbers, the largest first.
func counts(m map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return int(min(max(m[b]-m[a], -1), 1))
		}
		return strings.Compare(a, b)
	})
	names = slices.DeleteFunc(names, func(n string) bool { return m[n] == 0 })
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, m[n])
	}
	return strings.Join(names, ", ")
}
