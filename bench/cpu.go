package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// cpuClients and cpuKeys are those of the target: 50 clients, some thousand keys that the caches do not hold all of.
const (
	cpuClients = 50
	cpuKeys    = 100_000
	cpuBatch   = 32
)

// measureCPU measures the server's processor time for a GET and a SET, one at a time and in pipelines.
func measureCPU(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(s *server) error {
		if err := b.o.fillKeys(ctx, s, cpuKeys, 16); err != nil {
			return err
		}
		for _, c := range []struct {
			key, label, command string
			batch               int
		}{
			{"get", "GET", "GET", 1}, {"set", "SET", "SET", 1}, {"get_pipelined", "GET, by 32", "GET", cpuBatch}, {"set_pipelined", "SET, by 32", "SET", cpuBatch},
		} {
			n := b.o.requests
			if c.batch > 1 {
				n *= 10 // they are that much faster
			}
			used, err := s.used(func() error { return s.hammer(ctx, c.command, n, c.batch) })
			if err != nil {
				return err
			}
			r.add(c.key+"_us", c.label+", us", inMicroseconds, float64(used.Nanoseconds())/1e3/float64(n))
		}
		return nil
	})
	return r, err
}

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
func (s *server) hammer(ctx context.Context, command string, n, batch int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, cpuClients)
	for client := range cpuClients {
		go func() { done <- s.client(ctx, command, client, n/cpuClients, batch) }()
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
func (s *server) client(ctx context.Context, command string, seed, n, batch int) error {
	c, err := dial(ctx, s.port)
	if err != nil {
		return err
	}
	defer c.close()
	const distinct = 64
	batches := make([][]byte, distinct)
	key := seed
	for i := range batches {
		for range batch {
			key = (key*7919 + 12345) % cpuKeys
			args := []string{command, "key:" + strconv.Itoa(key)}
			if command == "SET" {
				args = append(args, "0123456789abcdef")
			}
			batches[i] = resp.AppendCommand(batches[i], args...)
		}
	}
	for sent := 0; sent < n; sent += batch {
		if _, err := c.Write(batches[sent/batch%distinct]); err != nil {
			return err
		}
		for range batch {
			v, err := c.reader.Read()
			if err == nil {
				err = v.Err()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", command, err)
			}
		}
	}
	return nil
}
