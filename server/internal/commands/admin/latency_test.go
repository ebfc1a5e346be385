package admin

import (
	"strings"
	"testing"
)

// A graph has the columns, ages and figures that Redis 7.0 draws.
func TestGraph(t *testing.T) {
	s := LatencySeries{Event: "command", Worst: 900, Samples: []LatencySample{{1000, 300}, {1000 + 3600, 400}, {9000 - 61, 500}, {9000 - 2, 320}}}
	want := `command - high 500 ms, low 300 ms (all time high 900 ms)
--------------------------------------------------------------------------------
  # 
 _| 
 || 
_||o
    
2112
hhms
`
	if got := string(drawSeries(s, 9000)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// More samples than columns go into a second graph below.
func TestGraphIsAtMostEightyWide(t *testing.T) {
	s := LatencySeries{Event: "fork"}
	for i := range int64(160) {
		s.Samples = append(s.Samples, LatencySample{i, i})
	}
	for i, line := range strings.Split(string(drawSeries(s, 200)), "\n")[1:] {
		if len(line) != graphWidth && line != "" {
			t.Errorf("line %d is %d wide", i+2, len(line))
		}
	}
}

// The doctor gives each piece of advice for the events and settings that it is about, and for no others.
func TestDoctor(t *testing.T) {
	settings := map[string]string{"latency-monitor-threshold": "100", "slowlog-log-slower-than": "10000", "hz": "10", "appendfsync": "everysec"}
	setting := func(name string) string { return settings[name] }
	spikes := []LatencySeries{{"expire-cycle", 90, []LatencySample{{100, 20}, {110, 40}}}}
	got := diagnose(spikes, 120, setting)
	for _, want := range []string{"1. expire-cycle: 2 latency spikes (average 30ms, mean deviation 10ms, period 10.00 sec). Worst all time event 90ms.", "CONFIG SET hz 100"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "SLOWLOG") || strings.Contains(got, "disks") {
		t.Errorf("advice about other events:\n%s", got)
	}
	settings["hz"] = "100"
	if got := diagnose(spikes, 120, setting); strings.Contains(got, "hz 100") {
		t.Errorf("hz is 100 already:\n%s", got)
	}
	if got := diagnose(nil, 120, setting); !strings.Contains(got, "No step took") {
		t.Errorf("without spikes: %s", got)
	}
	settings["latency-monitor-threshold"] = "0"
	if got := diagnose(nil, 120, setting); !strings.Contains(got, "CONFIG SET latency-monitor-threshold") {
		t.Errorf("when nothing is watched: %s", got)
	}
}

func TestMemoryDoctor(t *testing.T) {
	n := func(name string, v int64) Stat { return Stat{Name: name, Value: v} }
	for _, c := range []struct {
		stats []Stat
		want  string
	}{
		{[]Stat{n("total.allocated", 1<<20), n("peak.allocated", 1<<30)}, "too little data"},
		{[]Stat{n("total.allocated", 10<<20), n("peak.allocated", 11<<20)}, "Nothing looks wrong"},
		{[]Stat{n("total.allocated", 10<<20), n("peak.allocated", 16<<20)}, "Peak"},
		{[]Stat{n("total.allocated", 10<<20), {Name: "fragmentation", Ratio: 3, Float: true}, n("fragmentation.bytes", 40<<20)}, "3.00 times"},
		{[]Stat{n("total.allocated", 10<<20), {Name: "fragmentation", Ratio: 3, Float: true}, n("fragmentation.bytes", 20<<20)}, "Nothing looks wrong"},
		{[]Stat{n("total.allocated", 10<<20), n("clients.normal", 1<<20)}, "Clients"},
		{[]Stat{n("total.allocated", 10<<20), n("clients.slaves", 11<<20)}, "Replicas"},
	} {
		if got := examine(c.stats, 4); !strings.Contains(got, c.want) {
			t.Errorf("want %q in %q", c.want, got)
		}
	}
}
