package acl

import (
	"math"
	"strings"
)

// Describe returns rules that make the user what it is, as an ACL file has them behind the name.
func (l *List) Describe(u *User) string {
	if u.described == "" {
		u.described = l.describe(u)
	}
	return u.described
}

func (l *List) describe(u *User) string {
	words := u.Flags()
	for _, p := range u.passwords {
		words = append(words, "#"+p)
	}
	for i := range u.selectors {
		s := &u.selectors[i]
		rules := s.keyRules()
		if !s.allChannels {
			rules = append(rules, "resetchannels")
		}
		rules = append(append(rules, s.channelRules()...), l.commandRules(s))
		text := strings.Join(rules, " ")
		if i > 0 {
			text = "(" + text + ")"
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}

func (s *selector) keyRules() (out []string) {
	if s.allKeys {
		return []string{"~*"}
	}
	for _, p := range s.keys {
		out = append(out, p.String())
	}
	return out
}

func (s *selector) channelRules() (out []string) {
	if s.allChannels {
		return []string{"&*"}
	}
	for _, c := range s.channels {
		out = append(out, "&"+c)
	}
	return out
}

// commandRules finds a short list of rules for the commands of a selector. It begins with everything (+@all) or nothing, takes the category that
// is right for most of what is left as long as one is right more often than wrong, and names the single commands that differ then.
func (l *List) commandRules(s *selector) string {
	additive := !s.future
	made, left := l.newSelector(), s.clone()
	made.setAll(!additive)
	rules := []string{"+@all"}
	sign := "-@"
	if additive {
		rules[0], sign = "-@all", "+@"
	}
	taken := make([]bool, len(l.categories))
	for {
		best := l.bestCategory(left.commands, taken, additive)
		if best < 0 {
			break
		}
		rules = append(rules, sign+l.categories[best].name)
		made.setCategory(&l.categories[best], additive)
		left.setCategory(&l.categories[best], !additive)
		taken[best] = true
	}
	for _, spec := range l.specs {
		allowed := s.has(spec.ID)
		if allowed != made.has(spec.ID) {
			rules = append(rules, map[bool]string{true: "+", false: "-"}[allowed]+spec.FullName())
			made.setCommand(spec, allowed)
		}
		if !allowed {
			for _, word := range s.firstArgs[spec.ID] {
				rules = append(rules, "+"+spec.FullName()+"|"+word)
			}
		}
	}
	return strings.Join(rules, " ")
}

// bestCategory returns the category that has the fewest commands on the wrong side, and more on the right one; -1 if there is none.
func (l *List) bestCategory(left bitmap, taken []bool, additive bool) int {
	best, fewest, most := -1, math.MaxInt, 0
	for i := range l.categories {
		if taken[i] {
			continue
		}
		same, differ := left.count(l.categories[i].members)
		if !additive {
			same, differ = differ, same
		}
		if same > differ && (differ < fewest || differ == fewest && same > most) {
			best, fewest, most = i, differ, same
		}
	}
	return best
}
