package main

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// probeEvery is the time between two requests of the probe.
const probeEvery = time.Millisecond

// probe asks a server for a key once a millisecond and records how long it takes.
// A request that a late reply delayed counts from when it was due, so that a
// stall is seen by all the requests that it would have met.
type probe struct {
	cancel  context.CancelFunc
	done    chan error
	latency *hdrhistogram.Histogram // microseconds
}

func startProbe(ctx context.Context, s *server) (*probe, error) {
	c, err := dial(ctx, s.port)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &probe{cancel: cancel, done: make(chan error, 1), latency: hdrhistogram.New(1, time.Hour.Microseconds(), 3)}
	go func() {
		defer c.close()
		p.done <- p.ask(ctx, c)
	}()
	return p, nil
}

func (p *probe) ask(ctx context.Context, c *conn) error {
	next := time.Now()
	for ctx.Err() == nil {
		if wait := time.Until(next); wait > 0 {
			if pause(ctx, wait) != nil {
				return nil
			}
			next = time.Now() // the timer's own delay is not the server's
		}
		if _, err := c.do("GET", "key:0"); err != nil {
			return err
		}
		if err := p.latency.RecordValue(max(1, time.Since(next).Microseconds())); err != nil {
			return err
		}
		next = next.Add(probeEvery)
	}
	return nil
}

// stop ends the probe and adds what it saw to r.
func (p *probe) stop(r *result) error {
	p.cancel()
	if err := <-p.done; err != nil {
		return err
	}
	for _, q := range []struct {
		key, label string
		percent    float64
	}{{"probe_p50", "GET p50 meanwhile", 50}, {"probe_p99", "GET p99", 99}, {"probe_p999", "GET p99.9", 99.9}, {"probe_max", "GET max", 100}} {
		r.duration(q.key, q.label, time.Duration(p.latency.ValueAtQuantile(q.percent))*time.Microsecond)
	}
	return nil
}
