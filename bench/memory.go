package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// memoryKeys is the most keys that a size of values is measured with.
const memoryKeys = 1_000_000

// settleTime is how long a server may take to count its memory, and to give back what it has freed.
const settleTime = time.Second

// measureMemory measures the resident memory that a key takes with short and with longer values.
func measureMemory(ctx context.Context, b *bench, program string) (r result, err error) {
	keys := min(b.o.keys, memoryKeys)
	for _, size := range []int{16, 100} {
		err := b.withServer(ctx, program, func(s *server) error {
			before, err := s.resident()
			if err != nil {
				return err
			}
			if err := b.o.fillKeys(ctx, s, keys, size); err != nil {
				return err
			}
			if err := pause(ctx, settleTime); err != nil {
				return err
			}
			after, err := s.resident()
			r.add(fmt.Sprintf("rss_%d_bytes", size), fmt.Sprintf("a key of %d bytes, B", size), inBytes, (after-before)/float64(keys))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// overwriteShare is the part of the keys that is overwritten during a snapshot.
const overwriteShare = 0.3

// measureCopies measures the memory that a snapshot costs while keys are overwritten: that of the process and, as a server may
// fork, of its children.
func measureCopies(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(s *server) error {
		if err := b.o.fill(ctx, s); err != nil {
			return err
		}
		if err := pause(ctx, settleTime); err != nil {
			return err
		}
		base := s.treeMemory()
		peak := base
		watching, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for pause(watching, 20*time.Millisecond) == nil {
				peak = max(peak, s.treeMemory())
			}
		}()
		written, took, err := b.o.overwriteDuringSave(ctx, s)
		stop()
		<-done
		r.add("extra_percent", "extra memory for all data, %", inPercent, 100*(peak-base)/base)
		r.add("extra_bytes", "extra for a write, B", inBytes, (peak-base)/float64(max(written, 1)))
		r.duration("save", "background save", took)
		return err
	})
	return r, err
}

// overwriteDuringSave overwrites keys until the share is done or the save has ended, then waits for the save.
func (o *options) overwriteDuringSave(ctx context.Context, s *server) (written int, took time.Duration, err error) {
	c, err := dial(ctx, s.port)
	if err != nil {
		return 0, 0, err
	}
	defer c.close()
	w := newWriter(c, 1, o.size)
	start := time.Now()
	if _, err := s.conn.do("BGSAVE"); err != nil {
		return 0, 0, err
	}
	for {
		fields, err := s.conn.info("persistence")
		if err != nil {
			return 0, 0, err
		}
		if fields["rdb_bgsave_in_progress"] != "1" {
			return written, time.Since(start), nil
		}
		if written >= int(overwriteShare*float64(o.keys)) {
			if err := pause(ctx, pollEvery); err != nil {
				return 0, 0, err
			}
			continue
		}
		const batch = 1000
		for range batch {
			w.add(w.pick.IntN(o.keys))
		}
		if err := w.flush(batch); err != nil {
			return 0, 0, err
		}
		written += batch
	}
}

// resident returns the resident memory that the server reports.
func (s *server) resident() (float64, error) {
	fields, err := s.conn.info("memory")
	return float64(fields.number("used_memory_rss")), err
}

// treeMemory returns the memory of the process and its children, pages that they share counted once, or NaN where the system
// does not tell.
func (s *server) treeMemory() float64 {
	pid := strconv.Itoa(s.cmd.Process.Pid)
	sum := proportional(pid)
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for _, child := range strings.Fields(string(children)) {
		if n := proportional(child); !math.IsNaN(n) { // it may have ended
			sum += n
		}
	}
	return sum
}

func proportional(pid string) float64 {
	text, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
	if err != nil {
		return math.NaN()
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err == nil {
				return kb * 1024
			}
		}
	}
	return math.NaN()
}
