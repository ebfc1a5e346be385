package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

func (b *bench) report() error {
	if b.o.json {
		return b.reportJSON()
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d keys of %d bytes, %d runs, medians; times in ms where nothing else is said.\n\n", b.o.keys, b.o.size, b.o.runs)
	if slices.Contains(b.o.what, resync) {
		b.table(&out, "full", "full resync", func(s *subject) []result { return s.Full })
		title := fmt.Sprintf("partial resync (%d writes a second, the replica held still for %s)", b.o.rate, b.o.outage)
		b.table(&out, "partial", title, func(s *subject) []result { return s.Partial })
	}
	for _, m := range measurements() {
		if slices.Contains(b.o.what, m.name) {
			b.table(&out, m.name, m.title, func(s *subject) []result { return s.Other[m.name] })
		}
	}
	_, err := io.WriteString(b.out, out.String())
	return err
}

// table adds a table with a column for each subject, and if they are two their ratio and what the project wants it to be.
func (b *bench) table(out *strings.Builder, measurement, title string, runs func(*subject) []result) {
	var columns []result
	fmt.Fprintf(out, "%s\n%-30s", title, "")
	for _, s := range b.subjects {
		columns = append(columns, medians(runs(s)))
		fmt.Fprintf(out, " %24s", s.name())
	}
	if len(columns) == 2 {
		fmt.Fprintf(out, " %7s %7s", "ratio", "target")
	}
	out.WriteByte('\n')
	for i, m := range columns[0] {
		fmt.Fprintf(out, "  %-28s", m.label)
		for _, column := range columns {
			fmt.Fprintf(out, " %24s", column[i])
		}
		if len(columns) == 2 {
			fmt.Fprintf(out, " %7s %7s", ratio(m.value, columns[1][i].value), target(measurement, m.key))
		}
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}

// String writes the value as the table shows it.
func (m metric) String() string {
	switch {
	case math.IsNaN(m.value):
		return "n/a"
	case m.unit == inBytes:
		return fmt.Sprintf("%.0f", m.value)
	}
	return fmt.Sprintf("%.2f", m.value)
}

func ratio(a, b float64) string {
	if math.IsNaN(a) || math.IsNaN(b) || b == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", a/b)
}

func (b *bench) reportJSON() error {
	type median struct {
		Full    result            `json:"full"`
		Partial result            `json:"partial"`
		Other   map[string]result `json:"other,omitempty"`
	}
	type entry struct {
		*subject
		Median median `json:"median"`
	}
	report := struct {
		Keys     int      `json:"keys"`
		Size     int      `json:"size"`
		Runs     int      `json:"runs"`
		Rate     int      `json:"rate"`
		OutageMS int64    `json:"outage_ms"`
		Servers  []entry  `json:"servers"`
		Faults   []string `json:"faults"`
	}{b.o.keys, b.o.size, b.o.runs, b.o.rate, b.o.outage.Milliseconds(), nil, append([]string{}, b.faults...)}
	for _, s := range b.subjects {
		other := map[string]result{}
		for name, runs := range s.Other {
			other[name] = medians(runs)
		}
		report.Servers = append(report.Servers, entry{s, median{medians(s.Full), medians(s.Partial), other}})
	}
	encoder := json.NewEncoder(b.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
