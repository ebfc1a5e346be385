package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// runner runs units of the suite, each in a tree of its own.
type runner struct {
	source  string
	cache   string
	p       programs
	skips   []skip
	timeout time.Duration // for one unit
	args    []string      // further arguments for test_helper.tcl
}

// result is what became of one unit.
type result struct {
	Unit    string
	Least   int // tests that must pass; 0 for units outside of must-pass.txt
	Elapsed time.Duration
	Log     string // directory with the output and, after a failure, the servers' files
	Err     error  // the unit could not run to its end
	counts
}

// ok reports whether the unit passed as a whole.
func (r result) ok() bool { return len(r.Failed) == 0 && r.Err == nil }

// run runs one unit with the ports from baseport on and gathers what it printed.
func (r *runner) run(ctx context.Context, unit string, least, worker, baseport int) (res result) {
	res = result{Unit: unit, Least: least, Log: filepath.Join(r.cache, "logs", strings.ReplaceAll(unit, "/", "-"))}
	start := time.Now()
	defer func() { res.Elapsed = time.Since(start) }()
	dir := filepath.Join(r.cache, "run", strconv.Itoa(worker))
	if res.Err = buildTree(dir, r.source, r.p); res.Err != nil {
		return res
	}
	if !isFile(filepath.Join(dir, "tests", unit+".tcl")) {
		res.Err = fmt.Errorf("the suite has no unit %s", unit)
		return res
	}
	out, err := r.execute(ctx, dir, unit, baseport, res.Log)
	if err != nil {
		res.Err = err
	}
	file, err := os.Open(out)
	if err != nil {
		res.Err = err
		return res
	}
	defer file.Close()
	if res.counts, err = parseOutput(file); err != nil {
		res.Err = err
	}
	r.judge(&res)
	if !res.ok() {
		// The servers' logs are what a failure is explained with.
		os.Rename(filepath.Join(dir, "tests", "tmp"), filepath.Join(res.Log, "tmp"))
	}
	return res
}

// judge adds the faults that the suite does not print itself.
func (r *runner) judge(res *result) {
	if res.Err == nil && !res.Done {
		res.Err = fmt.Errorf("the unit did not run to its end")
	}
	least := res.Least // which counts with the skips of every back end
	for _, name := range res.Skipped {
		if slices.ContainsFunc(r.skips, func(s skip) bool { return s.Unit == res.Unit && s.Backend != "" && s.matches(name) }) {
			least--
		}
	}
	if res.Err == nil && len(res.Failed) == 0 && res.Passed < least {
		res.Err = fmt.Errorf("only %d tests passed, must-pass.txt wants %d", res.Passed, least)
	}
	if res.Err != nil || !res.Done {
		return
	}
	for _, s := range r.skips {
		if s.Unit != res.Unit {
			continue
		}
		used := false
		for _, name := range res.Skipped {
			used = used || s.matches(name)
		}
		if !used {
			res.Err = fmt.Errorf("skips.txt:%d: the unit has no test %q", s.Line, s.Test)
		}
	}
}

// execute starts the suite for one unit and returns the file that holds its output. A failing test is not an error here.
func (r *runner) execute(ctx context.Context, dir, unit string, baseport int, log string) (string, error) {
	if err := os.RemoveAll(log); err != nil {
		return "", err
	}
	if err := os.MkdirAll(log, 0o755); err != nil {
		return "", err
	}
	out := filepath.Join(log, "output")
	file, err := os.Create(out)
	if err != nil {
		return "", err
	}
	defer file.Close()
	args := []string{"tests/test_helper.tcl", "--single", unit, "--clients", "1", "--durable", "--dont-clean",
		"--baseport", strconv.Itoa(baseport), "--portcount", strconv.Itoa(portsPerWorker - controlPorts),
		"--timeout", strconv.Itoa(int(r.timeout.Seconds()))}
	for _, s := range r.skips {
		if s.Unit == unit {
			args = append(args, "--skiptest", s.Test)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tclsh", append(args, r.args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, file, file
	cmd.Env = append(os.Environ(), "TERM=dumb", "LC_ALL=C.UTF-8") // TERM=dumb: no colours in the output
	// A group of its own, so that servers that a hanging test leaves behind can be ended with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	err = cmd.Run()
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	if ctx.Err() == context.DeadlineExceeded {
		return out, fmt.Errorf("no end after %s", r.timeout)
	}
	if _, failed := err.(*exec.ExitError); failed {
		err = nil // it exits 1 for failed tests, which its output names
	}
	return out, err
}
