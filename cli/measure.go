package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// What watches and measures: --stat, --latency-dist, --intrinsic-latency, --lru-test.

// statRows is after how many rows --stat repeats its header.
const statRows = 20

// stat prints a line about the server again and again.
func (s *session) stat(ctx context.Context) error {
	var before int64
	for row := 0; ; row++ {
		v, err := s.c.do("INFO")
		if err != nil {
			return err
		}
		if v.IsError() {
			return fmt.Errorf("ERROR: %s", v.Text)
		}
		if row%statRows == 0 {
			fmt.Fprint(s.out, "------- data ------ --------------------- load -------------------- - child -\n"+
				"keys       mem      clients blocked requests            connections          \n")
		}
		line, requests := statLine(v.Text, before, row == 0)
		before = requests
		if _, err := fmt.Fprintln(s.out, line); err != nil {
			return err
		}
		if err := sleep(ctx, s.period(time.Second)); err != nil {
			return err
		}
	}
}

// period is -i, or what a mode does without it.
func (s *session) period(otherwise time.Duration) time.Duration {
	if s.o.interval > 0 {
		return s.o.interval
	}
	return otherwise
}

// statLine makes a line of --stat of INFO's text; before is how many requests there were by the line before.
func statLine(info []byte, before int64, first bool) (line string, requests int64) {
	fields := map[string]int64{}
	var keys int64
	for text := range bytes.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimRight(string(text), "\r\n"), ":")
		if count, ok := strings.CutPrefix(value, "keys="); ok && strings.HasPrefix(name, "db") {
			count, _, _ = strings.Cut(count, ",")
			n, _ := strconv.ParseInt(count, 10, 64)
			keys += n
			continue
		}
		fields[name], _ = strconv.ParseInt(value, 10, 64)
	}
	requests = fields["total_commands_processed"]
	if first {
		before = requests
	}
	child := ""
	switch saves, rewrites := fields["rdb_bgsave_in_progress"] != 0, fields["aof_rewrite_in_progress"] != 0; {
	case fields["loading"] != 0:
		child = "LOAD"
	case saves && rewrites:
		child = "SAVE+AOF"
	case saves:
		child = "SAVE"
	case rewrites:
		child = "AOF"
	}
	return fmt.Sprintf("%-11d%-8s %-8d%-8d%-19s %-12d%s", keys, humanSize(fields["used_memory"]), fields["connected_clients"], fields["blocked_clients"],
		fmt.Sprintf("%d (+%d)", requests, requests-before), fields["total_connections_received"], child), requests
}

// humanSize writes a number of bytes as 17B, 1.34M.
func humanSize(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%dB", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1<<10 && unit < 3 {
		value, unit = value/(1<<10), unit+1
	}
	return fmt.Sprintf("%.2f%c", value, "KMGT"[unit])
}

// latencyBucket holds the samples up to a time; mark is its character on the screen.
type latencyBucket struct {
	mark byte
	upTo time.Duration
}

// latencyBuckets are those of redis-cli. Whatever is slower than all falls into the last.
func latencyBuckets() []latencyBucket {
	const ms, second = time.Millisecond, time.Second
	buckets := []latencyBucket{{'.', ms / 100}, {'-', ms / 8}, {'*', ms / 4}, {'#', ms / 2}}
	for i := range time.Duration(9) {
		buckets = append(buckets, latencyBucket{'1' + byte(i), (i + 1) * ms})
	}
	for i := range time.Duration(5) {
		buckets = append(buckets, latencyBucket{'A' + byte(i), (i + 1) * 10 * ms})
	}
	for i := range time.Duration(5) {
		buckets = append(buckets, latencyBucket{'F' + byte(i), (i + 1) * 100 * ms})
	}
	for i, n := range [...]time.Duration{1, 2, 4, 8, 16, 30, 60} {
		buckets = append(buckets, latencyBucket{'K' + byte(i), n * second})
	}
	return append(buckets, latencyBucket{'?', math.MaxInt64})
}

