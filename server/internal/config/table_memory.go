package config

import "math"

// memory directives: memory and eviction.
func memoryDirectives(c *Config) []*Directive {
	return []*Directive{
		unsignedMemory(&c.MaxMemory, "maxmemory", 0, "bytes of memory to use; 0 is no limit"),
		enum(&c.MaxMemoryPolicy, "maxmemory-policy", "noeviction", "volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction", "which keys make room when memory runs out"),
		integer(&c.MaxMemorySamples, "maxmemory-samples", 5, 1, 1<<31-1, "keys to compare for each eviction"),
		integer(&c.MaxMemoryEvictionTenacity, "maxmemory-eviction-tenacity", 10, 0, 100, "how long one round of evictions may take"),
		integer(&c.LFULogFactor, "lfu-log-factor", 10, 0, 1<<31-1, "how slowly access counts grow"),
		integer(&c.LFUDecayTime, "lfu-decay-time", 1, 0, 1<<31-1, "minutes after which access counts fall"),
		integer(&c.ActiveExpireEffort, "active-expire-effort", 1, 1, 10, "how hard expired keys are looked for"),
		boolean(&c.LazyfreeLazyEviction, "lazyfree-lazy-eviction", false, "free evicted values in the background"),
		boolean(&c.LazyfreeLazyExpire, "lazyfree-lazy-expire", false, "free expired values in the background"),
		boolean(&c.LazyfreeLazyServerDel, "lazyfree-lazy-server-del", false, "accepted for compatibility: values are always freed in slices"),
		boolean(&c.LazyfreeLazyUserDel, "lazyfree-lazy-user-del", false, "accepted for compatibility: DEL frees in slices, as UNLINK does"),
		boolean(&c.LazyfreeLazyUserFlush, "lazyfree-lazy-user-flush", false, "accepted for compatibility: FLUSHALL and FLUSHDB always free in slices"),
		boolean(&c.ActiveRehashing, "activerehashing", true, "accepted for compatibility: tables grow segment by segment"),
		boolean(&c.ActiveDefrag, "activedefrag", false, "accepted for compatibility: only as no, as by a Redis without its own jemalloc").offOnly(noDefrag),
		memory(&c.ActiveDefragIgnoreBytes, "active-defrag-ignore-bytes", 100<<20, 1, "accepted for compatibility: there is no activedefrag"),
		integer(&c.ActiveDefragThresholdLower, "active-defrag-threshold-lower", 10, 0, 1000, "accepted for compatibility: there is no activedefrag"),
		integer(&c.ActiveDefragThresholdUpper, "active-defrag-threshold-upper", 100, 0, 1000, "accepted for compatibility: there is no activedefrag"),
		integer(&c.ActiveDefragCycleMin, "active-defrag-cycle-min", 1, 1, 99, "accepted for compatibility: there is no activedefrag"),
		integer(&c.ActiveDefragCycleMax, "active-defrag-cycle-max", 25, 1, 99, "accepted for compatibility: there is no activedefrag"),
		integer(&c.ActiveDefragMaxScanFields, "active-defrag-max-scan-fields", 1000, 1, math.MaxInt64, "accepted for compatibility: there is no activedefrag"),
		boolean(&c.JemallocBgThread, "jemalloc-bg-thread", true, "accepted for compatibility: there is no jemalloc"),
	}
}

// encoding directives: compact forms of small collections.
func encodingDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.HashMaxListpackEntries, "hash-max-listpack-entries", 512, 0, math.MaxInt64, "fields up to which a hash is packed").alias("hash-max-ziplist-entries"),
		memory(&c.HashMaxListpackValue, "hash-max-listpack-value", 64, 0, "bytes of the longest field or value of a packed hash").alias("hash-max-ziplist-value"),
		integer(&c.ListMaxListpackSize, "list-max-listpack-size", -2, -1<<31, 1<<31-1, "elements of a list's node; -1 to -5 mean 4, 8, 16, 32, 64 KB").alias("list-max-ziplist-size"),
		integer(&c.ListCompressDepth, "list-compress-depth", 0, 0, 1<<31-1, "nodes at both ends of a list that are not compressed; 0 compresses none"),
		integer(&c.SetMaxIntsetEntries, "set-max-intset-entries", 512, 0, math.MaxInt64, "members up to which a set of integers is packed"),
		integer(&c.ZsetMaxListpackEntries, "zset-max-listpack-entries", 128, 0, math.MaxInt64, "members up to which a sorted set is packed").alias("zset-max-ziplist-entries"),
		memory(&c.ZsetMaxListpackValue, "zset-max-listpack-value", 64, 0, "bytes of the longest member of a packed sorted set").alias("zset-max-ziplist-value"),
		memory(&c.HLLSparseMaxBytes, "hll-sparse-max-bytes", 3000, 0, "bytes up to which a HyperLogLog is sparse"),
		memory(&c.StreamNodeMaxBytes, "stream-node-max-bytes", 4096, 0, "bytes of a stream's node; 0 is no limit"),
		integer(&c.StreamNodeMaxEntries, "stream-node-max-entries", 100, 0, math.MaxInt64, "entries of a stream's node; 0 is no limit"),
	}
}

// observe directives: what is watched and reported.
func observeDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.SlowlogLogSlowerThan, "slowlog-log-slower-than", 10000, -1, math.MaxInt64, "microseconds from which a command is slow; -1 logs none"),
		integer(&c.SlowlogMaxLen, "slowlog-max-len", 128, 0, math.MaxInt64, "slow commands to remember"),
		integer(&c.LatencyMonitorThreshold, "latency-monitor-threshold", 0, 0, math.MaxInt64, "milliseconds from which an event is a spike; 0 watches none"),
		boolean(&c.LatencyTracking, "latency-tracking", true, "count latencies of every command"),
		percentiles(&c.LatencyTrackingInfoPercentiles, "latency-tracking-info-percentiles", []float64{50, 99, 99.9}, "percentiles that INFO shows"),
		events(&c.NotifyKeyspaceEvents, "notify-keyspace-events", "classes of events to publish, such as KEA"),
		integer(&c.BusyReplyThreshold, "busy-reply-threshold", 5000, 0, math.MaxInt64, "milliseconds after which a script is reported as busy").alias("lua-time-limit"),
	}
}
