package engine

import (
	"slices"
	"time"
)

// LatencyMonitor keeps the steps of the engine's thread that took latency-monitor-threshold or longer, by the name of the step:
//
//	command fast-command        a command
//	command-unblocking          serving the clients that waited for keys
//	expire-cycle eviction-cycle ending keys
//	fork                        taking a snapshot: Redis's name, for who watches both
//	aof-write aof-write-alone aof-write-pending-fsync aof-write-active-child
//	aof-fsync-always
//
// It belongs to the engine's thread.
type LatencyMonitor struct {
	series []LatencySeries // in the order of their first spikes
}

// LatencySeries are the newest spikes of one event, the oldest first, and the worst there ever was.
type LatencySeries struct {
	Event   string
	Worst   int64 // ms
	Samples []LatencySample
}

// LatencySample is the worst spike of a second.
type LatencySample struct{ Time, Ms int64 } // Time in Unix seconds

// latencySamples is how many samples an event keeps.
const latencySamples = 160

// Series shows what is kept, until the next spike.
func (m *LatencyMonitor) Series() []LatencySeries { return m.series }

// Reset forgets the spikes of an event, of all events if it is empty, and returns of how many events.
func (m *LatencyMonitor) Reset(event string) int {
	before := len(m.series)
	m.series = slices.DeleteFunc(m.series, func(s LatencySeries) bool { return event == "" || s.Event == event })
	return before - len(m.series)
}

// add records a spike; several of one second are one sample.
func (m *LatencyMonitor) add(event string, now, ms int64) {
	i := slices.IndexFunc(m.series, func(s LatencySeries) bool { return s.Event == event })
	if i < 0 {
		i = len(m.series)
		m.series = append(m.series, LatencySeries{Event: event})
	}
	s := &m.series[i]
	s.Worst = max(s.Worst, ms)
	if n := len(s.Samples); n > 0 && s.Samples[n-1].Time == now {
		s.Samples[n-1].Ms = max(s.Samples[n-1].Ms, ms)
		return
	}
	if len(s.Samples) == latencySamples {
		s.Samples = slices.Delete(s.Samples, 0, 1)
	}
	s.Samples = append(s.Samples, LatencySample{now, ms})
}

// Took tells the latency monitor how long a step took.
func (e *Engine) Took(event string, d time.Duration) {
	if limit := int64(e.cfg.LatencyMonitorThreshold); limit > 0 && d.Milliseconds() >= limit {
		e.Latency.add(event, e.clock.ms/1000, d.Milliseconds())
	}
}
