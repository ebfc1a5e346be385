package persist

import (
	"time"

	"github.com/lockstep-db/lockstep/server/internal/info"
)

// Info adds the section persistence.
func (d *Driver) Info(r *info.Registry) { r.Add("persistence", d.info) }

func status(ok bool) string {
	if ok {
		return "ok"
	}
	return "err"
}

func (d *Driver) info(b *info.Builder) {
	loading := d.e.Loading()
	b.Bool("loading", loading && !d.e.AsyncLoading())
	b.Bool("async_loading", d.e.AsyncLoading())
	b.Int("current_cow_peak", 0)
	b.Int("current_cow_size", int64(d.e.Store().Deferred()))
	b.Int("current_cow_size_age", 0)
	perc, done, total, took := 0.0, int64(0), int64(0), int64(-1)
	j := d.running
	if j != nil {
		took = int64(time.Since(j.started).Seconds())
	} else {
		j = d.aof.job
	}
	if j != nil {
		done, total = j.progress.Load(), j.total
		if total > 0 {
			perc = 100 * float64(done) / float64(total)
		}
	}
	b.Float("current_fork_perc", perc)
	b.Int("current_save_keys_processed", done)
	b.Int("current_save_keys_total", total)
	b.Int("rdb_changes_since_last_save", d.Changes())
	b.Bool("rdb_bgsave_in_progress", d.running != nil || d.Others != nil && d.Others())
	b.Int("rdb_last_save_time", d.lastSave)
	b.Str("rdb_last_bgsave_status", status(d.lastOK))
	b.Int("rdb_last_bgsave_time_sec", d.lastTook)
	b.Int("rdb_current_bgsave_time_sec", took)
	b.Int("rdb_saves", d.saves)
	b.Int("rdb_last_cow_size", 0)
	b.Int("rdb_last_load_keys_expired", d.Load.LastExpired)
	b.Int("rdb_last_load_keys_loaded", d.Load.LastLoaded)
	d.aofInfo(b)
	b.Int("module_fork_in_progress", 0)
	b.Int("module_fork_last_cow_size", 0)
	if d.aof.state != aofOff {
		a := &d.aof
		b.Int("aof_current_size", a.size()+int64(len(a.log.buf)))
		b.Int("aof_base_size", a.baseSize)
		b.Bool("aof_pending_rewrite", a.scheduled)
		b.Int("aof_buffer_length", int64(len(a.log.buf)))
		b.Bool("aof_pending_bio_fsync", a.log.aside.busy())
		b.Int("aof_delayed_fsync", a.log.delays)
	}
	if loading {
		d.loadProgress(b)
	}
}

func (d *Driver) aofInfo(b *info.Builder) {
	a := &d.aof
	took := int64(-1)
	if a.job != nil {
		took = int64(time.Since(a.job.started).Seconds())
	}
	b.Bool("aof_enabled", a.state != aofOff)
	b.Bool("aof_rewrite_in_progress", d.Rewriting())
	b.Bool("aof_rewrite_scheduled", a.scheduled)
	b.Int("aof_last_rewrite_time_sec", a.lastTook)
	b.Int("aof_current_rewrite_time_sec", took)
	b.Str("aof_last_bgrewrite_status", status(a.lastOK))
	b.Int("aof_rewrites", a.rewrites)
	b.Int("aof_rewrites_consecutive_failures", a.failures)
	b.Str("aof_last_write_status", status(a.log.err == nil))
	b.Int("aof_last_cow_size", 0)
}

func (d *Driver) loadProgress(b *info.Builder) {
	l := &d.Load
	gone := max(time.Now().Unix()-l.Start, 1)
	perc, eta := 0.0, int64(1)
	if l.Total > 0 {
		perc = 100 * float64(l.Done) / float64(l.Total)
		if l.Done > 0 {
			eta = gone * (l.Total - l.Done) / l.Done
		}
	}
	b.Int("loading_start_time", l.Start)
	b.Int("loading_total_bytes", l.Total)
	b.Int("loading_rdb_used_mem", l.RDBUsedMem)
	b.Int("loading_loaded_bytes", l.Done)
	b.Float("loading_loaded_perc", perc)
	b.Int("loading_eta_seconds", eta)
}
