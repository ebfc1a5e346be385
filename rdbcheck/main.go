// Lockstep-rdbcheck reads RDB files, every byte of them, and says what they hold or where they are broken.
//
// It exits with 0 when every file is good, 1 when one is corrupt, 2 when one cannot be read or the arguments are wrong.
// Started under the name redis-check-rdb it takes that program's arguments and prints its lines (see legacy.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

// version is set by the linker.
var version = "unknown"

const (
	exitOK      = 0
	exitCorrupt = 1
	exitUsage   = 2 // also input that cannot be read
)

const examples = `Every check that a loading server could make is made: checksum, structure of all encodings, duplicates, order.

Examples:
   lockstep-rdbcheck dump.rdb                    what is in it, and whether it is whole
   lockstep-rdbcheck --quiet backups/*.rdb       only complaints; the exit code tells
   lockstep-rdbcheck --json dump.rdb | jq .databases
   ssh host cat dump.rdb | lockstep-rdbcheck -   from standard input

Exit code: 0 all files are good, 1 a file is corrupt, 2 wrong arguments or a file that cannot be read.`

func main() {
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	if name := filepath.Base(os.Args[0]); name == "redis-check-rdb" {
		os.Exit(legacy(os.Args[1:], std))
	}
	os.Exit(run(context.Background(), os.Args[1:], std))
}

// streams are what a program talks through.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program without the process around it; it returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	code := exitOK
	app := &cli.App{
		Name:            "lockstep-rdbcheck",
		Usage:           "check RDB files and say what they hold",
		UsageText:       "lockstep-rdbcheck [--json] [--quiet] FILE...   (- reads standard input)",
		Description:     examples,
		Version:         version,
		HideHelpCommand: true,
		Writer:          std.out,
		ErrWriter:       std.err,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object a file, a line each"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing for good files"},
		},
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return errors.New("no file given")
			}
			for _, name := range c.Args().Slice() {
				code = max(code, checkFile(name, c.Bool("json"), c.Bool("quiet"), std))
			}
			return nil
		},
	}
	if err := app.RunContext(ctx, append([]string{app.Name}, flagsFirst(args)...)); err != nil {
		fmt.Fprintf(std.err, "lockstep-rdbcheck: %v\nTry: lockstep-rdbcheck --help\n", err)
		return exitUsage
	}
	return code
}

// flagsFirst lets flags stand behind file names; none of them takes a value.
func flagsFirst(args []string) []string {
	var flags, files []string
	for i, a := range args {
		if a == "--" {
			files = append(files, args[i+1:]...)
			break
		}
		if strings.HasPrefix(a, "-") && a != "-" {
			flags = append(flags, a)
		} else {
			files = append(files, a)
		}
	}
	return append(append(flags, "--"), files...)
}

// checkFile checks one file, prints the verdict and returns the exit code for it.
func checkFile(name string, asJSON, quiet bool, std streams) int {
	in, size, err := open(name, std.in)
	if err != nil {
		fmt.Fprintf(std.err, "lockstep-rdbcheck: %v\n", err)
		return exitUsage
	}
	defer in.Close()
	bar := newProgress(std.err, name, size)
	r, err := scan(bar.watch(in), nil)
	bar.clear()
	if err != nil {
		fmt.Fprintf(std.err, "lockstep-rdbcheck: %s: %v\n", name, err)
		return exitUsage
	}
	r.File = name
	if quiet && r.OK && len(r.Warnings) == 0 {
		return exitOK
	}
	switch {
	case asJSON:
		err = r.writeJSON(std.out)
	case quiet:
		err = r.writeVerdict(std.out)
	default:
		err = r.writeText(std.out)
	}
	if err != nil {
		fmt.Fprintf(std.err, "lockstep-rdbcheck: %v\n", err)
		return exitUsage
	}
	if !r.OK {
		return exitCorrupt
	}
	return exitOK
}

// open returns the input and its size, -1 when that is unknown.
func open(name string, stdin io.Reader) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(stdin), -1, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", name)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = -1
	}
	return f, size, nil
}
