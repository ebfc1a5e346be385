// Package info renders INFO: named sections of "field:value" lines in Redis's order. Whoever owns the facts registers a
// section; several owners may add to one. The facts belong to the engine's thread, and so does rendering.
package info

import (
	"fmt"
	"strconv"
	"strings"
)

// Section names in Redis's order.
var order = [...]string{"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "commandstats", "errorstats", "latencystats", "cluster", "keyspace"}

// byDefault says which sections a plain INFO shows; "all" shows the others too.
func byDefault(name string) bool { return name != "commandstats" && name != "latencystats" }

// Registry collects the sections.
type Registry struct{ parts map[string][]func(*Builder) }

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return &Registry{parts: map[string][]func(*Builder){}} }

// Add appends fields to a section.
func (r *Registry) Add(section string, f func(*Builder)) {
	r.parts[section] = append(r.parts[section], f)
}

// Render returns the wanted sections, all names in lower case; none means the default ones. Unknown names are ignored.
func (r *Registry) Render(names []string) string {
	want := map[string]bool{}
	if len(names) == 0 {
		names = []string{"default"}
	}
	for _, n := range names {
		n = strings.ToLower(n)
		for _, s := range order {
			switch n {
			case "default":
				want[s] = want[s] || byDefault(s)
			case "all", "everything":
				want[s] = true
			case s:
				want[s] = true
			}
		}
	}
	b := &Builder{}
	for _, s := range order {
		if !want[s] {
			continue
		}
		if b.buf.Len() > 0 {
			b.buf.WriteString("\r\n")
		}
		title := strings.ToUpper(s[:1]) + s[1:]
		if s == "cpu" {
			title = "CPU" // clients look for the heading as Redis writes it
		}
		b.buf.WriteString("# " + title + "\r\n")
		for _, f := range r.parts[s] {
			f(b)
		}
	}
	return b.buf.String()
}

// Builder appends fields.
type Builder struct{ buf strings.Builder }

// Str, Int, Bool and Float append one field each.
func (b *Builder) Str(name, v string) { b.buf.WriteString(name + ":" + v + "\r\n") }

// Int appends an integer field.
func (b *Builder) Int(name string, v int64) { b.Str(name, strconv.FormatInt(v, 10)) }

// Bool appends 1 or 0.
func (b *Builder) Bool(name string, v bool) {
	if v {
		b.Str(name, "1")
	} else {
		b.Str(name, "0")
	}
}

// Float appends a number with two decimals.
func (b *Builder) Float(name string, v float64) { b.Str(name, strconv.FormatFloat(v, 'f', 2, 64)) }

// Bytes appends a size and its readable twin name_human.
func (b *Builder) Bytes(name string, v int64) {
	b.Int(name, v)
	b.Str(name+"_human", Human(v))
}

// Human renders a size as Redis does: 919.13K.
func Human(n int64) string {
	const units = "BKMGTP"
	if n < 1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, u := float64(n), 0
	for f >= 1024 && u < len(units)-1 {
		f, u = f/1024, u+1
	}
	return fmt.Sprintf("%.2f%c", f, units[u])
}
