package acl

import (
	"errors"
	"fmt"
	"strings"
)

// Text is the list as an ACL file.
func (l *List) Text() []byte {
	var b []byte
	for _, u := range l.Users() {
		b = fmt.Appendf(b, "user %s %s\n", u.Name, l.Describe(u))
	}
	return b
}

// Load replaces all users by those of an ACL file. The error names every line that is refused, and nothing is changed then. The users
// that are gone are returned: who is logged in as one of them must be logged out.
func (l *List) Load(text, file string) (gone []*User, err error) {
	next := &List{users: map[string]*User{}, specs: l.specs, byName: l.byName, categories: l.categories, AllChannels: l.AllChannels}
	var faults strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if line = strings.Trim(line, " \t\r\n"); line != "" {
			next.loadLine(&faults, line, file, i+1)
		}
	}
	if faults.Len() > 0 {
		return nil, errors.New(faults.String() + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	def := next.users[DefaultName]
	if def == nil {
		def = l.newDefault()
	}
	for _, u := range l.users {
		if u != l.Default {
			gone = append(gone, u)
		}
	}
	*l.Default = *def
	l.users = next.users
	l.users[DefaultName] = l.Default
	return gone, nil
}

// loadLine reads one line, and adds what is wrong with it to faults.
func (l *List) loadLine(faults *strings.Builder, line, file string, number int) {
	words := strings.Split(line, " ")
	switch {
	case words[0] != "user" || len(words) < 2:
		fmt.Fprintf(faults, "%s:%d should start with user keyword followed by the username. ", file, number)
		return
	case hasSpace(words[1]):
		fmt.Fprintf(faults, "'%s:%d: username '%s' contains invalid characters. ", file, number, words[1])
		return
	case l.users[words[1]] != nil:
		fmt.Fprintf(faults, "WARNING: Duplicate user '%s' found on line %d. ", words[1], number)
		return
	}
	u := l.newUser(words[1])
	l.users[u.Name] = u
	rules, err := joinSelectors(words[2:])
	if err != nil {
		fmt.Fprintf(faults, "%s:%d: Unmatched parenthesis in selector definition.", file, number)
		return
	}
	told := false
	for _, rule := range rules {
		rule = strings.Trim(rule, "\t\r\n")
		err := l.apply(u, rule)
		switch {
		case errors.Is(err, errUnknown):
			fmt.Fprintf(faults, "%s:%d: Error in applying operation '%s': %s. ", file, number, rule, err)
		case err != nil && !told:
			fmt.Fprintf(faults, "%s:%d: %s. ", file, number, err)
			told = true
		}
	}
}

// ErrDuplicate is the error of a second line about a user.
var ErrDuplicate = errors.New("Duplicate user found. A user can only be defined once in config files")

// LoadLine takes a "user" line of a configuration file: a name and rules. The default user is reset first. The error says which
// rule is refused.
func (l *List) LoadLine(words []string) (*User, error) {
	name := words[0]
	if hasSpace(name) {
		return nil, errors.New("Spaces not allowed in ACL usernames")
	}
	rules, err := joinSelectors(words[1:])
	if err != nil {
		return nil, err
	}
	u := l.users[name]
	if u == nil {
		u = l.newUser(name)
	} else {
		rules = append([]string{"reset"}, rules...) // the default user, who is there
	}
	for _, rule := range rules {
		if err := l.apply(u, rule); err != nil {
			return nil, fmt.Errorf("Error loading ACL rule '%s' for the user named '%s': %w", rule, name, err)
		}
	}
	l.users[name] = u
	return u, nil
}
