package admin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/store"
)

// Debug is what DEBUG needs of the server.
type Debug interface {
	Digest() string
	DigestValue(db *store.DB, key []byte) string
	SerializedLength(db *store.DB, key []byte) int
	Sleep(seconds float64)
	Reload(flush, save, merge bool) (errText string)
	LoadAOF() (errText string)
	SetActiveExpire(on bool)
	SetCronPaused(on bool)
	SetSkipChecksum(on bool)
	SetAOFDelay(us int64) // before each write to the append-only file
	SetDenyScripts(on bool)
	ChangeReplID()
	Replicate(args [][]byte)
	Restart(delayMs int64, graceful bool)
	Crash(how string)
	Log(msg string)
}

// The debug subcommands are one command with a switch of its own, as in Redis: COMMAND INFO shows no subcommands, and an
// unknown one has a message of its own.
func (f family) debugSpec() *command.Spec {
	return &command.Spec{Name: "debug", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.Protected, Group: "server", Since: "1.0.0",
		Internal: true, Summary: "Commands for debugging the server", Complexity: "Depends on subcommand.", Run: f.debug}
}

type debugFunc struct {
	args int // number of arguments after the subcommand's name, negative: at least
	run  func(f family, c *command.Ctx)
	help []string
}

func (f family) debug(c *command.Ctx) {
	name := strings.ToUpper(string(c.Args[1]))
	d, ok := debugTable()[name]
	n := len(c.Args) - 2
	if !ok || (d.args >= 0 && n != d.args) || (d.args < 0 && n < -d.args-1) {
		c.Fail("ERR Unknown subcommand or wrong number of arguments for '" + string(c.Args[1]) + "'. Try DEBUG HELP.")
		return
	}
	d.run(f, c)
}

