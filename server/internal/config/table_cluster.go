package config

import "math"

// cluster directives: cluster.
func clusterDirectives(c *Config) []*Directive {
	return []*Directive{
		boolean(&c.ClusterEnabled, "cluster-enabled", false, "accepted for compatibility: only as no, there is no cluster mode").with(immutable).offOnly(noCluster),
		text(&c.ClusterConfigFile, "cluster-config-file", "nodes.conf", "accepted for compatibility: there is no cluster mode").with(immutable),
		integer(&c.ClusterPort, "cluster-port", 0, 0, 65535, "accepted for compatibility: there is no cluster mode").with(immutable),
		integer(&c.ClusterNodeTimeout, "cluster-node-timeout", 15000, 0, math.MaxInt64, "accepted for compatibility: there is no cluster mode"),
		integer(&c.ClusterReplicaValidityFactor, "cluster-replica-validity-factor", 10, 0, 1<<31-1, "accepted for compatibility: there is no cluster mode").alias("cluster-slave-validity-factor"),
		integer(&c.ClusterMigrationBarrier, "cluster-migration-barrier", 1, 0, 1<<31-1, "accepted for compatibility: there is no cluster mode"),
		boolean(&c.ClusterAllowReplicaMigration, "cluster-allow-replica-migration", true, "accepted for compatibility: there is no cluster mode"),
		boolean(&c.ClusterRequireFullCoverage, "cluster-require-full-coverage", true, "accepted for compatibility: there is no cluster mode"),
		boolean(&c.ClusterReplicaNoFailover, "cluster-replica-no-failover", false, "accepted for compatibility: there is no cluster mode").alias("cluster-slave-no-failover"),
		boolean(&c.ClusterAllowReadsWhenDown, "cluster-allow-reads-when-down", false, "accepted for compatibility: there is no cluster mode"),
		boolean(&c.ClusterAllowPubSubShardWhenDown, "cluster-allow-pubsubshard-when-down", true, "accepted for compatibility: there is no cluster mode"),
		unsignedMemory(&c.ClusterLinkSendbufLimit, "cluster-link-sendbuf-limit", 0, "accepted for compatibility: there is no cluster mode"),
		text(&c.ClusterAnnounceIP, "cluster-announce-ip", "", "accepted for compatibility: there is no cluster mode"),
		integer(&c.ClusterAnnouncePort, "cluster-announce-port", 0, 0, 65535, "accepted for compatibility: there is no cluster mode"),
		integer(&c.ClusterAnnounceTLSPort, "cluster-announce-tls-port", 0, 0, 65535, "accepted for compatibility: there is no cluster mode"),
		integer(&c.ClusterAnnounceBusPort, "cluster-announce-bus-port", 0, 0, 65535, "accepted for compatibility: there is no cluster mode"),
		checked(&c.ClusterAnnounceHostname, "cluster-announce-hostname", "", checkHostname, "accepted for compatibility: there is no cluster mode"),
		enum(&c.ClusterPreferredEndpointType, "cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint", "accepted for compatibility: there is no cluster mode"),
	}
}

// debug directives: what tests of Redis use; not listed by CONFIG GET *.
func debugDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.KeyLoadDelay, "key-load-delay", 0, -1<<31, 1<<31-1, "microseconds to wait after each key that is loaded").with(hidden),
		integer(&c.RDBKeySaveDelay, "rdb-key-save-delay", 0, -1<<31, 1<<31-1, "microseconds to wait after each key that is saved").with(hidden),
		integer(&c.LoadingProcessEventsIntervalBytes, "loading-process-events-interval-bytes", 2<<20, 1024, 1<<31-1, "accepted for compatibility: clients are served all the while a file is loaded").with(hidden),
		integer(&c.WatchdogPeriod, "watchdog-period", 0, 0, 1<<31-1, "accepted for compatibility: there is no watchdog").with(hidden),
		boolean(&c.UseExitOnPanic, "use-exit-on-panic", false, "accepted for compatibility: a panic always ends the process").with(hidden),
		boolean(&c.LuaEnableDeprecatedAPI, "lua-enable-deprecated-api", false, "offer old functions to scripts").with(hidden | immutable),
	}
}
