package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// output is where a run of the program writes.
type output struct{ out, err bytes.Buffer }

func (o *output) run(ctx context.Context, args ...string) int {
	return process{out: &o.out, err: &o.err}.run(ctx, args)
}

// redis returns Debian's redis-server, the subject of the tests here: make e2e runs this program with ours.
func redis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is missing: make peers installs Debian's redis-server 7.0")
		}
		t.Skip("redis-server is not installed")
	}
	return program
}

func TestUsageErrors(t *testing.T) {
	for _, args := range []string{
		"--bogus", "--keys 0", "--keys x", "--size 0", "--runs 0", "--rate -1", "--outage -1s", "--timeout 0s", "--set save", "stray", "cpu stray", "--requests 1",
		"--server /no/such/program", "--server sh --peer /no/such/program",
	} {
		var o output
		if code := o.run(context.Background(), strings.Fields(args)...); code != exitUsage || o.err.Len() == 0 || o.out.Len() > 0 {
			t.Errorf("%s: exit %d, %q, %q", args, code, o.out.String(), o.err.String())
		}
	}
	for args, want := range map[string]string{"--help": "--outage", "-h": "Exit code: 0", "--version": "lockstep-bench "} {
		var o output
		if code := o.run(context.Background(), args); code != 0 || !strings.Contains(o.out.String(), want) {
			t.Errorf("%s: exit %d, %q", args, code, o.out.String())
		}
	}
}

// A server that does not start is a fault, with the server's own words, and nothing stays behind.
func TestServerThatFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	script := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho no luck today\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var o output
	if code := o.run(context.Background(), "--server", script); code != exitFault || !strings.Contains(o.err.String(), "no luck today") {
		t.Errorf("exit %d, %q", code, o.err.String())
	}
	nothingLeft(t)
}

func nothingLeft(t *testing.T) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "lockstep-bench-*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

type report struct {
	Keys    int
	Servers []struct {
		Version       string
		Full, Partial []map[string]*float64
		Median        struct{ Full, Partial map[string]*float64 }
	}
	Faults []string
}

func TestMeasuresBothKinds(t *testing.T) {
	program := redis(t)
	t.Setenv("TMPDIR", t.TempDir())
	var o output
	code := o.run(context.Background(), "--server", program, "--peer", program, "--keys", "2000", "--size", "50", "--runs", "2", "--rate", "5000", "--outage", "100ms",
		"--set", "repl-diskless-sync no", "--json")
	if code != 0 {
		t.Fatalf("exit %d, %s", code, o.err.String())
	}
	var r report
	if err := json.Unmarshal(o.out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, o.out.String())
	}
	if r.Keys != 2000 || len(r.Servers) != 2 || r.Faults == nil || len(r.Faults) > 0 {
		t.Fatalf("%+v", r)
	}
	for _, s := range r.Servers {
		if len(s.Full) != 2 || len(s.Partial) != 2 {
			t.Fatalf("runs are missing: %+v", s)
		}
		// 2000 keys of 50 bytes, and 5000 writes a second for 0.1 s of at least 70 bytes.
		if full := s.Full[0]; *full["total_ms"] <= 0 || *full["bytes"] < 2000*50 || *full["probe_max_ms"] <= 0 {
			t.Errorf("full: %v", s.Full[0])
		}
		if partial := s.Partial[0]; *partial["total_ms"] <= 0 || *partial["missed_bytes"] < 5000 {
			t.Errorf("partial: %v", s.Partial[0])
		}
		if s.Median.Full["total_ms"] == nil || s.Median.Partial["total_ms"] == nil {
			t.Errorf("medians: %+v", s.Median)
		}
	}
	nothingLeft(t)
}

