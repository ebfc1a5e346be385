package command

import (
	"slices"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

func (f family) getKeys(c *command.Ctx) {
	keys, ok := f.keys(c)
	if !ok {
		return
	}
	c.Reply.Array(len(keys))
	for _, k := range keys {
		c.Reply.Bulk(c.Args[2+k.Index])
	}
}

func (f family) getKeysAndFlags(c *command.Ctx) {
	keys, ok := f.keys(c)
	if !ok {
		return
	}
	c.Reply.Array(len(keys))
	for _, k := range keys {
		c.Reply.Array(2)
		c.Reply.Bulk(c.Args[2+k.Index])
		writeStatuses(c.Reply, "", k.Access.Names())
	}
}

// keys finds the keys of the call that the arguments hold, or writes why there are none.
func (f family) keys(c *command.Ctx) ([]command.KeyPos, bool) {
	call := c.Args[2:]
	s := f.h.Table().Lookup(call[0])
	if s != nil && len(s.Subs) > 0 {
		s = s.Sub(call[1])
	}
	switch {
	case s == nil:
		c.Fail("ERR Invalid command specified")
		return nil, false
	case s.GetKeys == nil && !hasKeys(s):
		c.Fail("ERR The command has no key arguments")
		return nil, false
	case !s.ArityOK(len(call)):
		c.Fail("ERR Invalid number of arguments specified for command")
		return nil, false
	}
	keys, ok := s.AppendKeys(nil, call)
	if (!ok || len(keys) == 0) && !s.Is(command.NoMandatoryKeys) {
		c.Fail("ERR Invalid arguments specified for command")
		return nil, false
	}
	return keys, true
}

// hasKeys reports whether a command has arguments that are keys: a shard channel only looks like one.
func hasKeys(s *command.Spec) bool {
	return slices.ContainsFunc(s.Keys, func(k command.KeySpec) bool { return k.Access&command.KeyNotKey == 0 })
}
