package session

// Push sends a message that answers no command: to a subscriber, or about a cached key. msg is encoded for RESP2 as an array;
// a client of RESP3 gets the same bytes as a push. Messages are not subject to CLIENT REPLY: while the replies of the
// session's running command are being dropped they are kept apart.
//
// It must not be called for a session without a connection or one that is closing (see Listens).
func (s *Session) Push(msg []byte) {
	buf := &s.W.Buf
	switch {
	case !s.open:
		buf = s.Conn.Output()
	case s.Has(Muted):
		buf = &s.kept
	}
	at := len(*buf)
	*buf = append(*buf, msg...)
	if s.W.Proto >= 3 {
		(*buf)[at] = '>'
	}
}

// Feed sends a line of MONITOR, which CLIENT REPLY OFF drops as it drops replies.
func (s *Session) Feed(line []byte) {
	switch {
	case s.open:
		s.W.Buf = append(s.W.Buf, line...)
	case !s.Has(Muted):
		out := s.Conn.Output()
		*out = append(*out, line...)
	}
}

// Listens reports whether messages can reach the client.
func (s *Session) Listens() bool { return s.Conn != nil && !s.Has(Closing) }

// Gone reports whether the connection was closed, although its end was not told yet: nobody should see the client any more.
func (s *Session) Gone() bool { return s.Conn != nil && !s.Conn.Alive() }

// FlushKept puts the messages that were kept apart where the replies would be.
func (s *Session) FlushKept() {
	if len(s.kept) > 0 {
		s.W.Buf = append(s.W.Buf, s.kept...)
		s.kept = nil
	}
}
