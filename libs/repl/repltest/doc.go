// Package repltest is an in-memory cluster: the real decisions of package repl and the real conversations of repl/wire,
// with a model store, over a virtual network and a virtual clock.
//
// A [World] runs in one goroutine as a discrete-event simulation. Its clock jumps from event to event; code that blocks
// on a connection runs as a coroutine that gives way to the event loop. All chance comes from one seed, so a seed
// repeats a run exactly, however long it took and whatever else the machine did.
//
//	sched.go     the clock, the event queue, coroutines
//	network.go   connections with delay, a window, cuts, half-open ends, frozen paths
//	store.go     the model data, its digest, its snapshot format
//	node.go      a server of the model: what the server's ring 3 does, in small
//	feeding.go   its side as a master      following.go  its side as a replica
//	handover.go  FAILOVER
//	oracle.go    the invariants E1, E2, E5, checked at each step, with bookkeeping of their own
//	script.go    readable scripts (testdata/*.txt)      options.go    the words of their configuration
//	schedule.go  random schedules of faults, and E4 at their end: each is a script that is written while it runs
//	shrink.go    the shortest script that still fails
package repltest
