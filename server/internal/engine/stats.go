package engine

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Stats are the counters of INFO stats, commandstats and errorstats. They belong to the engine's thread.
type Stats struct {
	Commands []CommandStat // by command.Spec.ID
	Errors   map[string]int64

	CommandsProcessed, ConnectionsReceived, RejectedConnections int64
	ExpiredKeys, EvictedKeys, KeyspaceHits, KeyspaceMisses      int64
	ExpireCycles, ExpiredTimeCapReached, EvictedClients         int64
	NetInput, NetOutput, NetReplInput, NetReplOutput            int64
	QueryBufferDisconnections, OutputBufferDisconnections       int64
	ErrorReplies                                                int64
	SyncFull, SyncPartialOK, SyncPartialErr                     int64
	TotalActiveExpireNs                                         int64
	PeakMemory                                                  int64
	Snapshots, LastSnapshotNs                                   int64
	UnexpectedErrors, PayloadSanitizations                      int64
	ops, netIn, netOut, replIn, replOut                         rate
}

// CommandStat counts one command or subcommand.
type CommandStat struct {
	Calls, Ns, Failed, Rejected int64
	Latency                     *hdrhistogram.Histogram // nanoseconds; nil until the first call with latency-tracking
}

func (st *Stats) init(commands int) {
	st.Commands = make([]CommandStat, commands)
	st.Errors = map[string]int64{}
}

// Reset is CONFIG RESETSTAT.
func (st *Stats) Reset() {
	n, peak := len(st.Commands), st.PeakMemory
	*st = Stats{PeakMemory: peak}
	st.init(n)
}

// latencyMax is the highest latency that the histograms tell apart, in nanoseconds, as in Redis: 1 s.
const latencyMax = 1e9

// account books a finished call; again: one that has waited and goes on, which is counted already.
func (e *Engine) account(s *session.Session, spec *command.Spec, args [][]byte, ns int64, failed bool, before int, again bool) {
	st := &e.Stats
	cs := &st.Commands[spec.ID]
	if !again {
		st.CommandsProcessed++
		s.Commands++
		cs.Calls++
	}
	cs.Ns += ns
	if failed {
		cs.Failed++
		if !e.errorCounted {
			st.errorReply(errorCode(s.W.Buf[before:]))
		}
	}
	e.errorCounted = false
	if e.cfg.LatencyTracking && !again {
		if cs.Latency == nil {
			cs.Latency = hdrhistogram.New(1, latencyMax, 2)
		}
		cs.Latency.RecordValue(min(ns, latencyMax))
	}
	if e.cfg.LatencyMonitorThreshold > 0 {
		e.Took(commandEvent(spec), time.Duration(ns))
	}
	if limit := e.cfg.SlowlogLogSlowerThan; limit >= 0 && ns >= limit*1000 && spec.Flags&command.SkipSlowlog == 0 {
		e.SlowLog.add(s, args, ns, e.clock.ms, int(e.cfg.SlowlogMaxLen))
	}
}

// commandEvent is the latency monitor's name for a command's run.
func commandEvent(spec *command.Spec) string {
	if spec.Is(command.Fast) {
		return "fast-command"
	}
	return "command"
}

// errorReply counts an error reply by its code.
func (st *Stats) errorReply(code string) {
	st.ErrorReplies++
	if len(st.Errors) >= 128 && st.Errors[code] == 0 {
		return // bounded: a flood of different codes is no information
	}
	st.Errors[code]++
}

// errorCode is the first word of an error reply ("ERR" of "-ERR no such key").
func errorCode(reply []byte) string {
	if len(reply) == 0 || reply[0] != '-' {
		return ""
	}
	for i := 1; i < len(reply); i++ {
		if reply[i] == ' ' || reply[i] == '\r' {
			return string(reply[1:i])
		}
	}
	return string(reply[1:])
}

// rate is a moving per-second average over sixteen samples, as Redis's instantaneous metrics are.
type rate struct {
	last    int64
	lastMs  int64
	samples [16]int64
	n       int
}

func (r *rate) sample(total, ms int64) {
	if r.lastMs != 0 && ms > r.lastMs {
		r.samples[r.n%len(r.samples)] = (total - r.last) * 1000 / (ms - r.lastMs)
		r.n++
	}
	r.last, r.lastMs = total, ms
}

func (r *rate) perSecond() int64 {
	var sum int64
	for _, v := range r.samples {
		sum += v
	}
	return sum / int64(len(r.samples))
}

// OpsPerSecond and the Kbps values are INFO's instantaneous figures.
func (st *Stats) OpsPerSecond() int64     { return st.ops.perSecond() }
func (st *Stats) InputKbps() float64      { return float64(st.netIn.perSecond()) / 1024 }
func (st *Stats) OutputKbps() float64     { return float64(st.netOut.perSecond()) / 1024 }
func (st *Stats) InputReplKbps() float64  { return float64(st.replIn.perSecond()) / 1024 }
func (st *Stats) OutputReplKbps() float64 { return float64(st.replOut.perSecond()) / 1024 }

func (st *Stats) sample(ms int64) {
	st.ops.sample(st.CommandsProcessed, ms)
	st.netIn.sample(st.NetInput, ms)
	st.netOut.sample(st.NetOutput, ms)
	st.replIn.sample(st.NetReplInput, ms)
	st.replOut.sample(st.NetReplOutput, ms)
}
