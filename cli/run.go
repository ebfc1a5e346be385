package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// session is one run of the program.
type session struct {
	process
	o   *options
	c   *client
	txn bool // between MULTI and EXEC, for the prompt

	failed bool // an error reply was printed
}

// start does what the options ask for and returns the exit code.
func (p process) start(ctx context.Context, o *options) int {
	s := &session{process: p, o: o, c: &client{o: o, warn: p.err}}
	defer s.c.close()
	err := s.dispatch(ctx)
	if ctx.Err() != nil {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(p.err, err)
		return exitError
	}
	if (s.failed || s.c.refused) && o.failing {
		return exitError
	}
	return exitOK
}

func (s *session) dispatch(ctx context.Context) error {
	if !s.o.pipe && len(s.o.args) == 0 && !s.o.scan && !s.o.latency {
		if s.inTerminal {
			return s.prompt(ctx)
		}
		return s.lines(ctx)
	}
	if err := s.c.connect(ctx); err != nil {
		return err
	}
	switch {
	case s.o.pipe:
		return s.pipe()
	case s.o.scan:
		return s.scan(ctx)
	case s.o.latency:
		return s.latency(ctx)
	}
	return s.repeated(ctx, s.o.args, s.o.repeat)
}

// repeated runs a command n times, for ever if n is negative.
func (s *session) repeated(ctx context.Context, args []string, n int64) error {
	for ; n != 0; n-- {
		if err := s.c.connect(ctx); err != nil {
			return err
		}
		if err := s.command(args); err != nil {
			return err
		}
		if s.o.interval > 0 && n != 1 {
			if err := sleep(ctx, s.o.interval); err != nil {
				return err
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// command sends one command and prints what comes back.
func (s *session) command(args []string) error {
	if err := s.c.send(args...); err != nil {
		return err
	}
	if streams(args[0]) {
		return s.stream(args[0])
	}
	for {
		v, err := s.c.read()
		if err != nil {
			if strings.EqualFold(args[0], "shutdown") && s.c.conn == nil {
				return nil // the server went, as told
			}
			return err
		}
		if v.Kind == resp.KindPush {
			if s.o.showPushes {
				s.print(&v)
			}
			continue
		}
		s.print(&v)
		s.note(args, &v)
		return nil
	}
}

// note remembers what the prompt shows and what a new connection needs.
func (s *session) note(args []string, v *resp.Value) {
	if v.IsError() {
		s.failed = true
	}
	switch name := strings.ToLower(args[0]); {
	case name == "exec" || name == "discard" || name == "reset":
		s.txn = false
		if name == "reset" {
			s.o.db = 0
		}
	case v.IsError():
	case name == "multi":
		s.txn = true
	case name == "select" && len(args) == 2 && string(v.Text) == "OK":
		s.o.db, _ = strconv.Atoi(args[1])
	case name == "auth" && len(args) <= 3 && len(args) > 1:
		s.o.auth, s.o.user, s.o.password = true, "", args[len(args)-1]
		if len(args) == 3 {
			s.o.user = args[1]
		}
	}
}

// streams reports a command whose replies do not end.
func streams(name string) bool {
	switch strings.ToLower(name) {
	case "subscribe", "psubscribe", "ssubscribe", "monitor":
		return true
	}
	return false
}

// stream prints messages until the connection ends.
func (s *session) stream(name string) error {
	if s.o.format == formatTyped && !strings.EqualFold(name, "monitor") {
		fmt.Fprintln(s.out, "Reading messages... (press Ctrl-C to quit)")
	}
	for {
		v, err := s.c.read()
		if err != nil {
			return err
		}
		s.print(&v)
		if v.IsError() {
			s.failed = true
			return nil
		}
	}
}

func (s *session) print(v *resp.Value) {
	_, _ = s.out.Write(s.o.appendReply(nil, v))
}

// lines runs the commands of standard input, one a line. When the connection
// is lost, redis-cli tries again with the next line; where failures count, it is
// the end, since later commands may build on the one that was lost.
func (s *session) lines(ctx context.Context) error {
	in := bufio.NewReader(s.in)
	for ctx.Err() == nil {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			quit, err := s.line(ctx, line)
			if err != nil && s.o.failing {
				return err
			}
			if err != nil {
				fmt.Fprintln(s.err, err)
			}
			if quit {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
	return nil
}

// line runs one line: COMMAND ARG..., or N COMMAND ARG... to repeat it.
func (s *session) line(ctx context.Context, line []byte) (quit bool, err error) {
	words, err := splitWords(line)
	if err != nil {
		fmt.Fprint(s.out, "Invalid argument(s)\n")
		s.failed = true
		return false, nil
	}
	if len(words) == 0 {
		return false, nil
	}
	if name := strings.ToLower(words[0]); name == "quit" || name == "exit" {
		return true, nil
	}
	n := s.o.repeat
	if count, err := strconv.ParseInt(words[0], 10, 64); err == nil && len(words) > 1 {
		if count <= 0 {
			fmt.Fprintln(s.out, "Invalid repeat command option value.")
			s.failed = true
			return false, nil
		}
		n, words = count, words[1:]
	}
	return false, s.repeated(ctx, words, n)
}
