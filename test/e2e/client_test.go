package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/test/rig"
)

// One-shot commands: output formats and exit statuses as redis-cli has them.
func TestCLIOneShot(t *testing.T) {
	s := rig.Start(t, rig.Peer, "A", nil)
	s.Must("RPUSH", "list", "a", "b c", "")
	s.Must("HSET", "hash", "f", "v")
	s.Must("SET", "text", "two\nlines")
	cli := rig.Program(t, "lockstep-cli")
	port := fmt.Sprint(s.Port)
	for _, tt := range []struct {
		args []string
		in   string
		out  string
		code int
	}{
		{[]string{"PING"}, "", "PONG\n", 0},
		{[]string{"GET", "missing"}, "", "\n", 0},
		{[]string{"GET", "text"}, "", "two\nlines\n", 0},
		{[]string{"--no-raw", "GET", "text"}, "", "\"two\\nlines\"\n", 0},
		{[]string{"--no-raw", "GET", "missing"}, "", "(nil)\n", 0},
		{[]string{"--no-raw", "LLEN", "list"}, "", "(integer) 3\n", 0},
		{[]string{"--no-raw", "LRANGE", "list", "0", "-1"}, "", "1) \"a\"\n2) \"b c\"\n3) \"\"\n", 0},
		{[]string{"--no-raw", "LRANGE", "none", "0", "-1"}, "", "(empty array)\n", 0},
		{[]string{"LRANGE", "list", "0", "-1"}, "", "a\nb c\n\n", 0},
		{[]string{"-n", "4", "SET", "k", "v"}, "", "OK\n", 0},
		{[]string{"-n", "4", "GET", "k"}, "", "v\n", 0},
		{[]string{"GET", "k"}, "", "\n", 0},
		{[]string{"--json", "HGETALL", "hash"}, "", "{\"f\":\"v\"}\n", 0},
		{[]string{"--json", "LRANGE", "list", "0", "-1"}, "", "[\"a\",\"b c\",\"\"]\n", 0},
		{[]string{"-x", "SET", "stdin"}, "from\x00stdin", "OK\n", 0},
		{[]string{"STRLEN", "stdin"}, "", "10\n", 0},
		{[]string{"-r", "3", "INCR", "counter"}, "", "1\n2\n3\n", 0},
		{nil, "SET piped 1\nINCR piped\n\nGET piped\n", "OK\n2\n2\n", 0},
	} {
		got := run(t, t.TempDir(), tt.in, cli, append([]string{"-p", port}, tt.args...)...)
		if got.Out != tt.out || got.Code != tt.code {
			t.Errorf("%q: status %d, output %q, want %d, %q (stderr %q)", tt.args, got.Code, got.Out, tt.code, tt.out, got.Stderr)
		}
	}
}

func TestCLIFailures(t *testing.T) {
	s := rig.Start(t, rig.Peer, "A", rig.Config{"requirepass": "secret", "unixsocket": "s"})
	cli := rig.Program(t, "lockstep-cli")
	port := fmt.Sprint(s.Port)
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string // in standard output or error
	}{
		{"no password", []string{"-p", port, "GET", "k"}, 1, "NOAUTH"},
		{"no password, -e", []string{"-p", port, "-e", "GET", "k"}, 1, "NOAUTH"},
		{"password", []string{"-p", port, "--no-auth-warning", "-a", "secret", "PING"}, 0, "PONG"},
		{"password warning", []string{"-p", port, "-a", "secret", "PING"}, 0, "Warning"},
		{"wrong password", []string{"-p", port, "-a", "wrong", "PING"}, 1, "AUTH failed"},
		{"URI", []string{"-u", "redis://default:secret@127.0.0.1:" + port + "/2", "CLIENT", "INFO"}, 0, "db=2"},
		{"socket", []string{"-s", s.Dir + "/s", "--no-auth-warning", "-a", "secret", "PING"}, 0, "PONG"},
		{"nobody listens", []string{"-p", fmt.Sprint(rig.FreePort(t)), "PING"}, 1, "Connection refused"},
		{"no socket", []string{"-s", s.Dir + "/none", "PING"}, 1, "No such file"},
		{"unknown option", []string{"--no-such-option"}, 2, "no-such-option"},
	} {
		got := run(t, t.TempDir(), "", cli, tt.args...)
		if text := got.Out + got.Stderr; got.Code != tt.code || !strings.Contains(text, tt.want) {
			t.Errorf("%s: status %d, want %d; output %q lacks %q", tt.name, got.Code, tt.code, text, tt.want)
		}
	}
}
