// Package conn holds the commands about the connection itself: PING, ECHO, SELECT, AUTH, HELLO, QUIT, RESET and CLIENT.
package conn

import (
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the engine.
type Host interface {
	Now() int64
	Replica() bool
	Databases() int
	ACL() *acl.List
	LoginFailed(s *session.Session, command, user string)
	Aside(s *session.Session, work, done func())
	Client(id int64) *session.Session
	Clients(f func(*session.Session) bool)
	Close(s *session.Session)
	CloseAfterWrite(s *session.Session)
	Discard(s *session.Session)
	Pause(until int64, all bool)
	Unpause()
	UnblockTimeout(s *session.Session)
	UnblockError(s *session.Session, msg string)
	// Forget ends the session's subscriptions, client-side caching and MONITOR.
	Forget(s *session.Session)
}

type family struct {
	h Host
	t Tracking
}

func of(c *command.Ctx) *session.Session { return c.Client.(*session.Session) }

func (f family) ping(c *command.Ctx) {
	s := of(c)
	switch {
	case len(c.Args) > 2:
		c.Fail(c.Spec.ArityError())
	case s.Has(session.InPubSub) && c.Reply.Proto < 3:
		c.Reply.Array(2)
		c.Reply.BulkString("pong")
		if len(c.Args) == 2 {
			c.Reply.Bulk(c.Args[1])
		} else {
			c.Reply.BulkString("")
		}
	case len(c.Args) == 2:
		c.Reply.Bulk(c.Args[1])
	default:
		c.Reply.SimpleString("PONG")
	}
}

func (f family) echo(c *command.Ctx) { c.Reply.Bulk(c.Args[1]) }

func (f family) selectDB(c *command.Ctx) {
	n, ok := command.ParseInt(c.Args[1])
	switch {
	case !ok || n != int64(int32(n)):
		c.Fail(command.ErrNotInteger)
	case n < 0 || n >= int64(f.h.Databases()):
		c.Fail(command.ErrDBRange)
	default:
		of(c).DB = int(n)
		c.Reply.OK()
	}
}

func (f family) quit(c *command.Ctx) {
	c.Reply.OK()
	f.h.CloseAfterWrite(of(c))
}

func (f family) reset(c *command.Ctx) {
	s := of(c)
	if s.Has(session.Replica) {
		c.Fail("ERR can only reset normal client connections")
		return
	}
	f.h.Discard(s)
	f.h.Forget(s)
	s.DB, s.Name, s.User = 0, "", f.h.ACL().Default
	s.Authenticated = s.User.LoginFree()
	s.In.Unauthenticated = !s.Authenticated
	s.Clear(session.ReplyOff | session.ReplySkipNext | session.NoTouch | session.ReadOnlyMode)
	s.W.Proto = 2
	c.Reply.SimpleString("RESET")
}
