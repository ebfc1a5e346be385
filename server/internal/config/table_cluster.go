package config

import "math"

// cluster directives: cluster.
func clusterDirectives(c *Config) []*Directive {
	return []*Directive{
		boolean(&c.ClusterEnabled, "cluster-enabled", false, "be a node of a cluster").with(immutable),
		text(&c.ClusterConfigFile, "cluster-config-file", "nodes.conf", "file for the state of the cluster").with(immutable),
		integer(&c.ClusterPort, "cluster-port", 0, 0, 65535, "port for other nodes; 0 is 10000 above port").with(immutable),
		integer(&c.ClusterNodeTimeout, "cluster-node-timeout", 15000, 0, math.MaxInt64, "milliseconds after which a silent node has failed"),
		integer(&c.ClusterReplicaValidityFactor, "cluster-replica-validity-factor", 10, 0, 1<<31-1, "how old the data of a candidate may be").alias("cluster-slave-validity-factor"),
		integer(&c.ClusterMigrationBarrier, "cluster-migration-barrier", 1, 0, 1<<31-1, "replicas that a master keeps"),
		boolean(&c.ClusterAllowReplicaMigration, "cluster-allow-replica-migration", true, "let replicas move to masters without any"),
		boolean(&c.ClusterRequireFullCoverage, "cluster-require-full-coverage", true, "refuse requests while slots are unserved"),
		boolean(&c.ClusterReplicaNoFailover, "cluster-replica-no-failover", false, "never promote this replica").alias("cluster-slave-no-failover"),
		boolean(&c.ClusterAllowReadsWhenDown, "cluster-allow-reads-when-down", false, "answer reads while the cluster is down"),
		boolean(&c.ClusterAllowPubSubShardWhenDown, "cluster-allow-pubsubshard-when-down", true, "serve sharded channels while the cluster is down"),
		unsignedMemory(&c.ClusterLinkSendbufLimit, "cluster-link-sendbuf-limit", 0, "bytes pending for a node at which its link is closed; 0 is no limit"),
		text(&c.ClusterAnnounceIP, "cluster-announce-ip", "", "address to report to other nodes"),
		integer(&c.ClusterAnnouncePort, "cluster-announce-port", 0, 0, 65535, "port to report to other nodes"),
		integer(&c.ClusterAnnounceTLSPort, "cluster-announce-tls-port", 0, 0, 65535, "TLS port to report to other nodes"),
		integer(&c.ClusterAnnounceBusPort, "cluster-announce-bus-port", 0, 0, 65535, "bus port to report to other nodes"),
		checked(&c.ClusterAnnounceHostname, "cluster-announce-hostname", "", checkHostname, "host name to report to other nodes"),
		enum(&c.ClusterPreferredEndpointType, "cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint", "how nodes are named to clients"),
	}
}

// debug directives: what tests of Redis use; not listed by CONFIG GET *.
func debugDirectives(c *Config) []*Directive {
	return []*Directive{
		integer(&c.KeyLoadDelay, "key-load-delay", 0, -1<<31, 1<<31-1, "microseconds to wait after each key that is loaded").with(hidden),
		integer(&c.RDBKeySaveDelay, "rdb-key-save-delay", 0, -1<<31, 1<<31-1, "microseconds to wait after each key that is saved").with(hidden),
		integer(&c.LoadingProcessEventsIntervalBytes, "loading-process-events-interval-bytes", 2<<20, 1024, 1<<31-1, "bytes of a file between two looks at clients while loading").with(hidden),
		integer(&c.WatchdogPeriod, "watchdog-period", 0, 0, 1<<31-1, "accepted for compatibility: there is no watchdog").with(hidden),
		boolean(&c.UseExitOnPanic, "use-exit-on-panic", false, "accepted for compatibility").with(hidden),
		boolean(&c.LuaEnableDeprecatedAPI, "lua-enable-deprecated-api", false, "offer old functions to scripts").with(hidden | immutable),
	}
}
