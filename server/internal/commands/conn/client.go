package conn

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

const errBadName = "ERR Client names cannot contain spaces, newlines or special characters."

func (f family) getName(c *command.Ctx) {
	if n := of(c).Name; n != "" {
		c.Reply.BulkString(n)
	} else {
		c.Reply.Null()
	}
}

// validName: printable ASCII without space, as Redis asks for.
func validName(b []byte) bool {
	for _, c := range b {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

func (f family) setName(c *command.Ctx) {
	if !validName(c.Args[2]) {
		c.Fail(errBadName)
		return
	}
	of(c).Name = string(c.Args[2])
	c.Reply.OK()
}

func (f family) info(c *command.Ctx) {
	c.Reply.Verbatim("txt", string(append(of(c).AppendInfo(nil, f.h.Now()), '\n')))
}

// kind is the client type of CLIENT LIST TYPE and CLIENT KILL TYPE.
func kind(s *session.Session) string {
	switch {
	case s.Has(session.Master):
		return "master"
	case s.Has(session.Replica):
		return "replica"
	case s.PubSub != nil:
		return "pubsub"
	}
	return "normal"
}

func parseKind(b []byte) (string, bool) {
	switch {
	case command.Is(b, "NORMAL"):
		return "normal", true
	case command.Is(b, "SLAVE"), command.Is(b, "REPLICA"):
		return "replica", true
	case command.Is(b, "PUBSUB"):
		return "pubsub", true
	case command.Is(b, "MASTER"):
		return "master", true
	}
	return "", false
}

func (f family) list(c *command.Ctx) {
	match := func(*session.Session) bool { return true }
	var b []byte
	add := func(s *session.Session) bool {
		if s != nil && match(s) && !s.Gone() {
			b = append(s.AppendInfo(b, f.h.Now()), '\n')
		}
		return true
	}
	switch {
	case len(c.Args) == 2:
		f.h.Clients(add)
	case len(c.Args) == 4 && command.Is(c.Args[2], "TYPE"):
		want, ok := parseKind(c.Args[3])
		if !ok {
			c.Fail("ERR Unknown client type '" + string(c.Args[3]) + "'")
			return
		}
		match = func(s *session.Session) bool { return kind(s) == want }
		f.h.Clients(add)
	case len(c.Args) > 3 && command.Is(c.Args[2], "ID"):
		for _, a := range c.Args[3:] { // in their order, and as often as they are asked for
			id, ok := command.ParseInt(a)
			if !ok {
				c.Fail("ERR Invalid client ID")
				return
			}
			add(f.h.Client(id))
		}
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	c.Reply.Verbatim("txt", string(b))
}

func (f family) noEvict(c *command.Ctx) { f.onOff(c, session.NoEvict) }
func (f family) noTouch(c *command.Ctx) { f.onOff(c, session.NoTouch) }

func (f family) onOff(c *command.Ctx, flag session.Flags) {
	switch {
	case command.Is(c.Args[2], "ON"):
		of(c).Set(flag)
	case command.Is(c.Args[2], "OFF"):
		of(c).Clear(flag)
	default:
		c.Fail(command.ErrSyntax)
		return
	}
	c.Reply.OK()
}

func (f family) replyMode(c *command.Ctx) {
	s := of(c)
	switch {
	case command.Is(c.Args[2], "ON"):
		s.Clear(session.ReplyOff | session.ReplySkip)
		c.Reply.OK()
	case command.Is(c.Args[2], "OFF"):
		s.Set(session.ReplyOff)
	case command.Is(c.Args[2], "SKIP"):
		if !s.Has(session.ReplyOff) {
			s.Set(session.ReplySkipNext)
		}
	default:
		c.Fail(command.ErrSyntax)
	}
}

func (f family) pause(c *command.Ctx) {
	all := true
	if len(c.Args) > 4 {
		c.FailTooMany()
		return
	}
	if len(c.Args) == 4 {
		switch {
		case command.Is(c.Args[3], "WRITE"):
			all = false
		case command.Is(c.Args[3], "ALL"):
		default:
			c.Fail("ERR CLIENT PAUSE mode must be WRITE or ALL")
			return
		}
	}
	until, errText := command.Timeout(c.Args[2], c.Now, true)
	if errText != "" {
		c.Fail(errText)
		return
	}
	if until == 0 {
		until = c.Now
	}
	f.h.Pause(until, all)
	c.Reply.OK()
}

func (f family) unpause(c *command.Ctx) {
	f.h.Unpause()
	c.Reply.OK()
}

func (f family) unblock(c *command.Ctx) {
	asError := false
	if len(c.Args) == 4 {
		switch {
		case command.Is(c.Args[3], "TIMEOUT"):
		case command.Is(c.Args[3], "ERROR"):
			asError = true
		default:
			c.Fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
			return
		}
	} else if len(c.Args) > 4 {
		c.FailTooMany()
		return
	}
	id, ok := command.ParseInt(c.Args[2])
	if !ok {
		c.Fail(command.ErrNotInteger)
		return
	}
	s := f.h.Client(id)
	if s == nil || !s.Has(session.Blocked) {
		c.Reply.Int(0)
		return
	}
	if asError {
		f.h.UnblockError(s, "UNBLOCKED client unblocked via CLIENT UNBLOCK")
	} else {
		f.h.UnblockTimeout(s)
	}
	c.Reply.Int(1)
}
