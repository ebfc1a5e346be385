package info

import (
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/engine"
)

// Process is what the application knows of the running process.
type Process struct {
	Version    string // lockstep's
	OS         string // "Linux 6.1.0 x86_64"
	PID        int
	RunID      string
	Port       int
	Executable string
	ConfigFile string
	Supervised string
	Start      time.Time
	RSS        func() int64 // resident bytes
	AOFBuffer  func() int64 // bytes of the append-only file that are in memory
	TotalRAM   int64
	CPU        func() (sys, user time.Duration)
	ThreadCPU  func() (sys, user time.Duration) // of the engine's thread
}

// Server registers the sections that describe process and engine.
func Server(r *Registry, e *engine.Engine, p *Process) {
	r.Add("server", func(b *Builder) { server(b, e, p) })
	r.Add("clients", func(b *Builder) { clients(b, e) })
	r.Add("memory", func(b *Builder) { memory(b, e, p) })
	r.Add("stats", func(b *Builder) { stats(b, e) })
	r.Add("cpu", func(b *Builder) { cpu(b, p) })
	r.Add("commandstats", func(b *Builder) { commandStats(b, e) })
	r.Add("errorstats", func(b *Builder) { errorStats(b, e) })
	r.Add("latencystats", func(b *Builder) { latencyStats(b, e) })
	r.Add("cluster", func(b *Builder) { b.Int("cluster_enabled", 0) })
	r.Add("keyspace", func(b *Builder) { keyspace(b, e) })
}

func server(b *Builder, e *engine.Engine, p *Process) {
	now := time.Now()
	up := int64(now.Sub(p.Start).Seconds())
	b.Str("redis_version", command.RedisVersion)
	b.Str("redis_git_sha1", "00000000")
	b.Int("redis_git_dirty", 0)
	b.Str("redis_build_id", "0000000000000000")
	b.Str("lockstep_version", p.Version)
	b.Str("redis_mode", "standalone")
	b.Str("os", p.OS)
	b.Int("arch_bits", strconv.IntSize)
	b.Str("monotonic_clock", "Go runtime nanotime")
	b.Str("multiplexing_api", e.Loop().Backend())
	b.Str("atomicvar_api", "go-sync-atomic")
	b.Str("gcc_version", "0.0.0") // as Redis writes it when another compiler built it
	b.Str("go_version", runtime.Version())
	b.Int("process_id", int64(p.PID))
	b.Str("process_supervised", p.Supervised)
	b.Str("run_id", p.RunID)
	b.Int("tcp_port", int64(p.Port))
	b.Int("server_time_usec", now.UnixMicro())
	b.Int("uptime_in_seconds", up)
	b.Int("uptime_in_days", up/86400)
	b.Int("hz", int64(e.Config().Hz))
	b.Int("configured_hz", int64(e.Config().Hz))
	b.Int("lru_clock", now.Unix()&(1<<24-1))
	b.Str("executable", p.Executable)
	b.Str("config_file", p.ConfigFile)
	b.Str("io_backend", e.Loop().Backend())
	b.Int("io_threads_active", 0)
}

func clients(b *Builder, e *engine.Engine) {
	in, out := e.BufferPeaks()
	b.Int("connected_clients", int64(e.ClientCount()))
	b.Int("cluster_connections", 0)
	b.Int("maxclients", int64(e.Config().MaxClients))
	b.Int("client_recent_max_input_buffer", int64(in))
	b.Int("client_recent_max_output_buffer", int64(out))
	b.Int("blocked_clients", int64(e.BlockedClients()))
	tracking, _, _, _ := e.TrackingCounts()
	b.Int("tracking_clients", int64(tracking))
	b.Int("clients_in_timeout_table", int64(e.ClientsWithDeadline()))
}

