package script

import (
	"errors"

	"github.com/lockstep-db/lockstep/libs/rdb"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/scripting"
)

func (f family) call(readOnly bool) func(*command.Ctx) {
	return func(c *command.Ctx) { f.lua.Call(c, readOnly) }
}

func (f family) functionLoad(c *command.Ctx) {
	replace := false
	last := len(c.Args) - 1
	for _, a := range c.Args[2:last] {
		if !command.Is(a, "REPLACE") {
			c.Fail("ERR Unknown option given: " + string(a))
			return
		}
		replace = true
	}
	timeout := scripting.LoadTimeout
	if c.FromMaster || c.Loading {
		timeout = 0
	}
	name, errText := f.lua.LoadLibrary(f.lua.Libraries(), c.Args[last], replace, timeout)
	if errText != "" {
		c.Fail("ERR " + errText)
		return
	}
	c.Dirty++
	c.Reply.BulkString(name)
}

func (f family) functionDelete(c *command.Ctx) {
	if !f.lua.Libraries().Delete(c.Args[2]) {
		c.Fail("ERR Library not found")
		return
	}
	c.Dirty++
	c.Reply.OK()
}

func (f family) functionFlush(c *command.Ctx) {
	if len(c.Args) > 3 {
		c.FailTooMany()
		return
	}
	if len(c.Args) == 3 && !command.Is(c.Args[2], "SYNC") && !command.Is(c.Args[2], "ASYNC") {
		c.Fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
		return
	}
	f.lua.FlushFunctions()
	c.Dirty++
	c.Reply.OK()
}

func (f family) functionList(c *command.Ctx) {
	var pattern []byte
	code := false
	for i := 2; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case !code && command.Is(a, "WITHCODE"):
			code = true
		case pattern == nil && command.Is(a, "LIBRARYNAME"):
			if i++; i == len(c.Args) {
				c.Fail("ERR library name argument was not given")
				return
			}
			pattern = c.Args[i]
		default:
			c.Fail("ERR Unknown argument " + string(a))
			return
		}
	}
	mark, n := c.Reply.Len(), 0
	for _, lib := range f.lua.Libraries().All() {
		if pattern == nil || command.Match(pattern, []byte(lib.Name), true) {
			describe(c, lib, code)
			n++
		}
	}
	c.Reply.InsertArray(mark, n)
}

func describe(c *command.Ctx, lib *scripting.Library, code bool) {
	n := 3
	if code {
		n = 4
	}
	w := c.Reply
	w.Map(n)
	w.BulkString("library_name")
	w.BulkString(lib.Name)
	w.BulkString("engine")
	w.BulkString("LUA")
	w.BulkString("functions")
	w.Array(len(lib.Functions))
	for _, fn := range lib.Functions {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(fn.Name)
		w.BulkString("description")
		if fn.Described {
			w.BulkString(fn.Description)
		} else {
			w.Null()
		}
		w.BulkString("flags")
		names := fn.Flags.Names()
		w.Set(len(names))
		for _, flag := range names {
			w.SimpleString(flag)
		}
	}
	if code {
		w.BulkString("library_code")
		w.Bulk(lib.Source)
	}
}

func (f family) functionStats(c *command.Ctx) {
	name, eval := f.lua.Running()
	if name != "" && eval {
		c.Fail(f.lua.BusyError())
		return
	}
	w := c.Reply
	w.Map(2)
	w.BulkString("running_script")
	if name == "" {
		w.Null()
	} else {
		args, ms := f.lua.CallerArgs()
		w.Map(3)
		w.BulkString("name")
		w.BulkString(name)
		w.BulkString("command")
		w.Array(len(args))
		for _, a := range args {
			w.Bulk(a)
		}
		w.BulkString("duration_ms")
		w.Int(ms)
	}
	libraries, functions := f.lua.Libraries().Len()
	w.BulkString("engines")
	w.Map(1)
	w.BulkString("LUA")
	w.Map(2)
	w.BulkString("libraries_count")
	w.Int(int64(libraries))
	w.BulkString("functions_count")
	w.Int(int64(functions))
}

// functionDump writes the libraries as records of an RDB file, with the footer of DUMP.
func (f family) functionDump(c *command.Ctx) {
	a, err := rdb.NewAppender(rdb.EncodeOptions{Compress: true})
	if err != nil {
		c.Fail("ERR " + err.Error())
		return
	}
	var b []byte
	for _, lib := range f.lua.Libraries().All() {
		b = a.Function(b, lib.Source)
	}
	c.Reply.Bulk(rdb.AppendDumpFooter(b, rdb.DefaultVersion))
}

// functionRestore reads such a payload; nothing changes unless all of it can be.
func (f family) functionRestore(c *command.Ctx) {
	if len(c.Args) > 4 {
		c.FailTooMany()
		return
	}
	policy := []byte("append")
	if len(c.Args) == 4 {
		policy = c.Args[3]
	}
	flush, replace := command.Is(policy, "FLUSH"), command.Is(policy, "REPLACE")
	if !flush && !replace && !command.Is(policy, "APPEND") {
		c.Fail("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
		return
	}
	sources, errText := payload(c.Args[2])
	restored := scripting.NewLibraries()
	for _, src := range sources {
		if errText == "" {
			_, errText = f.lua.LoadLibrary(restored, src, false, 0)
		}
	}
	if errText == "" {
		if flush {
			f.lua.SetLibraries(restored)
		} else {
			errText = f.lua.Libraries().Join(restored, replace)
		}
	}
	if errText != "" {
		c.Fail("ERR " + errText)
		return
	}
	c.Dirty++
	c.Reply.OK()
}

// payload reads the sources out of what functionDump has written.
func payload(p []byte) (sources [][]byte, errText string) {
	sources, err := rdb.DecodeFunctions(p)
	switch {
	case errors.Is(err, rdb.ErrChecksum), errors.Is(err, rdb.ErrVersion), errors.Is(err, rdb.ErrShortPayload):
		return nil, "DUMP payload version or checksum are wrong"
	case errors.Is(err, rdb.ErrNoFunction):
		return nil, "given type is not a function"
	case err != nil:
		return nil, "failed loading the given functions payload"
	}
	return sources, ""
}

func (f family) functionHelp(c *command.Ctx) {
	c.Help("FUNCTION",
		"LOAD [REPLACE] <FUNCTION CODE>", "    Create a new library with the given library name and code.",
		"DELETE <LIBRARY NAME>", "    Delete the given library.",
		"LIST [LIBRARYNAME PATTERN] [WITHCODE]", "    Return general information on all the libraries:",
		"    * Library name", "    * The engine used to run the Library", "    * Library description", "    * Functions list",
		"    * Library code (if WITHCODE is given)", "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
		"STATS", "    Return information about the current function running:",
		"    * Function name", "    * Command used to run the function", "    * Duration in MS that the function is running",
		"    If no function is running, return nil", "    In addition, returns a list of available engines.",
		"KILL", "    Kill the current running function.",
		"FLUSH [ASYNC|SYNC]", "    Delete all the libraries.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the libraries.", "    * SYNC: Synchronously flush the libraries.",
		"DUMP", "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
		"RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]", "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
		"    control how to handle existing libraries (default APPEND):",
		"    * FLUSH: delete all existing libraries.", "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
		"    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
		"      libraries with the new libraries (notice that even on this option there is a chance of failure",
		"      in case of functions name collision with another library).")
}
