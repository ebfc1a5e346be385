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
	f.login(s, string(c.Args[0]), string(name), c.Args[len(c.Args)-1], c.DenyBlocking, func() { s.W.OK() })
}

// login authenticates the client and then calls welcome, which replies; a wrong password is answered here. Where the password has to be
// compared with slow hashes, both happen later, while the client waits; where it is wanted now, that is refused.
func (f family) login(s *session.Session, cmd, user string, pass []byte, now bool, welcome func()) {
	l := f.h.ACL().Login(user, pass)
	if l.OK || len(l.Slow) == 0 {
		f.loggedIn(s, l.OK, cmd, user, welcome)
		return
	}
	if now { // all others would wait with it
		s.W.Error(errSlowInMulti)
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
	for i := len(c.Args) - len(args); i < len(c.Args); i++ {
		switch left := len(c.Args) - i - 1; {
		case command.Is(c.Args[i], "AUTH") && left >= 2:
			c.Redact(i + 1)
			c.Redact(i + 2)
			i += 2
		case command.Is(c.Args[i], "SETNAME") && left >= 1:
			i++
		}
	}
	f.introduce(of(c), string(c.Args[0]), args, int(proto), c.DenyBlocking)
}

// introduce does what HELLO's options say, one after the other: those before one that fails are done. Then it greets.
func (f family) introduce(s *session.Session, cmd string, args [][]byte, proto int, now bool) {
	for len(args) > 0 {
		switch {
		case command.Is(args[0], "AUTH") && len(args) >= 3:
			rest := session.CopyArgs(args[3:]) // a slow password is compared later, when the request is gone
			f.login(s, cmd, string(args[1]), args[2], now, func() { f.introduce(s, cmd, rest, proto, true) })
			return
		case command.Is(args[0], "SETNAME") && len(args) >= 2:
			if !validName(args[1]) {
				s.W.Error(errBadName)
				return
			}
			s.Name, args = string(args[1]), args[2:]
		default:
			s.W.Error("ERR Syntax error in HELLO option '" + string(args[0]) + "'")
			return
		}
	}
	if !s.Authenticated {
		s.W.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option " +
			"can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	s.W.Proto = proto
	f.greet(s)
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
