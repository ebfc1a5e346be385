package engine

import (
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/config"
)

// Spikes of one second are one sample, the worst; the oldest make room; the worst of all stays known.
func TestLatencyMonitorKeepsTheWorstOfEachSecond(t *testing.T) {
	var m LatencyMonitor
	m.add("command", 100, 30)
	m.add("command", 100, 50)
	m.add("command", 100, 40)
	m.add("expire-cycle", 100, 7)
	for i := range int64(latencySamples) {
		m.add("command", 101+i, i)
	}
	s := m.Series()[0]
	if s.Event != "command" || s.Worst != latencySamples-1 || len(s.Samples) != latencySamples || s.Samples[0] != (LatencySample{101, 0}) {
		t.Errorf("got %s, worst %d, %d samples from %v", s.Event, s.Worst, len(s.Samples), s.Samples[0])
	}
	if n := m.Reset("command"); n != 1 || len(m.Series()) != 1 || m.Series()[0].Event != "expire-cycle" {
		t.Errorf("Reset(command) = %d, left %v", n, m.Series())
	}
	if n := m.Reset(""); n != 1 || len(m.Series()) != 0 {
		t.Errorf("Reset of all = %d, left %v", n, m.Series())
	}
}

// A step below the threshold is no spike, and a threshold of 0 watches nothing.
func TestLatencyThreshold(t *testing.T) {
	e := &Engine{cfg: &config.Config{}}
	for _, c := range []struct {
		threshold int
		took      time.Duration
		kept      int
	}{{0, time.Hour, 0}, {20, 19 * time.Millisecond, 0}, {20, 20 * time.Millisecond, 1}} {
		e.cfg.LatencyMonitorThreshold = c.threshold
		e.Latency.Reset("")
		if e.Took("command", c.took); len(e.Latency.Series()) != c.kept {
			t.Errorf("threshold %d, took %v: %v", c.threshold, c.took, e.Latency.Series())
		}
	}
}
