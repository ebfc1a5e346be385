package engine

import (
	"net/netip"

	"github.com/lockstep-db/lockstep/libs/netconn/loop"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// clientList links all sessions in order of arrival and finds them by ID.
type clientList struct {
	head, tail *session.Session
	byID       map[int64]*session.Session
	count      int
	replicas   int // of these, that get the replication stream
}

func (l *clientList) add(s *session.Session) {
	if l.byID == nil {
		l.byID = map[int64]*session.Session{}
	}
	l.byID[s.ID] = s
	s.Prev = l.tail
	if l.tail != nil {
		l.tail.Next = s
	} else {
		l.head = s
	}
	l.tail = s
	l.count++
}

func (l *clientList) remove(s *session.Session) {
	if l.byID[s.ID] != s {
		return
	}
	delete(l.byID, s.ID)
	if s.Prev != nil {
		s.Prev.Next = s.Next
	} else {
		l.head = s.Next
	}
	if s.Next != nil {
		s.Next.Prev = s.Prev
	} else {
		l.tail = s.Prev
	}
	s.Prev, s.Next = nil, nil
	l.count--
}

// Client finds a session by ID, or nil.
func (e *Engine) Client(id int64) *session.Session {
	if s := e.clients.byID[id]; s != nil && !s.Gone() {
		return s
	}
	return nil
}

// Clients calls f for each session in order of arrival; f may close the session it is given.
func (e *Engine) Clients(f func(*session.Session) bool) {
	for s := e.clients.head; s != nil; {
		next := s.Next
		if !f(s) {
			return
		}
		s = next
	}
}

// ClientCount is the number of connections but those of replicas.
func (e *Engine) ClientCount() int { return e.clients.count - e.clients.replicas }

// BecomeReplica makes a client's connection one that gets the replication stream.
func (e *Engine) BecomeReplica(s *session.Session) {
	s.Set(session.Replica)
	e.clients.replicas++
}

// NewSession makes a session that is not connected (for scripts, the AOF loader).
func (e *Engine) NewSession() *session.Session {
	e.nextID++
	s := &session.Session{ID: e.nextID, Created: e.clock.ms, LastActive: e.clock.ms, LastCommand: "NULL", User: e.acl.Default}
	s.W.Proto = 2
	s.Authenticated = e.acl.Default.LoginFree()
	s.In.Unauthenticated = !s.Authenticated
	return s
}

// Accept takes a new connection.
func (e *Engine) Accept(c *loop.Conn) {
	e.Stats.ConnectionsReceived++
	if e.clients.count >= int(e.cfg.MaxClients) {
		e.Stats.RejectedConnections++
		c.Out = append(c.Out, "-ERR max number of clients reached\r\n"...)
		c.CloseAfterWrite()
		return
	}
	s := e.NewSession()
	e.bind(s, c)
	if c.IsUnix() {
		s.Set(session.Unix)
	}
	if e.protected(s) {
		e.Stats.RejectedConnections++
		c.Out = append(c.Out, protectedText...)
		e.CloseAfterWrite(s)
		return
	}
}

const protectedText = "-DENIED Lockstep is running in protected mode because protected mode is enabled and no password is set for the default user. " +
	"In this mode connections are only accepted from the loopback interface. To connect from other computers, either " +
	"set a password (requirepass), or bind addresses on purpose, or switch protected-mode off while making sure that the server " +
	"cannot be reached from the internet.\r\n"

// protected reports whether protected mode refuses the connection: no password, no explicit bind, not from loopback.
func (e *Engine) protected(s *session.Session) bool {
	return e.cfg.ProtectedMode && e.acl.Default.NoPass && !s.Has(session.Unix) && !loopback(s.Conn.RemoteAddr())
}

func (e *Engine) bind(s *session.Session, c *loop.Conn) {
	s.Conn = c
	c.Session = s
	s.Addr, s.LAddr = c.RemoteAddr(), c.LocalAddr()
	s.In.MaxBulk = e.cfg.ProtoMaxBulkLen
	e.clients.add(s)
}

// Adopt registers a session for a connection that was made by us (the master's link). The connection's Session becomes
// ours; the caller sets flags before bytes arrive.
func (e *Engine) Adopt(c *loop.Conn) *session.Session {
	s := e.NewSession()
	s.Authenticated, s.User = true, nil
	e.bind(s, c)
	return s
}

// CloseAfterWrite lets the output drain, then closes. No further command of the session runs.
func (e *Engine) CloseAfterWrite(s *session.Session) {
	if s.Has(session.Closing) {
		return
	}
	s.Set(session.Closing)
	if s.Conn != nil {
		s.Conn.CloseAfterWrite()
	}
}

// Close closes at once and drops what was not sent.
func (e *Engine) Close(s *session.Session) {
	s.Set(session.Closing)
	if s.Conn != nil {
		s.Conn.Close()
	}
}

// Closed forgets a session whose connection is gone.
func (e *Engine) Closed(c *loop.Conn, err error) {
	s, _ := c.Session.(*session.Session)
	if s == nil {
		return
	}
	s.Set(session.Closing)
	if s.Debug != nil && s.Debug.Input != nil {
		s.Debug.Input.Close()
	}
	e.unwatchAll(s)
	e.unblock(s)
	e.pause.forget(s)
	e.Forget(s)
	if s.Has(session.Replica) {
		e.clients.replicas--
	}
	if s.Has(session.Replica | session.Master) {
		e.repl.Closed(s)
	}
	e.clients.remove(s)
	s.Conn = nil
	e.countMemory(s)
}

// Reply lets fn append to a session's output outside of its own commands (unblocking, messages, pushes).
func (e *Engine) Reply(s *session.Session, fn func()) {
	if s.Conn == nil {
		return
	}
	if s.Open() {
		defer s.Commit()
	}
	fn()
}

// loopback reports whether an address as CLIENT LIST shows it is of the loopback interface.
func loopback(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}
