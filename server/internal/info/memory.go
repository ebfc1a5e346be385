package info

import (
	"runtime/metrics"

	"github.com/lockstep-db/lockstep/server/internal/engine"
)

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func memory(b *Builder, e *engine.Engine, p *Process) {
	used := e.UsedMemory()
	e.Stats.PeakMemory = max(e.Stats.PeakMemory, used)
	peak, rss := e.Stats.PeakMemory, p.RSS()
	overhead := e.Overhead()
	b.Bytes("used_memory", used)
	b.Bytes("used_memory_rss", rss)
	b.Bytes("used_memory_peak", peak)
	pct := func(name string, v float64) { b.Float(name, v) }
	b.Str("used_memory_peak_perc", fixed(percent(used, peak))+"%")
	b.Int("used_memory_overhead", overhead)
	b.Int("used_memory_startup", engine.BaseMemory)
	b.Int("used_memory_dataset", used-overhead)
	b.Str("used_memory_dataset_perc", fixed(percent(used-overhead, max(used-engine.BaseMemory, 1)))+"%")
	allocated, active := heap()
	b.Int("allocator_allocated", allocated+int64(e.Store().Used()))
	b.Int("allocator_active", active+int64(e.Store().Used()))
	b.Int("allocator_resident", rss)
	b.Bytes("total_system_memory", p.TotalRAM)
	scripts(b, e)
	b.Bytes("maxmemory", e.Config().MaxMemory)
	b.Str("maxmemory_policy", e.Config().MaxMemoryPolicy)
	pct("allocator_frag_ratio", 1)
	b.Int("allocator_frag_bytes", 0)
	pct("allocator_rss_ratio", ratio(rss, used))
	b.Int("allocator_rss_bytes", rss-used)
	pct("rss_overhead_ratio", 1)
	b.Int("rss_overhead_bytes", 0)
	pct("mem_fragmentation_ratio", ratio(rss, used))
	b.Int("mem_fragmentation_bytes", rss-used)
	b.Int("mem_not_counted_for_evict", e.MemoryNotCounted())
	normal, replicas := e.ClientMemory()
	backlog, buffers := e.ReplicationMemory()
	b.Int("mem_replication_backlog", backlog)
	b.Int("mem_total_replication_buffers", buffers)
	b.Int("mem_clients_slaves", replicas+max(buffers-backlog, 0))
	b.Int("mem_clients_normal", normal)
	b.Int("mem_cluster_links", 0)
	b.Int("mem_aof_buffer", p.AOFBuffer())
	b.Str("mem_allocator", "lockstep-arena")
	b.Int("mem_snapshots", int64(e.Store().Deferred()))
	b.Int("active_defrag_running", 0)
	b.Int("lazyfree_pending_objects", int64(e.Store().PendingFrees()))
	b.Int("lazyfreed_objects", e.Store().Stats.LazyFreed)
}

// heap returns the bytes of Go's heap that objects take, and those of the spans which hold them. It does not stop the world.
func heap() (allocated, active int64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(samples)
	allocated = int64(samples[0].Value.Uint64())
	return allocated, allocated + int64(samples[1].Value.Uint64())
}

// scripts are the fields about Lua.
func scripts(b *Builder, e *engine.Engine) {
	m := e.ScriptMemory()
	b.Int("used_memory_lua", 0) // what scripts leave in the machine, which is watched for leaks: its tables are protected
	b.Int("used_memory_vm_eval", m.EvalMachine)
	b.Str("used_memory_lua_human", Human(0))
	b.Int("used_memory_scripts_eval", m.Scripts)
	b.Int("number_of_cached_scripts", m.ScriptCount)
	b.Int("number_of_functions", m.FunctionCount)
	b.Int("number_of_libraries", m.LibraryCount)
	b.Int("used_memory_vm_functions", m.FunctionsMachine)
	b.Bytes("used_memory_vm_total", m.EvalMachine+m.FunctionsMachine)
	b.Int("used_memory_functions", m.Functions)
	b.Bytes("used_memory_scripts", m.Scripts+m.Functions)
}
