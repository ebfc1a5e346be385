package conn

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// killFilter is what CLIENT KILL selects by; empty fields match all.
type killFilter struct {
	id                      int64
	addr, laddr, user, kind string
	skipMe                  bool
}

func (k *killFilter) match(s, me *session.Session) bool {
	return (k.id == 0 || s.ID == k.id) && (k.addr == "" || s.Addr == k.addr) && (k.laddr == "" || s.LAddr == k.laddr) &&
		(k.user == "" || s.UserName() == k.user) && (k.kind == "" || kind(s) == k.kind) && !(k.skipMe && s == me)
}

func (f family) kill(c *command.Ctx) {
	me := of(c)
	if len(c.Args) == 3 { // the old form: by address, me included
		n := f.killAll(&killFilter{addr: string(c.Args[2])}, me)
		if n == 0 {
			c.Fail("ERR No such client")
		} else {
			c.Reply.OK()
		}
		return
	}
	filter, errText := f.parseKill(c.Args[2:])
	if errText != "" {
		c.Fail(errText)
		return
	}
	c.Reply.Int(int64(f.killAll(filter, me)))
}

func (f family) parseKill(args [][]byte) (*killFilter, string) {
	k := &killFilter{skipMe: true}
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			return nil, command.ErrSyntax
		}
		name, v := args[i], args[i+1]
		switch {
		case command.Is(name, "ID"):
			id, ok := command.ParseInt(v)
			if !ok || id < 1 {
				return nil, "ERR client-id should be greater than 0"
			}
			k.id = id
		case command.Is(name, "TYPE"):
			t, ok := parseKind(v)
			if !ok {
				return nil, "ERR Unknown client type '" + string(v) + "'"
			}
			k.kind = t
		case command.Is(name, "ADDR"):
			k.addr = string(v)
		case command.Is(name, "LADDR"):
			k.laddr = string(v)
		case command.Is(name, "USER"):
			if k.user = string(v); f.h.ACL().User(k.user) == nil {
				return nil, "ERR No such user '" + k.user + "'"
			}
		case command.Is(name, "SKIPME") && command.Is(v, "YES"):
			k.skipMe = true
		case command.Is(name, "SKIPME") && command.Is(v, "NO"):
			k.skipMe = false
		default:
			return nil, command.ErrSyntax
		}
	}
	return k, ""
}

// killAll closes the matching clients. The caller itself gets its reply first.
func (f family) killAll(k *killFilter, me *session.Session) int {
	n := 0
	f.h.Clients(func(s *session.Session) bool {
		if !k.match(s, me) || s.Has(session.Closing) {
			return true
		}
		n++
		if s == me {
			f.h.CloseAfterWrite(s)
		} else {
			f.h.Close(s)
		}
		return true
	})
	return n
}
