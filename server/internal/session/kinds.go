package session

// OnShutdown is the wait of a client that sent SHUTDOWN while replicas lag.
const OnShutdown BlockKind = 10
