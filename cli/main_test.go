package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// result is what a run of the program leaves.
type result struct {
	out, err string
	code     int
}

type runner struct {
	name string
	env  map[string]string
	in   string
}

func (r runner) run(args ...string) result {
	var out, errs bytes.Buffer
	if r.name == "" {
		r.name = "lockstep-cli"
	}
	p := process{name: r.name, in: strings.NewReader(r.in), out: &out, err: &errs, getenv: func(k string) string { return r.env[k] }}
	code := p.run(context.Background(), args)
	return result{out.String(), errs.String(), code}
}

func port(f *fake) string { return fmt.Sprint(f.addr.Port) }

func TestOneShot(t *testing.T) {
	f := serve(t, map[string]string{
		"GET a": "$9\r\ntwo\nlines\r\n", "GET none": "$-1\r\n", "SELECT 4": "+OK\r\n", "EXPIRE a -1": ":1\r\n",
		"LRANGE l 0 -1": "*3\r\n$1\r\na\r\n$1\r\n1\r\n:1\r\n", "INCR n": ":7\r\n", "SET x va\nl": "+OK\r\n", "SET v y": "+OK\r\n", "SET A\x00 1": "+OK\r\n",
		"HELLO 3": "%0\r\n", "HGETALL h": "%1\r\n$1\r\nf\r\n$1\r\nv\r\n", "GONE": "", "SHUTDOWN": "",
	})
	for _, c := range []struct {
		args []string
		in   string
		out  string
		code int
	}{
		{args: []string{"GET", "a"}, out: "two\nlines\n"},
		{args: []string{"--no-raw", "GET", "a"}, out: "\"two\\nlines\"\n"},
		{args: []string{"GET", "none"}, out: "\n"},
		{args: []string{"--no-raw", "GET", "none"}, out: "(nil)\n"},
		{args: []string{"LRANGE", "l", "0", "-1"}, out: "a\n1\n1\n"},
		{args: []string{"-d", ", ", "-D", ";", "LRANGE", "l", "0", "-1"}, out: "a, 1, 1;"},
		{args: []string{"--csv", "LRANGE", "l", "0", "-1"}, out: "\"a\",\"1\",1\n"},
		{args: []string{"--json", "LRANGE", "l", "0", "-1"}, out: "[\"a\",\"1\",1]\n"},
		{args: []string{"--json", "HGETALL", "h"}, out: "{\"f\":\"v\"}\n"},
		{args: []string{"EXPIRE", "a", "-1"}, out: "1\n"},
		{args: []string{"-n", "4", "GET", "none"}, out: "\n"},
		{args: []string{"-r", "3", "INCR", "n"}, out: "7\n7\n7\n"},
		{args: []string{"-r", "2", "-i", "0.001", "INCR", "n"}, out: "7\n7\n"},
		{args: []string{"-x", "SET", "x"}, in: "va\nl", out: "OK\n"},
		{args: []string{"-X", "T", "SET", "T", "y"}, in: "v", out: "OK\n"},
		{args: []string{"--quoted-input", "SET", `"A\x00"`, "1"}, out: "OK\n"},
		{args: []string{"BAD"}, out: "ERR unknown command 'BAD'\n\n", code: 1},
		{args: []string{"--no-raw", "BAD"}, out: "(error) ERR unknown command 'BAD'\n", code: 1},
		{args: []string{"GONE"}, code: 1},
		{args: []string{"SHUTDOWN"}},
		{args: []string{"-n", "5", "GET", "a"}, code: 1},
	} {
		got := runner{in: c.in}.run(append([]string{"-p", port(f)}, c.args...)...)
		if got.out != c.out || got.code != c.code {
			t.Errorf("%q: exit %d, %q, want %d, %q (%s)", c.args, got.code, got.out, c.code, c.out, got.err)
		}
	}
	if strings.Count(f.log(), "GET a") != 2 {
		t.Error("a command was sent although SELECT failed")
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"--bogus"}, {"-p"}, {"-p", "x"}, {"-p", "70000"}, {"-i", "-1"}, {"-2", "-3"}, {"-x", "-X", "t", "GET"}, {"-X", "t", "GET", "a"},
		{"-u", "http://a"}, {"-u", "redis://a/x"}, {"--show-pushes", "maybe"}, {"--memkeys-samples", "-1"}, {"--lru-test", "0"}, {"--intrinsic-latency", "-1"}, {"--quoted-input", "GET", `"a`},
	} {
		if got := (runner{}).run(args...); got.code != exitUsage || got.err == "" || got.out != "" {
			t.Errorf("%q: exit %d, %q, %q", args, got.code, got.out, got.err)
		}
		if got := (runner{name: "redis-cli"}).run(args...); got.code != exitError {
			t.Errorf("redis-cli %q: exit %d", args, got.code)
		}
	}
	if got := (runner{}).run("--help"); got.code != 0 || !strings.Contains(got.out, "--pipe") {
		t.Errorf("--help: %+v", got)
	}
	if got := (runner{}).run("-v"); got.code != 0 || !strings.HasPrefix(got.out, "lockstep-cli ") {
		t.Errorf("-v: %+v", got)
	}
}

