package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

const examples = `Servers are started on free ports of 127.0.0.1, in a temporary folder, and stopped at the end.

Measurements:
   resync   a full and a partial resync, in phases (the default)
   cpu      the server's processor time for GET and SET of 50 clients, one at a time and 32 at a time
   families the same for a command of each family, a script, and a message to 100 subscribers
   mem      resident memory for a key, with values of 16 and of 100 bytes
   rdb      SAVE, and the load of its file
   stall    latency of the master during a full resync under 4000 writes a second
   cow      memory of a background save while 30 % of the keys are overwritten
   fanout   the master's processor time for a write to three replicas, which are always of the peer
   all      all of them

Examples:
   lockstep-bench                               lockstep-server, 500000 keys of 100 bytes
   lockstep-bench --peer redis-server           the same beside Redis, in turns, with ratios
   lockstep-bench --runs 5 --json > run.json    every run and the medians
   lockstep-bench --peer redis-server cpu mem   two other measurements
   lockstep-bench --outage 0s --rate 50000      a link that is cut, with nothing in the way of its return
   lockstep-bench --set "repl-diskless-sync no" a directive for all servers

Exit code: 0 fine, 1 a fault was found (a full resync where a partial one was due, data sets that
differ, a server that fails), 2 wrong arguments, 130 interrupted.`

// options are the arguments of the program, read and checked.
type options struct {
	what     []string // names of measurements
	programs []string // paths of the servers: ours, then the peer if there is one
	keys     int
	size     int
	runs     int
	requests int // of each kind, ten times as many in pipelines
	rate     int // writes per second during the partial resync
	outage   time.Duration
	timeout  time.Duration
	settings [][]string // directives for all servers: name and values
	json     bool
}

func flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "server", Usage: "`PROGRAM` to measure (default: lockstep-server beside this program, or on PATH)"},
		&cli.StringFlag{Name: "peer", Usage: "`PROGRAM` to measure too, in turns with the other"},
		&cli.IntFlag{Name: "keys", Value: 500000, Usage: "`NUMBER` of keys in the master"},
		&cli.IntFlag{Name: "size", Value: 100, Usage: "`BYTES` of each value; they are random and do not compress"},
		&cli.IntFlag{Name: "runs", Value: 3, Usage: "`NUMBER` of runs; the table shows medians"},
		&cli.IntFlag{Name: "requests", Value: 200000, Usage: "`NUMBER` of requests of cpu, families and fanout, ten times as many in pipelines"},
		&cli.IntFlag{Name: "rate", Value: 20000, Usage: "writes a `SECOND` during the partial resync"},
		&cli.DurationFlag{Name: "outage", Value: time.Second, Usage: "`TIME` for which the replica is held still after its link was cut"},
		&cli.DurationFlag{Name: "timeout", Value: 2 * time.Minute, Usage: "`TIME` after which a resync counts as failed"},
		&cli.StringSliceFlag{Name: "set", Usage: "`DIRECTIVE` for all servers, as in a config file; may be repeated"},
		&cli.BoolFlag{Name: "json", Usage: "print JSON: every run, the medians, the faults"},
		&cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print the version"},
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "print this"},
	}
}

// run is the program; it returns the exit code.
func (p process) run(ctx context.Context, args []string) int {
	code := exitOK
	app := &cli.App{
		Name: "lockstep-bench", Version: version, HideHelp: true, HideVersion: true, HideHelpCommand: true,
		Usage: "measure replication and what it stands on, beside a peer", UsageText: "lockstep-bench [options] [measurement...]", Description: examples,
		DisableSliceFlagSeparator: true, // a directive may hold commas
		Flags:                     flags(), Writer: p.out, ErrWriter: p.err,
		// The default handler would end the process.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return err },
		Action: func(c *cli.Context) error {
			if c.Bool("help") {
				return cli.ShowAppHelp(c)
			}
			if c.Bool("version") {
				fmt.Fprintln(p.out, "lockstep-bench", version)
				return nil
			}
			o, err := readOptions(c)
			if err != nil {
				return err
			}
			code = p.measure(ctx, o)
			return nil
		},
	}
	if err := app.RunContext(ctx, append([]string{"lockstep-bench"}, args...)); err != nil {
		fmt.Fprintf(p.err, "lockstep-bench: %v\nTry lockstep-bench --help.\n", err)
		return exitUsage
	}
	return code
}

func readOptions(c *cli.Context) (*options, error) {
	what, err := chooseMeasurements(c.Args().Slice())
	if err != nil {
		return nil, err
	}
	o := &options{
		what: what, requests: c.Int("requests"),
		keys: c.Int("keys"), size: c.Int("size"), runs: c.Int("runs"), rate: c.Int("rate"),
		outage: c.Duration("outage"), timeout: c.Duration("timeout"), json: c.Bool("json"),
	}
	for _, check := range []struct {
		name             string
		value, low, high int
	}{
		{"keys", o.keys, 1, 1e9}, {"size", o.size, 1, 512 << 20}, {"runs", o.runs, 1, 1000}, {"requests", o.requests, 5000, 1e8}, {"rate", o.rate, 1, 1e7},
	} {
		if check.value < check.low || check.value > check.high {
			return nil, fmt.Errorf("--%s: %d is not between %d and %d", check.name, check.value, check.low, check.high)
		}
	}
	if o.outage < 0 || o.outage > time.Hour {
		return nil, errors.New("--outage is not between 0s and 1h")
	}
	if o.timeout <= 0 {
		return nil, errors.New("--timeout must be more than 0s")
	}
	for _, directive := range c.StringSlice("set") {
		words := strings.Fields(directive)
		if len(words) < 2 {
			return nil, fmt.Errorf("--set %q: a directive is a name and its value", directive)
		}
		o.settings = append(o.settings, words)
	}
	ours, err := findServer(c.String("server"))
	if err != nil {
		return nil, fmt.Errorf("--server: %w", err)
	}
	o.programs = []string{ours}
	if name := c.String("peer"); name != "" {
		peer, err := exec.LookPath(name)
		if err != nil {
			return nil, fmt.Errorf("--peer: %w", err)
		}
		o.programs = append(o.programs, peer)
	}
	for i, program := range o.programs { // servers run in folders of their own
		if o.programs[i], err = filepath.Abs(program); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// findServer returns the path of a program; without a name, of lockstep-server
// beside this program or on PATH.
func findServer(name string) (string, error) {
	if name != "" {
		return exec.LookPath(name)
	}
	if self, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), "lockstep-server")); err == nil {
			return path, nil
		}
	}
	return exec.LookPath("lockstep-server")
}

// backlog is the size of the replication backlog in bytes that lets no outage of
// these options end in a full resync: four times what is written meanwhile.
func (o *options) backlog() int64 {
	const protocol = 64 // of a SET beside its value
	written := float64(o.rate) * (o.outage.Seconds() + 1) * float64(o.size+protocol)
	return max(64<<20, 4*int64(written))
}
