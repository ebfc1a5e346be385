// Package chaos breaks trees of real servers, ours and Debian's redis-server mixed, while clients write, and demands that
// each tree comes to one history and one data set by itself, without one full sync that row R4 of the replication page did
// not demand.
//
//	plan_test.go    what is done to whom, drawn from a seed before anything runs; it repeats exactly
//	tree_test.go    the servers, the proxies between them, and what a plan's steps do to them
//	book_test.go    the full syncs that the steps have made necessary, and those that the masters tell of in their logs
//	chaos_test.go   rounds: faults, their end, and what must be true then
//	sentinel_test.go three redis-sentinels watch a tree whose master is killed
//	load_test.go    bursts into three replicas, one behind a slow link
//
// make chaos T=5m SEED=n runs longer, or one plan again.
package chaos
