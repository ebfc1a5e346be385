package config

import "math"

// snapshot directives: snapshots on disk.
func snapshotDirectives(c *Config) []*Directive {
	return []*Directive{
		savePoints(&c.SavePoints, "save", "save after so many seconds if so many changes were made"),
		boolean(&c.StopWritesOnBgsaveError, "stop-writes-on-bgsave-error", true, "refuse writes after a failed background save"),
		boolean(&c.RDBCompression, "rdbcompression", true, "compress strings in RDB files"),
		boolean(&c.RDBChecksum, "rdbchecksum", true, "end RDB files with a checksum, and check it on loading").with(immutable),
		enum(&c.SanitizeDumpPayload, "sanitize-dump-payload", "no", "no yes clients", "check every element of a payload on loading"),
		checked(&c.DBFilename, "dbfilename", "dump.rdb", checkDBFilename, "name of the RDB file").with(protected),
		boolean(&c.RDBDelSyncFiles, "rdb-del-sync-files", false, "delete RDB files that only a synchronization needed"),
		boolean(&c.RDBSaveIncrementalFsync, "rdb-save-incremental-fsync", true, "flush an RDB file to disk every few megabytes while it is written"),
		integer(&c.RDBSaveVersion, "rdb-save-version", 10, 9, 12, "version of the RDB files that are written: 10 is that of Redis 7.0, lower ones for older readers"),
		text(&c.Dir, "dir", "", "working directory: where files are kept").with(protected | notLoading),
	}
}

// appendOnly directives: the append-only file.
func appendOnlyDirectives(c *Config) []*Directive {
	return []*Directive{
		boolean(&c.AppendOnly, "appendonly", false, "keep every write in the append-only file").with(notLoading),
		checked(&c.AppendFilename, "appendfilename", "appendonly.aof", checkAppendFilename, "first part of the names of append-only files").with(immutable),
		checked(&c.AppendDirname, "appenddirname", "appendonlydir", checkAppendDirname, "folder of the append-only files").with(immutable),
		enum(&c.AppendFsync, "appendfsync", "everysec", "everysec always no", "when the append-only file is flushed to disk"),
		boolean(&c.NoAppendFsyncOnRewrite, "no-appendfsync-on-rewrite", false, "do not flush while a background save or rewrite runs"),
		integer(&c.AutoAOFRewritePercentage, "auto-aof-rewrite-percentage", 100, 0, 1<<31-1, "growth at which the append-only file is rewritten, in percent; 0 never"),
		memory(&c.AutoAOFRewriteMinSize, "auto-aof-rewrite-min-size", 64<<20, 0, "bytes below which it is not"),
		boolean(&c.AOFLoadTruncated, "aof-load-truncated", true, "start although the end of the append-only file is cut"),
		boolean(&c.AOFUseRDBPreamble, "aof-use-rdb-preamble", true, "begin a rewritten file with a snapshot"),
		boolean(&c.AOFTimestampEnabled, "aof-timestamp-enabled", false, "note the time in the append-only file"),
		boolean(&c.AOFRewriteIncrementalFsync, "aof-rewrite-incremental-fsync", true, "flush a rewritten file to disk every few megabytes"),
		boolean(&c.AOFDisableAutoGC, "aof-disable-auto-gc", false, "keep files that a rewrite made superfluous"),
	}
}

// replication directives: replication.
func replicationDirectives(c *Config) []*Directive {
	return []*Directive{
		master(&c.ReplicaOf, "replicaof", "host and port of the master; empty on a master").with(immutable).alias("slaveof"),
		text(&c.MasterUser, "masteruser", "", "user name for the master"),
		passwords(&c.MasterAuth, "masterauth", "password for the master, or two, tried in order").with(secret),
		boolean(&c.ReplicaServeStaleData, "replica-serve-stale-data", true, "answer requests while the link to the master is down").alias("slave-serve-stale-data"),
		boolean(&c.ReplicaReadOnly, "replica-read-only", true, "refuse writes of clients on a replica").alias("slave-read-only"),
		boolean(&c.ReplicaIgnoreMaxMemory, "replica-ignore-maxmemory", true, "leave eviction to the master").alias("slave-ignore-maxmemory"),
		boolean(&c.ReplicaLazyFlush, "replica-lazy-flush", false, "accepted for compatibility: the old data set is always freed in slices").alias("slave-lazy-flush"),
		boolean(&c.ReplicaIgnoreDiskWriteErrors, "replica-ignore-disk-write-errors", false, "go on when a replica cannot write its files"),
		integer(&c.ReplicaPriority, "replica-priority", 100, 0, 1<<31-1, "order of promotion for Sentinel, the lowest first; 0 never").alias("slave-priority"),
		text(&c.ReplicaAnnounceIP, "replica-announce-ip", "", "address to report to the master").alias("slave-announce-ip"),
		integer(&c.ReplicaAnnouncePort, "replica-announce-port", 0, 0, 65535, "port to report to the master").alias("slave-announce-port"),
		boolean(&c.ReplicaAnnounced, "replica-announced", true, "let Sentinel know of this replica"),
		boolean(&c.ReplDisklessSync, "repl-diskless-sync", true, "send snapshots to replicas without a file"),
		integer(&c.ReplDisklessSyncDelay, "repl-diskless-sync-delay", 5, 0, 1<<31-1, "seconds to wait for more replicas first"),
		integer(&c.ReplDisklessSyncMaxReplicas, "repl-diskless-sync-max-replicas", 0, 0, 1<<31-1, "number of replicas for which it does not wait any longer; 0 is none"),
		enum(&c.ReplDisklessLoad, "repl-diskless-load", "disabled", "disabled on-empty-db swapdb auto", "when a replica reads a snapshot without a file").with(notLoading),
		integer(&c.ReplPingReplicaPeriod, "repl-ping-replica-period", 10, 1, 1<<31-1, "seconds between a master's pings").alias("repl-ping-slave-period"),
		integer(&c.ReplTimeout, "repl-timeout", 60, 1, 1<<31-1, "seconds of silence after which a link is down"),
		boolean(&c.ReplDisableTCPNoDelay, "repl-disable-tcp-nodelay", false, "send fewer and larger packets to replicas"),
		memory(&c.ReplBacklogSize, "repl-backlog-size", 1<<20, 1, "bytes of the stream that are kept for replicas that return").clamp(16<<10, math.MaxInt64),
		integer(&c.ReplBacklogTTL, "repl-backlog-ttl", 3600, 0, math.MaxInt64, "seconds after which a master without replicas drops it; 0 never"),
		integer(&c.MinReplicasToWrite, "min-replicas-to-write", 0, 0, 1<<31-1, "good replicas without which writes are refused").alias("min-slaves-to-write"),
		integer(&c.MinReplicasMaxLag, "min-replicas-max-lag", 10, 0, 1<<31-1, "seconds of lag up to which a replica is good").alias("min-slaves-max-lag"),
		boolean(&c.ReplAcceptEmptyMaster, "repl-accept-empty-master", true, "give up the data for a master that has none, or began anew"),
		enum(&c.MinReplicasLagBy, "min-replicas-lag-by", "ack", "ack data", "what min-replicas-max-lag bounds: the replica's silence, or also the age of what it lacks"),
		enum(&c.PropagationErrorBehavior, "propagation-error-behavior", "ignore", "ignore panic panic-on-replicas", "what a failing command of the stream leads to"),
	}
}
