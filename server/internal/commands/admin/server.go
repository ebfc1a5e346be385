package admin

import (
	"strconv"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/session"
)

func (f family) serverSpecs() []*command.Spec {
	return []*command.Spec{
		{Name: "info", Arity: -1, Flags: command.Loading | command.Stale, Cats: command.CatDangerous, Group: "server", Since: "1.0.0", Run: f.info,
			Summary: "Describes the server in named sections", Complexity: "O(1)", Args: []command.Arg{{Name: "section", Type: "string", Optional: true, Multiple: true}},
			Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"}, History: []string{"7.0.0|More than one section."}},
		{Name: "time", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, Group: "server", Since: "2.6.0", Run: f.time,
			Summary: "Answers the server's time: seconds and microseconds", Complexity: "O(1)", Tips: []string{"nondeterministic_output"}},
		{Name: "lastsave", Arity: 1, Flags: command.Loading | command.Stale | command.Fast, Cats: command.CatAdmin | command.CatDangerous, Group: "server", Since: "1.0.0",
			Run: func(c *command.Ctx) { c.Reply.Int(f.h.LastSave()) }, Summary: "Answers the time of the last successful save", Complexity: "O(1)", Tips: []string{"nondeterministic_output"}},
		{Name: "save", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti, Group: "server", Since: "1.0.0", Run: f.save,
			Summary: "Saves the data set to disk and waits for it", Complexity: "O(N), N keys"},
		{Name: "bgsave", Arity: -1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading, Group: "server", Since: "1.0.0", Run: f.bgsave,
			Summary: "Saves the data set to disk in the background", Complexity: "O(1)", Args: []command.Arg{{Name: "schedule", Type: "pure-token", Token: "SCHEDULE", Optional: true, Since: "3.2.2"}}},
		{Name: "bgrewriteaof", Arity: 1, Flags: command.Admin | command.NoScript | command.NoAsyncLoading, Group: "server", Since: "1.0.0", Run: f.bgrewriteaof,
			Summary: "Writes the append-only file anew in the background", Complexity: "O(1)"},
		{Name: "shutdown", Arity: -1, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.NoMulti | command.AllowBusy, Group: "server", Since: "1.0.0", Run: f.shutdown,
			Summary: "Saves as configured and ends the server", Complexity: "O(N) with a save, N keys; otherwise O(1)", Args: []command.Arg{
				{Name: "nosave_save", Type: "oneof", Optional: true, Args: []command.Arg{{Name: "nosave", Type: "pure-token", Token: "NOSAVE"}, {Name: "save", Type: "pure-token", Token: "SAVE"}}},
				{Name: "now", Type: "pure-token", Token: "NOW", Optional: true, Since: "7.0.0"},
				{Name: "force", Type: "pure-token", Token: "FORCE", Optional: true, Since: "7.0.0"},
				{Name: "abort", Type: "pure-token", Token: "ABORT", Optional: true, Since: "7.0.0"}}},
		{Name: "monitor", Arity: 1, Flags: adminFlags, Group: "server", Since: "1.0.0", Run: f.monitor, Summary: "Shows all commands as they are run"},
		{Name: "lolwut", Arity: -1, Flags: command.ReadOnly | command.Fast, Group: "server", Since: "5.0.0", Summary: "Answers a small picture and the version", Run: lolwut,
			Args: []command.Arg{{Name: "version", Type: "integer", Token: "VERSION", Optional: true}}},
	}
}

func (f family) info(c *command.Ctx) {
	names := make([]string, 0, len(c.Args)-1)
	for _, a := range c.Args[1:] {
		names = append(names, string(a))
	}
	c.Reply.Verbatim("txt", f.h.Info(names))
}

func (f family) monitor(c *command.Ctx) {
	if c.DenyBlocking {
		c.Fail("ERR MONITOR isn't allowed for DENY BLOCKING client")
		return
	}
	if f.h.Monitor(c.Client.(*session.Session)) {
		c.Reply.OK()
	}
}

func (f family) time(c *command.Ctx) {
	us := f.h.UnixMicro()
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatInt(us/1e6, 10))
	c.Reply.BulkString(strconv.FormatInt(us%1e6, 10))
}

// finish replies OK, or with an error text.
func finish(c *command.Ctx, errText string) {
	if errText != "" {
		c.Fail(errText)
		return
	}
	c.Reply.OK()
}

func (f family) save(c *command.Ctx) {
	finish(c, f.h.Save())
}

func (f family) bgsave(c *command.Ctx) {
	schedule := false
	if len(c.Args) > 1 {
		if len(c.Args) != 2 || !command.Is(c.Args[1], "SCHEDULE") {
			c.Fail(command.ErrSyntax)
			return
		}
		schedule = true
	}
	status, msg := f.h.BackgroundSave(schedule)
	if msg != "" {
		c.Fail(msg)
		return
	}
	c.Reply.SimpleString(status)
}

func (f family) bgrewriteaof(c *command.Ctx) {
	status, msg := f.h.RewriteAOF()
	if msg != "" {
		c.Fail(msg)
		return
	}
	c.Reply.SimpleString(status)
}

func (f family) shutdown(c *command.Ctx) {
	var o ShutdownOptions
	abort := false
	for _, a := range c.Args[1:] {
		switch {
		case command.Is(a, "NOSAVE"):
			o.NoSave = true
		case command.Is(a, "SAVE"):
			o.Save = true
		case command.Is(a, "NOW"):
			o.Now = true
		case command.Is(a, "FORCE"):
			o.Force = true
		case command.Is(a, "ABORT"):
			abort = true
		default:
			c.Fail(command.ErrSyntax)
			return
		}
	}
	if abort && (len(c.Args) > 2) || o.Save && o.NoSave {
		c.Fail(command.ErrSyntax)
		return
	}
	if abort {
		finish(c, f.h.AbortShutdown())
		return
	}
	if msg := f.h.Shutdown(o, c.Client.(*session.Session)); msg != "" {
		c.Fail(msg)
	}
}
