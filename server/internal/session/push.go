package session

// Push sends a message that answers no command: to a subscriber, or about a cached key. msg is encoded for RESP2 as an array;
// a client of RESP3 gets the same bytes as a push. A message never stands inside a reply: when that of the session's running
// command has begun, EXEC's above all, it follows it. Redis 7.0 tears such replies apart, later ones do not.
//
// It must not be called for a session without a connection or one that is closing (see Listens).
func (s *Session) Push(msg []byte) { s.send(msg, s.began > 0 && len(s.W.Buf) >= s.began) }

// Confirm is Push for the beginning or end of a subscription, which is what (P|S)(UN)SUBSCRIBE reply: in a transaction, too.
func (s *Session) Confirm(msg []byte) { s.send(msg, false) }

// send appends a message to the output. Messages are not subject to CLIENT REPLY: while the replies of the running command are
// being dropped they are kept, too.
func (s *Session) send(msg []byte, keep bool) {
	buf := &s.W.Buf
	switch {
	case !s.open:
		buf = s.Conn.Output()
	case keep, s.began > 0 && s.Has(Muted):
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

// BeginReply says that a command of the client's own begins to run, and EndReply that its reply is complete: what was kept follows.
func (s *Session) BeginReply() { s.began = len(s.W.Buf) + 1 }

// EndReply: see BeginReply.
func (s *Session) EndReply() {
	s.began = 0
	if len(s.kept) > 0 {
		s.W.Buf = append(s.W.Buf, s.kept...)
		s.kept = nil
	}
}

// Kept is the number of bytes of messages that wait for the end of a reply.
func (s *Session) Kept() int { return len(s.kept) }