// Every measurement gives its numbers, and those with a target show it beside the ratio.
func TestMeasuresAll(t *testing.T) {
	program := redis(t)
	t.Setenv("TMPDIR", t.TempDir())
	args := []string{"--server", program, "--peer", program, "--keys", "3000", "--runs", "1", "--requests", "5000", "--outage", "50ms"}
	var o output
	if code := o.run(context.Background(), append(args, "--json", "all")...); code != 0 {
		t.Fatalf("exit %d, %s", code, o.err.String())
	}
	var r struct {
		Servers []struct {
			Median struct {
				Full  map[string]*float64
				Other map[string]map[string]*float64
			}
		}
	}
	if err := json.Unmarshal(o.out.Bytes(), &r); err != nil || len(r.Servers) != 2 {
		t.Fatalf("%v: %s", err, o.out.String())
	}
	for _, s := range r.Servers {
		if s.Median.Full["total_ms"] == nil {
			t.Errorf("no resync: %v", s.Median)
		}
		for _, want := range []string{
			"cpu get_us", "cpu set_us", "cpu get_pipelined_us", "cpu set_pipelined_us", "families lpush_us",
			"families lrange_100_us", "families lrange_600_us", "families sadd_us", "families hset_us", "families zadd_us", "families spop_us", "families xadd_us",
			"families eval_us", "families eval_pipelined_us", "families publish_us", "mem rss_16_bytes", "mem rss_100_bytes", "rdb save_ms", "rdb load_ms",
			"rdb file_bytes", "stall p999_ms", "stall max_ms", "cow save_ms", "fanout write_us",
		} {
			name, key, _ := strings.Cut(want, " ")
			if v := s.Median.Other[name][key]; v == nil || *v <= 0 {
				t.Errorf("%s: %v", want, v)
			}
		}
	}

	o = output{}
	if code := o.run(context.Background(), append(args, "fanout")...); code != 0 || !strings.Contains(o.out.String(), "0.60") || strings.Contains(o.out.String(), "resync") {
		t.Errorf("exit %d, %s%s", code, o.out.String(), o.err.String())
	}
	nothingLeft(t)
}

// With a backlog that holds less than the outage, the resync is a full one, and that is a fault.
func TestFullWherePartialWasDue(t *testing.T) {
	program := redis(t)
	t.Setenv("TMPDIR", t.TempDir())
	var o output
	code := o.run(context.Background(), "--server", program, "--keys", "500", "--size", "1000", "--runs", "1", "--rate", "5000", "--outage", "300ms", "--set", "repl-backlog-size 16kb")
	if code != exitFault || !strings.Contains(o.err.String(), "FAULT: redis-server 7.0") || !strings.Contains(o.err.String(), "the master counts 1 full and 0 partial ones") {
		t.Errorf("exit %d, %s", code, o.err.String())
	}
	if !strings.Contains(o.out.String(), "partial resync") {
		t.Errorf("no table: %s", o.out.String())
	}
	nothingLeft(t)
}

func TestInterrupted(t *testing.T) {
	program := redis(t)
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var o output
	done := make(chan int)
	go func() {
		done <- o.run(ctx, "--server", program, "--keys", "1000", "--outage", "1h")
	}()
	// A folder of the replica shows that the runs have begun.
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if logs, _ := filepath.Glob(filepath.Join(os.TempDir(), "lockstep-bench-*", "server-*", "log")); len(logs) == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no replica was started")
		}
	}
	stop()
	select {
	case code := <-done:
		if code != exitInterrupted {
			t.Errorf("exit %d, %s", code, o.err.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	nothingLeft(t)
}

func TestMedians(t *testing.T) {
	nan := math.NaN()
	runs := []result{{{key: "a", value: 3}, {key: "b", value: nan}, {key: "c", value: nan}}, {{key: "a", value: 1}, {key: "b", value: 5}, {key: "c", value: nan}}}
	text, err := json.Marshal(medians(runs))
	if want := `{"a":2,"b":5,"c":null}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{5}, 5}, {[]float64{9, 1, 4}, 4}, {[]float64{4, 1}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

// An instant that no look saw gives its time to the next phase; one that comes late is none.
func TestTimeline(t *testing.T) {
	start := time.Now()
	line := newTimeline(start, 4)
	line.mark(0, start.Add(1*time.Second))
	line.mark(0, start.Add(2*time.Second))
	line.mark(2, start.Add(5*time.Second))
	line.mark(1, start.Add(6*time.Second))
	line.mark(3, start.Add(7*time.Second))
	for i, want := range []time.Duration{1 * time.Second, -1, 4 * time.Second, 2 * time.Second} {
		if got := line.phase(i); got != want {
			t.Errorf("phase %d: %s, want %s", i, got, want)
		}
	}
}

// The same options give the same data, whatever the batches.
func TestWriterRepeatsItself(t *testing.T) {
	first, second, other := newWriter(nil, 1, 20), newWriter(nil, 1, 20), newWriter(nil, 2, 20)
	for _, w := range []*writer{first, second, other} {
		w.add(7)
		w.add(8)
	}
	if !bytes.Equal(first.out, second.out) || bytes.Equal(first.out, other.out) {
		t.Error("the data does not follow from the seed")
	}
}