func TestRedisCLIVersion(t *testing.T) {
	if got := (runner{name: "redis-cli"}).run("--version"); got.code != 0 || !strings.HasPrefix(got.out, "redis-cli 7.0.15 ") {
		t.Errorf("%+v", got)
	}
}

func TestRedisCLIExitCodes(t *testing.T) {
	f := serve(t, nil)
	as := runner{name: "redis-cli"}
	if got := as.run("-p", port(f), "BAD"); got.code != 0 {
		t.Errorf("an error reply exits with %d", got.code)
	}
	if got := as.run("-p", port(f), "-e", "BAD"); got.code != 1 {
		t.Errorf("with -e it exits with %d", got.code)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()
	want := "Could not connect to Redis at 127.0.0.1:" + free + ": Connection refused\n"
	for _, r := range []runner{{}, {in: "PING\nPING\n"}} {
		args := []string{"-p", free, "PING"}
		if r.in != "" {
			args = args[:2]
		}
		if got := r.run(args...); got.code != 1 || got.err != want {
			t.Errorf("%q: exit %d, %q", args, got.code, got.err)
		}
	}
}

func TestAuth(t *testing.T) {
	f := serve(t, map[string]string{"AUTH good": "+OK\r\n", "AUTH ann secret": "+OK\r\n", "PING": "+PONG\r\n", "SELECT 2": "+OK\r\n"})
	const warning = "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n"
	for _, c := range []struct {
		args []string
		env  string
		err  string
		sent string
		code int
	}{
		{args: []string{"-a", "good"}, err: warning, sent: "AUTH good"},
		{args: []string{"--no-auth-warning", "--pass", "good"}, sent: "AUTH good"},
		{env: "good", sent: "AUTH good"},
		{args: []string{"-a", "good", "--no-auth-warning"}, env: "other", sent: "AUTH good"},
		{args: []string{"--user", "ann"}, env: "secret", sent: "AUTH ann secret"},
		{args: []string{"-u", "redis://ann:secret@127.0.0.1:PORT/2"}, err: warning, sent: "AUTH ann secret\nSELECT 2"},
		{args: []string{"-u", "redis://good@127.0.0.1:PORT"}, err: warning, sent: "AUTH good"},
		{env: "bad", err: "AUTH failed: ERR unknown command 'AUTH'\n", sent: "AUTH bad", code: 1},
	} {
		f.mu.Lock()
		f.requests = nil
		f.mu.Unlock()
		args := append([]string{"-p", port(f)}, c.args...)
		for i := range args {
			args[i] = strings.Replace(args[i], "PORT", port(f), 1)
		}
		got := runner{env: map[string]string{"REDISCLI_AUTH": c.env}}.run(append(args, "PING")...)
		if got.out != "PONG\n" || got.err != c.err || got.code != c.code {
			t.Errorf("%q: %+v", c.args, got)
		}
		if sent := f.log(); sent != c.sent+"\nPING" {
			t.Errorf("%q sent %q", c.args, sent)
		}
	}
}

func TestLines(t *testing.T) {
	f := serve(t, map[string]string{"SET a 1": "+OK\r\n", "GET a": "$1\r\n1\r\n", "INCR a": ":2\r\n"})
	got := runner{in: "SET a \"1\"\n\n  GET a\r\nfoo\nSET \"a\n2 INCR a\n0 INCR a\nquit\nGET a\n"}.run("-p", port(f))
	want := "OK\n1\nERR unknown command 'foo'\n\nInvalid argument(s)\n2\n2\nInvalid lockstep-cli repeat command option value.\n"
	if got.out != want || got.code != 1 {
		t.Errorf("exit %d, %q", got.code, got.out)
	}
	if got := (runner{in: "GET a"}).run("-p", port(f)); got.out != "1\n" || got.code != 0 {
		t.Errorf("without line break: %+v", got)
	}
}

func TestLostConnectionEndsLines(t *testing.T) {
	f := serve(t, map[string]string{"GONE": "", "PING": "+PONG\r\n"})
	got := runner{in: "GONE\nPING\n"}.run("-p", port(f))
	if got.code != 1 || got.out != "" || got.err != "Error: Server closed the connection\n" {
		t.Errorf("%+v", got)
	}
	got = runner{name: "redis-cli", in: "GONE\nPING\n"}.run("-p", port(f))
	if got.code != 0 || got.out != "PONG\n" {
		t.Errorf("redis-cli: %+v", got)
	}
}

func TestPipe(t *testing.T) {
	f := serve(t, map[string]string{"PING": "+PONG\r\n"})
	got := runner{in: "*1\r\n$4\r\nPING\r\nPING\r\nPING"}.run("-p", port(f), "--pipe")
	if want := "All data transferred. Waiting for the last reply...\nLast reply received from server.\nerrors: 0, replies: 3\n"; got.out != want || got.code != 0 {
		t.Errorf("%+v", got)
	}
	got = runner{in: "foo\r\nPING\r\n"}.run("-p", port(f), "--pipe")
	if got.code != 1 || !strings.Contains(got.out, "errors: 1, replies: 2") || !strings.HasPrefix(got.err, "ERR unknown command 'foo'\n") {
		t.Errorf("%+v", got)
	}
}

func TestScan(t *testing.T) {
	f := serve(t, map[string]string{
		"SCAN 0 MATCH k*":  "*2\r\n$2\r\n17\r\n*2\r\n$2\r\nk1\r\n$2\r\nk2\r\n",
		"SCAN 17 MATCH k*": "*2\r\n$1\r\n0\r\n*1\r\n$2\r\nk3\r\n",
	})
	if got := (runner{}).run("-p", port(f), "--scan", "--pattern", "k*"); got.out != "k1\nk2\nk3\n" || got.code != 0 {
		t.Errorf("%+v", got)
	}
	if got := (runner{}).run("-p", port(f), "--scan"); got.code != 1 || !strings.Contains(got.err, "unknown command") {
		t.Errorf("%+v", got)
	}
}

func TestLatency(t *testing.T) {
	f := serve(t, map[string]string{"PING": "+PONG\r\n"})
	got := runner{}.run("-p", port(f), "--latency", "--csv", "-i", "0.05")
	if parts := strings.Split(got.out, ","); len(parts) != 4 || got.code != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTypedReplies(t *testing.T) {
	for reply, want := range map[string]string{
		"+OK\r\n": "OK\n", ":1\r\n": "(integer) 1\n", ",3.141\r\n": "(double) 3.141\n", "#t\r\n": "(true)\n", "_\r\n": "(nil)\n", "*-1\r\n": "(nil)\n",
		"(123\r\n": "(big number) 123\n", "=6\r\ntxt:hi\r\n": "hi\n", "*0\r\n": "(empty array)\n", "%0\r\n": "(empty hash)\n", "~0\r\n": "(empty set)\n",
		"~2\r\n:0\r\n:1\r\n":                       "1~ (integer) 0\n2~ (integer) 1\n",
		"%2\r\n:0\r\n#f\r\n:1\r\n#t\r\n":           "1# (integer) 0 => (false)\n2# (integer) 1 => (true)\n",
		"%1\r\n$1\r\na\r\n%1\r\n$1\r\nb\r\n:1\r\n": "1# \"a\" => 1# \"b\" => (integer) 1\n",
		"*5\r\n:1\r\n*3\r\n:2\r\n*2\r\n:3\r\n$1\r\na\r\n*0\r\n$1\r\nb\r\n-x\r\n+fine\r\n": "1) (integer) 1\n2) 1) (integer) 2\n   2) 1) (integer) 3\n      2) \"a\"\n   3) (empty array)\n3) \"b\"\n4) (error) x\n5) fine\n",
		"*10\r\n" + strings.Repeat(":1\r\n", 10):                                          " 1) (integer) 1\n 2) (integer) 1\n 3) (integer) 1\n 4) (integer) 1\n 5) (integer) 1\n 6) (integer) 1\n 7) (integer) 1\n 8) (integer) 1\n 9) (integer) 1\n10) (integer) 1\n",
	} {
		v, err := resp.NewReader(strings.NewReader(reply)).Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := string((&options{}).appendReply(nil, &v)); got != want {
			t.Errorf("%q: got %q, want %q", reply, got, want)
		}
	}
}

func TestJSONIsValid(t *testing.T) {
	for reply, want := range map[string]string{
		"$6\r\na\"\\\n\x00\xff\r\n":       `"a\"\\\n\u0000\u00ff"`,
		"%2\r\n:1\r\n#t\r\n_\r\n,inf\r\n": `{"1":true,"null":"inf"}`,
		"-ERR x\r\n":                      `{"error":"ERR x"}`,
		"*3\r\n,1.5\r\n(12\r\n_\r\n":      `[1.5,12,null]`,
	} {
		v, err := resp.NewReader(strings.NewReader(reply)).Read()
		if err != nil {
			t.Fatal(err)
		}
		if got := string((&options{}).appendJSON(nil, &v)); got != want || !json.Valid([]byte(got)) {
			t.Errorf("%q: got %s, want %s", reply, got, want)
		}
	}
}

func TestPromptLines(t *testing.T) {
	for line, want := range map[string]bool{"AUTH x": true, "get a": false, "acl setuser x": true, "config set requirepass x": true, "hello 3 auth a b": true, "config get port": false} {
		if secret(line) != want {
			t.Errorf("%s: %v", line, !want)
		}
	}
	names := []string{"config get", "config set", "get"}
	if got := strings.Join(complete(names, "CONF"), ","); got != "CONFIG GET,CONFIG SET" {
		t.Errorf("got %s", got)
	}
}
