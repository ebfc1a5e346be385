package conn

import (
	"crypto/subtle"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

const errWrongPass = "WRONGPASS invalid username-password pair or user is disabled."

func (f family) auth(c *command.Ctx) {
	for i := 1; i < len(c.Args) && i <= 2; i++ {
		c.Redact(i)
	}
	switch len(c.Args) {
	case 2:
		if f.h.Password() == "" {
			c.Fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
			return
		}
		if f.login(of(c), []byte("default"), c.Args[1]) {
			c.Reply.OK()
		} else {
			c.Fail(errWrongPass)
		}
	case 3:
		if f.login(of(c), c.Args[1], c.Args[2]) {
			c.Reply.OK()
		} else {
			c.Fail(errWrongPass)
		}
	default:
		c.Fail(command.ErrSyntax)
	}
}

// login authenticates a session; without a configured password the default user takes any.
func (f family) login(s *session.Session, user, pass []byte) bool {
	want := f.h.Password()
	if string(user) != "default" || want != "" && subtle.ConstantTimeCompare(pass, []byte(want)) != 1 {
		return false
	}
	s.Authenticated, s.User = true, "default"
	s.In.Unauthenticated = false
	return true
}

func (f family) hello(c *command.Ctx) {
	s := of(c)
	proto := int64(s.W.Proto)
	args := c.Args[1:]
	if len(args) > 0 {
		n, ok := command.ParseInt(args[0])
		if !ok {
			c.Fail("ERR Protocol version is not an integer or out of range")
			return
		}
		if n < 2 || n > 3 {
			c.Fail("NOPROTO unsupported protocol version")
			return
		}
		proto, args = n, args[1:]
	}
	var user, pass, name []byte
	for len(args) > 0 {
		switch {
		case command.Is(args[0], "AUTH") && len(args) >= 3:
			at := len(c.Args) - len(args)
			c.Redact(at + 1)
			c.Redact(at + 2)
			user, pass, args = args[1], args[2], args[3:]
		case command.Is(args[0], "SETNAME") && len(args) >= 2:
			if !validName(args[1]) {
				c.Fail(errBadName)
				return
			}
			name, args = args[1], args[2:]
		default:
			c.Fail("ERR Syntax error in HELLO option '" + string(args[0]) + "'")
			return
		}
	}
	if user != nil && !f.login(s, user, pass) {
		c.Fail(errWrongPass)
		return
	}
	if !s.Authenticated {
		c.Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
			"option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	if name != nil {
		s.Name = string(name)
	}
	s.W.Proto = int(proto)
	f.greet(c, s)
}

func (f family) greet(c *command.Ctx, s *session.Session) {
	w := c.Reply
	role := "master"
	if f.h.Replica() {
		role = "replica"
	}
	w.Map(7)
	w.BulkString("server")
	w.BulkString("redis")
	w.BulkString("version")
	w.BulkString(command.RedisVersion)
	w.BulkString("proto")
	w.Int(int64(s.W.Proto))
	w.BulkString("id")
	w.Int(s.ID)
	w.BulkString("mode")
	w.BulkString("standalone")
	w.BulkString("role")
	w.BulkString(role)
	w.BulkString("modules")
	w.Array(0)
}
