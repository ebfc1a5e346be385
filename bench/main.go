// Lockstep-bench measures replication, and what it stands on: see measurements. Without
// an argument it measures resyncs. It starts a master and a replica, fills
// the master, and measures one full and one partial resync:
//
//	full     a fresh replica gets REPLICAOF; the end is link up and equal offsets
//	partial  CLIENT KILL TYPE replica on the master while a client writes; the
//	         replica is held still for a while (--outage), then let go; the end
//	         is the replica's offset at the master's
//
// Both are cut into phases, as far as INFO of both servers shows them:
//
//	REPLICAOF          +FULLRESYNC  first byte       all bytes   loaded    offsets equal
//	   |---handshake--------|---wait-----|---transfer-----|--load----|--catch-up--|
//
//	let go                        +CONTINUE               offset reached
//	   |---reconnect-----------------|-------catch-up-----------|
//
// After each of them the data sets are compared, and the master's counters say
// whether the resync was of the kind that was due.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "unknown"

// Exit codes.
const (
	exitOK          = 0
	exitFault       = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells report a process that ^C ended
)

// process is what the program sees of the world.
type process struct {
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := process{out: os.Stdout, err: os.Stderr}.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
