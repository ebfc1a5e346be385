package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

const promptHelp = `  help COMMAND        what the server says about a command
  connect HOST PORT   go to another server
  clear               clear the screen
  N COMMAND           run a command N times
  quit                leave; so do exit, ^D, and ^C in an empty line
Tab completes the names of commands. ^C ends a command that waits.
`

// local runs what the prompt itself understands.
func (s *session) local(ctx context.Context, line string) bool {
	words := strings.Fields(line)
	switch name := strings.ToLower(words[0]); {
	case name == "clear" && len(words) == 1:
		fmt.Fprint(s.out, "\x1b[H\x1b[2J")
	case (name == "help" || name == "?") && len(words) == 1:
		fmt.Fprint(s.out, promptHelp)
	case name == "help" || name == "?":
		s.describe(ctx, words[1:])
	case name == "connect" && len(words) == 3:
		port, err := strconv.ParseUint(words[2], 10, 16)
		if err != nil {
			fmt.Fprintf(s.err, "%s is no port\n", words[2])
			return true
		}
		s.c.close()
		s.o.host, s.o.port, s.o.socket = words[1], int(port), ""
		if err := s.c.connect(ctx); err != nil {
			fmt.Fprintln(s.err, err)
		}
	default:
		return false
	}
	return true
}

// describe prints what COMMAND DOCS says about a command, "config set" for instance.
func (s *session) describe(ctx context.Context, words []string) {
	if err := s.c.connect(ctx); err != nil {
		fmt.Fprintln(s.err, err)
		return
	}
	name := strings.ToLower(strings.Join(words, "|"))
	v, err := s.c.do("COMMAND", "DOCS", name)
	if err != nil {
		fmt.Fprintln(s.err, err)
		return
	}
	if len(v.Elems) < 2 {
		fmt.Fprintf(s.out, "The server has no documentation of %s.\n", strings.ToUpper(strings.Join(words, " ")))
		return
	}
	printDocs(s, &v.Elems[1])
}

// printDocs prints the fields of a command's documentation that are one line.
// In RESP2 they are keys and values by turns, as in a map.
func printDocs(s *session, docs *resp.Value) {
	shown := []string{"summary", "since", "group", "complexity"}
	for i := 0; i+1 < len(docs.Elems); i += 2 {
		if field := string(docs.Elems[i].Text); slices.Contains(shown, field) {
			fmt.Fprintf(s.out, "  %-11s %s\n", field+":", docs.Elems[i+1].Text)
		}
	}
}
