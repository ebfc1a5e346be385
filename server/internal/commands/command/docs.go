package command

import (
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// docs replies with a map from names to documentation. Names of no command are left out.
func (f family) docs(c *command.Ctx) {
	t := f.h.Table()
	specs := t.Commands()
	if len(c.Args) > 2 {
		specs = nil
		for _, name := range c.Args[2:] {
			if s := t.LookupFull(name); s != nil {
				specs = append(specs, s)
			}
		}
	}
	writeAllDocs(c.Reply, specs)
}

func writeAllDocs(w *resp.Writer, specs []*command.Spec) {
	w.Map(len(specs))
	for _, s := range specs {
		w.BulkString(s.FullName())
		writeDocs(w, s)
	}
}

// entry is one pair of a documentation map.
type entry struct {
	name  string
	write func(w *resp.Writer)
}

func writeEntries(w *resp.Writer, entries []entry) {
	w.Map(len(entries))
	for _, e := range entries {
		w.BulkString(e.name)
		e.write(w)
	}
}

func text(name, value string) entry {
	return entry{name, func(w *resp.Writer) { w.BulkString(value) }}
}

func statuses(name string, values []string) entry {
	return entry{name, func(w *resp.Writer) { writeStatuses(w, "", values) }}
}

// writeDocs replies with a command's entry in COMMAND DOCS. What is empty is left out, as in Redis.
func writeDocs(w *resp.Writer, s *command.Spec) {
	out := []entry{text("summary", s.Summary), text("since", s.Since), text("group", s.Group)}
	if s.Complexity != "" {
		out = append(out, text("complexity", s.Complexity))
	}
	var flags []string
	if s.Deprecated != "" {
		flags = append(flags, "deprecated")
	}
	if s.Internal {
		flags = append(flags, "syscmd")
	}
	if len(flags) > 0 {
		out = append(out, statuses("doc_flags", flags))
	}
	if version, replacement, _ := strings.Cut(s.Deprecated, "|"); version != "" {
		out = append(out, text("deprecated_since", version), text("replaced_by", replacement))
	}
	if changes := s.Changes(); len(changes) > 0 {
		out = append(out, entry{"history", func(w *resp.Writer) { writeChanges(w, changes) }})
	}
	if len(s.Args) > 0 {
		out = append(out, arguments(s.Args))
	}
	if len(s.Subs) > 0 {
		out = append(out, entry{"subcommands", func(w *resp.Writer) { writeAllDocs(w, s.Subs) }})
	}
	writeEntries(w, out)
}

func writeChanges(w *resp.Writer, changes []command.Change) {
	w.Set(len(changes))
	for _, c := range changes {
		w.Array(2)
		w.BulkString(c.Version)
		w.BulkString(c.Text)
	}
}

func arguments(args []command.Arg) entry {
	return entry{"arguments", func(w *resp.Writer) {
		w.Array(len(args))
		for i := range args {
			writeArg(w, &args[i])
		}
	}}
}

func writeArg(w *resp.Writer, a *command.Arg) {
	out := []entry{text("name", a.Name), text("type", a.Type)}
	if a.Type == "key" || a.KeySpec > 0 { // patterns of SORT name keys too
		out = append(out, entry{"key_spec_index", func(w *resp.Writer) { w.Int(int64(a.KeySpec)) }})
	}
	if a.Token != "" || a.Type == "pure-token" { // MIGRATE has the empty string as a token
		out = append(out, text("token", a.Token))
	}
	if a.Since != "" {
		out = append(out, text("since", a.Since))
	}
	if a.Deprecated != "" {
		out = append(out, text("deprecated_since", a.Deprecated))
	}
	var flags []string
	if a.Optional {
		flags = append(flags, "optional")
	}
	if a.Multiple {
		flags = append(flags, "multiple")
	}
	if a.MultiTok {
		flags = append(flags, "multiple_token")
	}
	if len(flags) > 0 {
		out = append(out, statuses("flags", flags))
	}
	if len(a.Args) > 0 {
		out = append(out, arguments(a.Args))
	}
	writeEntries(w, out)
}
