package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// subject is one of the programs that are measured, with its filled master.
type subject struct {
	Program string   `json:"program"`
	Version string   `json:"version"`
	Full    []result `json:"full"`
	Partial []result `json:"partial"`
	// Other holds the runs of the other measurements, by name.
	Other  map[string][]result `json:"other,omitempty"`
	master *server
}

// measure does all the runs, prints the report and returns the exit code.
func (p process) measure(ctx context.Context, o *options) int {
	b := &bench{process: p, o: o}
	err := b.all(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(p.err, "interrupted: the servers are stopped")
		return exitInterrupted
	}
	if err != nil {
		fmt.Fprintf(p.err, "lockstep-bench: %v\n", err)
		return exitFault
	}
	if err := b.report(); err != nil {
		fmt.Fprintf(p.err, "lockstep-bench: print the report: %v\n", err)
		return exitFault
	}
	for _, fault := range b.faults {
		fmt.Fprintln(p.err, "FAULT:", fault)
	}
	if len(b.faults) > 0 {
		return exitFault
	}
	return exitOK
}

// bench is one run of the program.
type bench struct {
	process
	o        *options
	dir      string
	subjects []*subject
	faults   []string
}

func (b *bench) all(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "lockstep-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	defer func() {
		for _, s := range b.subjects {
			if s.master != nil {
				s.master.stop()
			}
		}
	}()
	for _, program := range b.o.programs {
		if err := b.identify(ctx, program); err != nil {
			return err
		}
	}
	if slices.Contains(b.o.what, resync) {
		if err := b.resyncs(ctx); err != nil {
			return err
		}
	}
	return b.measureAll(ctx)
}

// identify asks a program which version it is.
func (b *bench) identify(ctx context.Context, program string) error {
	return b.withServer(ctx, program, func(server *server) error {
		fields, err := server.conn.info("server")
		s := &subject{Program: program, Version: fields["lockstep_version"]}
		if s.Version == "" {
			s.Version = fields["redis_version"]
		}
		b.subjects = append(b.subjects, s)
		return err
	})
}

// resyncs does the runs of full and partial resyncs, all of a program with the same master.
func (b *bench) resyncs(ctx context.Context) error {
	for _, s := range b.subjects {
		if err := b.prepare(ctx, s); err != nil {
			return err
		}
	}
	for run := range b.o.runs {
		for i := range b.subjects {
			// Which one comes first changes, as the first may find a quieter machine.
			s := b.subjects[(run+i)%len(b.subjects)]
			if err := b.once(ctx, s, run); err != nil {
				return fmt.Errorf("%s, run %d: %w", s.name(), run+1, err)
			}
		}
	}
	for _, s := range b.subjects {
		s.master.stop() // its data must not stand in the way of the other measurements
		s.master = nil
	}
	return nil
}

// prepare starts a master and fills it.
func (b *bench) prepare(ctx context.Context, s *subject) (err error) {
	if s.master, err = b.o.startServer(ctx, s.Program, b.dir); err != nil {
		return err
	}
	start := time.Now()
	if err := b.o.fill(ctx, s.master); err != nil {
		return fmt.Errorf("fill %s: %w", s.name(), err)
	}
	fmt.Fprintf(b.err, "%s: filled in %.1f s\n", s.name(), time.Since(start).Seconds())
	return nil
}

func (s *subject) name() string { return filepath.Base(s.Program) + " " + s.Version }

// once measures one full and one partial resync, of a fresh replica.
func (b *bench) once(ctx context.Context, s *subject, run int) error {
	replica, err := b.o.startServer(ctx, s.Program, b.dir)
	if err != nil {
		return err
	}
	defer replica.stop()
	p := &pair{b.o, s.master, replica}
	full, fault, err := p.full(ctx)
	if err == nil {
		err = b.check(ctx, p, fmt.Sprintf("%s, run %d", s.name(), run+1), fault)
	}
	if err != nil {
		return fmt.Errorf("%w\nend of the replica's log:\n%s", err, replica.logTail())
	}
	partial, fault, err := p.partial(ctx, byte(run+1))
	if err == nil {
		err = b.check(ctx, p, fmt.Sprintf("%s, run %d, after the partial resync", s.name(), run+1), fault)
	}
	if err != nil {
		return fmt.Errorf("%w\nend of the replica's log:\n%s", err, replica.logTail())
	}
	s.Full, s.Partial = append(s.Full, full), append(s.Partial, partial)
	fmt.Fprintf(b.err, "%s: run %d of %d: full %.0f ms, partial %.1f ms\n", s.name(), run+1, b.o.runs, full.total(), partial.total())
	return nil
}

// check notes a fault of a resync and compares the data sets after it.
func (b *bench) check(ctx context.Context, p *pair, where, fault string) error {
	if fault != "" {
		b.faults = append(b.faults, where+": "+fault)
	}
	fault, err := p.settle(ctx)
	if fault != "" {
		b.faults = append(b.faults, where+": "+fault)
	}
	return err
}
