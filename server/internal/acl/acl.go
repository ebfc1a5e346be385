// Package acl says who may do what: users with their passwords, and the commands, keys and channels that each may use.
//
// A user is described by rules, which are the words of ACL SETUSER, of an ACL file and of "user" lines in a configuration file
// (rule.go applies them, describe.go finds rules for a user again):
//
//	user alice on >secret ~cached:* %R~shared:* &news +@read +set -keys (+@all ~alice:*)
//	           |  |       |         |           |     |                  a further selector
//	           |  |       |         |           |     categories and commands, in order
//	           |  |       |         |           channels
//	           |  |       |         keys, read only
//	           |  |       keys
//	           |  passwords: >text, #hash as SHA-256 or argon2id
//	           on or off
//
// What is outside of parentheses makes up the root selector. A call is allowed when one selector allows all of it: the command, each of its keys
// and each of its channels (check.go). Nothing here knows connections: the engine asks, and keeps what is refused in the log (log.go).
package acl

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

// DefaultName is the user of connections that have not logged in. It cannot be removed.
const DefaultName = "default"

// List is all users.
type List struct {
	Default *User
	Log     Log

	users  map[string]*User
	specs  []*command.Spec          // by ID
	byName map[string]*command.Spec // by the names they have without rename-command

	categories []category

	// AllChannels says whether a new user may use every channel (acl-pubsub-default).
	AllChannels func() bool

	call     call // the check under way
	salt     [16]byte
	verified map[string][32]byte // argon2id hashes to a salted hash of the password that they proved to be of
}

// New returns a list with the default user, who may do everything and needs no password.
func New(table *command.Table, allChannels func() bool) *List {
	l := &List{users: map[string]*User{}, specs: table.Specs(), byName: map[string]*command.Spec{}, AllChannels: allChannels, verified: map[string][32]byte{}}
	for _, s := range l.specs {
		l.byName[s.FullName()] = s
	}
	l.categories = l.newCategories()
	_, _ = rand.Read(l.salt[:]) // never fails
	l.Default = l.newDefault()
	l.users[DefaultName] = l.Default
	return l
}

func (l *List) newDefault() *User {
	u := l.newUser(DefaultName)
	for _, rule := range []string{"+@all", "~*", "&*", "on", "nopass"} {
		if err := l.apply(u, rule); err != nil {
			panic("BUG: " + err.Error())
		}
	}
	return u
}

// User finds a user by name, or nil.
func (l *List) User(name string) *User { return l.users[name] }

// Users lists all users by name.
func (l *List) Users() []*User {
	out := make([]*User, 0, len(l.users))
	for _, u := range l.users {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *User) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// ErrName is the error of a user's name that no file could hold.
var ErrName = errors.New("Usernames can't contain spaces or null characters")

// Set changes a user by rules, or makes it. Nothing is changed when a rule is refused. before is a copy of what it was, nil for a new user.
func (l *List) Set(name string, rules []string) (u, before *User, err error) {
	if hasSpace(name) {
		return nil, nil, ErrName
	}
	rules, err = joinSelectors(rules)
	if err != nil {
		return nil, nil, err
	}
	u = l.users[name]
	next := l.newUser(name)
	if u != nil {
		next = u.clone()
	}
	for _, rule := range rules {
		if err := l.apply(next, rule); err != nil {
			return nil, nil, &RuleError{Rule: rule, Err: err}
		}
	}
	if u == nil {
		l.users[name] = next
		return next, nil, nil
	}
	before = u.clone()
	*u = *next
	return u, before, nil
}

// Remove takes a user off the list; nil: there was none of that name.
func (l *List) Remove(name string) *User {
	u := l.users[name]
	if u == l.Default {
		return nil
	}
	delete(l.users, name)
	return u
}

// SetDefaultPassword is directive requirepass: empty lets everybody in.
func (l *List) SetDefaultPassword(password string) {
	rules := []string{"resetpass", ">" + password}
	if password == "" {
		rules[1] = "nopass"
	}
	for _, r := range rules {
		if err := l.apply(l.Default, r); err != nil {
			panic("BUG: " + err.Error())
		}
	}
}

// hasSpace reports white space and NUL, as C's isspace sees it.
func hasSpace(s string) bool {
	return strings.ContainsAny(s, " \t\n\v\f\r\x00")
}
