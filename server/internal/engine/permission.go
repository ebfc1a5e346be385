package engine

import (
	"github.com/lockstep-db/lockstep/server/internal/acl"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

// ACL is the users.
func (e *Engine) ACL() *acl.List { return e.acl }

// ReadsEveryKey implements command.Hooks.
func (e *Engine) ReadsEveryKey() bool { return e.acl.ReadsEveryKey(e.cur.User, e.ctx.Spec, e.ctx.Args) }

// denied notes a call that a user's rules refuse.
func (e *Engine) denied(s *session.Session, spec *command.Spec, args [][]byte, v acl.Verdict) {
	object := spec.FullName()
	if v.Denial != acl.DeniedCommand {
		object = string(args[v.Arg])
	}
	e.logDenial(s, v.Denial, object, s.UserName())
}

// LoginFailed notes a wrong password.
func (e *Engine) LoginFailed(s *session.Session, command, user string) {
	e.logDenial(s, acl.DeniedAuth, command, user)
}

func (e *Engine) logDenial(s *session.Session, why acl.Denial, object, user string) {
	where := acl.TopLevel
	switch {
	case e.script.run != nil && s == e.script.caller:
		where = acl.InScript
	case s.Has(session.InMulti):
		where = acl.InMulti
	}
	e.acl.Log.Add(acl.Entry{Reason: why, Context: where, Object: object, User: user, Time: e.clock.ms,
		ClientID: string(s.AppendInfo(nil, e.clock.ms))}, e.cfg.ACLLogMaxLen)
}

// stillAllowed checks a queued command again, with the error reply: the rules may have changed since.
func (e *Engine) stillAllowed(s *session.Session, spec *command.Spec, args [][]byte) bool {
	v := e.acl.Check(s.User, spec, args)
	reason := ""
	switch v.Denial {
	case acl.Allowed:
		return true
	case acl.DeniedKey:
		reason = "no permission to touch the specified keys"
	case acl.DeniedChannel:
		reason = "no permission to access one of the channels used as arguments"
	default:
		reason = "no permission to execute the command or subcommand"
	}
	e.denied(s, spec, args, v)
	e.Stats.errorReply("NOPERM")
	if !s.Has(session.Muted) {
		s.W.Error("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
			"This command is no longer allowed for the following reason: " + reason)
	}
	return false
}

// forbiddenInScript checks a script's command against the rules of the user who runs the script, and returns the error or "".
func (e *Engine) forbiddenInScript(spec *command.Spec, args [][]byte) string {
	caller := e.script.caller
	v := e.acl.Check(caller.User, spec, args)
	if v.Denial == acl.Allowed {
		return ""
	}
	e.denied(caller, spec, args, v)
	const who = "The user executing the script "
	switch v.Denial {
	case acl.DeniedKey:
		return who + "can't access at least one of the keys mentioned in the command arguments"
	case acl.DeniedChannel:
		return who + "can't publish to the channel mentioned in the command"
	default:
		return who + "can't run this command or subcommand"
	}
}

// UserChanged closes the connections of subscribers whose user may no longer use a channel they listen to.
func (e *Engine) UserChanged(u, before *acl.User) {
	patterns, all := u.ChannelPatterns()
	if before == nil || all {
		return
	}
	e.Clients(func(s *session.Session) bool {
		if s.User == u && s.PubSub != nil && !mayListen(s.PubSub, patterns) {
			e.Close(s)
		}
		return true
	})
}

func mayListen(p *session.Subscriptions, patterns []string) bool {
	for _, k := range []session.TopicKind{session.Channel, session.Pattern, session.ShardChannel} {
		for _, name := range p.Names(k) {
			if !acl.AllowsChannel(patterns, name, k == session.Pattern) {
				return false
			}
		}
	}
	return true
}

// LogOut closes the connections of users that are gone.
func (e *Engine) LogOut(gone []*acl.User) {
	if len(gone) == 0 {
		return
	}
	lost := make(map[*acl.User]bool, len(gone))
	for _, u := range gone {
		lost[u] = true
	}
	e.Clients(func(s *session.Session) bool {
		if s.User != nil && lost[s.User] {
			s.User, s.Authenticated = e.acl.Default, false
			if s == e.cur {
				e.CloseAfterWrite(s)
			} else {
				e.Close(s)
			}
		}
		return true
	})
}

// asides is how many clients' slow work runs at once: a login with argon2id takes a lot of memory.
const asides = 2

// Aside parks the session while work runs on another goroutine; then done writes the reply on the engine's thread.
func (e *Engine) Aside(s *session.Session, work, done func()) {
	st := &session.BlockState{Kind: session.OnAside, Spec: e.ctx.Spec}
	e.park(s, st)
	go func() {
		e.asides <- struct{}{}
		work()
		<-e.asides
		e.Post(func() {
			if s.Block != st {
				return // the client has gone
			}
			e.Unblock(s, func() {
				before := len(s.W.Buf)
				done()
				if len(s.W.Buf) > before && s.W.Buf[before] == '-' {
					e.Stats.errorReply(errorCode(s.W.Buf[before:]))
				}
			})
		})
	}()
}
