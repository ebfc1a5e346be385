package acl

import (
	"maps"
	"slices"
	"strings"
)

// User is one user. Sessions point to it: changes of its rules take effect at once.
type User struct {
	Name     string
	On       bool
	NoPass   bool
	Sanitize Sanitize

	passwords []string   // SHA-256 in hexadecimal, or argon2id in PHC form
	selectors []selector // the first is the root selector
	described string     // what Describe found, "" after a change

	// Unrestricted: the root selector allows everything, so that nothing has to be checked.
	Unrestricted bool
}

// Sanitize is what a user's rules say about the check of RESTORE's payload.
type Sanitize uint8

const (
	SanitizeUnsaid Sanitize = iota
	SanitizeSkip
	SanitizeDeep
)

func (s Sanitize) String() string {
	switch s {
	case SanitizeSkip:
		return "skip-sanitize-payload"
	case SanitizeDeep:
		return "sanitize-payload"
	case SanitizeUnsaid:
		return ""
	default:
		panic("BUG: sanitize out of range")
	}
}

// newUser returns a user without any permission.
func (l *List) newUser(name string) *User {
	u := &User{Name: name, selectors: []selector{l.newSelector()}}
	return u
}

func (u *User) clone() *User {
	c := *u
	c.passwords = slices.Clone(u.passwords)
	c.selectors = make([]selector, len(u.selectors))
	for i := range u.selectors {
		c.selectors[i] = u.selectors[i].clone()
	}
	return &c
}

// Free reports whether nothing has to be checked; the nil user is free.
func (u *User) Free() bool { return u == nil || u.Unrestricted }

// LoginFree reports whether connections are this user without a password.
func (u *User) LoginFree() bool { return u.On && u.NoPass }

// Flags lists what GETUSER shows as flags.
func (u *User) Flags() []string {
	out := []string{"off"}
	if u.On {
		out[0] = "on"
	}
	if u.NoPass {
		out = append(out, "nopass")
	}
	if s := u.Sanitize.String(); s != "" {
		out = append(out, s)
	}
	return out
}

// Passwords lists the hashes.
func (u *User) Passwords() []string { return u.passwords }

// access is what a key pattern allows.
type access uint8

const (
	readKeys access = 1 << iota
	writeKeys
)

type keyPattern struct {
	pattern string
	access  access
}

// String is the pattern as a rule.
func (p keyPattern) String() string {
	switch p.access {
	case readKeys:
		return "%R~" + p.pattern
	case writeKeys:
		return "%W~" + p.pattern
	}
	return "~" + p.pattern
}

// selector is a set of permissions.
type selector struct {
	allCommands bool
	allKeys     bool
	allChannels bool
	future      bool // commands that are not there yet: set by +@all

	commands  bitmap
	firstArgs map[int][]string // by ID of a command that is not allowed: first arguments with which it is
	keys      []keyPattern
	channels  []string
}

// newSelector returns one that allows nothing but, where the configuration says so, all channels.
func (l *List) newSelector() selector {
	return selector{commands: l.newBitmap(), allChannels: l.AllChannels()}
}

func (s *selector) clone() selector {
	c := *s
	c.commands, c.keys, c.channels = slices.Clone(s.commands), slices.Clone(s.keys), slices.Clone(s.channels)
	c.firstArgs = maps.Clone(s.firstArgs)
	for id, args := range c.firstArgs {
		c.firstArgs[id] = slices.Clone(args)
	}
	return c
}

func (s *selector) has(id int) bool { return s.commands.has(id) }

func (s *selector) set(id int, allow bool) {
	if allow {
		s.commands.set(id)
		return
	}
	s.commands.clear(id)
	s.allCommands = false
}

func (s *selector) setAll(allow bool) {
	for i := range s.commands {
		s.commands[i] = 0
		if allow {
			s.commands[i]--
		}
	}
	s.allCommands, s.future, s.firstArgs = allow, allow, nil
}

// Selector is what GETUSER shows of one.
type Selector struct{ Commands, Keys, Channels string }

// Selectors describes the selectors, the root first.
func (l *List) Selectors(u *User) []Selector {
	var out []Selector
	for i := range u.selectors {
		s := &u.selectors[i]
		out = append(out, Selector{l.commandRules(s), strings.Join(s.keyRules(), " "), strings.Join(s.channelRules(), " ")})
	}
	return out
}

// ChannelPatterns lists the patterns of all selectors; all is true when one of them allows every channel.
func (u *User) ChannelPatterns() (patterns []string, all bool) {
	for i := range u.selectors {
		all = all || u.selectors[i].allChannels
		patterns = append(patterns, u.selectors[i].channels...)
	}
	return patterns, all
}
