package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// debian returns Debian's redis-cli, the reference for what this program prints.
func debian(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-cli")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-cli is missing: make peers installs Debian's redis-tools 7.0")
		}
		t.Skip("redis-cli is not installed")
	}
	return program
}

// peer runs Debian's redis-cli.
func peer(t *testing.T, program string, r runner, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	for name, value := range r.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(r.in), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// peerReplies are replies of every type and shape that redis-cli 7.0 prints.
var peerReplies = []string{
	"+OK\r\n", "+\r\n", ":0\r\n", ":-12\r\n", "$0\r\n\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "_\r\n", "#t\r\n", "#f\r\n",
	"-ERR no such thing\r\n", "-WRONGTYPE x \"y\"\r\n",
	",3.141\r\n", ",1\r\n", ",10\r\n", ",0.1\r\n", ",-0\r\n", ",1e300\r\n", ",-1.5e-7\r\n", ",inf\r\n", ",-inf\r\n", ",123456789.123456789\r\n",
	"=15\r\ntxt:Some string\r\n", "=8\r\nmkd:a\nb\"\r\n",
	"*3\r\n$1\r\na\r\n:2\r\n$-1\r\n", "*2\r\n*2\r\n:1\r\n$1\r\na\r\n*0\r\n", "*2\r\n*-1\r\n*1\r\n*1\r\n*1\r\n+deep\r\n", "*2\r\n-ERR inner\r\n+OK\r\n",
	"*10\r\n" + strings.Repeat(":1\r\n", 10), "*11\r\n" + strings.Repeat("*2\r\n$1\r\na\r\n$3\r\nb\nc\r\n", 11),
	"~0\r\n", "~2\r\n:0\r\n:1\r\n", "~1\r\n~1\r\n$1\r\na\r\n", "%0\r\n", "%1\r\n$1\r\na\r\n:1\r\n", "%2\r\n:0\r\n#f\r\n:1\r\n#t\r\n",
	"%1\r\n$1\r\na\r\n%1\r\n$1\r\nb\r\n:1\r\n", "%1\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n", "%2\r\n$1\r\na\r\n*0\r\n$1\r\nb\r\n%0\r\n",
	"%1\r\n+a\r\n%2\r\n+b\r\n+c\r\n+d\r\n+e\r\n", "%1\r\n+a\r\n~1\r\n*2\r\n+b\r\n+c\r\n", "%1\r\n+a\r\n=7\r\ntxt:a\nb\r\n",
	"*1\r\n%1\r\n*2\r\n+a\r\n+b\r\n*2\r\n+c\r\n+d\r\n", "%10\r\n" + strings.Repeat("+a\r\n*2\r\n+b\r\n+c\r\n", 10), "%1\r\n*2\r\n:1\r\n:2\r\n$1\r\nv\r\n",
	"*1\r\n%2\r\n+k\r\n~1\r\n:1\r\n+l\r\n*2\r\n+a\r\n%1\r\n+b\r\n+c\r\n", "%3\r\n+name\r\n$1\r\nx\r\n+flags\r\n~2\r\n+a\r\n+b\r\n+doc\r\n=5\r\ntxt:d\r\n",
	"*2\r\n#t\r\n,1.5\r\n", "%1\r\n_\r\n_\r\n", "%1\r\n,1.5\r\n#t\r\n", "$256\r\n" + allBytes() + "\r\n", "*1\r\n$2\r\n\xc3\xa9\r\n",
}

func allBytes() string {
	var b strings.Builder
	for i := range 256 {
		b.WriteByte(byte(i))
	}
	return b.String()
}

func TestRepliesAsRedisCLI(t *testing.T) {
	program := debian(t)
	replies := map[string]string{"HELLO 3": "%0\r\n"}
	var in strings.Builder
	const mark = "~~~"
	for i, reply := range peerReplies {
		replies[fmt.Sprint("GET ", i)] = reply
		fmt.Fprintf(&in, "GET %d\nECHO %s\n", i, mark)
	}
	f := serve(t, replies)
	for _, format := range []string{"--no-raw", "--raw", "--csv", "--json", "--quoted-json"} {
		r := runner{name: "redis-cli", in: in.String()}
		args := []string{"-p", port(f), format}
		want, got := peer(t, program, r, args...), r.run(args...)
		if got.code != want.code || got.err != want.err {
			t.Errorf("%s: exit %d, %q, want %d, %q", format, got.code, got.err, want.code, want.err)
		}
		// Strings are in quotes in all formats but one.
		line := "\"" + mark + "\"\n"
		if format == "--raw" {
			line = mark + "\n"
		}
		wants, gots := strings.Split(want.out, line), strings.Split(got.out, line)
		if len(wants) != len(peerReplies)+1 || len(gots) != len(wants) {
			t.Fatalf("%s: %d and %d replies of %d", format, len(wants)-1, len(gots)-1, len(peerReplies))
		}
		for i, reply := range peerReplies {
			if strings.HasSuffix(format, "json") && !json.Valid([]byte(wants[i])) {
				// redis-cli 7.0 leaves out quotes and escapes.
				if !json.Valid([]byte(gots[i])) {
					t.Errorf("%s %q: no JSON: %q", format, reply, gots[i])
				}
				continue
			}
			if gots[i] != wants[i] {
				t.Errorf("%s %q:\n got %q\nwant %q", format, reply, gots[i], wants[i])
			}
		}
	}
}
