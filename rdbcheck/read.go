package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/rdbcheck/input"
)

// reading is an RDB that a command reads record by record.
type reading struct {
	name  string
	in    *input.Input
	s     *rdb.Scanner
	item  func(it *rdb.Item) error
	fault func(f *rdb.Fault) // of a record that was not shown, or not to its end
}

// errDamaged is the error of a value that the damage is in; the fault follows.
var errDamaged = errors.New("damaged")

// read shows every record of a file to item. Faults are reported to standard error and make the exit code 1; what
// follows them is read. item returns errDamaged when reading a value failed.
func (p *program) read(name string, opts rdb.DecodeOptions, prepare func(*reading)) error {
	var bar progress
	defer bar.clear()
	in, err := input.Open(name, p.std.in, bar.watch(p.std))
	if err != nil {
		return err
	}
	defer in.Close()
	head := make([]byte, 1)
	if n, _ := in.ReadAt(head, 0); n == 1 && (head[0] == '*' || head[0] == '#') {
		return fmt.Errorf("%s: an append-only file of commands; this command reads RDB files", name)
	}
	opts.Deep, opts.Foreign = true, true
	if opts.BufferSize == 0 {
		opts.BufferSize = 256 << 10
	}
	r := &reading{name: name, in: in, s: rdb.NewScanner(in, in.Size, rdb.ScanOptions{DecodeOptions: opts})}
	prepare(r)
	return p.readAll(r, &bar)
}

func (p *program) readAll(r *reading, bar *progress) error {
	var fault *rdb.Fault
	for {
		it, err := r.s.Next()
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			bar.clear()
			p.worst(exitCorrupt)
			fmt.Fprintf(p.std.err, "lockstep-rdbcheck: %s: %v\n", r.name, fault.SyntaxError.Error())
			if r.fault != nil {
				r.fault(fault)
			}
		case err != nil:
			return fmt.Errorf("%s: %w", r.name, err)
		default:
			if err := r.item(it); err != nil && err != errDamaged {
				return err
			}
		}
	}
}