// latencyDist prints a line of colors for each period: how many answers took how long.
func (s *session) latencyDist(ctx context.Context) error {
	palette := []int{0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196}
	if s.o.mono {
		palette = []int{0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 249, 251, 253}
	}
	buckets := latencyBuckets()
	for row := 0; ; row++ {
		if row%statRows == 0 {
			s.latencyLegend(palette)
		}
		counts := make([]int, len(buckets))
		total := 0
		for start := time.Now(); total == 0 || time.Since(start) < s.period(time.Second); total++ {
			took, err := s.ping()
			if err != nil {
				return err
			}
			i := 0
			for took > buckets[i].upTo {
				i++
			}
			counts[i]++
			if err := sleep(ctx, latencyPause); err != nil {
				return err
			}
		}
		line := []byte("\x1b[38;5;0m")
		for i, b := range buckets {
			color := int(math.Ceil(float64(counts[i]) / float64(total) * float64(len(palette)-1)))
			line = fmt.Appendf(line, "\x1b[48;5;%dm%c", palette[color], b.mark)
		}
		if _, err := fmt.Fprintf(s.out, "%s\x1b[0m\n", line); err != nil {
			return err
		}
	}
}

func (s *session) latencyLegend(palette []int) {
	const rule = "---------------------------------------------\n"
	fmt.Fprint(s.out, rule, ". - * #          .01 .125 .25 .5 milliseconds\n1,2,3,...,9      from 1 to 9     milliseconds\n"+
		"A,B,C,D,E        10,20,30,40,50  milliseconds\nF,G,H,I,J        .1,.2,.3,.4,.5       seconds\n"+
		"K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds\nFrom 0 to 100%: ")
	for _, color := range palette {
		fmt.Fprintf(s.out, "\x1b[48;5;%dm ", color)
	}
	fmt.Fprint(s.out, "\x1b[0m\n", rule)
}

// ping measures one PING.
func (s *session) ping() (time.Duration, error) {
	sent := time.Now()
	v, err := s.c.do("PING")
	if err == nil {
		err = v.Err()
	}
	return time.Since(sent), err
}

// intrinsicLatency measures how long this machine keeps a busy process waiting,
// without any server; ^C ends it early.
func (s *session) intrinsicLatency(ctx context.Context) error {
	var most time.Duration
	runs := int64(0)
	start := time.Now()
	end, last := start.Add(time.Duration(s.o.intrinsic)*time.Second), start
	for last.Before(end) && ctx.Err() == nil {
		now := time.Now()
		took := now.Sub(last)
		last = now
		if runs++; took.Microseconds() > most.Microseconds() {
			most = took
			fmt.Fprintf(s.out, "Max latency so far: %d microseconds.\n", most.Microseconds())
		}
	}
	mean := float64(last.Sub(start).Nanoseconds()) / float64(max(runs, 1))
	_, err := fmt.Fprintf(s.out, "\n%d total runs (avg latency: %.4f microseconds / %.2f nanoseconds per run).\nWorst run took %.0fx longer than the average latency.\n",
		runs, mean/1000, mean, float64(most.Nanoseconds())/max(mean, 1))
	return err
}

const (
	lruBatch    = 250 // commands that are sent at once
	lruExponent = 6.2 // of the power law that keys are drawn by
)

// lruTest simulates a cache of --lru-test keys of which few are popular, and prints each second how many reads hit.
func (s *session) lruTest(ctx context.Context) error {
	for ctx.Err() == nil {
		var hits, misses int64
		start := time.Now()
		for time.Since(start) < time.Second {
			sets, gets := make([][]string, lruBatch), make([][]string, lruBatch)
			for i := range lruBatch {
				sets[i], gets[i] = []string{"SET", lruKey(s.o.lruKeys), "value"}, []string{"GET", lruKey(s.o.lruKeys)}
			}
			if err := s.batch(sets, func(_ int, v *resp.Value) error { return v.Err() }); err != nil {
				return err
			}
			err := s.batch(gets, func(_ int, v *resp.Value) error {
				if v.IsNull() {
					misses++
				} else {
					hits++
				}
				return v.Err()
			})
			if err != nil {
				return err
			}
		}
		rate := float64(hits+misses) / time.Since(start).Seconds()
		if _, err := fmt.Fprintf(s.out, "%.0f Gets/sec | Hits: %d (%.2f%%) | Misses: %d (%.2f%%)\n", rate, hits, 100*share(hits, hits+misses), misses, 100*share(misses, hits+misses)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// lruKey draws one of n keys; the first are the popular ones.
func lruKey(n int64) string {
	drawn := math.Pow((math.Pow(float64(n+1), lruExponent+1)-1)*rand.Float64()+1, 1/(lruExponent+1))
	return "lru:" + strconv.FormatInt(n-min(int64(drawn), n)+1, 10)
}
