package session

// StreamReader is a session's Repl if it gets the replication stream.
type StreamReader interface {
	// Held is how many bytes of the stream are kept for it.
	Held() int
}

// held is what a replica has not taken of the stream yet. It lies in the buffer that all replicas share, so it is no memory of the session.
func (s *Session) held() int {
	if r, ok := s.Repl.(StreamReader); ok {
		return r.Held()
	}
	return 0
}

// Output is what the client has still to be sent, in bytes, but for the replies of the running batch.
func (s *Session) Output() int { return s.Conn.Pending() + s.held() }
