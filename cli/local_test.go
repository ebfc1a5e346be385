package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestPromptCommands(t *testing.T) {
	docs := "*2\r\n$10\r\nconfig|set\r\n*4\r\n$7\r\nsummary\r\n$4\r\nSets\r\n$9\r\narguments\r\n*0\r\n"
	f := serve(t, map[string]string{"COMMAND DOCS config|set": docs, "COMMAND DOCS nope": "*0\r\n"})
	other := serve(t, map[string]string{"PING": "+PONG\r\n"})
	var out, errs bytes.Buffer
	s := &session{process: process{out: &out, err: &errs}, o: &options{host: "127.0.0.1", port: f.addr.Port}}
	s.c = &client{o: s.o, warn: &errs}
	defer func() { s.c.close() }()
	for _, c := range []struct {
		line, out, err string
		local          bool
	}{
		{"help config set", "  summary:    Sets\n", "", true},
		{"? nope", "The server has no documentation of NOPE.\n", "", true},
		{"connect 127.0.0.1 x", "", "x is no port\n", true},
		{"connect 127.0.0.1 " + port(other), "", "", true},
		{"connect", "", "", false},
		{"get a", "", "", false},
	} {
		out.Reset()
		errs.Reset()
		if got := s.local(context.Background(), c.line); got != c.local || out.String() != c.out || errs.String() != c.err {
			t.Errorf("%s: %v, %q, %q", c.line, got, out.String(), errs.String())
		}
	}
	if want := "127.0.0.1:" + port(other) + "> "; s.promptText() != want {
		t.Errorf("the prompt is %q, want %q", s.promptText(), want)
	}
	if s.local(context.Background(), "help"); !strings.Contains(out.String(), "connect HOST PORT") {
		t.Errorf("help: %q", out.String())
	}
}
