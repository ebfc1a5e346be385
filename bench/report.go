package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

func (b *bench) report() error {
	if b.o.json {
		return b.reportJSON()
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d keys of %d bytes, %d runs, medians; times in ms. Partial: %d writes a second, replica held still for %s.\n\n",
		b.o.keys, b.o.size, b.o.runs, b.o.rate, b.o.outage)
	for _, kind := range []struct {
		name string
		runs func(*subject) []result
	}{
		{"full resync", func(s *subject) []result { return s.Full }},
		{"partial resync", func(s *subject) []result { return s.Partial }},
	} {
		var columns []result
		for _, s := range b.subjects {
			columns = append(columns, medians(kind.runs(s)))
		}
		b.table(&out, kind.name, columns)
	}
	_, err := io.WriteString(b.out, out.String())
	return err
}

// table adds a table with a column for each subject, and their ratio if they are two.
func (b *bench) table(out *strings.Builder, title string, columns []result) {
	fmt.Fprintf(out, "%-26s", title)
	for _, s := range b.subjects {
		fmt.Fprintf(out, " %24s", s.name())
	}
	if len(columns) == 2 {
		fmt.Fprintf(out, " %7s", "ratio")
	}
	out.WriteByte('\n')
	for i, m := range columns[0] {
		fmt.Fprintf(out, "  %-24s", m.label)
		for _, column := range columns {
			fmt.Fprintf(out, " %24s", column[i])
		}
		if len(columns) == 2 {
			fmt.Fprintf(out, " %7s", ratio(m.value, columns[1][i].value))
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
		Full    result `json:"full"`
		Partial result `json:"partial"`
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
		report.Servers = append(report.Servers, entry{s, median{medians(s.Full), medians(s.Partial)}})
	}
	encoder := json.NewEncoder(b.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
