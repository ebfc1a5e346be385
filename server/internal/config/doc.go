// Package config knows the server's directives: one table says of each its
// name, type, bounds, default, who may change it and what it is for, and
// everything else is derived from that.
//
//	command line --+
//	file, include -+-> text -> Load -> Config (typed fields) -> engine
//	stdin ---------+                     ^     |
//	CONFIG SET --> Set: all or nothing --+     +-> Get, Rewrite, Directives
//	                     |
//	                     +-> hooks (OnChange)
//
// A file holds one directive a line:
//
//	# comment
//	maxmemory 1gb
//	save 900 1
//	include conf.d/*.conf
//	requirepass "with \"quotes\""
//
// Names, bounds, defaults and error texts are those of Redis 7.0.15. The package
// opens no file itself: reading and writing are passed in.
package config
