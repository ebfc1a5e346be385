package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable returns s as it is when it is plain text, else with escapes.
func printable(s []byte) string {
	if utf8.Valid(s) && !strings.ContainsFunc(string(s), func(r rune) bool { return !strconv.IsPrint(r) && r != '\n' }) {
		return string(s)
	}
	q := strconv.Quote(string(s))
	return q[1 : len(q)-1]
}

func (r *report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

func (r *report) writeText(w io.Writer) error {
	var b strings.Builder
	if r.Version > 0 {
		fmt.Fprintf(&b, "%s: RDB version %d, %d bytes, checksum %s\n", r.File, r.Version, r.Bytes, r.Checksum)
	}
	width := 0
	for _, a := range r.Aux {
		width = max(width, len(a.Name))
	}
	for _, a := range r.Aux {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, a.Name, oneLine(a.Value))
	}
	if r.Functions > 0 {
		fmt.Fprintf(&b, "  %d function libraries\n", r.Functions)
	}
	if r.ModuleAux > 0 {
		fmt.Fprintf(&b, "  %d pieces of module data beside the keys\n", r.ModuleAux)
	}
	for _, d := range r.Databases {
		fmt.Fprintf(&b, "  db %d: %d keys, %d expire, %d of them expired\n", d.DB, d.Keys, d.Expires, d.Expired)
		fmt.Fprintf(&b, "    types      %s\n    encodings  %s\n", counts(d.Types), counts(d.Encodings))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return r.writeVerdict(w)
}

// writeVerdict writes the warnings, and the fault or the good news.
func (r *report) writeVerdict(w io.Writer) error {
	var b strings.Builder
	for _, text := range r.Warnings {
		fmt.Fprintf(&b, "%s: warning: %s\n", r.File, text)
	}
	if f := r.Fault; f != nil {
		fmt.Fprintf(&b, "%s: CORRUPT at offset %d, %s", r.File, f.Offset, f.Operation)
		if f.Type != "" {
			fmt.Fprintf(&b, " of key %q in db %d (%s)", f.Key, f.DB, f.Type)
		}
		fmt.Fprintf(&b, ": %s\n", f.Reason)
	} else {
		keys, _, _ := r.total()
		fmt.Fprintf(&b, "%s: OK, %d keys\n", r.File, keys)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
func counts(m map[string]int) string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			return m[b] - m[a]
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, m[n])
	}
	return strings.Join(names, ", ")
}
