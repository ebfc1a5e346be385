package command

import (
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// writeInfo replies with a command's entry in COMMAND INFO.
func writeInfo(w *resp.Writer, s *command.Spec) {
	first, last, step, movable := s.LegacyKeys()
	flags := s.Flags.Names()
	if movable {
		flags = append(flags, "movablekeys")
	}
	w.Array(10)
	w.BulkString(s.FullName())
	w.Int(int64(s.Arity))
	writeStatuses(w, "", flags)
	w.Int(int64(first))
	w.Int(int64(last))
	w.Int(int64(step))
	writeStatuses(w, "@", s.Categories().Names())
	w.Set(len(s.Tips))
	for _, tip := range s.Tips {
		w.BulkString(tip)
	}
	w.Set(len(s.Keys))
	for i := range s.Keys {
		writeKeySpec(w, &s.Keys[i])
	}
	if len(s.Subs) == 0 {
		w.Set(0)
		return
	}
	w.Array(len(s.Subs))
	for _, sub := range s.Subs {
		writeInfo(w, sub)
	}
}

// writeStatuses replies with a set of status lines.
func writeStatuses(w *resp.Writer, prefix string, names []string) {
	w.Set(len(names))
	for _, n := range names {
		w.SimpleString(prefix + n)
	}
}

// writeKeySpec replies with a key specification: where keys begin, how to find the others, and what happens to them.
func writeKeySpec(w *resp.Writer, k *command.KeySpec) {
	fields := 3
	if k.Notes != "" {
		fields = 4
	}
	w.Map(fields)
	if k.Notes != "" {
		w.BulkString("notes")
		w.BulkString(k.Notes)
	}
	w.BulkString("flags")
	writeStatuses(w, "", k.Access.Names())
	w.BulkString("begin_search")
	switch {
	case k.Unknown:
		writeRule(w, "unknown")
	case k.Keyword != "":
		writeRule(w, "keyword", field{"keyword", k.Keyword}, field{"startfrom", k.StartFrom})
	default:
		writeRule(w, "index", field{"index", k.Index})
	}
	w.BulkString("find_keys")
	switch {
	case k.Unknown:
		writeRule(w, "unknown")
	case k.KeyNum:
		writeRule(w, "keynum", field{"keynumidx", 0}, field{"firstkey", k.FirstKey}, field{"keystep", max(k.Step, 1)})
	default:
		writeRule(w, "range", field{"lastkey", k.LastKey}, field{"keystep", max(k.Step, 1)}, field{"limit", k.Limit})
	}
}

// field is one parameter of a rule; its value is a string or an int.
type field struct {
	name  string
	value any
}

func writeRule(w *resp.Writer, kind string, fields ...field) {
	w.Map(2)
	w.BulkString("type")
	w.BulkString(kind)
	w.BulkString("spec")
	w.Map(len(fields))
	for _, f := range fields {
		w.BulkString(f.name)
		switch v := f.value.(type) {
		case int:
			w.Int(int64(v))
		case string:
			w.BulkString(v)
		default:
			panic("BUG: field of a rule is neither string nor int")
		}
	}
}