func stats(b *Builder, e *engine.Engine) {
	st, ss := &e.Stats, &e.Store().Stats
	b.Int("total_connections_received", st.ConnectionsReceived)
	b.Int("total_commands_processed", st.CommandsProcessed)
	b.Int("instantaneous_ops_per_sec", st.OpsPerSecond())
	b.Int("total_net_input_bytes", st.NetInput)
	b.Int("total_net_output_bytes", e.NetOutput())
	b.Int("total_net_repl_input_bytes", st.NetReplInput)
	b.Int("total_net_repl_output_bytes", st.NetReplOutput)
	b.Float("instantaneous_input_kbps", st.InputKbps())
	b.Float("instantaneous_output_kbps", st.OutputKbps())
	b.Float("instantaneous_input_repl_kbps", st.InputReplKbps())
	b.Float("instantaneous_output_repl_kbps", st.OutputReplKbps())
	b.Int("rejected_connections", st.RejectedConnections)
	b.Int("sync_full", st.SyncFull)
	b.Int("sync_partial_ok", st.SyncPartialOK)
	b.Int("sync_partial_err", st.SyncPartialErr)
	b.Int("expired_keys", st.ExpiredKeys)
	b.Float("expired_stale_perc", e.Store().StalePercent())
	b.Int("expired_time_cap_reached_count", st.ExpiredTimeCapReached)
	b.Int("expire_cycle_cpu_milliseconds", st.TotalActiveExpireNs/1e6)
	b.Int("evicted_keys", st.EvictedKeys)
	b.Int("evicted_clients", st.EvictedClients)
	exceeded, now := e.EvictionExceeded()
	b.Int("total_eviction_exceeded_time", exceeded)
	b.Int("current_eviction_exceeded_time", now)
	b.Int("keyspace_hits", ss.Hits)
	b.Int("keyspace_misses", ss.Misses)
	channels, patterns, shard := e.PubSubCounts()
	b.Int("pubsub_channels", int64(channels))
	b.Int("pubsub_patterns", int64(patterns))
	b.Int("pubsubshard_channels", int64(shard))
	b.Int("latest_fork_usec", st.LastSnapshotNs/1e3)
	b.Int("total_forks", st.Snapshots)
	b.Int("migrate_cached_sockets", int64(e.MigrateSockets()))
	b.Int("slave_expires_tracked_keys", 0)
	for _, name := range []string{"active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
		"total_active_defrag_time", "current_active_defrag_time"} {
		b.Int(name, 0)
	}
	_, keys, items, prefixes := e.TrackingCounts()
	b.Int("tracking_total_keys", int64(keys))
	b.Int("tracking_total_items", int64(items))
	b.Int("tracking_total_prefixes", int64(prefixes))
	b.Int("unexpected_error_replies", st.UnexpectedErrors)
	b.Int("total_error_replies", st.ErrorReplies)
	b.Int("dump_payload_sanitizations", st.PayloadSanitizations)
	reads, writes := e.NetCalls()
	b.Int("total_reads_processed", reads)
	b.Int("total_writes_processed", writes)
	b.Int("io_threaded_reads_processed", 0)
	b.Int("io_threaded_writes_processed", 0)
	b.Int("reply_buffer_shrinks", 0)
	b.Int("reply_buffer_expands", 0)
}

func cpu(b *Builder, p *Process) {
	sec := func(name string, d time.Duration) { b.Str(name, fmt.Sprintf("%.6f", d.Seconds())) }
	sys, user := p.CPU()
	sec("used_cpu_sys", sys)
	sec("used_cpu_user", user)
	sec("used_cpu_sys_children", 0)
	sec("used_cpu_user_children", 0)
	sys, user = p.ThreadCPU()
	sec("used_cpu_sys_main_thread", sys)
	sec("used_cpu_user_main_thread", user)
}

func keyspace(b *Builder, e *engine.Engine) {
	for i := 0; i < e.Store().Databases(); i++ {
		if db := e.Store().DB(i); db.Len() > 0 {
			b.Str("db"+strconv.Itoa(i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", db.Len(), db.Volatile(), db.AvgTTL()))
		}
	}
}
