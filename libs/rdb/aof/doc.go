// Package aof reads and writes the parts of an append-only file: the manifest that names the parts, and the records
// inside of one. It does no I/O but through io.Reader.
//
// Since Redis 7.0 an append-only file is a directory:
//
//	appendonlydir/
//	  appendonly.aof.manifest        which files count, in which order (below)
//	  appendonly.aof.2.base.rdb      the data when the last rewrite began; .base.aof when it is written as commands
//	  appendonly.aof.5.incr.aof      what changed since; the last one is being written
//	  appendonly.aof.1.base.rdb      history: replaced, to be removed
//	  temp-appendonly.aof.manifest   the next manifest, until it is renamed
//
//	manifest = { line }                                at most one base, incr numbers rise, history anywhere
//	line     = "file" name "seq" number "type" kind { key value } "\n"    at most 1024 bytes; words are quoted as in
//	         | "#" text "\n"                                              redis.conf when they have to be
//	kind     = "b" base | "i" incr | "h" history
//
// A file of it, or the single file of Redis before 7.0:
//
//	file       = [ RDB ] { record }                    the RDB begins with "REDIS", see package rdb
//	record     = command | annotation
//	command    = "*" count CRLF count x ( "$" length CRLF bytes CRLF )
//	annotation = "#" text LF                           ignored by whoever does not know it; with its end at most 1023 bytes
//
// Annotations stand between commands, also between those of a transaction. Two kinds are known:
//
//	#TS:1700000000 CRLF                what follows was written at this Unix time (s) or later: Redis's own
//	#POS:<history>:<offset>:<db> CRLF  what precedes is the data at this offset of this replication history, whose stream
//	                                   has selected db (-1: none yet): ours
//	#POS:none CRLF                     from here on the data has no place in a history
//
// From a #POS on, every byte of a command counts as one of the stream, until the next #POS says otherwise. So a position
// is written only where the two part: when the stream got what the file does not (PING, PUBLISH, REPLCONF GETACK,
// another SELECT), or when the history changed. [Tracker] does this arithmetic for writers and readers.
//
// # Cut points
//
// A crash can leave the last record incomplete, or the last transaction without its EXEC. A file is whole up to its last
// cut point: behind a record, outside of a transaction. [Scanner.Cut] tells it.
//
//	*1 MULTI | *3 SET k v | *1 EXEC | *3 SET k v | *1 MULTI | *3 SE
//	0                               ^            ^ the cut point of this file
//
// Source: the documentation of Redis on persistence, and what redis-server and redis-check-aof 7.0 write and accept.
package aof
