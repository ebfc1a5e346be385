package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// redisServer starts Debian's redis-server and returns its port.
func redisServer(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is missing: make peers installs Debian's redis-server 7.0")
		}
		t.Skip("redis-server is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	cmd := exec.Command(program, "--port", free, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if got := (runner{}).run("-p", free, "PING"); got.out == "PONG\n" {
			return free
		}
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
}

// Both programs, each on a server of the same state, print the same and exit with the same code.
func TestSessionsAsRedisCLI(t *testing.T) {
	program := debian(t)
	free := redisServer(t)
	for _, c := range []struct{ args, in string }{
		{"SET a hello", ""}, {"--no-raw SET a hello", ""}, {"GET a", ""}, {"-n 3 GET a", ""}, {"-3 --no-raw HSET h f v g w", ""}, {"-3 --no-raw HGETALL h", ""},
		{"-2 --no-raw HGETALL h", ""}, {"--json HGETALL h", ""}, {"-2 --json HGETALL h", ""}, {"--csv HGETALL h", ""}, {"-d , HGETALL h", ""}, {"-D | GET a", ""},
		{"INCR n", ""}, {"-r 3 INCR n", ""}, {"-r 2 -i 0.01 INCR n", ""}, {"NOPE x", ""}, {"-e NOPE x", ""}, {"-e GET a", ""}, {"--no-raw LPUSH a x", ""},
		{"--no-raw DEBUG PROTOCOL attrib", ""}, {"-3 --no-raw DEBUG PROTOCOL set", ""}, {"-3 --no-raw DEBUG PROTOCOL map", ""}, {"-3 --no-raw DEBUG PROTOCOL verbatim", ""},
		{"-x SET x", "from stdin\n"}, {"-X T SET T v", "key"}, {"-X T SET y v", "key"}, {"--quoted-input SET \"\\x41\" 1", ""}, {"GET A", ""},
		{"-x -X T SET", ""}, {"-2 -3 PING", ""}, {"--bogus-option", ""}, {"-n", ""}, {"-u http://x PING", ""}, {"-a x --no-auth-warning PING", ""}, {"-a x PING", ""},
		{"", "SET k \"a\\x01\\n b\" \nGET k\nget 'it\\'s'\nGET \"open\n\n3 INCR n\n0 INCR n\nNOPE\nquit\nGET k\n"},
		{"--no-raw", "MULTI\nSET a 1\nINCR a\nEXEC\nINFO nosuch\nDEBUG SLEEP 0\n"},
		{"--no-raw INFO nosuch", ""}, {"--no-raw", "CLIENT LIST ID 0\nCLUSTER INFO\nMEMORY DOCTOR\nGET a\n"}, {"--no-raw -3", "LATENCY DOCTOR\nMEMORY DOCTOR\nGET a\n"},
		{"--no-raw -n 2", "SET b 1\nSELECT 0\nEXISTS b\nDBSIZE\nexit\n"},
		{"--pipe", "SET p1 1\r\nINCR p1\r\nLPUSH p1 x\r\n*1\r\n$4\r\nPING\r\n"}, {"--pipe", "SET p1 1\r\nGET p1\r\n"},
		{"--scan --pattern p*", ""}, {"--scan --quoted-pattern \"p\\x31\"", ""},
	} {
		r := runner{name: "redis-cli", in: c.in}
		args := append([]string{"-p", free}, strings.Fields(c.args)...)
		reset := runner{in: "FLUSHALL\nSET n 5\nSET p1 0\nHSET h f v g w\nSET a hello\nSET A old\n"}
		reset.run("-p", free)
		want := peer(t, program, r, args...)
		reset.run("-p", free)
		got := r.run(args...)
		if got.out != want.out || got.code != want.code || !strings.HasPrefix(got.err, strings.TrimRight(want.err, ".\n")) {
			t.Errorf("%q, input %q:\n got %d, %q, %q\nwant %d, %q, %q", c.args, c.in, got.code, got.out, got.err, want.code, want.out, want.err)
		}
	}
}

// A file saved from a server is one that it would save itself.
func TestSaveRDBFromServer(t *testing.T) {
	free := redisServer(t)
	runner{in: "DEBUG POPULATE 1000 key 100\n"}.run("-p", free)
	file := filepath.Join(t.TempDir(), "copy.rdb")
	for _, diskless := range []string{"yes", "no"} {
		runner{}.run("-p", free, "CONFIG", "SET", "repl-diskless-sync", diskless)
		got := runner{}.run("-p", free, "--rdb", file)
		data, err := os.ReadFile(file)
		if got.code != 0 || err != nil || !strings.HasPrefix(string(data), "REDIS0010") || data[len(data)-9] != 0xff {
			t.Errorf("diskless %s: %+v, %d bytes, %v", diskless, got, len(data), err)
		}
	}
}

// What looks at all keys prints what redis-cli prints.
func TestSurveysAsRedisCLI(t *testing.T) {
	program := debian(t)
	free := redisServer(t)
	runner{in: "DEBUG POPULATE 120\nRPUSH l 1 2 3\nSADD s a b\nZADD z 1 a 2 b\nHSET h f 1\nXADD st * a b\nSET \"q\\x00\" 1\nCONFIG SET maxmemory-policy allkeys-lfu\nGET l\n"}.run("-p", free)
	for _, args := range []string{
		"--bigkeys", "--memkeys", "--memkeys-samples 1", "--hotkeys", "--bigkeys --pattern key:1*", "--bigkeys -i 0.01", "--bigkeys -n 3",
	} {
		r := runner{name: "redis-cli"}
		all := append([]string{"-p", free}, strings.Fields(args)...)
		want, got := peer(t, program, r, all...), r.run(all...)
		if sorted(got.out) != sorted(want.out) || got.code != want.code {
			t.Errorf("%s:\n got %d, %q, %q\nwant %d, %q, %q", args, got.code, got.out, got.err, want.code, want.out, want.err)
		}
	}
	runner{}.run("-p", free, "CONFIG", "SET", "maxmemory-policy", "noeviction")
	got, want := runner{}.run("-p", free, "--hotkeys"), peer(t, program, runner{}, "-p", free, "--hotkeys")
	if got.code != want.code || got.err != want.err || got.out != want.out {
		t.Errorf("without LFU: %+v, want %+v", got, want)
	}
}

// sorted is a text with its lines in order: the types' order is that of a hash table in redis-cli.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
