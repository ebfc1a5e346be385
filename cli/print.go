package main

import (
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

func (s *session) print(v *resp.Value) {
	_, _ = s.out.Write(s.o.appendReply(nil, v))
}

// printOf prints the reply to a command.
func (s *session) printOf(args []string, v *resp.Value) {
	switch {
	case s.o.errorsApart && v.IsError():
		fmt.Fprintf(s.err, "%s\n", v.Text)
	case s.o.format == formatTyped && isText(args):
		_, _ = s.out.Write(s.o.appendRaw(nil, v)) // a text ends its last line itself
	default:
		s.print(v)
	}
}

// isText reports a command whose reply is a text for people, printed as it is.
func isText(args []string) bool {
	name := strings.ToLower(args[0])
	if name == "info" || name == "lolwut" {
		return true
	}
	if len(args) < 2 {
		return false
	}
	switch name + " " + strings.ToLower(args[1]) {
	case "client list", "client info", "cluster nodes", "cluster info", "debug htstats", "debug htstats-key", "debug client-eviction",
		"latency doctor", "latency graph", "memory doctor", "memory malloc-stats", "proxy info":
		return true
	}
	return false
}

// printPush prints an out-of-band message, in the short form that redis-cli has
// for invalidated keys.
func (s *session) printPush(v *resp.Value) {
	if !s.o.showPushes {
		return
	}
	if s.o.format != formatTyped || len(v.Elems) != 2 || string(v.Elems[0].Text) != "invalidate" || v.Elems[1].Kind != resp.KindArray {
		s.print(v)
		return
	}
	out := []byte("-> invalidate: ")
	for i, key := range v.Elems[1].Elems {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = fmt.Appendf(out, "'%s'", key.Text)
	}
	_, _ = s.out.Write(append(out, '\n'))
}
