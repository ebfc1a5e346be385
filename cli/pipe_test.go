package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// The time to wait for replies begins when all input was sent, however slowly that comes.
func TestPipeTimeout(t *testing.T) {
	f := serve(t, map[string]string{"PING": "+PONG\r\n"})
	mute := serve(t, f.replies)
	mute.mute = "ECHO"
	got := runner{in: "PING\r\n"}.run("-p", port(mute), "--pipe", "--pipe-timeout", "1")
	if got.code != 1 || !strings.HasSuffix(got.out, "errors: 1, replies: 1\n") || got.err != "No replies for 1 seconds: exiting.\n" {
		t.Errorf("without the last reply: %+v", got)
	}
	in, producer := io.Pipe()
	go func() {
		_, _ = producer.Write([]byte("PING\r\n"))
		time.Sleep(1200 * time.Millisecond) // longer than the timeout
		_, _ = producer.Write([]byte("PING\r\n"))
		_ = producer.Close()
	}()
	var out, errs bytes.Buffer
	p := process{name: "lockstep-cli", in: in, out: &out, err: &errs, getenv: func(string) string { return "" }}
	if code := p.run(context.Background(), []string{"-p", port(f), "--pipe", "--pipe-timeout", "1"}); code != 0 || !strings.Contains(out.String(), "replies: 2\n") {
		t.Errorf("slow input: exit %d, %q, %q", code, out.String(), errs.String())
	}
}
