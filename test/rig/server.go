package rig

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Kind says which program a server runs.
type Kind int

const (
	Ours Kind = iota // lockstep-server
	Peer             // Debian's redis-server 7.0
)

func (k Kind) String() string {
	switch k {
	case Ours:
		return "ours"
	case Peer:
		return "redis"
	default:
		panic("BUG: unknown kind of server")
	}
}

// binary returns the program of a kind.
func (k Kind) binary(t testing.TB) string {
	t.Helper()
	if k == Ours {
		return Program(t, "lockstep-server")
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("Debian's redis-server is missing: make peers installs it")
	}
	return path
}

// Program returns the path of one of our programs, as built by make build.
func Program(t testing.TB, name string) string {
	t.Helper()
	// LOCKSTEP_SERVER, LOCKSTEP_CLI, LOCKSTEP_RDBCHECK, LOCKSTEP_BENCH
	if path := os.Getenv(strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); path != "" {
		return path
	}
	dir := os.Getenv("LOCKSTEP_BIN")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin")
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not built: make build makes it (%v)", name, err)
	}
	return path
}

// Config holds directives of a configuration file: name to value.
type Config map[string]string

// Server is a running server process. Its methods fail the test that started it.
type Server struct {
	*redis.Client // database 0
	Kind          Kind
	Name          string // for messages: "ours:A"
	Port          int
	Dir           string // working directory, with redis.conf, log and dump.rdb

	t      testing.TB
	config Config
	call   *Call // nil: the configuration file that the rig writes
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	exit   error         // what Wait returned; read after exited
}

// Start runs a server on a free port and waits until it answers. It is stopped when the test ends.
func Start(t testing.TB, kind Kind, name string, config Config) *Server {
	t.Helper()
	return StartIn(t, kind, name, t.TempDir(), config)
}

// StartIn is Start in a directory that may already hold data.
func StartIn(t testing.TB, kind Kind, name, dir string, config Config) *Server {
	t.Helper()
	s := &Server{Kind: kind, Name: kind.String() + ":" + name, Dir: dir, t: t, config: Config{
		"bind": "127.0.0.1", "save": `""`, "loglevel": "verbose", "enable-debug-command": "yes", "repl-diskless-sync-delay": "0",
		"repl-backlog-size": "64mb", "repl-ping-replica-period": "1", "repl-timeout": "20",
	}}
	for k, v := range config {
		s.config[k] = v
	}
	t.Cleanup(s.cleanup)
	s.start()
	return s
}

// start launches the server on a free port.
func (s *Server) start() {
	s.t.Helper()
	for try := 0; ; try++ {
		s.Port = FreePort(s.t)
		err := s.launch()
		if err == nil {
			return
		}
		// Between the choice of a free port and the server's bind another process may have taken it.
		if try == 4 || !strings.Contains(s.Log(), "in use") {
			s.t.Fatalf("start %s: %v\n%s", s.Name, err, tail(s.Log(), 30))
		}
	}
}

// Call is a command line of the test's own, in the place of a configuration file that the rig writes.
type Call struct {
	Args     func(port int) []string
	Stdin    string
	Password string // of the default user
}

// StartCall runs a server in a directory by a command line of the test's own, whose Args have to name the port.
func StartCall(t testing.TB, kind Kind, name, dir string, call Call) *Server {
	t.Helper()
	s := &Server{Kind: kind, Name: kind.String() + ":" + name, Dir: dir, t: t, call: &call, config: Config{"requirepass": call.Password}}
	t.Cleanup(s.cleanup)
	s.start()
	return s
}

// Options returns client options for a database of the server. Nothing is sent twice: a test must see a broken connection.
func (s *Server) Options(db int) *redis.Options {
	return &redis.Options{Addr: s.Addr(), DB: db, Password: s.config["requirepass"], MaxRetries: -1, DisableIdentity: true, ReadTimeout: 30 * time.Second,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}}
}

// DB returns a client of another database; the caller need not close it.
func (s *Server) DB(db int) *redis.Client {
	c := redis.NewClient(s.Options(db))
	s.t.Cleanup(func() { c.Close() })
	return c
}

// Addr is the server's address, host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// PID is the process's number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Log returns what the server has printed since its first start.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	return string(b)
}