// debugTable lists the subcommands. It is built at each call: DEBUG is no hot path, and package state would be worse.
func debugTable() map[string]debugFunc {
	ok := func(do func(f family, c *command.Ctx)) func(family, *command.Ctx) {
		return func(f family, c *command.Ctx) {
			do(f, c)
			c.Reply.OK()
		}
	}
	crash := func(how string) func(family, *command.Ctx) {
		return func(f family, _ *command.Ctx) { f.h.Crash(how) }
	}
	return map[string]debugFunc{
		"HELP":            {0, func(_ family, c *command.Ctx) { debugHelp(c) }, nil},
		"DIGEST":          {0, func(f family, c *command.Ctx) { c.Reply.SimpleString(f.h.Digest()) }, []string{"DIGEST", "    Output a hex signature representing the current DB content."}},
		"DIGEST-VALUE":    {-1, family.debugDigestValue, []string{"DIGEST-VALUE <key> [<key> ...]", "    Output a hex signature of the values of all the specified keys."}},
		"SLEEP":           {1, family.debugSleep, []string{"SLEEP <seconds>", "    Stop the server for <seconds>. Decimals allowed."}},
		"RELOAD":          {-1, family.debugReload, []string{"RELOAD [option ...]", "    Save the RDB on disk and reload it back to memory. Options: MERGE, NOFLUSH, NOSAVE."}},
		"LOADAOF":         {0, family.debugLoadAOF, []string{"LOADAOF", "    Flush the AOF buffers on disk and reload the AOF in memory."}},
		"OBJECT":          {-2, family.debugObject, []string{"OBJECT <key>", "    Show low level info about `key` and associated value."}},
		"POPULATE":        {-2, family.debugPopulate, []string{"POPULATE <count> [<prefix>] [<size>]", "    Create <count> string keys named key:<num>."}},
		"PROTOCOL":        {1, family.debugProtocol, []string{"PROTOCOL <type>", "    Reply with a test value of the specified type."}},
		"ERROR":           {1, func(_ family, c *command.Ctx) { c.Fail(string(c.Args[2])) }, []string{"ERROR <string>", "    Return a Redis protocol error with <string> as message."}},
		"LOG":             {1, ok(func(f family, c *command.Ctx) { f.h.Log("DEBUG LOG: " + string(c.Args[2])) }), []string{"LOG <message>", "    Write <message> to the server log."}},
		"SDSLEN":          {1, family.debugSDSLen, []string{"SDSLEN <key>", "    Show low level string info of `key` and associated value."}},
		"LISTPACK":        {1, family.debugListpack, []string{"LISTPACK <key>", "    Show low level info about the listpack encoding of <key>."}},
		"QUICKLIST":       {-2, family.debugQuicklist, []string{"QUICKLIST <key> [<0|1>]", "    Show low level info about the quicklist encoding of <key>."}},
		"HTSTATS":         {1, family.debugHTStats, []string{"HTSTATS <dbid>", "    Return hash table statistics of the specified database."}},
		"HTSTATS-KEY":     {1, family.debugHTStatsKey, []string{"HTSTATS-KEY <key>", "    Like HTSTATS but for the hash table stored at <key>'s value."}},
		"JMAP":            {0, ok(func(family, *command.Ctx) {}), nil},
		"CHANGE-REPL-ID":  {0, ok(func(f family, _ *command.Ctx) { f.h.ChangeReplID() }), []string{"AOF-FLUSH-SLEEP", "CHANGE-REPL-ID", "    Change the replication IDs of the instance."}},
		"REPLICATE":       {-2, ok(func(f family, c *command.Ctx) { f.h.Replicate(c.Args[2:]) }), []string{"REPLICATE <string>", "    Replicate the provided string to all replicas."}},
		"STRINGMATCH-LEN": {2, family.debugMatchLen, []string{"STRINGMATCH-LEN <pattern> <length>", "    Match <pattern> against <length> 'a's."}},
		"SET-ACTIVE-EXPIRE": {1, ok(func(f family, c *command.Ctx) { f.h.SetActiveExpire(string(c.Args[2]) != "0") }),
			[]string{"SET-ACTIVE-EXPIRE <0|1>", "    Setting it to 0 disables expiring keys in the background."}},
		"PAUSE-CRON":                   {1, ok(func(f family, c *command.Ctx) { f.h.SetCronPaused(string(c.Args[2]) != "0") }), []string{"PAUSE-CRON <0|1>", "    Stop periodic cron job processing."}},
		"SET-SKIP-CHECKSUM-VALIDATION": {1, ok(func(f family, c *command.Ctx) { f.h.SetSkipChecksum(string(c.Args[2]) != "0") }), []string{"SET-SKIP-CHECKSUM-VALIDATION <0|1>", "    Enables or disables checksum checks for RDB files and RESTORE's payload."}},
		"AOF-FLUSH-SLEEP": {1, ok(func(f family, c *command.Ctx) {
			us, _ := strconv.ParseInt(string(c.Args[2]), 10, 64)
			f.h.SetAOFDelay(us)
		}), []string{"AOF-FLUSH-SLEEP <microseconds>", "    Server will sleep before flushing the AOF, this is used for testing."}},
		"SET-DISABLE-DENY-SCRIPTS": {1, ok(func(f family, c *command.Ctx) { f.h.SetDenyScripts(string(c.Args[2]) == "0") }),
			[]string{"SET-DISABLE-DENY-SCRIPTS <0|1>", "    Setting it to 1 lets scripts run commands that are not allowed in them."}},
		"QUICKLIST-PACKED-THRESHOLD": {1, family.debugPackedThreshold, []string{"QUICKLIST-PACKED-THRESHOLD <size>", "    Sets the threshold for elements to be inserted as plain vs packed nodes."}},
		"REPLYBUFFER":                {-2, ok(func(family, *command.Ctx) {}), nil},
		"CLIENT-EVICTION":            {0, ok(func(family, *command.Ctx) {}), nil},
		"CONFIG-REWRITE-FORCE-ALL":   {0, ok(func(family, *command.Ctx) {}), nil},
		"STRUCTSIZE":                 {0, func(_ family, c *command.Ctx) { c.Reply.SimpleString("bits:" + strconv.Itoa(strconv.IntSize)) }, nil},
		"RESTART":                    {-1, func(f family, c *command.Ctx) { f.h.Restart(delay(c), true) }, []string{"RESTART [<milliseconds>]", "    Graceful restart: save config, db, restart after <milliseconds> delay."}},
		"CRASH-AND-RECOVER":          {-1, func(f family, c *command.Ctx) { f.h.Restart(delay(c), false) }, []string{"CRASH-AND-RECOVER [<milliseconds>]", "    Hard crash and restart after a <milliseconds> delay."}},
		"SEGFAULT":                   {0, crash("segfault"), []string{"SEGFAULT", "    Crash the server with sigsegv."}},
		"PANIC":                      {0, crash("panic"), []string{"PANIC", "    Crash the server simulating a panic."}},
		"ASSERT":                     {0, crash("assert"), []string{"ASSERT", "    Crash by assertion failed."}},
		"OOM":                        {0, crash("oom"), []string{"OOM", "    Crash the server simulating an out-of-memory error."}},
	}
}

