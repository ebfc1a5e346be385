// Lockstep-cli sends commands to a Redis-compatible server and prints the
// replies.
//
//	lockstep-cli [options] COMMAND [ARG...]    one command
//	lockstep-cli [options] < file              one command a line
//	lockstep-cli [options]                     a prompt, on a terminal
//	lockstep-cli --pipe < file                 protocol or commands, as fast as they go
//
// It exits with 0, with 1 after an error reply or a lost connection, with 2 when
// its own arguments are wrong, with 130 when ^C cut a command short. Started under the name redis-cli it exits like that program: error
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
	// exitInterrupted is what shells report of a program that ^C ended.
	exitInterrupted = 130
)

// process is what the program sees of the world.
type process struct {
	name     string // it was started under
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	// terminals: whether input and output are a person's.
	inTerminal, outTerminal bool
	// notify returns a context that ^C ends; without it nothing does.
	notify func(context.Context) (context.Context, context.CancelFunc)
	// readPassword reads a line from the terminal without showing it; nil if there is none.
	readPassword func() ([]byte, error)
}

func main() {
	p := process{
		name: filepath.Base(os.Args[0]), in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
		notify: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(ctx, os.Interrupt)
		},
		inTerminal: term.IsTerminal(int(os.Stdin.Fd())), outTerminal: term.IsTerminal(int(os.Stdout.Fd())),
	}
	if p.inTerminal {
		p.readPassword = func() ([]byte, error) { return term.ReadPassword(int(os.Stdin.Fd())) }
	}
	// Redis's tests see in this way what a person sees.
	p.outTerminal = p.outTerminal || os.Getenv("FAKETTY") != ""
	os.Exit(p.run(context.Background(), os.Args[1:]))
}
