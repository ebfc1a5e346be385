// Package conn holds the commands about the connection itself: PING, ECHO, SELECT, AUTH, HELLO, QUIT, RESET and CLIENT.
package conn

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// Host is what these commands need of the engine.
type Host interface {
	Now() int64
	Replica() bool
	Databases() int
	Password() string
	Client(id int64) *session.Session
	Clients(f func(*session.Session) bool)
	Close(s *session.Session)
	CloseAfterWrite(s *session.Session)
	Discard(s *session.Session)
	Pause(until int64, all bool)
	Unpause()
	UnblockTimeout(s *session.Session)
	UnblockError(s *session.Session, msg string)
	Unsubscribe(s *session.Session)
	StopMonitor(s *session.Session)
}

type family struct{ h Host }

const (
	always = command.NoScript | command.Loading | command.Stale
	client = "connection"
)

// Commands returns the family.
func Commands(h Host) []*command.Spec {
	f := family{h}
	return []*command.Spec{
		{Name: "ping", Arity: -1, Flags: command.Fast, Group: client, Since: "1.0.0", Run: f.ping,
			Summary: "Answers PONG, or the message it was given", Complexity: "O(1)", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
			Args: []command.Arg{{Name: "message", Type: "string", Optional: true}}},
		{Name: "echo", Arity: 2, Flags: command.Loading | command.Stale | command.Fast, Group: client, Since: "1.0.0", Run: f.echo,
			Summary: "Answers with its argument", Complexity: "O(1)", Args: []command.Arg{{Name: "message", Type: "string"}}},
		{Name: "select", Arity: 2, Flags: command.Loading | command.Stale | command.Fast, Group: client, Since: "1.0.0", Run: f.selectDB,
			Summary: "Chooses the database of this connection", Complexity: "O(1)", Args: []command.Arg{{Name: "index", Type: "integer"}}},
		{Name: "auth", Arity: -2, Flags: always | command.Fast | command.NoAuth | command.AllowBusy | command.SkipMonitor, Group: client, Since: "1.0.0", Run: f.auth,
			Summary: "Authenticates the connection", Complexity: "O(N) where N is the number of passwords defined for the user",
			Args: []command.Arg{{Name: "username", Type: "string", Optional: true, Since: "6.0.0"}, {Name: "password", Type: "string"}}},
		{Name: "hello", Arity: -1, Flags: always | command.Fast | command.NoAuth | command.AllowBusy, Group: client, Since: "6.0.0", Run: f.hello,
			Summary: "Greets the server: protocol version, authentication, name", Complexity: "O(1)",
			Args: []command.Arg{{Name: "arguments", Type: "block", Optional: true, Args: []command.Arg{
				{Name: "protover", Type: "integer"},
				{Name: "username_password", Type: "block", Token: "AUTH", Optional: true, Args: []command.Arg{{Name: "username", Type: "string"}, {Name: "password", Type: "string"}}},
				{Name: "clientname", Type: "string", Token: "SETNAME", Optional: true}}}}},
		{Name: "quit", Arity: -1, Flags: always | command.Fast | command.NoAuth | command.AllowBusy, Group: client, Since: "1.0.0", Run: f.quit,
			Summary: "Closes the connection", Complexity: "O(1)"},
		{Name: "reset", Arity: 1, Flags: always | command.Fast | command.NoAuth | command.AllowBusy, Group: client, Since: "6.2.0", Run: f.reset,
			Summary: "Brings the connection back to the state of a new one", Complexity: "O(1)"},
		f.clientSpec(),
	}
}

func of(c *command.Ctx) *session.Session { return c.Client.(*session.Session) }

func (f family) ping(c *command.Ctx) {
	s := of(c)
	switch {
	case len(c.Args) > 2:
		c.Fail("ERR wrong number of arguments for 'ping' command")
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
		c.Fail(command.ErrInvalidDB)
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
	if s.Has(session.Replica) && !s.Has(session.MonitorMode) {
		c.Fail("ERR can only reset normal client connections")
		return
	}
	f.h.StopMonitor(s)
	f.h.Discard(s)
	f.h.Unsubscribe(s)
	s.DB, s.Name, s.User = 0, "", "default"
	s.Authenticated = f.h.Password() == ""
	s.In.Unauthenticated = !s.Authenticated
	s.Clear(session.ReplyOff | session.ReplySkip | session.ReplySkipNext | session.NoEvict | session.NoTouch | session.ReadOnlyMode)
	s.W.Proto = 2
	c.Reply.SimpleString("RESET")
}
