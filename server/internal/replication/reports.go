package replication

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-db/lockstep/libs/repl"
	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/info"
)

// reporting tells of every synchronisation, on both ends: one line in the log when it is over, fields of INFO while it goes on
// and after, and an entry of REPLICATION HISTORY (B2).
type reporting struct {
	history  repl.SyncHistory
	last     *repl.SyncReport // the present or the last one with our master, nil for none
	lastOver bool
}

func (r *reporting) finish(d *Driver, report *repl.SyncReport) {
	kept := r.history.Add(*report)
	report.Number = kept.Number
	d.log.Info(kept.Log())
}

// beginReport: a connection to the master is tried. Attempts that come to no verdict are in the log, not in the history.
func (f *following) beginReport(addr repl.Addr) {
	f.report = &repl.SyncReport{Peer: addr.String(), Master: true}
	f.report.Times.Begun = time.Now()
}

// reportAnswer notes the verdict.
func (d *Driver) reportAnswer(f *following, o repl.Outcome) {
	r := f.report
	r.Times.Answered = time.Now()
	r.Partial = o.Kind == repl.OutcomeContinue
	r.Reason, r.Limit = repl.InferReason(f.request, o)
	d.reports.last, d.reports.lastOver = r, false
}

// reportFailure notes that a synchronisation came to nothing. Once it is over, the loss of the link is no failure of it.
func (d *Driver) reportFailure(f *following, why string) {
	r := f.report
	if r == nil || d.reports.last != r || d.reports.lastOver {
		return
	}
	r.Bytes = max(r.Bytes, f.read.Load())
	r.Err = why
	d.reports.lastOver = true
	d.reports.finish(d, r)
}

// settling is how long after the link came up the replica tells each step of its progress: its master learns when it has
// caught up, and WAIT is answered, without a second's delay.
const (
	settling    = time.Second
	settlingAck = 10 * time.Millisecond
)

// catchUp is run each turn until a new link has settled. The replica has caught up when for the first time all that has
// come is applied: it does not know what is still on its way. When nothing comes until the next cron, nothing was missing.
func (d *Driver) catchUp(f *following, cron bool) {
	if f.s == nil || f.s.In.Buffered() > 0 {
		return
	}
	now, moved := time.Now(), d.stream.Offset() > f.acked
	if r := f.report; r.Times.CaughtUp.IsZero() && (moved || cron) {
		r.Times.CaughtUp = f.upAt
		if moved {
			r.Times.CaughtUp = now
		}
		if r.Partial {
			r.Bytes = int64(d.stream.Offset() - f.request.From)
		} else {
			r.Bytes = f.read.Load()
		}
		d.reports.lastOver = true
		d.reports.finish(d, r)
	}
	if moved && now.Sub(f.ackedAt) >= settlingAck {
		f.acked, f.ackedAt = d.stream.Offset(), now
		d.do(d.link.AckNow(now))
	}
	if now.Sub(f.upAt) > settling {
		f.settling = false
	}
}

// countRead adds what has come of the snapshot to INFO's total_net_repl_input_bytes (R42); the stream is counted by the engine.
func (d *Driver) countRead(f *following) {
	n := f.read.Load()
	d.e.Stats.NetReplInput += n - f.counted
	f.counted = n
}

// settle begins the time after the link came up.
func (d *Driver) settle(f *following) {
	d.guard = guard{}
	d.countRead(f)
	f.upAt, f.settling, f.acked = time.Now(), true, d.stream.Offset()
}

// replicaReport tells how far the sync of a replica is.
func (r *replica) replicaReport() repl.SyncReport {
	f, v := r.feed, r.feed.Verdict()
	report := repl.SyncReport{Peer: r.name(), Partial: v.Partial, Reason: v.Reason, Limit: v.Limit}
	report.Times = repl.SyncTimes{Begun: time.UnixMilli(r.s.Created), Answered: f.AskedAt, CaughtUp: f.CaughtUpAt}
	if v.Partial {
		report.Bytes = v.Missing()
		return report
	}
	report.Times.Ready, report.Times.Received, report.Times.Loaded = f.BulkAt, f.OnlineAt, f.LoadedAt
	report.Bytes = r.sent.Load()
	return report
}

