package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// evalCommand makes EVAL of the script in a file and the arguments, of which those before a comma are keys.
func (s *session) evalCommand() ([]string, error) {
	script, err := os.ReadFile(s.o.evalFile)
	if err != nil {
		text := err.Error()
		if code := syscall.Errno(0); errors.As(err, &code) {
			text = strings.ToUpper(code.Error()[:1]) + code.Error()[1:]
		}
		return nil, fmt.Errorf("Can't open file '%s': %s", s.o.evalFile, text)
	}
	args, keys := []string{"EVAL", string(script), ""}, -1
	for i, a := range s.o.args {
		if a == "," && keys < 0 {
			keys = i
			continue
		}
		args = append(args, a)
	}
	if keys < 0 {
		keys = len(s.o.args)
	}
	args[2] = strconv.Itoa(keys)
	return args, nil
}

// debugState is how far a debugging session is. It begins with the EVAL behind SCRIPT DEBUG; until it ends each reply is an array of lines.
type debugState struct {
	next    bool // SCRIPT DEBUG was called: an EVAL begins a session
	sync    bool
	active  bool
	restart bool // the file is to be debugged again
}

const endOfDebug = "<endsession>"

// expect notes what a command means for the state.
func (d *debugState) expect(args []string) {
	switch name := strings.ToLower(args[0]); {
	case d.active:
	case name == "script" && len(args) == 3 && strings.EqualFold(args[1], "debug"):
		d.sync = strings.EqualFold(args[2], "sync")
		d.next = d.sync || strings.EqualFold(args[2], "yes")
	case name == "eval":
		d.active = d.next
	}
}

// debugFile debugs the file of --eval, as often as is asked for.
func (s *session) debugFile(ctx context.Context) error {
	for {
		fmt.Fprint(s.out, "Lua debugging session started, please use:\n"+
			"quit    -- End the session.\n"+
			"restart -- Restart the script in debug mode again.\n"+
			"help    -- Show Lua script debugging commands.\n\n")
		if begun, err := s.beginDebug(ctx); err != nil || !begun {
			return err
		}
		s.debug.restart = false
		run := s.lines
		if s.inTerminal {
			run = s.prompt
		}
		if err := run(ctx); err != nil || !s.debug.restart {
			return err
		}
		s.c.close()
		fmt.Fprintln(s.out)
	}
}

// beginDebug starts a session; false: the script does not compile.
func (s *session) beginDebug(ctx context.Context) (begun bool, err error) {
	args, err := s.evalCommand()
	if err != nil {
		return false, err
	}
	if err := s.c.connect(ctx); err != nil {
		return false, err
	}
	mode := "yes"
	if s.o.debugSync {
		mode = "sync"
	}
	if v, err := s.exchange(ctx, []string{"SCRIPT", "DEBUG", mode}); err != nil || v.IsError() {
		return false, errors.Join(err, v.Err())
	}
	s.debug = debugState{sync: s.o.debugSync, active: true}
	v, err := s.exchange(ctx, args)
	if err != nil {
		return false, err
	}
	if !s.printDebug(&v) {
		return true, nil
	}
	fmt.Fprintln(s.out, "Eval debugging session can't start:")
	return false, s.endDebug()
}

// debugReply prints a reply of a session and, when it has ended, what the script has returned.
func (s *session) debugReply(v *resp.Value, err error) error {
	if err != nil {
		s.debug.active = false
		return err
	}
	if !s.printDebug(v) {
		return nil
	}
	if err := s.endDebug(); err != nil {
		return err
	}
	note := " -- dataset changes rolled back"
	if s.debug.sync {
		note = ""
	}
	fmt.Fprintf(s.out, "\n(Lua debugging session ended%s)\n\n", note)
	return nil
}

// endDebug prints the reply of the script. The server closes the connection behind it.
func (s *session) endDebug() error {
	s.debug.active, s.debug.next = false, false
	s.o.format = formatTyped
	v, err := s.c.read()
	if err != nil {
		return err
	}
	s.print(&v)
	s.failed = s.failed || v.IsError()
	s.c.close()
	return nil
}

// printDebug prints the lines of a reply and reports whether the session has ended.
func (s *session) printDebug(v *resp.Value) (ended bool) {
	if v.Kind != resp.KindArray {
		s.print(v)
		s.debug.active = false
		return false
	}
	inColor := strings.Contains(s.getenv("TERM"), "xterm")
	for i := range v.Elems {
		line := string(v.Elems[i].Text)
		switch {
		case strings.HasPrefix(line, endOfDebug):
			ended, line = true, ""
		case inColor:
			line = colored(line)
		}
		fmt.Fprintln(s.out, line)
	}
	return ended
}

// colored gives a line of the debugger the color of its kind.
func colored(line string) string {
	const white, red, green, yellow, magenta, cyan, bold = "0;37", "0;31", "0;32", "0;33", "0;35", "0;36", "1;37"
	color := white
	for _, kind := range [...]struct{ mark, color string }{{"<debug>", bold}, {"<redis>", green}, {"<reply>", cyan}, {"<error>", red}, {"<hint>", bold},
		{"<value>", magenta}, {"<retval>", magenta}} {
		if strings.Contains(line, kind.mark) {
			color = kind.color
		}
	}
	if len(line) > 4 && line[3] >= '0' && line[3] <= '9' {
		if line[1] == '>' { // where the script stands
			color = yellow
		} else if line[2] == '#' { // a breakpoint
			color = bold
		}
	}
	return "\x1b[" + color + ";49m" + line + "\x1b[0m"
}

// splitLine splits a line into words. To the debugger's eval all that follows is one argument, as it is.
func (s *session) splitLine(line []byte) ([]string, error) {
	if text := strings.TrimRight(string(line), "\r\n"); s.debug.active {
		for _, name := range [...]string{"eval", "e"} {
			if code, ok := strings.CutPrefix(text, name+" "); ok {
				return []string{name, code}, nil
			}
		}
	}
	return splitWords(line)
}

// debugAgain is the word restart: it ends the prompt when there is something to begin anew.
func (s *session) debugAgain() (quit bool) {
	if !s.o.debug {
		fmt.Fprintln(s.out, "Use 'restart' only in Lua debugging mode.")
		return false
	}
	s.debug.restart = true
	return true
}
