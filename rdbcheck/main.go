// Lockstep-rdbcheck reads RDB files and append-only files, every byte of them, and says what they hold and where they are
// damaged. It rescues what can be read of a damaged one, and shows, converts and compares whole ones.
//
// Where to begin: check.go is the default command and prints what package check finds; the other files are named after
// the subcommand that they hold. Package input opens what is given. Under the names redis-check-rdb and redis-check-aof
// the program takes those programs' arguments and prints their lines (legacyrdb.go, legacyaof.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// version is set by the linker.
var version = "unknown"

// Exit codes. Of several files the worst counts: 2, 1, 3, 0.
const (
	exitOK       = 0
	exitCorrupt  = 1
	exitTrouble  = 2 // wrong arguments, or input that cannot be read
	exitWarnings = 3
)

const examples = `Every check that a loading server could make is made: checksum, structure of all encodings, duplicates, order. Reading
goes on behind a fault, so that all of them are found. Nothing is written but by salvage, convert, report and --fix.

Examples:
   lockstep-rdbcheck dump.rdb                     what is in it, and whether it is whole
   lockstep-rdbcheck --quiet backups/*.rdb.gz     only complaints; the exit code tells
   lockstep-rdbcheck appendonlydir                the manifest and all files that it names
   lockstep-rdbcheck --json dump.rdb | jq .databases
   ssh host cat dump.rdb | lockstep-rdbcheck -    from standard input
   lockstep-rdbcheck salvage broken.rdb good.rdb  every key that can be read
   lockstep-rdbcheck --fix --backup appendonlydir cut an append-only file behind its last whole command
   lockstep-rdbcheck stats --top 20 dump.rdb      where the memory goes
   lockstep-rdbcheck dump --match 'user:*' --format resp dump.rdb | redis-cli --pipe

Files compressed with gzip or zstd are read as they are. A file that has the name of a command: ./stats

Exit code: 0 good, 1 corrupt, 2 wrong arguments or a file that cannot be read, 3 warnings only.`

func main() {
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	switch filepath.Base(os.Args[0]) {
	case "redis-check-rdb":
		os.Exit(legacyRDB(os.Args[0], os.Args[1:], std))
	case "redis-check-aof":
		os.Exit(legacyAOF(os.Args[0], os.Args[1:], std))
	}
	os.Exit(run(context.Background(), os.Args[1:], std))
}

// streams are what a program talks through.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// program is what the commands share.
type program struct {
	std  streams
	now  time.Time
	code int
}

// worst keeps the worst exit code.
func (p *program) worst(code int) {
	rank := [...]int{exitOK: 0, exitWarnings: 1, exitCorrupt: 2, exitTrouble: 3}
	if rank[code] > rank[p.code] {
		p.code = code
	}
}

// complain reports what is not a matter of the bytes of a file.
func (p *program) complain(err error) {
	fmt.Fprintf(p.std.err, "lockstep-rdbcheck: %v\n", err)
	p.worst(exitTrouble)
}

// run is the program without the process around it; it returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	p := &program{std: std, now: time.Now()}
	commands := p.commands()
	app := &cli.App{
		Name:            "lockstep-rdbcheck",
		Usage:           "check, rescue, show and compare RDB files and append-only files",
		UsageText:       "lockstep-rdbcheck [options] FILE...   (a file, an AOF directory or its manifest; - is standard input)\nlockstep-rdbcheck COMMAND [options] ...",
		Description:     examples,
		Version:         version,
		HideHelpCommand: true,
		Writer:          std.out,
		ErrWriter:       std.err,
		Flags:           checkFlags(),
		Commands:        commands,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return err },
		Action:          p.check,
	}
	if err := app.RunContext(ctx, append([]string{app.Name}, arrange(app, args)...)); err != nil {
		fmt.Fprintf(std.err, "lockstep-rdbcheck: %v\nTry: lockstep-rdbcheck --help\n", err)
		return exitTrouble
	}
	return p.code
}

func (p *program) commands() []*cli.Command {
	list := []*cli.Command{p.salvageCommand(), p.statsCommand(), p.dumpCommand(), p.diffCommand(), p.convertCommand(), p.explainCommand(), p.reportCommand()}
	for _, c := range list {
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return err }
	}
	return list
}

// errNoFile asks for arguments.
var errNoFile = errors.New("no file given")

// arrange lets flags stand behind file names, of the program or of its command.
func arrange(app *cli.App, args []string) []string {
	flags, command := app.Flags, []string(nil)
	if len(args) > 0 {
		for _, c := range app.Commands {
			if c.HasName(args[0]) {
				flags, command, args = c.Flags, args[:1:1], args[1:]
				break
			}
		}
	}
	var front, files []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			files = append(files, args[i+1:]...)
			break
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			files = append(files, a)
			continue
		}
		front = append(front, a)
		if takesValue(flags, a) && i+1 < len(args) {
			i++
			front = append(front, args[i])
		}
	}
	return append(append(append(command, front...), "--"), files...)
}

// takesValue says that the word behind the flag arg belongs to it.
func takesValue(flags []cli.Flag, arg string) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	name := strings.TrimLeft(arg, "-")
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}
