package conn

import (
	"bytes"

	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

const errWrongPass = "WRONGPASS invalid username-password pair or user is disabled."

// errSlowInMulti is ours, as are passwords whose check takes long.
const errSlowInMulti = "ERR This password has an argon2id hash, which takes too long to check inside a transaction: AUTH before MULTI"

func (f family) auth(c *command.Ctx) {
	for i := 1; i < len(c.Args) && i <= 2; i++ {
		c.Redact(i)
	}
	s := of(c)
	name := []byte(acl.DefaultName)
	switch len(c.Args) {
	case 2:
		if f.h.ACL().Default.NoPass {
			c.Fail("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
			return
		}
	case 3:
		name = c.Args[1]
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	f.login(c, name, c.Args[len(c.Args)-1], func() { s.W.OK() })
}

// login authenticates the client and then calls welcome, which replies; a wrong password is answered here. Where the password has to be
// compared with slow hashes, both happen later, while the client waits.
func (f family) login(c *command.Ctx, name, pass []byte, welcome func()) {
	s, user, cmd := of(c), string(name), string(c.Args[0])
	l := f.h.ACL().Login(user, pass)
	if l.OK || len(l.Slow) == 0 {
		f.loggedIn(s, l.OK, cmd, user, welcome)
		return
	}
	if c.DenyBlocking { // all others would wait with it
		c.Fail(errSlowInMulti)
		return
	}
	pass = bytes.Clone(pass)
	match := ""
	work := func() { match = acl.CheckSlow(l.Slow, pass) }
	done := func() {
		if match != "" {
			f.h.ACL().Verified(match, pass)
		}
		// The user may have changed meanwhile.
		f.loggedIn(s, match != "" && f.h.ACL().Login(user, pass).OK, cmd, user, welcome)
	}
	f.h.Aside(s, work, done)
}

func (f family) loggedIn(s *session.Session, ok bool, cmd, user string, welcome func()) {
	if !ok {
		f.h.LoginFailed(s, cmd, user)
		s.W.Error(errWrongPass)
		return
	}
	s.Authenticated, s.User = true, f.h.ACL().User(user)
	s.In.Unauthenticated = false
	welcome()
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
	var user, pass []byte
	var name string
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
			name, args = string(args[1]), args[2:]
		default:
			c.Fail("ERR Syntax error in HELLO option '" + string(args[0]) + "'")
			return
		}
	}
	greet := func() {
		if name != "" {
			s.Name = name
		}
		s.W.Proto = int(proto)
		f.greet(s)
	}
	if user != nil {
		f.login(c, user, pass, greet)
		return
	}
	if !s.Authenticated {
		c.Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
			"option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	greet()
}

func (f family) greet(s *session.Session) {
	w := &s.W
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
