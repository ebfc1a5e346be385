package app

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands/admin"
	"github.com/lockstep-db/lockstep/server/internal/engine"
	"github.com/lockstep-db/lockstep/server/internal/info"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

const redisVersion = command.RedisVersion

// adminHost is the server as the admin family sees it: the engine, and what only the application can do. It implements
// admin.Host.
type adminHost struct{ *App }

func (h adminHost) Info(sections []string) string   { return h.info.Render(sections) }
func (h adminHost) UnixMicro() int64                { return time.Now().UnixMicro() }
func (h adminHost) ResetStats()                     { h.engine.ResetStats() }
func (h adminHost) SlowLog() admin.SlowLog          { return slowLog{&h.engine.SlowLog} }
func (h adminHost) LatencyTracking() bool           { return h.cfg.LatencyTracking }
func (h adminHost) LastSave() int64                 { return h.persist.LastSave() }
func (h adminHost) TouchDB(db, with int)            { h.engine.TouchDB(db, with) }
func (h adminHost) Empty(db int) int                { return h.engine.Empty(db, false) }
func (h adminHost) Swapped(a, b int)                { h.engine.Swapped(a, b) }
func (h adminHost) Monitor(s *session.Session) bool { return h.engine.Monitor(s) }
func (h adminHost) Purge(s *session.Session)        { h.engine.Purge(s) }

// slowLog shows the engine's slow log.
type slowLog struct{ l *engine.SlowLog }

func (s slowLog) Len() int { return len(s.l.Entries) }
func (s slowLog) Reset()   { s.l.Reset() }
func (s slowLog) Each(n int, f func(id, unix, us int64, args []string, addr, name string)) {
	for _, e := range s.l.Entries[:min(n, len(s.l.Entries))] {
		f(e.ID, e.Time, e.Ns/1000, e.Args, e.Addr, e.Name)
	}
}

// latencyMonitor shows the engine's latency monitor.
type latencyMonitor struct{ m *engine.LatencyMonitor }

func (l latencyMonitor) Reset(event string) int { return l.m.Reset(event) }
func (l latencyMonitor) Series() []admin.LatencySeries {
	var out []admin.LatencySeries
	for _, s := range l.m.Series() {
		samples := make([]admin.LatencySample, len(s.Samples))
		for i, p := range s.Samples {
			samples[i] = admin.LatencySample(p)
		}
		out = append(out, admin.LatencySeries{Event: s.Event, Worst: s.Worst, Samples: samples})
	}
	return out
}

func (h adminHost) Clients() int                         { return h.engine.ClientCount() }
func (h adminHost) LatencyMonitor() admin.LatencyMonitor { return latencyMonitor{&h.engine.Latency} }

// Latencies shows each command's histogram as cumulative counts up to powers of two of 1,024 ns, as Redis does.
func (h adminHost) Latencies(f func(name string, calls int64, cumulative func(func(us, n int64)))) {
	for _, s := range h.engine.Table().Specs() {
		hist := h.engine.Stats.Commands[s.ID].Latency
		if hist == nil || hist.TotalCount() == 0 {
			continue
		}
		f(s.FullName(), h.engine.Stats.Commands[s.ID].Calls, func(emit func(us, n int64)) { bars(hist, emit) })
	}
}

func (h adminHost) Save() string {
	if err := h.persist.Save(); err != nil {
		return "ERR " + strings.TrimPrefix(err.Error(), "ERR ")
	}
	return ""
}

func (h adminHost) BackgroundSave(schedule bool) (string, string) {
	if h.persist.Running() {
		return "", "ERR Background save already in progress"
	}
	if h.persist.Rewriting() || h.engine.InExec() {
		if !schedule && !h.engine.InExec() {
			return "", "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."
		}
		h.persist.Schedule()
		return "Background saving scheduled", ""
	}
	if err := h.persist.BackgroundSave(); err != nil {
		return "", "ERR " + err.Error()
	}
	return "Background saving started", ""
}

func (h adminHost) RewriteAOF() (string, string) { return h.persist.RewriteAOF() }

