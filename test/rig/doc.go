// Package rig starts real servers for the whole-binary tests and puts load and faults on them.
//
//	server.go  a server process: ours or Debian's redis-server, in a directory and on ports of its own
//	proxy.go   a TCP proxy between replica and master that cuts, delays, throttles, swallows and refuses
//	load.go    writers of every type that run until they are told to stop
//	traffic.go the same, but they outlive their master
//	sentinel.go redis-sentinels that watch a master
//	dataset.go a data set with a known shape
//	state.go   INFO, offsets, links and digests, each waited for with a deadline
//
// Nothing here sleeps to wait for a state: Until polls a condition with a deadline and says what was missing.
// LOCKSTEP_SERVER names the binary that plays "ours" (default: lockstep-server in LOCKSTEP_BIN or in bin at the
// repository's root); with /usr/bin/redis-server the tests check themselves.
package rig
