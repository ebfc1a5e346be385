package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAskPassword(t *testing.T) {
	f := serve(t, map[string]string{"AUTH se cret": "+OK\r\n", "PING": "+PONG\r\n"})
	// The rest of standard input is the commands.
	got := runner{in: "se cret\r\nPING\n"}.run("-p", port(f), "--askpass")
	if got.code != 0 || got.out != "PONG\n" || got.err != "Please input password: " || f.log() != "AUTH se cret\nPING" {
		t.Errorf("%+v, sent %q", got, f.log())
	}
}

func TestErrorsApart(t *testing.T) {
	f := serve(t, nil)
	if got := (runner{}).run("-p", port(f), "-e", "BAD"); got.out != "" || got.err != "ERR unknown command 'BAD'\n" || got.code != 1 {
		t.Errorf("%+v", got)
	}
}

func TestRedirects(t *testing.T) {
	second := serve(t, map[string]string{"ASKING": "+OK\r\n", "SET a 1": "+OK\r\n", "GET a": "$1\r\n1\r\n"})
	first := serve(t, map[string]string{
		"SET a 1": "-ASK 15495 127.0.0.1:" + port(second) + "\r\n", "GET a": "-MOVED 15495 :" + port(second) + "\r\n", "GET b": "-MOVED 1 nowhere\r\n",
	})
	loop := serve(t, nil)
	loop.replies = map[string]string{"GET a": "-MOVED 15495 :" + port(loop) + "\r\n"}
	for _, c := range []struct {
		server *fake
		args   []string
		out    string
		code   int
	}{
		{first, []string{"-c", "SET", "a", "1"}, "OK\n", 0},
		{first, []string{"-c", "--no-raw", "GET", "a"}, "-> Redirected to slot [15495] located at 127.0.0.1:" + port(second) + "\n\"1\"\n", 0},
		{first, []string{"GET", "a"}, "MOVED 15495 :" + port(second) + "\n\n", 1},
		{first, []string{"-c", "GET", "b"}, "MOVED 1 nowhere\n\n", 1},
		{loop, []string{"-c", "GET", "a"}, "MOVED 15495 :" + port(loop) + "\n\n", 1},
	} {
		if got := (runner{}).run(append([]string{"-p", port(c.server)}, c.args...)...); got.out != c.out || got.code != c.code {
			t.Errorf("%q: %+v, want %q", c.args, got, c.out)
		}
	}
	if sent := second.log(); sent != "ASKING\nSET a 1\nGET a" {
		t.Errorf("the second node got %q", sent)
	}
}

func TestTextsArePrintedAsTheyAre(t *testing.T) {
	f := serve(t, map[string]string{"INFO": "$7\r\n# A\r\nb:\r\n", "client LIST": "$5\r\nid=1\n\r\n", "CLIENT ID": ":1\r\n"})
	got := runner{in: "INFO\nclient LIST\nCLIENT ID\n"}.run("-p", port(f), "--no-raw")
	if want := "# A\r\nb:id=1\n(integer) 1\n"; got.out != want {
		t.Errorf("got %q, want %q", got.out, want)
	}
}

func TestPushes(t *testing.T) {
	f := serve(t, map[string]string{"GET a": ">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n>1\r\n+x\r\n:1\r\n"})
	for format, want := range map[string]string{"--no-raw": "-> invalidate: 'a', 'b'\n1) x\n(integer) 1\n", "--csv": "\"invalidate\",\"a\",\"b\"\n\"x\"\n1\n"} {
		if got := (runner{}).run("-p", port(f), format, "--show-pushes", "y", "GET", "a"); got.out != want {
			t.Errorf("%s: got %q, want %q", format, got.out, want)
		}
		if got := (runner{}).run("-p", port(f), format, "GET", "a"); strings.Contains(got.out, "invalidate") {
			t.Errorf("%s: pushes are shown: %q", format, got.out)
		}
	}
}

// An endless command ends with ^C, and that is no failure; another one that ^C cuts short is.
func TestInterrupt(t *testing.T) {
	f := serve(t, map[string]string{"SUBSCRIBE a": "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "BLPOP a 0": "\r\n"})
	f.silent = "BLPOP a 0"
	for command, want := range map[string]int{"SUBSCRIBE a": exitOK, "BLPOP a 0": exitInterrupted} {
		ctx, stop := context.WithCancel(context.Background())
		var out, errs bytes.Buffer
		p := process{name: "lockstep-cli", in: strings.NewReader(""), out: &out, err: &errs, getenv: func(string) string { return "" }}
		code := make(chan int)
		go func() { code <- p.run(ctx, append([]string{"-p", port(f)}, strings.Fields(command)...)) }()
		for deadline := time.Now().Add(5 * time.Second); !strings.Contains(f.log(), command); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s was not sent", command)
			}
		}
		stop()
		if got := <-code; got != want || errs.Len() > 0 {
			t.Errorf("%s: exit %d, %q, want %d", command, got, errs.String(), want)
		}
	}
}

