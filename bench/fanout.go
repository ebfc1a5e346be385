package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// fanoutReplicas is the number of replicas of the master that is measured.
const fanoutReplicas = 3

// measureFanout measures the master's processor time for a write that goes to several replicas. The replicas are always of the last
// program, the peer if there is one, so that only the masters differ.
func measureFanout(ctx context.Context, b *bench, program string) (r result, err error) {
	err = b.withServer(ctx, program, func(master *server) error {
		var replicas []*server
		defer func() {
			for _, s := range replicas {
				s.stop()
			}
		}()
		for range fanoutReplicas {
			s, err := b.o.startServer(ctx, b.o.programs[len(b.o.programs)-1], b.dir)
			if err != nil {
				return err
			}
			replicas = append(replicas, s)
			if _, err := s.conn.do("REPLICAOF", "127.0.0.1", strconv.Itoa(master.port)); err != nil {
				return err
			}
			if err := (&pair{b.o, master, s}).watch(ctx, "link", sample.linked); err != nil {
				return err
			}
		}
		n := 10 * b.o.requests
		used, err := master.used(func() error {
			if err := master.hammer(ctx, setRequest, n, cpuBatch); err != nil {
				return err
			}
			return master.waitFor(fanoutReplicas, b.o.timeout)
		})
		r.add("write_us", "CPU of the master, us", inMicroseconds, float64(used.Nanoseconds())/1e3/float64(n))
		return err
	})
	return r, err
}

// waitFor waits until so many replicas have all that this connection's server was sent.
func (s *server) waitFor(replicas int, limit time.Duration) error {
	// WAIT counts what its own connection has written.
	if _, err := s.conn.do("SET", "last", "write"); err != nil {
		return err
	}
	v, err := s.conn.do("WAIT", strconv.Itoa(replicas), strconv.FormatInt(limit.Milliseconds(), 10))
	if err == nil && v.Int < int64(replicas) {
		err = fmt.Errorf("%d of %d replicas have all writes after %s", v.Int, replicas, limit)
	}
	return err
}
