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
	o     *options
	c     *client
	txn   bool // between MULTI and EXEC, for the prompt
	debug debugState

	input  *bufio.Reader // of in, for lines
	failed bool          // an error reply was printed
}

// start does what the options ask for and returns the exit code.
func (p process) start(ctx context.Context, o *options) int {
	s := &session{process: p, o: o, c: &client{o: o, warn: p.err}}
	defer s.c.close()
	if s.asks() || s.o.debug && s.inTerminal {
		if s.o.debug {
			return s.exitCode(s.debugFile(ctx))
		}
		// At the prompt ^C ends a command, not the program.
		return s.exitCode(s.prompt(ctx))
	}
	ctx, stop := p.interruptible(ctx)
	defer stop()
	err := s.dispatch(ctx)
	if ctx.Err() != nil {
		if s.endless() {
			return exitOK
		}
		return exitInterrupted
	}
	return s.exitCode(err)
}

// interruptible returns a context that ^C ends.
func (p process) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.notify == nil {
		return context.WithCancel(ctx)
	}
	return p.notify(ctx)
}

// asks reports that a person is to type the commands.
func (s *session) asks() bool {
	return s.lineByLine() && s.inTerminal
}

// lineByLine reports that the commands come from standard input.
func (s *session) lineByLine() bool {
	return s.o.evalFile == "" && len(s.o.args) == 0 && s.mode() == nil
}

// endless reports that only ^C could end the program.
func (s *session) endless() bool {
	return s.o.latency || s.o.latencyDist || s.o.stat || s.o.lruKeys > 0 || s.o.intrinsic > 0 || s.o.replica || s.o.repeat < 0 || len(s.o.args) > 0 && streams(s.o.args[0])
}

func (s *session) exitCode(err error) int {
	if err != nil {
		fmt.Fprintln(s.err, err)
		return exitError
	}
	if (s.failed || s.c.refused) && s.o.failing {
		return exitError
	}
	return exitOK
}

func (s *session) dispatch(ctx context.Context) error {
	if s.lineByLine() {
		return s.lines(ctx)
	}
	if s.o.debug {
		return s.debugFile(ctx)
	}
	if s.o.intrinsic > 0 {
		return s.intrinsicLatency(ctx)
	}
	if err := s.c.connect(ctx); err != nil {
		return err
	}
	if s.o.evalFile != "" {
		args, err := s.evalCommand()
		if err != nil {
			return err
		}
		return s.repeated(ctx, args, s.o.repeat)
	}
	mode := s.mode()
	if mode == nil {
		return s.repeated(ctx, s.o.args, s.o.repeat)
	}
	defer s.c.guard(ctx)()
	return mode(ctx)
}

// mode is what the program does instead of sending commands; nil if it sends them.
func (s *session) mode() func(context.Context) error {
	switch {
	case s.o.pipe:
		return s.pipe
	case s.o.scan:
		return s.scan
	case s.o.latency:
		return s.latency
	case s.o.latencyDist:
		return s.latencyDist
	case s.o.rdbFile != "":
		return s.saveRDB
	case s.o.replica:
		return s.follow
	case s.o.bigKeys:
		return s.bigKeys
	case s.o.hotKeys:
		return s.hotKeys
	case s.o.stat:
		return s.stat
	case s.o.lruKeys > 0:
		return s.lruTest
	case s.o.intrinsic > 0:
		return s.intrinsicLatency
	}
	return nil
}

// repeated runs a command n times, for ever if n is negative.
func (s *session) repeated(ctx context.Context, args []string, n int64) error {
	for ; n != 0; n-- {
		if err := s.c.connect(ctx); err != nil {
			return err
		}
		start := time.Now()
		if err := s.command(ctx, args); err != nil {
			return err
		}
		if s.o.verbose {
			fmt.Fprintf(s.err, "%s took %s\n", strings.ToUpper(args[0]), time.Since(start).Round(time.Microsecond))
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
func (s *session) command(ctx context.Context, args []string) error {
	if streams(args[0]) {
		defer s.c.guard(ctx)()
		if err := s.c.send(args...); err != nil {
			return err
		}
		return s.stream(args[0])
	}
	s.debug.expect(args)
	v, err := s.exchange(ctx, args)
	if s.debug.active {
		return s.debugReply(&v, err)
	}
	for n := 0; err == nil && s.o.cluster && n < maxRedirects && s.redirected(&v); n++ {
		asking := strings.HasPrefix(string(v.Text), "ASK ")
		if err = s.c.connect(ctx); err == nil && asking {
			_, err = s.c.do("ASKING")
		}
		if err == nil {
			v, err = s.exchange(ctx, args)
		}
	}
	if err != nil {
		if strings.EqualFold(args[0], "shutdown") && s.c.conn == nil {
			return nil // the server went, as told
		}
		return err
	}
	s.printOf(args, &v)
	s.note(args, &v)
	return nil
}

// exchange sends a command and returns the reply. Out-of-band messages that come
// first are printed.
func (s *session) exchange(ctx context.Context, args []string) (resp.Value, error) {
	defer s.c.guard(ctx)()
	if err := s.c.send(args...); err != nil {
		return resp.Value{}, err
	}
	for {
		v, err := s.c.read()
		if err != nil || v.Kind != resp.KindPush {
			return v, err
		}
		s.printPush(&v)
	}
}

// maxRedirects bounds how often one command is sent to another node.
const maxRedirects = 16

// redirected reports a reply that names the node which has the key, as
// "MOVED 12182 127.0.0.1:7001", and makes that the server to connect to.
func (s *session) redirected(v *resp.Value) bool {
	words := strings.Fields(string(v.Text))
	if !v.IsError() || len(words) != 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return false
	}
	colon := strings.LastIndexByte(words[2], ':')
	port, err := strconv.ParseUint(words[2][colon+1:], 10, 16)
	if colon < 0 || err != nil {
		return false
	}
	s.c.close()
	if colon > 0 { // without a host the node is at the same one
		s.o.host = words[2][:colon]
	}
	s.o.port = int(port)
	if s.o.format == formatTyped {
		fmt.Fprintf(s.out, "-> Redirected to slot [%s] located at %s\n", words[1], s.o.addr())
	}
	return true
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
	if s.o.format != formatRaw && !strings.EqualFold(name, "monitor") {
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

// lines runs the commands of standard input, one a line. When the connection
// is lost, redis-cli tries again with the next line; where failures count, it is
// the end, since later commands may build on the one that was lost.
func (s *session) lines(ctx context.Context) error {
	if s.input == nil {
		s.input = bufio.NewReader(s.in)
	}
	for ctx.Err() == nil {
		line, err := s.input.ReadBytes('\n')
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
	words, err := s.splitLine(line)
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
	} else if name == "restart" {
		return s.debugAgain(), nil
	}
	n := s.o.repeat
	if count, err := strconv.ParseInt(words[0], 10, 64); err == nil && len(words) > 1 {
		if count <= 0 {
			fmt.Fprintf(s.out, "Invalid %s repeat command option value.\n", s.name)
			s.failed = true
			return false, nil
		}
		n, words = count, words[1:]
	}
	return false, s.repeated(ctx, words, n)
}