func delay(c *command.Ctx) int64 {
	if len(c.Args) < 3 {
		return 0
	}
	n, _ := command.ParseInt(c.Args[2])
	return max(n, 0)
}

func debugHelp(c *command.Ctx) {
	var lines []string
	for _, name := range []string{"CHANGE-REPL-ID", "CRASH-AND-RECOVER", "DIGEST", "DIGEST-VALUE", "ERROR", "HTSTATS", "HTSTATS-KEY", "LISTPACK", "LOADAOF", "LOG", "OBJECT", "OOM",
		"PANIC", "PAUSE-CRON", "POPULATE", "PROTOCOL", "QUICKLIST", "QUICKLIST-PACKED-THRESHOLD", "RELOAD", "REPLICATE", "RESTART", "SDSLEN", "SEGFAULT",
		"SET-ACTIVE-EXPIRE", "SET-DISABLE-DENY-SCRIPTS", "SET-SKIP-CHECKSUM-VALIDATION", "SLEEP", "STRINGMATCH-LEN"} {
		lines = append(lines, debugTable()[name].help...)
	}
	c.Help("DEBUG", lines...)
}

func (f family) debugDigestValue(c *command.Ctx) {
	c.Reply.Array(len(c.Args) - 2)
	for _, k := range c.Args[2:] {
		c.Reply.SimpleString(f.h.DigestValue(c.DB, k))
	}
}

func (f family) debugSleep(c *command.Ctx) {
	s, ok := command.ParseFloat(c.Args[2])
	if !ok || s < 0 {
		c.Fail(command.ErrNotFloat)
		return
	}
	f.h.Sleep(s)
	c.Reply.OK()
}

func (f family) debugReload(c *command.Ctx) {
	flush, save, merge := true, true, false
	for _, a := range c.Args[2:] {
		switch {
		case command.Is(a, "MERGE"):
			merge = true
		case command.Is(a, "NOFLUSH"):
			flush = false
		case command.Is(a, "NOSAVE"):
			save = false
		default:
			c.Fail("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
			return
		}
	}
	finish(c, f.h.Reload(flush, save, merge))
}

func (f family) debugLoadAOF(c *command.Ctx) {
	finish(c, f.h.LoadAOF())
}

func (f family) debugObject(c *command.Ctx) {
	d, ok := c.DB.Debug(c.Args[2], 0) // also of a key whose time is over
	if !ok {
		c.Fail(command.ErrNoKey)
		return
	}
	c.Reply.SimpleString(fmt.Sprintf("Value at:0x%x refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d%s",
		d.Address, d.Kind.Encoding(), f.h.SerializedLength(c.DB, c.Args[2]), d.LRU, d.IdleSeconds, d.Extra))
}

func (f family) debugSDSLen(c *command.Ctx) {
	v, ok, err := c.DB.GetString(c.Args[2], c.Now)
	if !ok || err != nil {
		c.Fail(command.ErrNoKey)
		return
	}
	k := len(c.Args[2])
	c.Reply.SimpleString(fmt.Sprintf("key_sds_len:%d, key_sds_avail:0, key_zmalloc: %d, val_sds_len:%d, val_sds_avail:0, val_zmalloc: %d", k, k, len(v), len(v)))
}

func (f family) debugPackedThreshold(c *command.Ctx) {
	n, ok := memorySize(c.Args[2])
	if !ok {
		c.Fail("ERR argument must be a memory value")
		return
	}
	if n > 1<<32 {
		c.Fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		return
	}
	c.Store.Limits.ListPlain = int(n)
	c.Reply.OK()
}

// memorySize reads "100b", "1kb", "2m": decimal units without b, binary ones with it, as in the configuration.
func memorySize(arg []byte) (int64, bool) {
	s := strings.ToLower(string(arg))
	mul := int64(1)
	for _, u := range []struct {
		suffix string
		n      int64
	}{{"kb", 1 << 10}, {"mb", 1 << 20}, {"gb", 1 << 30}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"b", 1}} {
		if strings.HasSuffix(s, u.suffix) {
			s, mul = strings.TrimSuffix(s, u.suffix), u.n
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n * mul, err == nil && n >= 0
}
