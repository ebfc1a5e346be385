// Package script holds the commands of scripting: EVAL and its kin, SCRIPT, FUNCTION and FCALL. They are the faces of the scripting
// engine; DUMP and RESTORE of functions carry RDB records.
package script

import (
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
)

// Debugger runs scripts in debugging sessions.
type Debugger interface {
	// SetMode is SCRIPT DEBUG.
	SetMode(c *command.Ctx)
	// Begin takes the EVAL of a client that wants to debug it; begun is false for all others. The script is to be run for the front that it
	// returns, or, without one, not now: the reply has been given, or will be later.
	Begin(c *command.Ctx, bySHA bool) (f scripting.Front, begun bool)
}

type family struct {
	lua   *scripting.Lua
	debug Debugger
}

// Commands returns the family.
func Commands(l *scripting.Lua, d Debugger) []*command.Spec {
	f := family{l, d}
	return append(f.callSpecs(), f.scriptSpec(), f.functionSpec())
}

func (f family) eval(bySHA, readOnly bool) func(*command.Ctx) {
	return func(c *command.Ctx) {
		if bySHA && len(c.Args[1]) != 40 { // comes before the error that a debugger has for it
			f.lua.Eval(c, bySHA, readOnly)
			return
		}
		front, begun := f.debug.Begin(c, bySHA)
		switch {
		case front != nil:
			f.lua.Debug(c, readOnly, front)
		case !begun:
			f.lua.Eval(c, bySHA, readOnly)
		}
	}
}

func (f family) load(c *command.Ctx) {
	sha, errText := f.lua.Load(c.Args[2])
	if errText != "" {
		c.Fail(errText)
		return
	}
	c.Reply.BulkString(sha)
}

func (f family) exists(c *command.Ctx) {
	c.Reply.Array(len(c.Args) - 2)
	for _, sha := range c.Args[2:] {
		if f.lua.Exists(sha) {
			c.Reply.Int(1)
		} else {
			c.Reply.Int(0)
		}
	}
}

func (f family) flush(c *command.Ctx) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !command.Is(c.Args[2], "SYNC") && !command.Is(c.Args[2], "ASYNC") {
		c.Fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	f.lua.FlushScripts()
	c.Reply.OK()
}

func (f family) kill(eval bool) func(*command.Ctx) {
	return func(c *command.Ctx) {
		if errText := f.lua.Kill(eval); errText != "" {
			c.Fail(errText)
			return
		}
		c.Reply.OK()
	}
}

func (f family) help(c *command.Ctx) {
	c.Help("SCRIPT",
		"DEBUG (YES|SYNC|NO)", "    Set the debug mode for subsequent scripts executed.",
		"EXISTS <sha1> [<sha1> ...]", "    Return information about the existence of the scripts in the script cache.",
		"FLUSH [ASYNC|SYNC]", "    Flush the Lua scripts cache. Very dangerous on replicas.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the scripts cache.", "    * SYNC: Synchronously flush the scripts cache.",
		"KILL", "    Kill the currently executing Lua script.",
		"LOAD <script>", "    Load a script into the scripts cache without executing it.")
}
