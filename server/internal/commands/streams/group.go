package streams

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

const errNeedsKey = "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."

// groupOptions are the words of XGROUP CREATE and SETID behind the ID.
type groupOptions struct {
	makeStream bool
	read       int64
}

func parseGroup(c *command.Ctx, isCreate bool) (o groupOptions, ok bool) {
	o.read = store.UnknownRead
	for i := 5; i < len(c.Args); i++ {
		switch {
		case isCreate && command.Is(c.Args[i], "MKSTREAM"):
			o.makeStream = true
		case command.Is(c.Args[i], "ENTRIESREAD") && i+1 < len(c.Args):
			i++
			if o.read, ok = integer(c, c.Args[i], ""); !ok {
				return o, false
			}
			if o.read < 0 && o.read != store.UnknownRead {
				c.Fail("ERR value for ENTRIESREAD must be positive or -1")
				return o, false
			}
		default:
			c.FailTooMany()
			return o, false
		}
	}
	return o, true
}

// groupStream finds the stream of a subcommand of XGROUP, with the error reply.
func groupStream(c *command.Ctx) (s store.Stream, alive bool) {
	s, found, alive := write(c, c.Args[2])
	if alive && !found {
		c.Fail(errNeedsKey)
		alive = false
	}
	return s, alive
}

// findGroup finds stream and group of a subcommand of XGROUP, with the error reply.
func findGroup(c *command.Ctx) (s store.Stream, g *store.GroupEdit) {
	s, alive := groupStream(c)
	if !alive {
		return s, nil
	}
	if g = s.Group(c.Args[3]); g == nil {
		c.Fail("NOGROUP No such consumer group '" + string(c.Args[3]) + "' for key name '" + string(c.Args[2]) + "'")
	}
	return s, g
}

func xgroupCreate(c *command.Ctx) {
	o, ok := parseGroup(c, true)
	if !ok {
		return
	}
	key := c.Args[2]
	s, found, alive := write(c, key)
	if !alive {
		return
	}
	if !found && !o.makeStream {
		c.Fail(errNeedsKey)
		return
	}
	if len(c.Args) > 8 {
		c.FailTooMany()
		return
	}
	var id store.StreamID
	if string(c.Args[4]) == "$" {
		if found {
			id = s.View().LastID
		}
	} else if id, ok = idArg(c, c.Args[4]); !ok {
		return
	}
	if !found {
		s.Create()
		c.Modified(key)
	}
	if !s.AddGroup(string(c.Args[3]), id, o.read) {
		c.Fail("BUSYGROUP Consumer Group name already exists")
		return
	}
	c.Reply.OK()
	c.Dirty++
	c.Notify(command.NotifyStream, "xgroup-create", key)
}

func xgroupSetid(c *command.Ctx) {
	o, ok := parseGroup(c, false)
	if !ok {
		return
	}
	s, g := findGroup(c)
	if g == nil {
		return
	}
	if len(c.Args) > 7 {
		c.FailTooMany()
		return
	}
	id := s.View().LastID
	if string(c.Args[4]) != "$" {
		if id, ok = parseAnyID(c.Args[4], 0); !ok {
			c.Fail(errID)
			return
		}
	}
	g.LastID, g.Read = id, o.read
	c.Reply.OK()
	c.Dirty++
	c.Notify(command.NotifyStream, "xgroup-setid", c.Args[2])
}

func xgroupDestroy(c *command.Ctx) {
	s, alive := groupStream(c)
	if !alive {
		return
	}
	if s.View().Group(c.Args[3]) == nil {
		c.Reply.Int(0)
		return
	}
	s.RemoveGroup(string(c.Args[3]))
	c.Reply.Int(1)
	c.Dirty++
	c.Hooks.Ready(c.DB.Index(), c.Args[2]) // who waits for the group
	c.Notify(command.NotifyStream, "xgroup-destroy", c.Args[2])
}

func xgroupCreateconsumer(c *command.Ctx) {
	_, g := findGroup(c)
	if g == nil {
		return
	}
	if !g.AddConsumer(string(c.Args[4]), c.Now) {
		c.Reply.Int(0)
		return
	}
	consumerMade(c, c.Args[2])
	c.Reply.Int(1)
}

// consumerMade tells of a consumer that was made, on purpose or by being named.
func consumerMade(c *command.Ctx, key []byte) {
	c.Dirty++
	c.Notify(command.NotifyStream, "xgroup-createconsumer", key)
}

func xgroupDelconsumer(c *command.Ctx) {
	_, g := findGroup(c)
	if g == nil {
		return
	}
	n, ok := g.RemoveConsumer(string(c.Args[4]))
	if ok {
		c.Dirty++
		c.Notify(command.NotifyStream, "xgroup-delconsumer", c.Args[2])
	}
	c.Reply.Int(int64(n))
}

func xgroupHelp(c *command.Ctx) {
	c.Help("XGROUP",
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.")
}
