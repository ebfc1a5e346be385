package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// cpuClients and cpuKeys are those of the target: 50 clients, so many keys that the caches do not hold all of them.
const (
	cpuClients = 50
	cpuKeys    = 100_000
	cpuBatch   = 32
)

// workload is a command whose processor time is measured.
type workload struct {
	key, label string
	// args makes the command of a client's request for a key, a number below cpuKeys.
	args func(key string) []string
	// share is how many times fewer of them there are than of others, as each of them is that much more work.
	share int
}

// add measures the workload one at a time and in pipelines, and adds the times of a request to r.
func (w workload) add(ctx context.Context, b *bench, s *server, r *result) error {
	for _, c := range []struct {
		key, label   string
		batch, times int
	}{{"", "", 1, 1}, {"_pipelined", ", by " + strconv.Itoa(cpuBatch), cpuBatch, 10}} { // they are that much faster
		round := cpuClients * c.batch // every client sends whole batches
		n := (b.o.requests*c.times/max(1, w.share) + round - 1) / round * round
		used, err := s.used(func() error { return s.hammer(ctx, w.args, n, c.batch) })
		if err != nil {
			return fmt.Errorf("%s: %w", w.label, err)
		}
		r.add(w.key+c.key+"_us", w.label+c.label+", us", inMicroseconds, float64(used.Nanoseconds())/1e3/float64(n))
	}
	return nil
}

// measureCPU measures the server's processor time for a GET and a SET, one at a time and in pipelines.
func measureCPU(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(s *server) error {
		if err := b.o.fillKeys(ctx, s, cpuKeys, 16); err != nil {
			return err
		}
		for _, w := range []workload{
			{key: "get", label: "GET", args: func(key string) []string { return []string{"GET", "key:" + key} }},
			{key: "set", label: "SET", args: setRequest},
		} {
			if err := w.add(ctx, b, s, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

// cpuValue is what requests write.
const cpuValue = "0123456789abcdef"

func setRequest(key string) []string { return []string{"SET", "key:" + key, cpuValue} }

// used returns the processor time that the server takes for f.
func (s *server) used(f func() error) (time.Duration, error) {
	before, err := s.conn.info("cpu")
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	after, err := s.conn.info("cpu")
	return after.cpu() - before.cpu(), err
}

// hammer sends n commands from many clients at once, each of which waits for the replies of a batch before the next.
func (s *server) hammer(ctx context.Context, args func(key string) []string, n, batch int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, cpuClients)
	for client := range cpuClients {
		go func() { done <- s.client(ctx, args, client, n/cpuClients, batch) }()
	}
	var failed error
	for range cpuClients {
		if err := <-done; err != nil {
			failed = errors.Join(failed, err)
			cancel()
		}
	}
	return failed
}

// client sends its share. Its requests are made before: what it does itself between two batches is little.
func (s *server) client(ctx context.Context, args func(key string) []string, seed, n, batch int) error {
	c, err := dial(ctx, s.port)
	if err != nil {
		return err
	}
	defer c.close()
	batches := make([][]byte, cpuKeys/cpuClients/batch)
	key := seed * cpuKeys / cpuClients
	for i := range batches {
		for range batch {
			// A prime number that does not divide cpuKeys makes the keys of all clients different ones, and scatters them.
			batches[i] = resp.AppendCommand(batches[i], args(strconv.Itoa(key*7919%cpuKeys))...)
			key++
		}
	}
	for sent := 0; sent < n; sent += batch {
		if err := c.exchange(batches[sent/batch%len(batches)], batch); err != nil {
			return err
		}
	}
	return nil
}

// exchange sends a batch of requests and reads their replies; an error among them is an error.
func (c *conn) exchange(requests []byte, replies int) error {
	if _, err := c.Write(requests); err != nil {
		return err
	}
	for range replies {
		v, err := c.reader.Read()
		if err == nil {
			err = v.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}
