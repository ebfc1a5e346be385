package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/rdbcheck/check"
	"github.com/lockstep-db/lockstep/rdbcheck/input"
)

func checkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "json", Usage: "print one JSON object a file, a line each"},
		&cli.BoolFlag{Name: "csv", Usage: "print one line a finding, one for a good file"},
		&cli.BoolFlag{Name: "fix", Usage: "cut append-only files behind their last whole command or transaction"},
		&cli.Int64Flag{Name: "truncate-to-timestamp", Usage: "cut append-only files before what was written after this Unix time (`SECONDS`); needs #TS annotations"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask before cutting"},
		&cli.BoolFlag{Name: "backup", Usage: "keep a copy beside a file that is cut"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing but findings"},
	}
}

// printer shows what a check finds, in one of the forms.
type printer interface {
	finding(file string, f *check.Finding)
	end(file string, r *check.Report) error
}

// check is the program without a subcommand.
func (p *program) check(c *cli.Context) error {
	if c.NArg() == 0 {
		return errNoFile
	}
	if c.Bool("json") && c.Bool("csv") {
		return errors.New("--json and --csv exclude each other")
	}
	if c.Bool("fix") || c.IsSet("truncate-to-timestamp") {
		return p.fix(c)
	}
	var out printer = &textPrinter{w: p.std.out, quiet: c.Bool("quiet")}
	switch {
	case c.Bool("json"):
		out = &jsonPrinter{w: p.std.out, quiet: c.Bool("quiet")}
	case c.Bool("csv"):
		out = newCSVPrinter(p.std.out, c.Bool("quiet"))
	}
	for _, name := range c.Args().Slice() {
		p.checkName(name, out)
	}
	return nil
}

// checkName checks a file, or the files that a directory or a manifest stands for.
func (p *program) checkName(name string, out printer) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		p.checkDirectory(name, out)
		return
	}
	if strings.HasSuffix(name, ".manifest") {
		p.checkSet(name, out)
		return
	}
	p.checkFile(name, out)
}

func (p *program) checkDirectory(dir string, out printer) {
	manifests, others, err := check.FindManifests(dir)
	if err != nil {
		p.complain(err)
		return
	}
	for _, m := range manifests {
		p.checkSet(m, out)
	}
	if len(manifests) > 0 {
		return // the manifests tell which files count, and which are left over
	}
	if len(others) == 0 {
		p.complain(fmt.Errorf("%s: no manifest, and no file whose name ends with .rdb or .aof", dir))
	}
	for _, f := range others {
		p.checkFile(f, out)
	}
}

// checkSet checks a manifest and the files that it lists, in the order in which they are loaded.
func (p *program) checkSet(manifest string, out printer) {
	set, err := check.OpenSet(manifest, check.Options{Finding: func(f *check.Finding) { out.finding(manifest, f) }})
	if err != nil {
		p.complain(err)
		return
	}
	p.verdict(set.Report)
	for _, f := range set.Files {
		p.checkFile(f.Path, out)
	}
	if err := out.end(manifest, set.Report); err != nil {
		p.complain(err)
	}
}

// checkFile checks one file.
func (p *program) checkFile(name string, out printer) {
	var bar progress
	defer bar.clear()
	in, err := input.Open(name, p.std.in, bar.watch(p.std))
	if err != nil {
		p.complain(err)
		return
	}
	defer in.Close()
	r, err := check.File(name, in, in.Size, check.Options{
		Now: p.now.UnixMilli(), Broken: in.Broken,
		Finding: func(f *check.Finding) {
			bar.clear()
			out.finding(name, f)
		},
	})
	bar.clear()
	if err != nil {
		p.complain(fmt.Errorf("%s: %w", name, err))
		return
	}
	p.verdict(r)
	if err := out.end(name, r); err != nil {
		p.complain(err)
	}
}

// verdict takes the exit code of a file.
func (p *program) verdict(r *check.Report) {
	switch {
	case r.Faults > 0:
		p.worst(exitCorrupt)
	case r.Warnings > 0:
		p.worst(exitWarnings)
	}
}
