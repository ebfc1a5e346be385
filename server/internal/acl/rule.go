package acl

import (
	"errors"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
)

// Reasons to refuse a rule; the texts are Redis's.
var (
	errUnknown  = errors.New("Unknown command or category name in ACL")
	errSyntax   = errors.New("Syntax error")
	errAllKeys  = errors.New("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	errAllChans = errors.New("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	errNoPass   = errors.New("The password you are trying to remove from the user does not exist")
	errHash     = errors.New("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	errFirstArg = errors.New("Allowing first-arg of a subcommand is not supported")
)

// RuleError is a rule that is refused.
type RuleError struct {
	Rule string
	Err  error
}

func (e *RuleError) Error() string {
	rule, _, _ := strings.Cut(e.Rule, "\x00") // where Redis's texts end
	return "Error in ACL SETUSER modifier '" + rule + "': " + e.Err.Error()
}
func (e *RuleError) Unwrap() error { return e.Err }

// joinSelectors puts a selector that was split at its spaces back into one rule.
func joinSelectors(words []string) (rules []string, err error) {
	open := -1
	for i, w := range words {
		switch {
		case open >= 0:
			if strings.HasSuffix(w, ")") {
				rules = append(rules, strings.Join(words[open:i+1], " "))
				open = -1
			}
		case strings.HasPrefix(w, "(") && !strings.HasSuffix(w, ")"):
			open = i
		default:
			rules = append(rules, w)
		}
	}
	if open >= 0 {
		return nil, errors.New("Unmatched parenthesis in acl selector starting at '" + words[open] + "'.")
	}
	return rules, nil
}

// apply changes a user by one rule.
func (l *List) apply(u *User, rule string) error {
	err := l.applyUser(u, rule)
	root := &u.selectors[0]
	u.described = ""
	u.Unrestricted = root.allCommands && root.allKeys && root.allChannels
	return err
}

func (l *List) applyUser(u *User, rule string) error {
	if rule == "" {
		return nil
	}
	switch word := strings.ToLower(rule); {
	case word == "on" || word == "off":
		u.On = word == "on"
	case word == "skip-sanitize-payload":
		u.Sanitize = SanitizeSkip
	case word == "sanitize-payload":
		u.Sanitize = SanitizeDeep
	case word == "nopass" || word == "resetpass":
		u.NoPass, u.passwords = word == "nopass", nil
	case strings.ContainsRune("><#!", rune(rule[0])):
		return u.applyPassword(rule)
	case rule[0] == '(' && rule[len(rule)-1] == ')':
		return l.addSelector(u, rule[1:len(rule)-1])
	case word == "clearselectors":
		u.selectors = u.selectors[:1]
	case word == "reset":
		name := u.Name
		*u = *l.newUser(name)
		u.Sanitize = SanitizeDeep
	default:
		return l.applySelector(&u.selectors[0], rule)
	}
	return nil
}

// applyPassword adds (> and #) or removes (< and !) a password, given as text or as a hash.
func (u *User) applyPassword(rule string) error {
	hash := rule[1:]
	if rule[0] == '>' || rule[0] == '<' {
		hash = hashPassword(hash)
	} else if err := checkHash(hash); err != nil {
		return err
	}
	i := slices.Index(u.passwords, hash)
	if rule[0] == '<' || rule[0] == '!' {
		if i < 0 {
			return errNoPass
		}
		u.passwords = slices.Delete(u.passwords, i, i+1)
		return nil
	}
	if i < 0 {
		u.passwords = append(u.passwords, hash)
	}
	u.NoPass = false
	return nil
}

func (l *List) addSelector(u *User, rules string) error {
	words, _, err := resp.SplitArgs(nil, nil, []byte(rules))
	if err != nil {
		words = nil // as in Redis, quotes that do not end make a selector that allows nothing
	}
	s := l.newSelector()
	for _, w := range words {
		if err := l.applySelector(&s, string(w)); err != nil {
			return err
		}
	}
	u.selectors = append(u.selectors, s)
	return nil
}

func (l *List) applySelector(s *selector, rule string) error {
	if rule == "" {
		return errSyntax
	}
	switch word := strings.ToLower(rule); {
	case word == "allkeys" || word == "~*":
		s.allKeys, s.keys = true, nil
	case word == "resetkeys":
		s.allKeys, s.keys = false, nil
	case word == "allchannels" || word == "&*":
		s.allChannels, s.channels = true, nil
	case word == "resetchannels":
		s.allChannels, s.channels = false, nil
	case word == "allcommands" || word == "+@all":
		s.setAll(true)
	case word == "nocommands" || word == "-@all":
		s.setAll(false)
	case rule[0] == '~' || rule[0] == '%':
		return s.addKeys(rule)
	case rule[0] == '&':
		return s.addChannel(rule[1:])
	case strings.HasPrefix(rule, "+@") || strings.HasPrefix(rule, "-@"):
		return l.applyCategory(s, rule[2:], rule[0] == '+')
	case rule[0] == '+':
		return l.allow(s, strings.ToLower(rule[1:]), rule)
	case rule[0] == '-':
		spec := l.byName[strings.ToLower(rule[1:])]
		if spec == nil {
			return errUnknown
		}
		s.setCommand(spec, false)
	default:
		return errSyntax
	}
	return nil
}

func (s *selector) addKeys(rule string) error {
	if s.allKeys {
		return errAllKeys
	}
	p := keyPattern{access: readKeys | writeKeys}
	kind, pattern, _ := strings.Cut(rule, "~")
	if rule[0] == '%' {
		p.access = parseAccess(kind[1:])
		if p.access == 0 {
			return errSyntax
		}
	}
	if p.pattern = pattern; hasSpace(pattern) {
		return errSyntax
	}
	for i := range s.keys {
		if s.keys[i].pattern == p.pattern {
			s.keys[i].access |= p.access
			return nil
		}
	}
	s.keys = append(s.keys, p)
	return nil
}

// parseAccess reads R, W or both, 0 for anything else.
func parseAccess(s string) (a access) {
	for _, c := range strings.ToUpper(s) {
		bit := map[rune]access{'R': readKeys, 'W': writeKeys}[c]
		if bit == 0 || a&bit != 0 {
			return 0
		}
		a |= bit
	}
	return a
}

func (s *selector) addChannel(pattern string) error {
	if s.allChannels {
		return errAllChans
	}
	if hasSpace(pattern) {
		return errSyntax
	}
	if !slices.Contains(s.channels, pattern) {
		s.channels = append(s.channels, pattern)
	}
	return nil
}

// allow is "+command", "+command|subcommand", or "+command|word" for a command without subcommands: then it is allowed with this word as
// its first argument.
func (l *List) allow(s *selector, name, rule string) error {
	if spec := l.byName[name]; spec != nil {
		s.setCommand(spec, true)
		return nil
	}
	i := strings.LastIndexByte(name, '|')
	if i < 0 {
		return errUnknown
	}
	spec, word := l.byName[name[:i]], rule[1:][i+1:]
	switch {
	case spec == nil:
		return errUnknown
	case spec.Parent != nil:
		return errFirstArg
	case word == "":
		return errSyntax
	case spec.Subs != nil:
		return errUnknown
	}
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	if !slices.ContainsFunc(s.firstArgs[spec.ID], func(w string) bool { return strings.EqualFold(w, word) }) {
		s.firstArgs[spec.ID] = append(s.firstArgs[spec.ID], word)
	}
	return nil
}

// setCommand allows or forbids a command with all its subcommands.
func (s *selector) setCommand(spec *command.Spec, allow bool) {
	s.set(spec.ID, allow)
	delete(s.firstArgs, spec.ID)
	for _, sub := range spec.Subs {
		s.set(sub.ID, allow)
	}
}

func (l *List) applyCategory(s *selector, name string, allow bool) error {
	for i := range l.categories {
		if c := &l.categories[i]; strings.EqualFold(c.name, name) {
			s.setCategory(c, allow)
			return nil
		}
	}
	return errUnknown
}

// setCategory allows or forbids the commands of a category, each with all its subcommands.
func (s *selector) setCategory(c *category, allow bool) {
	for id := range s.firstArgs {
		if c.sets.has(id) {
			delete(s.firstArgs, id)
		}
	}
	if allow {
		s.commands.add(c.sets)
		return
	}
	s.commands.remove(c.sets)
	s.allCommands = false
}
