package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// advice is a sentence that may help against the spikes of some events.
type advice struct {
	events []string
	when   func(setting func(string) string) bool // nil: always
	text   string
}

// number is the value of a numeric directive.
func number(v string) int64 {
	n, _ := strconv.ParseInt(v, 10, 64)
	return n
}

// latencyAdvices is what we know, in the order in which it is told.
func latencyAdvices() []advice {
	disk := []string{"aof-write", "aof-write-alone", "aof-write-pending-fsync", "aof-write-active-child", "aof-fsync-always"}
	return []advice{
		{[]string{"command"}, func(set func(string) string) bool { return number(set("slowlog-log-slower-than")) < 0 },
			"The slow log is off. Switch it on to see which commands take long: CONFIG SET slowlog-log-slower-than <microseconds>."},
		{[]string{"command"}, func(set func(string) string) bool {
			return number(set("slowlog-log-slower-than"))/1000 > number(set("latency-monitor-threshold"))
		},
			"The slow log leaves out commands that are spikes here. Let slowlog-log-slower-than be at most 1,000 times latency-monitor-threshold."},
		{[]string{"command"}, nil, "SLOWLOG GET tells which commands took long. Split what goes through many elements (KEYS, large ranges, unions, scripts)."},
		{[]string{"command-unblocking"}, nil, "Many clients wait for the same keys, or get large values once they are served."},
		{[]string{"fast-command"}, nil, "Commands that do little took long: the process does not get the processor. Lower the machine's load, or look for a noisy neighbour; " +
			"`redis-cli --intrinsic-latency 100` measures the machine alone."},
		{[]string{"fork"}, nil, "Taking a snapshot took long although it copies nothing: the machine may be swapping."},
		{[]string{"expire-cycle"}, func(set func(string) string) bool { return number(set("hz")) < 100 },
			"Many keys expire at once. A higher hz spreads the work over more and shorter steps: CONFIG SET hz 100. Spreading the times to live helps as well."},
		{[]string{"eviction-cycle"}, nil, "Much had to be evicted at once: maxmemory was lowered, or large values came in. Leave more room below maxmemory."},
		{disk, nil, "Use local disks, best solid state ones, for the append-only file, and keep other work that writes off them."},
		{[]string{"aof-write-active-child"}, func(set func(string) string) bool { return set("no-appendfsync-on-rewrite") == "no" },
			"Snapshots and rewrites write beside the append-only file. If you can bear to lose more at a power failure then: CONFIG SET no-appendfsync-on-rewrite yes."},
		{[]string{"aof-fsync-always"}, func(set func(string) string) bool { return set("appendfsync") == "always" },
			"Replies wait for the disk (appendfsync always). With `everysec` they do not, and a power failure may cost a second of writes."},
	}
}

// diagnose is LATENCY DOCTOR: each event with its figures, then what may help.
func diagnose(all []LatencySeries, now int64, setting func(string) string) string {
	if len(all) == 0 {
		if number(setting("latency-monitor-threshold")) == 0 {
			return "Nothing is watched. Name the shortest time that is a spike: CONFIG SET latency-monitor-threshold <milliseconds>.\n"
		}
		return "No step took as long as latency-monitor-threshold so far.\n"
	}
	var b strings.Builder
	b.WriteString("These steps kept all clients waiting:\n\n")
	for i, s := range all {
		fmt.Fprintf(&b, "%d. %s\n", i+1, summary(s, now))
	}
	b.WriteString("\nWhat may help:\n\n")
	for _, a := range latencyAdvices() {
		seen := slices.ContainsFunc(all, func(s LatencySeries) bool { return slices.Contains(a.events, s.Event) })
		if seen && (a.when == nil || a.when(setting)) {
			b.WriteString("- " + a.text + "\n")
		}
	}
	return b.String()
}

// summary describes the spikes of an event.
func summary(s LatencySeries, now int64) string {
	n := int64(len(s.Samples))
	var sum, off int64
	for _, p := range s.Samples {
		sum += p.Ms
	}
	for _, p := range s.Samples {
		off += max(p.Ms-sum/n, sum/n-p.Ms)
	}
	period := max(now-s.Samples[0].Time, 1)
	return fmt.Sprintf("%s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all time event %dms.",
		s.Event, n, sum/n, off/n, float64(period)/float64(n), s.Worst)
}

// ownMemory is what the program takes for itself before it is worth a word: its code, Go's runtime and the garbage between two collections.
const ownMemory = 32 << 20

// examine is MEMORY DOCTOR: it looks at the figures of MEMORY STATS.
func examine(stats []Stat, clients int64) string {
	get := func(name string) Stat {
		i := slices.IndexFunc(stats, func(s Stat) bool { return s.Name == name })
		if i < 0 {
			return Stat{}
		}
		return stats[i]
	}
	used := get("total.allocated").Value
	if used < 5<<20 {
		return "There is too little data to judge: less than 5 MB are in use.\n"
	}
	var found []string
	if get("peak.allocated").Value > used*3/2 {
		found = append(found, "Peak: more than 1.5 times as much was in use once. The process may keep memory of then; it is used again, and MEMORY PURGE gives some of it back.")
	}
	if f := get("fragmentation"); f.Ratio > 1.4 && get("fragmentation.bytes").Value > ownMemory {
		found = append(found, fmt.Sprintf("Resident memory: the process has %.2f times what is in use. After a peak, or during a snapshot, that is harmless; "+
			"else many values may have changed their sizes. MEMORY PURGE gives back what is free.", f.Ratio))
	}
	if get("clients.normal").Value/max(clients, 1) > 200<<10 {
		found = append(found, "Clients: their buffers take more than 200 KB each. CLIENT LIST tells whose (tot-mem): large pipelines, or subscribers that read too slowly. See maxmemory-clients.")
	}
	if get("clients.slaves").Value > 10<<20 {
		found = append(found, "Replicas: their buffers take more than 10 MB. INFO replication tells which of them lags.")
	}
	if len(found) == 0 {
		return "Nothing looks wrong: MEMORY STATS has the figures.\n"
	}
	return "What looks unusual:\n\n* " + strings.Join(found, "\n\n* ") + "\n"
}