// FlushAll ends a save under way, which would write what is gone, and saves the empty data set where save points ask for files.
func (h adminHost) FlushAll(bool) {
	h.persist.Cancel()
	h.repl.Flushed()
	if len(h.cfg.SavePoints) > 0 {
		_ = h.persist.Save()
	}
}

func (h adminHost) Memory() []admin.Stat {
	e := h.engine
	used, overhead := e.UsedMemory(), e.Overhead()
	e.Stats.PeakMemory = max(e.Stats.PeakMemory, used)
	normal, replicas := e.ClientMemory()
	backlog, buffers := e.ReplicationMemory()
	replicas += max(buffers-backlog, 0) // what is held because one of them lags
	scripts := e.ScriptMemory()
	n := func(name string, v int64) admin.Stat { return admin.Stat{Name: name, Value: v} }
	r := func(name string, v float64) admin.Stat { return admin.Stat{Name: name, Ratio: v, Float: true} }
	keys := int64(e.Store().Len())
	out := []admin.Stat{n("peak.allocated", e.Stats.PeakMemory), n("total.allocated", used), n("startup.allocated", engine.BaseMemory),
		n("replication.backlog", backlog), n("clients.slaves", replicas), n("clients.normal", normal), n("cluster.links", 0), n("aof.buffer", h.persist.AOFBuffer()), n("lua.caches", scripts.Scripts), n("functions.caches", scripts.Functions)}
	for i := 0; i < e.Store().Databases(); i++ {
		if db := e.Store().DB(i); db.Len() > 0 {
			out = append(out, admin.Stat{Name: fmt.Sprintf("db.%d", i), Sub: []admin.Stat{n("overhead.hashtable.main", int64(db.TableMemory())), n("overhead.hashtable.expires", 0), n("overhead.hashtable.slot-to-keys", 0)}})
		}
	}
	rss := residentBytes()
	return append(out, n("overhead.total", overhead), n("keys.count", keys), n("keys.bytes-per-key", (used-engine.BaseMemory)/max(keys, 1)), n("dataset.bytes", used-overhead),
		r("dataset.percentage", 100*float64(used-overhead)/float64(max(used-engine.BaseMemory, 1))), r("peak.percentage", 100*float64(used)/float64(max(e.Stats.PeakMemory, 1))),
		n("allocator.allocated", used), n("allocator.active", used), n("allocator.resident", rss), r("allocator-fragmentation.ratio", 1), n("allocator-fragmentation.bytes", 0),
		r("allocator-rss.ratio", float64(rss)/float64(used)), n("allocator-rss.bytes", rss-used), r("rss-overhead.ratio", 1), n("rss-overhead.bytes", 0),
		r("fragmentation", float64(rss)/float64(used)), n("fragmentation.bytes", rss-used))
}

func (h adminHost) Shutdown(o admin.ShutdownOptions, by *session.Session) string {
	if msg := h.engine.BusyError(); msg != "" && !o.NoSave {
		return msg
	}
	return h.App.shutDown(o, by)
}

func (h adminHost) AbortShutdown() string { return h.App.abortShutdown() }

// describe sets up INFO.
func (a *App) describe() {
	var uts unix.Utsname
	_ = unix.Uname(&uts)
	a.proc = &info.Process{Version: a.opts.Version, OS: unix.ByteSliceToString(uts.Sysname[:]) + " " + unix.ByteSliceToString(uts.Release[:]) + " " + unix.ByteSliceToString(uts.Machine[:]),
		PID: os.Getpid(), RunID: runID(), Port: a.cfg.Port, Executable: absolute(a.opts.Executable), ConfigFile: a.cfg.ConfigFile, Supervised: "no", Start: time.Now(),
		RSS: residentBytes, AOFBuffer: a.persist.AOFBuffer, TotalRAM: totalMemory(),
		CPU:       func() (time.Duration, time.Duration) { return cpuTimes(syscall.RUSAGE_SELF) },
		ThreadCPU: func() (time.Duration, time.Duration) { return cpuTimes(rusageThread) }}
	a.info = info.NewRegistry()
	info.Server(a.info, a.engine, a.proc)
	a.persist.Info(a.info)
}
