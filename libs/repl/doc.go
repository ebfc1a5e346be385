// Package repl holds the decisions of replication: which history a node is on, whether a replica may continue
// partially, what a master does about each of its replicas, what a replica does next about its master.
//
// The package is ring 1 of decision 0004. It is pure: values in, values out. It opens no socket, reads no clock, draws
// no random number and logs nothing. The time is an argument called now, a deadline is a field, and what the caller has
// to do comes back as a value. Conversations over a connection are in repl/wire; goroutines, TLS, disks and the
// hand-over to the engine are the server's business.
//
// # One stream, one way to count
//
// A master turns every change of its data into bytes and appends them to one stream. An [Offset] is always the offset of
// the next byte: the stream's first byte has offset 0, and a node whose offset is 50 has the bytes 0 to 49 and needs byte
// 50 next. Redis counts the same way in some places and from one in others; the methods of [Offset] are the only code
// that converts. With 50 bytes applied:
//
//	where                                   on the wire    here
//	INFO master_repl_offset                 50             Offset 50
//	+FULLRESYNC <id> <n>                    50             Offset 50, the snapshot contains the bytes 0..49
//	REPLCONF ACK <n>                        50             Offset 50
//	RDB aux field repl-offset               50             Offset 50
//	PSYNC <id> <n>                          51             Offset 50, "send me byte 50", the 51st
//	INFO second_repl_offset                 51             Past.End 50, byte 50 is the first that is not shared
//	INFO repl_backlog_first_byte_offset     n+1            Window.Start n
//
// # What is where
//
//	history.go  which stream the data belongs to, and which older ones share its beginning
//	judge.go    may this replica continue? One answer, with its reason
//	backlog.go  the bytes: shared blocks, a window over them, cursors into them
//	stream.go   a node's history and backlog together: what the journal appends to
//	feed.go     one replica, seen by its master; master.go all of them; plan.go snapshots for those that wait
//	link.go     one master, seen by its replica; handshake.go what the two say first
//
// # Duties of the caller
//
// 1. All values of one node belong to one goroutine, the engine's. Nothing here locks.
// 2. Call Tick of [Master] and [Link] at least ten times a second, and carry out the actions in their order.
// 3. Give fresh randomness to [NewID] each time one is asked for: two streams with one ID break every promise made here.
// 4. Change the data and the [Stream] in the same turn. What [Stream.History] says must be true of the data at any time.
package repl
