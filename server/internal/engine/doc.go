// Package engine runs the one thread that owns the data. It is the event loop's handler: bytes come in, commands run one
// after the other, effects go to the journal, replies to the connections. Nothing in here is locked, because nothing
// else touches live data; other goroutines hand work over with Post and read snapshots.
//
//	loop.Data -> pump -> execute (checks: auth, arity, memory, role, loading, MULTI, pause)
//	                        -> call (run, count, effects)      call.go
//	                        -> queue                           multi.go
//	                        -> refuse with Redis's error       checks.go
//	          -> settle: journal the effects, wake blocked clients
//	loop.Turn -> cron, deadlines, output limits                cron.go
//
// The replication driver, persistence and the command families that manage the server reach the engine through its exported
// methods; the engine reaches them through the small interfaces in deps.go.
package engine