// launch writes the configuration, starts the process and waits until it answers.
func (s *Server) launch() error {
	conf := filepath.Join(s.Dir, "redis.conf")
	args, stdin := []string{conf}, ""
	if s.call != nil {
		args, stdin = s.call.Args(s.Port), s.call.Stdin
	} else if err := os.WriteFile(conf, s.configFile(), 0o644); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.Kind.binary(s.t), args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Dir, strings.NewReader(stdin), log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go func() {
		s.exit = cmd.Wait()
		close(exited)
	}()
	if s.Client != nil {
		s.Client.Close()
	}
	redis.SetLogger(silent{}) // a server that is gone shows in the test's own error
	s.Client = redis.NewClient(s.Options(0))
	return s.ready(time.Now().Add(30 * time.Second))
}

// Reconnect gives the server's client connections of its own anew, after somebody has killed those that it had.
func (s *Server) Reconnect() {
	s.Client.Close()
	s.Client = redis.NewClient(s.Options(0))
}

func (s *Server) configFile() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "port %d\ndir %s\n", s.Port, s.Dir)
	names := make([]string, 0, len(s.config))
	for k := range s.config {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		for _, v := range strings.Split(s.config[k], "\n") { // a directive that may be repeated has a line for each value
			fmt.Fprintf(&b, "%s %s\n", k, v)
		}
	}
	return b.Bytes()
}

// ready waits until PING is answered by this very process.
func (s *Server) ready(deadline time.Time) error {
	for {
		err := s.Ping(context.Background()).Err()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer: %w", err)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the process ended: %v", s.exit)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Restart starts the server again, on the same port and in the same directory, after it was stopped; change
// overrides directives ("" removes one).
func (s *Server) Restart(change Config) {
	s.t.Helper()
	for k, v := range change {
		if v == "" {
			delete(s.config, k)
		} else {
			s.config[k] = v
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		before := len(s.Log())
		err := s.launch()
		if err == nil {
			return
		}
		// The kernel closes the sockets of a killed process that used io_uring a moment after its end.
		if time.Now().After(deadline) || !strings.Contains(s.Log()[before:], "in use") {
			s.t.Fatalf("restart %s: %v\n%s", s.Name, err, tail(s.Log(), 30))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Shutdown ends the server with SHUTDOWN and the given modifier (SAVE, NOSAVE) and waits for the process to go.
func (s *Server) Shutdown(modifier string) {
	s.t.Helper()
	s.Do(context.Background(), "SHUTDOWN", modifier) // it answers by closing the connection
	s.WaitExit()
}

// Signal sends a signal to the process.
func (s *Server) Signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("signal %s: %v", s.Name, err)
	}
}

// WaitExit waits until the process is gone and returns its exit status, -1 if a signal ended it.
func (s *Server) WaitExit() int {
	s.t.Helper()
	select {
	case <-s.exited:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(30 * time.Second):
		s.t.Fatalf("%s does not end\n%s", s.Name, tail(s.Log(), 30))
		return -1
	}
}

// cleanup ends the process and, if the test failed, shows the end of its log.
func (s *Server) cleanup() {
	if s.Client != nil {
		s.Client.Close()
	}
	if s.cmd != nil && s.cmd.Process != nil {
		select {
		case <-s.exited: // its number may be another process's by now
		default:
			endWithChildren(s.cmd.Process.Pid)
			<-s.exited
		}
	}
	if s.t.Failed() {
		s.t.Logf("end of the log of %s:\n%s", s.Name, tail(s.Log(), 40))
	}
}

// silent drops what the client library prints.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// FreePort returns a TCP port of the loopback interface that was free a moment ago.
func FreePort(t testing.TB) int {
	t.Helper()
	return freePorts(t, 1)[0]
}

// freePorts returns so many different ones: asked one by one, the kernel may offer a port again before its server listens.
func freePorts(t testing.TB, count int) []int {
	t.Helper()
	var ports []int
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// tail returns the last lines of a log, without those that tell of ordinary clients.
func tail(s string, lines int) string {
	var all []string
	for _, line := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		if !strings.Contains(line, " - ") {
			all = append(all, line)
		}
	}
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Lockstep reports whether Ours is our server, and not another binary that LOCKSTEP_SERVER names.
func Lockstep() bool { return os.Getenv("LOCKSTEP_SERVER") == "" }
