package session

// OnShutdown is the wait of a client that sent SHUTDOWN while replicas lag.
const OnShutdown BlockKind = 10

// OnDebug is the wait of a client for the debugging session that it talks to; that ends by itself.
const OnDebug BlockKind = 11

// Debug is what SCRIPT DEBUG has set.
type Debug struct {
	Sync bool // the script runs on the data itself, and nothing else meanwhile
	// Input is the session under way, or nil: it gets what the client sends.
	Input DebugInput
}

// DebugInput takes what a client sends to its debugging session.
type DebugInput interface {
	// Feed takes bytes, which are the caller's.
	Feed(p []byte)
	// Close says that the client has gone.
	Close()
}