func TestSaveRDB(t *testing.T) {
	const mark = "0123456789012345678901234567890123456789"
	ok := map[string]string{"REPLCONF capa eof": "+OK\r\n", "REPLCONF rdb-only 1": "+OK\r\n", "REPLCONF rdb-filter-only functions": "+OK\r\n"}
	with := func(sync string, less ...string) map[string]string {
		replies := map[string]string{"SYNC": sync}
		for k, v := range ok {
			replies[k] = v
		}
		for _, k := range less {
			delete(replies, k)
		}
		return replies
	}
	for name, c := range map[string]struct {
		replies map[string]string
		option  string
		code    int
		err     string
	}{
		"sized":     {with("\n\n$5\r\nREDIS"), "--rdb", 0, "Transfer finished with success after 5 bytes\n"},
		"marked":    {with("$EOF:" + mark + "\r\nREDIS" + mark), "--rdb", 0, "Transfer finished with success after 5 bytes\n"},
		"old":       {with("$5\r\nREDIS", "REPLCONF rdb-only 1"), "--rdb", 0, "Transfer finished"},
		"functions": {with("$5\r\nREDIS"), "--functions-rdb", 0, "sending REPLCONF rdb-filter-only functions\n"},
		"no filter": {with("$5\r\nREDIS", "REPLCONF rdb-filter-only functions"), "--functions-rdb", 1, "rdb-filter-only error: ERR unknown command"},
		"refused":   {with("-NOMASTERLINK no\r\n"), "--rdb", 1, "NOMASTERLINK no"},
		"closed":    {with(""), "--rdb", 1, "Server closed the connection"},
		"garbage":   {with("+CONTINUE\r\n"), "--rdb", 1, ""},
	} {
		f := serve(t, c.replies)
		file := filepath.Join(t.TempDir(), "a.rdb")
		got := runner{}.run("-p", port(f), c.option, file)
		data, err := os.ReadFile(file)
		if got.code != c.code || !strings.Contains(got.err, c.err) || (err == nil) != (c.code == 0) || err == nil && string(data) != "REDIS" {
			t.Errorf("%s: %+v, file %q (%v)", name, got, data, err)
		}
		if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
			t.Errorf("%s: left behind: %s", name, left)
		}
	}
}

func TestFollow(t *testing.T) {
	f := serve(t, map[string]string{"REPLCONF capa eof": "+OK\r\n", "SYNC": "$5\r\nREDIS*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n", "REPLCONF rdb-filter-only ": "+OK\r\n"})
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	out := &signalling{want: "\"PING\"\n", reached: stop}
	var errs bytes.Buffer
	p := process{name: "lockstep-cli", in: strings.NewReader(""), out: out, err: &errs, getenv: func(string) string { return "" }}
	if code := p.run(ctx, []string{"-p", port(f), "--replica"}); code != 0 || out.String() != "\"SELECT\",\"0\"\n\"PING\"\n" {
		t.Errorf("exit %d, %q, %q", code, out.String(), errs.String())
	}
}

// signalling is output that tells when a text has come.
type signalling struct {
	bytes.Buffer
	want    string
	reached func()
}

func (s *signalling) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.HasSuffix(s.String(), s.want) {
		s.reached()
	}
	return n, err
}

func TestScanOptions(t *testing.T) {
	f := serve(t, map[string]string{"SCAN 0 MATCH \x00* COUNT 7": "*2\r\n$1\r\n0\r\n*1\r\n$2\r\n\x00a\r\n"})
	got := runner{}.run("-p", port(f), "--scan", "--quoted-pattern", `"\x00*"`, "--count", "7")
	if got.out != "\x00a\n" || got.code != 0 {
		t.Errorf("%+v, sent %q", got, f.log())
	}
}

func TestComplaintsAsRedisCLI(t *testing.T) {
	as := runner{name: "redis-cli"}
	for _, c := range []struct{ args, out, err string }{
		{"-X", "", "Unrecognized option or bad number of args for: '-X'\n"},
		{"-x -X tag", "", "Options -x and -X are mutually exclusive.\n"},
		{"-X tag GET a", "", "Using -X option but stdin tag not match"},
		{"--quoted-input GET \"a", "Invalid quoted string", ""},
		{"-c -s /none PING", "", "Options -c and -s are mutually exclusive.\n"},
	} {
		got := as.run(strings.Fields(c.args)...)
		if got.code != 1 || !strings.HasPrefix(got.out, c.out) || !strings.HasPrefix(got.err, c.err) || c.err == "" && got.err != "" {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}