// reportReplica books the sync of a replica once: when it has caught up, or is given up.
func (d *Driver) reportReplica(r *replica, why string) {
	if r.reported || r.feed.AskedAt.IsZero() {
		return
	}
	r.reported = true
	report := r.replicaReport()
	report.Err = why
	d.reports.finish(d, &report)
}

// infoSync adds what is known of the last synchronisation with our master. Redis has no such fields; their names say so.
func (d *Driver) infoSync(b *info.Builder) {
	d.infoGuard(b)
	r := d.reports.last
	if r == nil {
		return
	}
	state := "running"
	switch {
	case r.Err != "":
		state = "failed"
	case d.reports.lastOver:
		state = "done"
	}
	b.Str("lockstep_last_sync", r.Kind())
	b.Str("lockstep_last_sync_state", state)
	b.Str("lockstep_last_sync_reason", r.Why())
	for p := range repl.Phases {
		if took, ok := r.Times.Took(p); ok {
			b.Str("lockstep_last_sync_"+p.String()+"_ms", millis(took))
		}
	}
	n := r.Bytes
	if f := d.follow; f != nil && f.report == r && !d.reports.lastOver {
		n = f.read.Load()
	}
	b.Int("lockstep_last_sync_bytes", n)
	if r.Err != "" {
		b.Str("lockstep_last_sync_error", oneLine(r.Err))
	}
}

// infoReplicas adds a line for each replica beside Redis's slaveN, in which tools expect no more than Redis's fields.
func (d *Driver) infoReplicas(b *info.Builder, now time.Time) {
	for i, f := range d.master.Feeds() {
		r := d.replicas[f]
		report := r.replicaReport()
		var line strings.Builder
		ip, port := r.address()
		fmt.Fprintf(&line, "ip=%s,port=%d,sync=%s,reason=%s", ip, port, report.Kind(), report.Why())
		for p := range repl.Phases {
			if took, ok := report.Times.Took(p); ok {
				line.WriteString("," + p.String() + "_ms=" + millis(took))
			}
		}
		fmt.Fprintf(&line, ",bytes=%d,lag_ms=%d,lag_bytes=%d", report.Bytes, d.master.Lag(f, now).Milliseconds(), f.Behind(d.stream.Offset()))
		b.Str("lockstep_replica"+strconv.Itoa(i), line.String())
	}
}

func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 3, 64)
}

// oneLine makes a text from outside fit into a field of INFO.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// History is REPLICATION HISTORY: the last n synchronisations, the newest first.
func (d *Driver) History(w *resp.Writer, n int) {
	reports := d.reports.history.Last(n)
	w.Array(len(reports))
	for i := range reports {
		writeReport(w, &reports[i])
	}
}

func writeReport(w *resp.Writer, r *repl.SyncReport) {
	role, result := "replica", "ok"
	if r.Master {
		role = "master"
	}
	if r.Err != "" {
		result = r.Err
	}
	mark := w.Len()
	pairs := 0
	text := func(name, v string) { w.BulkString(name); w.BulkString(v); pairs++ }
	number := func(name string, n int64) { w.BulkString(name); w.Int(n); pairs++ }
	number("id", int64(r.Number))
	number("time", r.Times.Begun.UnixMilli())
	text("peer", r.Peer)
	text("peer-role", role)
	text("sync", r.Kind())
	text("reason", r.Reason.String())
	if r.Limit != 0 {
		number("limit", r.Limit.PSYNC())
	}
	text("result", result)
	for p := range repl.Phases {
		if took, ok := r.Times.Took(p); ok {
			w.BulkString(strings.ReplaceAll(p.String(), "_", "-") + "-ms")
			w.Double(float64(took.Microseconds()) / 1000)
			pairs++
		}
	}
	number("bytes", r.Bytes)
	w.InsertMap(mark, pairs)
}

// ResetHistory is REPLICATION RESET.
func (d *Driver) ResetHistory() { d.reports.history.Reset() }
