package acl

import (
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Denial says why a call is refused. Where several selectors refuse, the greatest counts: it got furthest.
type Denial uint8

const (
	Allowed Denial = iota
	DeniedCommand
	DeniedKey
	DeniedChannel
	DeniedAuth // of a login, for the log
)

// String is the word of ACL LOG.
func (d Denial) String() string {
	switch d {
	case DeniedCommand:
		return "command"
	case DeniedKey:
		return "key"
	case DeniedChannel:
		return "channel"
	case DeniedAuth:
		return "auth"
	case Allowed:
		return "allowed"
	default:
		panic("BUG: denial out of range")
	}
}

// Verdict is the answer about a call. Arg is the index of the argument that is refused.
type Verdict struct {
	Denial Denial
	Arg    int
}

// Message is the error reply to a call that was refused; the words are Redis's.
func (v Verdict) Message(spec *command.Spec) string {
	switch v.Denial {
	case DeniedKey:
		return "NOPERM this user has no permissions to access one of the keys used as arguments"
	case DeniedChannel:
		return "NOPERM this user has no permissions to access one of the channels used as arguments"
	default:
		return "NOPERM this user has no permissions to run the '" + spec.FullName() + "' command"
	}
}

// Check decides about a call. A nil user, which is that of the master's link, may do everything.
func (l *List) Check(u *User, spec *command.Spec, args [][]byte) Verdict {
	if u.Free() {
		return Verdict{}
	}
	call := l.begin(spec, args)
	worst := Verdict{Denial: DeniedCommand}
	for i := range u.selectors {
		v := u.selectors[i].check(call)
		if v.Denial == Allowed {
			return v
		}
		if v.Denial > worst.Denial || v.Denial == worst.Denial && v.Arg > worst.Arg {
			worst = v
		}
	}
	return worst
}

// ReadsEveryKey reports whether the user may run the call and read any key besides (SORT's BY and GET).
func (l *List) ReadsEveryKey(u *User, spec *command.Spec, args [][]byte) bool {
	if u.Free() {
		return true
	}
	call := l.begin(spec, args)
	for i := range u.selectors {
		s := &u.selectors[i]
		if s.check(call).Denial != Allowed {
			continue
		}
		if s.allKeys {
			return true
		}
		for _, p := range s.keys {
			if p.pattern == "*" && p.access&readKeys != 0 {
				return true
			}
		}
	}
	return false
}

// call is a call with its keys, found when the first selector asks.
type call struct {
	spec  *command.Spec
	args  [][]byte
	keys  []command.KeyPos
	found bool
}

// begin starts a check. There is one at a time, on the engine's thread, so that its memory is used again.
func (l *List) begin(spec *command.Spec, args [][]byte) *call {
	l.call = call{spec: spec, args: args, keys: l.call.keys[:0]}
	return &l.call
}

func (c *call) findKeys() []command.KeyPos {
	if !c.found {
		c.found = true
		fits := false
		if c.keys, fits = c.spec.AppendKeys(c.keys, c.args); !fits {
			c.keys = c.keys[:0] // it fails by itself, which is the error that the client needs
		}
	}
	return c.keys
}

func (s *selector) check(c *call) Verdict {
	if !s.allCommands && !c.spec.Is(command.NoAuth) && !s.has(c.spec.ID) && !s.allowsFirstArg(c) {
		return Verdict{Denial: DeniedCommand}
	}
	if !s.allKeys {
		for _, k := range c.findKeys() {
			if k.Access&command.KeyNotKey == 0 && k.Index < len(c.args) && !s.allowsKey(c.args[k.Index], needs(k.Access)) {
				return Verdict{DeniedKey, k.Index}
			}
		}
	}
	if !s.allChannels {
		from, to, isPattern := channels(c.spec, len(c.args))
		for i := from; i < to; i++ {
			if !matchChannel(s.channels, c.args[i], isPattern) {
				return Verdict{DeniedChannel, i}
			}
		}
	}
	return Verdict{}
}

func (s *selector) allowsFirstArg(c *call) bool {
	at := 1
	if c.spec.Parent != nil {
		at = 2
	}
	if len(c.args) <= at {
		return false
	}
	for _, w := range s.firstArgs[c.spec.ID] {
		if strings.EqualFold(w, string(c.args[at])) {
			return true
		}
	}
	return false
}

// needs translates what becomes of a key.
func needs(k command.KeyAccess) (a access) {
	if k&command.KeyAccessData != 0 {
		a |= readKeys
	}
	if k&(command.KeyInsert|command.KeyDelete|command.KeyUpdate) != 0 {
		a |= writeKeys
	}
	return a
}

func (s *selector) allowsKey(key []byte, a access) bool {
	for i := range s.keys {
		if p := &s.keys[i]; p.access&a == a && command.MatchString(p.pattern, key, false) {
			return true
		}
	}
	return false
}

// channels returns which arguments are channels, or patterns of them, that the call publishes to or subscribes.
func channels(spec *command.Spec, n int) (from, to int, isPattern bool) {
	switch spec.Name {
	case "publish", "spublish":
		return 1, min(2, n), false
	case "subscribe", "ssubscribe":
		return 1, n, false
	case "psubscribe":
		return 1, n, true
	}
	return 0, 0, false
}

// matchChannel reports whether a list of patterns allows a channel. A pattern of channels must stand on the list as it is.
func matchChannel(patterns []string, channel []byte, isPattern bool) bool {
	for _, p := range patterns {
		if isPattern && p == string(channel) || !isPattern && command.MatchString(p, channel, false) {
			return true
		}
	}
	return false
}

// AllowsChannel reports whether patterns (of ChannelPatterns) allow a subscription to stay.
func AllowsChannel(patterns []string, channel string, isPattern bool) bool {
	return matchChannel(patterns, []byte(channel), isPattern)
}
