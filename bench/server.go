package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/netconn"
)

// startLimit is the time that a server has to answer its first PING.
const startLimit = 15 * time.Second

// server is a process that this program has started.
type server struct {
	program string
	dir     string
	port    int
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process is gone
	conn    *conn         // for INFO and other single commands
}

// startServer starts a program in a folder of its own below dir and waits until
// it answers.
func (o *options) startServer(ctx context.Context, program, dir string) (*server, error) {
	dir, err := os.MkdirTemp(dir, "server-")
	if err != nil {
		return nil, err
	}
	// Between the choice of a port and its use another process may take it.
	for try := 0; ; try++ {
		s := &server{program: program, dir: dir, exited: make(chan struct{})}
		if s.port, err = freePort(ctx); err != nil {
			return nil, err
		}
		err = s.launch(ctx, o)
		if err == nil {
			return s, nil
		}
		s.stop()
		if try == 4 || ctx.Err() != nil || !strings.Contains(err.Error(), "in use") {
			return nil, err
		}
	}
}

func (s *server) launch(ctx context.Context, o *options) error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir, "--save", "", "--appendonly", "no",
		"--enable-debug-command", "yes", // DEBUG DIGEST
		"--repl-diskless-sync-delay", "0", // the delay waits for other replicas
		"--repl-backlog-size", strconv.FormatInt(o.backlog(), 10),
		// A replica that is held still is not to be given up.
		"--repl-timeout", strconv.Itoa(60 + int(2*o.outage.Seconds())),
	}
	for _, directive := range o.settings {
		args = append(append(args, "--"+directive[0]), directive[1:]...)
	}
	s.cmd = exec.Command(s.program, args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	detach(s.cmd)
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return fmt.Errorf("start %s: %w", s.program, err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.exited)
	}()
	return s.ready(ctx)
}

// ready waits until the server answers.
func (s *server) ready(ctx context.Context) error {
	limit := time.After(startLimit)
	for {
		c, err := dial(ctx, s.port)
		if err == nil {
			if _, err = c.do("PING"); err == nil {
				s.conn = c
				return nil
			}
			c.close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.exited:
			return fmt.Errorf("%s ended at its start:\n%s", s.program, s.logTail())
		case <-limit:
			return fmt.Errorf("%s does not answer (%w):\n%s", s.program, err, s.logTail())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop ends the process and waits for that. Nothing of its data is wanted.
func (s *server) stop() {
	if s.conn != nil {
		s.conn.close()
	}
	if s.cmd != nil {
		_ = s.cmd.Process.Kill() // also when it is held still
		<-s.exited
	}
}

func (s *server) logFile() string { return filepath.Join(s.dir, "log") }

// logTail is the end of what the server has printed.
func (s *server) logTail() string {
	text, _ := os.ReadFile(s.logFile())
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// freePort returns a TCP port of the loopback interface that was free a moment ago.
func freePort(ctx context.Context) (int, error) {
	l, err := netconn.Listen(ctx, netconn.ListenOptions{Bind: []string{"127.0.0.1"}})
	if err != nil {
		return 0, err
	}
	addr := l[0].Addr().String()
	_ = l[0].Close()
	return strconv.Atoi(addr[strings.LastIndexByte(addr, ':')+1:])
}
