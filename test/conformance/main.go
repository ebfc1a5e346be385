package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Each worker owns a range of ports: the first few for the suite's own control socket, the rest for servers.
const (
	portsPerWorker = 2000
	controlPorts   = 40
)

func main() {
	good, err := conformance()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	case !good:
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	root, bin, server, source string
	workers, baseport         int
	timeout                   time.Duration
	rotate                    int
	always, within            string
	list                      bool
	backend, suiteArgs        string
	again                     int
}

func parseOptions() (options, []string) {
	var o options
	flag.StringVar(&o.root, "root", ".", "root of the repository")
	flag.StringVar(&o.bin, "bin", "", "directory with our programs (default ROOT/bin)")
	flag.StringVar(&o.server, "server", "", "test this redis-server and Debian's tools instead of ours: a baseline for the harness itself")
	flag.StringVar(&o.source, "source", "", "unpacked source tree of Redis 7.0 (default: fetched through apt into ROOT/.cache)")
	flag.IntVar(&o.workers, "workers", 2, "units that run at the same time")
	flag.IntVar(&o.baseport, "baseport", 0, "first port to use (default: chosen by process ID)")
	flag.DurationVar(&o.timeout, "timeout", 20*time.Minute, "longest time for one unit")
	flag.IntVar(&o.rotate, "rotate", 0, "without units: run this fraction (1/N) of must-pass.txt, another one each day, and what -always says")
	flag.StringVar(&o.always, "always", "integration/", "with -rotate: units whose names begin so are run every day; empty for none")
	flag.StringVar(&o.within, "within", "", "without units: only those whose names begin so")
	flag.BoolVar(&o.list, "list", false, "print what must-pass.txt requires, and the total, and run nothing")
	flag.StringVar(&o.backend, "io-backend", "", "back end of the servers' event loop: uring, epoll or portable (default: what the server picks)")
	flag.IntVar(&o.again, "again", 0, "times that a unit which fails is run again: for the portable back end, which does not know the order of different clients' requests")
	flag.StringVar(&o.suiteArgs, "suite-args", "", "further arguments for the suite, split at spaces")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: conformance [options] [unit/type/list ...]\nWithout units: those of must-pass.txt. Options:")
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.bin == "" {
		o.bin = filepath.Join(o.root, "bin")
	}
	if o.baseport == 0 {
		// Several runs on one machine rarely meet; the suite looks for a free port from here on.
		o.baseport = 12000 + os.Getpid()%4*2*portsPerWorker
	}
	return o, flag.Args()
}

// conformance runs the units and reports whether all of them passed.
func conformance() (bool, error) {
	o, units := parseOptions()
	cache, err := filepath.Abs(filepath.Join(o.root, ".cache", "conformance"))
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return false, err
	}
	lists := filepath.Join(o.root, "test", "conformance")
	must, err := readRequired(filepath.Join(lists, "must-pass.txt"))
	if err != nil {
		return false, err
	}
	if o.list {
		printRequired(os.Stdout, must)
		return true, nil
	}
	r := &runner{cache: filepath.Join(cache, fmt.Sprint(o.baseport)), timeout: o.timeout, args: strings.Fields(o.suiteArgs)}
	if o.backend != "" {
		r.args = append(r.args, "--config", "io-backend", o.backend) // for every server that the suite starts
	}
	if o.server != "" {
		r.p, err = peers(o.server) // Debian's own server needs none of our skips
	} else if r.p, err = ours(o.bin); err == nil {
		r.skips, err = readSkips(filepath.Join(lists, "skips.txt"), o.backend)
	}
	if err == nil {
		err = r.p.freeze(filepath.Join(r.cache, "bin"))
	}
	if err != nil {
		return false, err
	}
	if r.source = o.source; r.source == "" {
		if r.source, err = fetchSource(cache); err != nil {
			return false, err
		}
	}
	if r.source, err = filepath.Abs(r.source); err != nil {
		return false, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	results := runAll(ctx, r, plan(units, must, o, time.Now()), o)
	return printTable(os.Stdout, results), ctx.Err()
}

// plan decides what to run: the units asked for, or all of must-pass.txt, or its rotating part.
func plan(units []string, must []required, o options, now time.Time) []required {
	least := map[string]int{}
	for _, m := range must {
		least[m.Unit] = m.Min
	}
	var list []required
	for _, u := range units {
		u = strings.TrimSuffix(strings.TrimPrefix(u, "tests/"), ".tcl")
		list = append(list, required{u, least[u]})
	}
	if len(list) > 0 {
		return list
	}
	n := 0 // of the units that may be run
	for _, m := range must {
		if !strings.HasPrefix(m.Unit, o.within) {
			continue
		}
		always := o.rotate <= 1 || o.always != "" && strings.HasPrefix(m.Unit, o.always)
		if always || n%o.rotate == now.YearDay()%o.rotate {
			list = append(list, m)
		}
		n++
	}
	return list
}

// runAll spreads the units over the workers and returns the results in the order asked for.
func runAll(ctx context.Context, r *runner, units []required, o options) []result {
	results := make([]result, len(units))
	next := make(chan int)
	var wg sync.WaitGroup
	for w := range max(1, min(o.workers, len(units))) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				for n := 0; n <= o.again && ctx.Err() == nil && (n == 0 || !results[i].ok()); n++ {
					results[i] = r.run(ctx, units[i].Unit, units[i].Min, w, o.baseport+w*portsPerWorker+controlPorts)
					progress(os.Stdout, results[i])
				}
			}
		}()
	}
	for i := range units {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}
