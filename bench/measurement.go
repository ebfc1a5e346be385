package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A measurement compares programs in one respect, on servers of its own.
type measurement struct {
	name  string
	title string // of its table
	run   func(ctx context.Context, b *bench, program string) (result, error)
}

// resync is the measurement that this program does when none is named. It keeps one master for all its runs.
const resync = "resync"

func measurements() []measurement {
	return []measurement{
		{"cpu", "processor time a request", measureCPU},
		{"families", "processor time of a command of each family", measureFamilies},
		{"mem", "resident memory", measureMemory},
		{"rdb", "files", measureFiles},
		{"stall", "latency during a full resync", measureStall},
		{"cow", "writes during a snapshot", measureCopies},
		{"fanout", "writes to three replicas", measureFanout},
	}
}

func measurementNames() []string {
	names := []string{resync}
	for _, m := range measurements() {
		names = append(names, m.name)
	}
	return names
}

// chooseMeasurements reads the arguments: names, "all", or nothing.
func chooseMeasurements(args []string) ([]string, error) {
	names := measurementNames()
	if len(args) == 0 {
		return []string{resync}, nil
	}
	if slices.Contains(args, "all") {
		args = names
	}
	for _, arg := range args {
		if !slices.Contains(names, arg) {
			return nil, fmt.Errorf("%q is no measurement: they are %s, or all", arg, strings.Join(names, " "))
		}
	}
	return args, nil
}

// target is the ratio to Redis 7.0 in the same run that the project wants to reach, "" for none (docs/ARCHITECTURE.md, the last
// chapter).
func target(measurement, key string) string {
	switch measurement + "." + key {
	case "cpu.get_us", "cpu.set_us", "mem.rss_100_bytes":
		return "0.75"
	case "families.eval_us", "families.eval_pipelined_us":
		return "3.00"
	case "cpu.get_pipelined_us", "cpu.set_pipelined_us", "mem.rss_16_bytes", "fanout.write_us":
		return "0.60"
	case "rdb.save_ms":
		return "0.40"
	case "rdb.load_ms", "full.total_ms":
		return "0.35"
	case "cow.extra_percent":
		return "0.25"
	case "stall.max_ms":
		return "0.20"
	case "partial.total_ms":
		return "1.00"
	}
	if measurement == "families" {
		return "0.75"
	}
	return ""
}

// measureAll runs the named measurements, the programs in turns.
func (b *bench) measureAll(ctx context.Context) error {
	for _, m := range measurements() {
		if !slices.Contains(b.o.what, m.name) {
			continue
		}
		for run := range b.o.runs {
			for i := range b.subjects {
				// Which one comes first changes, as the first may find a quieter machine.
				s := b.subjects[(run+i)%len(b.subjects)]
				fmt.Fprintf(b.err, "%s: %s, run %d of %d\n", m.name, s.name(), run+1, b.o.runs)
				r, err := m.run(ctx, b, s.Program)
				if err != nil {
					return fmt.Errorf("%s: %s, run %d: %w", m.name, s.name(), run+1, err)
				}
				if s.Other == nil {
					s.Other = map[string][]result{}
				}
				s.Other[m.name] = append(s.Other[m.name], r)
			}
		}
	}
	return nil
}

// withServer starts a server of a program, for f.
func (b *bench) withServer(ctx context.Context, program string, f func(*server) error) error {
	s, err := b.o.startServer(ctx, program, b.dir)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := f(s); err != nil {
		return fmt.Errorf("%w\nend of the server's log:\n%s", err, s.logTail())
	}
	return nil
}
