package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/test/rig"
	"github.com/redis/go-redis/v9"
)

// outcome is what a program that ended left.
type outcome struct {
	Code        int
	Out, Stderr string
}

// run runs a program to its end, with the given standard input.
func run(t *testing.T, dir, stdin, program string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out, stderr bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, strings.NewReader(stdin), &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", program, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s %v does not end; it printed:\n%s%s", filepath.Base(program), args, out.String(), stderr.String())
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

// serve starts the server with a command line of its own and waits until it answers on an address.
func serve(t *testing.T, stdin, network, addr string, args ...string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Network: network, Addr: addr, MaxRetries: -1, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	serveUntil(t, stdin, func() error { return c.Ping(context.Background()).Err() }, args...)
	return c
}

// serveUntil starts the server and waits until ready returns nil.
func serveUntil(t *testing.T, stdin string, ready func() error, args ...string) {
	t.Helper()
	cmd := exec.Command(rig.Program(t, "lockstep-server"), args...)
	var log bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = t.TempDir(), strings.NewReader(stdin), &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the server printed:\n%s", log.String())
		}
	})
	rig.Until(t, 20*time.Second, ready)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", fmt.Sprint(port)) }

func configValue(t *testing.T, c *redis.Client, name string) string {
	t.Helper()
	m, err := c.ConfigGet(t.Context(), name).Result()
	if err != nil {
		t.Fatal(err)
	}
	return m[name]
}

func TestConfigurationFromEverySource(t *testing.T) {
	port := rig.FreePort(t)
	file := filepath.Join(t.TempDir(), "redis.conf")
	text := "# a comment\nport 1\n  maxmemory   100mb \nsave 900 1\nsave 300 10\nappendfilename \"a b.aof\"\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// The command line wins over the file, standard input over both.
	c := serve(t, "databases 20\n", "tcp", loopback(port), file, "--port", fmt.Sprint(port), "--maxclients", "77", "--hz", "20", "-")
	for name, want := range map[string]string{"maxmemory": "104857600", "maxclients": "77", "hz": "20", "databases": "20",
		"save": "900 1 300 10", "appendfilename": "a b.aof"} {
		if got := configValue(t, c, name); got != want {
			t.Errorf("CONFIG GET %s = %q, want %q", name, got, want)
		}
	}
	info := c.Info(t.Context(), "server").Val()
	if !strings.Contains(info, "config_file:"+file+"\r\n") {
		t.Errorf("INFO server does not name the file %s:\n%s", file, info)
	}
}

func TestConfigRewriteKeepsFile(t *testing.T) {
	port := rig.FreePort(t)
	file := filepath.Join(t.TempDir(), "redis.conf")
	text := fmt.Sprintf("# kept comment\nport %d\nmaxclients 77\n", port)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := serve(t, "", "tcp", loopback(port), file)
	if err := c.ConfigSet(t.Context(), "maxclients", "88").Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.ConfigRewrite(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# kept comment\n", fmt.Sprintf("port %d\n", port), "maxclients 88\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the rewritten file lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "maxclients 77") {
		t.Errorf("the rewritten file has the old value still:\n%s", got)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	c := serve(t, "", "unix", path, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700")
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Error(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o700 {
		t.Errorf("the socket has mode %o, want 700", st.Mode().Perm())
	}
}

func TestSeveralAddresses(t *testing.T) {
	port := rig.FreePort(t)
	c := serve(t, "", "tcp", loopback(port), "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "127.0.0.2", "-127.0.0.3", "-2001:db8::1")
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	other := redis.NewClient(&redis.Options{Addr: net.JoinHostPort("127.0.0.2", fmt.Sprint(port)), MaxRetries: -1})
	defer other.Close()
	if err := other.Ping(t.Context()).Err(); err != nil {
		t.Errorf("second address: %v", err)
	}
}

func TestBadConfiguration(t *testing.T) {
	server := rig.Program(t, "lockstep-server")
	for _, tt := range []struct {
		name, file string
		args       []string
		want       []string // all of them in the output
	}{
		{"unknown directive", "port 0\n\n# comment\nno-such-thing yes\n", nil, []string{"line 4", "no-such-thing yes", "Bad directive"}},
		{"bad enum", "maxmemory-policy sometimes\n", nil, []string{"line 1", "maxmemory-policy sometimes", "allkeys-lru"}},
		{"bad number", "port 0\nport zero\n", nil, []string{"line 2", "port zero"}},
		{"out of range", "port 65536\n", nil, []string{"line 1", "port 65536"}},
		{"missing argument", "port\n", nil, []string{"line 1"}},
		{"too many arguments", "port 1 2\n", nil, []string{"line 1"}},
		{"unbalanced quotes", "requirepass \"abc\n", nil, []string{"line 1", "quotes"}},
		{"bad memory unit", "maxmemory 12parsecs\n", nil, []string{"line 1", "maxmemory 12parsecs"}},
		{"bad yes/no", "appendonly maybe\n", nil, []string{"line 1", "yes"}},
		{"option on the command line", "", []string{"--no-such-option", "1"}, []string{"no-such-option"}},
		{"missing file", "", []string{"missing.conf"}, []string{"missing.conf", "No such file or directory"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			args := tt.args
			if tt.file != "" {
				if err := os.WriteFile(filepath.Join(dir, "redis.conf"), []byte(tt.file), 0o644); err != nil {
					t.Fatal(err)
				}
				args = []string{"redis.conf"}
			}
			got := run(t, dir, "", server, args...)
			if got.Code != 1 {
				t.Errorf("exit status %d, want 1", got.Code)
			}
			for _, want := range tt.want {
				if !strings.Contains(strings.ToLower(got.Out+got.Stderr), strings.ToLower(want)) {
					t.Errorf("the message lacks %q:\n%s%s", want, got.Out, got.Stderr)
				}
			}
		})
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	got := run(t, t.TempDir(), "", rig.Program(t, "lockstep-server"), "--port", fmt.Sprint(port), "--bind", "127.0.0.1")
	if got.Code != 1 || !strings.Contains(got.Out+got.Stderr, "Failed listening on port") {
		t.Errorf("exit status %d, want 1; output:\n%s%s", got.Code, got.Out, got.Stderr)
	}
}

// Modes of redis-server that make no sense here say so, instead of being taken for directives.
func TestModesThatAreNotHere(t *testing.T) {
	for _, args := range [][]string{{"--check-system"}, {"--test-memory", "100"}} {
		got := run(t, t.TempDir(), "", rig.Program(t, "lockstep-server"), args...)
		if got.Code != 2 || !strings.Contains(got.Stderr, "There is no "+args[0]) {
			t.Errorf("%s: exit status %d, output %q", args, got.Code, got.Stderr)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	server := rig.Program(t, "lockstep-server")
	for _, flag := range []string{"--version", "-v", "--help", "-h"} {
		got := run(t, t.TempDir(), "", server, flag)
		if text := got.Out + got.Stderr; strings.TrimSpace(text) == "" {
			t.Errorf("%s prints nothing", flag)
		}
		if strings.HasSuffix(flag, "version") && (got.Code != 0 || !strings.Contains(got.Out, "v=")) {
			t.Errorf("%s: exit status %d, output %q", flag, got.Code, got.Out)
		}
	}
}
