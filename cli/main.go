// Lockstep-cli sends commands to a Redis-compatible server and prints the
// replies.
//
//	lockstep-cli [options] COMMAND [ARG...]    one command
//	lockstep-cli [options] < file              one command a line
//	lockstep-cli [options]                     a prompt, on a terminal
//	lockstep-cli --pipe < file                 protocol or commands, as fast as they go
//
// It exits with 0, with 1 after an error reply or a lost connection, with 2 when
// its own arguments are wrong. Started under the name redis-cli it exits like that program: error
// replies count with -e only, and wrong arguments are 1.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/term"
)

// version is set by the linker.
var version = "unknown"

const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// process is what the program sees of the world.
type process struct {
	name     string // it was started under
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	// terminals: whether input and output are a person's.
	inTerminal, outTerminal bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := process{
		name: filepath.Base(os.Args[0]), in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		inTerminal: term.IsTerminal(int(os.Stdin.Fd())), outTerminal: term.IsTerminal(int(os.Stdout.Fd())),
	}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
