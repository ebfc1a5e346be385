package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/lockstep-db/lockstep/libs/rdb/aof"
	"github.com/lockstep-db/lockstep/rdbcheck/check"
	"github.com/lockstep-db/lockstep/rdbcheck/input"
	"github.com/lockstep-db/lockstep/rdbcheck/salvage"
)

func (p *program) salvageCommand() *cli.Command {
	return &cli.Command{
		Name:      "salvage",
		Usage:     "write every key that can be read to a new file, and list what is lost",
		UsageText: "lockstep-rdbcheck salvage [--force] [--json] IN OUT",
		Description: `OUT is a whole file of the same version. Expire times, databases, functions and streams are kept as they are. Each key that
is lost is listed with its offset and the reason, each that is kept but doubtful too. The new file is checked before it gets its name.

   lockstep-rdbcheck salvage broken.rdb good.rdb
   lockstep-rdbcheck salvage backup.rdb.gz - > good.rdb

Exit code: 0 nothing is lost, 1 something is, 2 trouble, 3 all is kept but some of it is doubtful.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "force", Usage: "replace OUT if it exists"},
			&cli.BoolFlag{Name: "json", Usage: "list losses as JSON, one a line, and a summary"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "list losses only"},
		},
		Action: p.salvage,
	}
}

func (p *program) salvage(c *cli.Context) error {
	if c.NArg() != 2 {
		return errors.New("salvage wants the damaged file and the name of the new one")
	}
	name, to := c.Args().Get(0), c.Args().Get(1)
	var bar progress
	in, err := input.Open(name, p.std.in, bar.watch(p.std))
	if err != nil {
		p.complain(err)
		return nil
	}
	defer in.Close()
	report := p.std.out
	if to == input.Stdin {
		report = p.std.err
	}
	list := lossPrinter(report, c.Bool("json"))
	var res salvage.Result
	err = p.writeFile(to, c.Bool("force"), func(w io.Writer) error {
		defer bar.clear()
		var err error
		res, err = salvageTo(in, w, func(l *salvage.Loss) {
			bar.clear()
			list(l)
		})
		return err
	}, verifyRDB)
	if err != nil {
		p.complain(fmt.Errorf("%s: %w", name, err))
		return nil
	}
	switch {
	case res.Lost > 0:
		p.worst(exitCorrupt)
	case res.Doubts > 0:
		p.worst(exitWarnings)
	}
	if c.Bool("json") {
		return writeJSON(report, map[string]any{"in": name, "out": to, "keys": res.Keys, "records": res.Records, "lost": res.Lost, "doubtful": res.Doubts, "bytes": res.Bytes, "version": res.Version})
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(report, "%s: %d keys saved to %s, %d lost, %d doubtful\n", name, res.Keys, to, res.Lost, res.Doubts)
	}
	return nil
}

// salvageTo salvages the RDB of in, and the whole commands behind it.
func salvageTo(in *input.Input, w io.Writer, see func(*salvage.Loss)) (salvage.Result, error) {
	head := make([]byte, 1)
	if n, _ := in.ReadAt(head, 0); n == 1 && (head[0] == '*' || head[0] == '#') {
		return salvage.Result{}, errors.New("an append-only file: cut it with lockstep-rdbcheck --fix")
	}
	res, end, whole, err := salvage.RDB(in, in.Size, w, see)
	if err != nil || !whole || end >= in.Size {
		return res, err
	}
	s := aof.NewScanner(io.NewSectionReader(in, end, in.Size-end), end)
	for err == nil {
		_, err = s.Next()
	}
	if s.Cut() < in.Size {
		see(&salvage.Loss{Offset: s.Cut(), Bytes: in.Size - s.Cut(), Reason: "what follows the RDB: " + err.Error()})
		res.Lost++
	}
	n, err := io.Copy(w, io.NewSectionReader(in, end, s.Cut()-end))
	res.Bytes += n
	return res, err
}

// lossPrinter returns what lists losses.
func lossPrinter(w io.Writer, asJSON bool) func(*salvage.Loss) {
	return func(l *salvage.Loss) {
		word := "lost"
		if l.Kept {
			word = "doubtful"
		}
		if asJSON {
			line := map[string]any{"what": word, "offset": l.Offset, "bytes": l.Bytes, "reason": l.Reason}
			if l.Named {
				line["key"], line["db"], line["type"] = printable(l.Key), l.DB, l.Type
			}
			writeJSON(w, line)
			return
		}
		fmt.Fprintf(w, "%s: offset %d", word, l.Offset)
		if l.Bytes > 0 {
			fmt.Fprintf(w, ", %d bytes", l.Bytes)
		}
		if l.Named {
			fmt.Fprintf(w, ", key %q in db %d (%s)", l.Key, l.DB, l.Type)
		}
		fmt.Fprintf(w, ": %s\n", l.Reason)
	}
}

// writeFile writes a new file: to a temporary one beside it first, which gets the name when it is whole on the disk and
// verify has nothing against it. "-" is standard output.
func (p *program) writeFile(name string, force bool, write func(io.Writer) error, verify func(*os.File) error) error {
	if name == input.Stdin {
		w := bufio.NewWriterSize(p.std.out, 256<<10)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	}
	if _, err := os.Lstat(name); err == nil && !force {
		return fmt.Errorf("%s exists already; --force replaces it", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	defer f.Close()
	w := bufio.NewWriterSize(f, 256<<10)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil && verify != nil {
		err = verify(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	return err
}

// verifyRDB reads a file that was written, with all checks.
func verifyRDB(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var first *check.Finding
	r, err := check.File(f.Name(), f, info.Size(), check.Options{Finding: func(n *check.Finding) {
		if first == nil && n.Severity == check.Corrupt {
			first = n
		}
	}})
	if err == nil && r.Faults > 0 {
		err = fmt.Errorf("the new file does not pass the check, and is not kept: offset %d: %s", first.Offset, first.Reason)
	}
	return err
}
