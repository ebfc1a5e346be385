package command

import (
	"bytes"
	"errors"
	"slices"
	"sort"
	"strings"
)

// Table finds commands by name. It is built once and never changed while the server runs, but for rename-command at start.
type Table struct {
	byName map[string]*Spec
	specs  []*Spec // by ID: commands and subcommands
	tops   []*Spec // commands only, by name

	longest int // bytes of the longest name that rename-command gave
}

// NewTable joins families into a table. A name given twice, or a command without Run, is a bug of ours and panics.
func NewTable(families ...[]*Spec) *Table {
	t := &Table{byName: make(map[string]*Spec, 512)}
	for _, f := range families {
		for _, s := range f {
			if t.byName[s.Name] != nil {
				panic("BUG: command declared twice: " + s.Name)
			}
			if s.Run == nil && len(s.Subs) == 0 {
				panic("BUG: command without Run: " + s.Name)
			}
			t.byName[s.Name] = s
			t.tops = append(t.tops, s)
		}
	}
	sort.Slice(t.tops, func(i, j int) bool { return t.tops[i].Name < t.tops[j].Name })
	for _, s := range t.tops {
		s.ID = len(t.specs)
		t.specs = append(t.specs, s)
		for _, sub := range s.Subs {
			sub.Parent, sub.ID, sub.full = s, len(t.specs), s.Name+"|"+sub.Name
			if sub.Group == "" {
				sub.Group = s.Group
			}
			t.specs = append(t.specs, sub)
		}
	}
	return t
}

// Lookup finds the command of a call by its first argument, ignoring ASCII case, or nil. It does not allocate but for names that only
// rename-command gives.
func (t *Table) Lookup(name []byte) *Spec {
	var buf [32]byte
	if len(name) > len(buf) {
		if len(name) > t.longest {
			return nil
		}
		return t.byName[string(lower(make([]byte, len(name)), name))]
	}
	return t.byName[string(lower(buf[:], name))]
}

// LookupFull finds a command or subcommand by its full name, "config|get", ignoring ASCII case, or nil.
func (t *Table) LookupFull(name []byte) *Spec {
	container, sub, found := bytes.Cut(name, []byte{'|'})
	s := t.Lookup(container)
	if s == nil || !found {
		return s
	}
	return s.Sub(sub)
}

// Sub finds a subcommand, or nil.
func (s *Spec) Sub(name []byte) *Spec {
	var buf [32]byte
	if len(name) > len(buf) {
		return nil
	}
	n := lower(buf[:], name)
	for _, sub := range s.Subs {
		if sub.Name == string(n) {
			return sub
		}
	}
	return nil
}

func lower(dst, src []byte) []byte {
	for i, c := range src {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst[i] = c
	}
	return dst[:len(src)]
}

// Rename gives a command another name, or removes it when to is empty (directive rename-command). The case of letters does not matter; the errors
// are Redis's.
func (t *Table) Rename(from, to string) error {
	from, to = strings.ToLower(from), strings.ToLower(to)
	s := t.byName[from]
	if s == nil {
		return errors.New("No such command in rename-command")
	}
	if to != "" && to != from && t.byName[to] != nil {
		return errors.New("Target command name already exists")
	}
	delete(t.byName, from)
	if to == "" {
		t.tops = slices.DeleteFunc(t.tops, func(x *Spec) bool { return x == s })
		return nil
	}
	t.byName[to] = s
	t.longest = max(t.longest, len(to))
	return nil
}

// Len is the number of commands without subcommands, as COMMAND COUNT says.
func (t *Table) Len() int { return len(t.byName) }

// Commands lists the commands by name, without subcommands. The slice must not be changed.
func (t *Table) Commands() []*Spec { return t.tops }

// Specs lists commands and subcommands by ID. The slice must not be changed.
func (t *Table) Specs() []*Spec { return t.specs }
