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
	Leak(b []byte)
	ConfigRewriteAll() (errText string)
	ClientEviction() (report string, enabled bool)
}

// The debug subcommands are one command with a switch of its own, as in Redis: COMMAND INFO shows no subcommands, and an
// unknown one has a message of its own.
func (f family) debugSpec() *command.Spec {
	return &command.Spec{Name: "debug", Arity: -2, Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.Protected, Group: "server", Since: "1.0.0",
		Internal: true, Summary: "Commands for debugging the server", Complexity: "Depends on subcommand.", Run: f.debug}
}

// debugFunc is a subcommand of DEBUG.
type debugFunc struct {
	name     string
	min, max int // of the arguments behind the name; max -1: any number
	run      func(f family, c *command.Ctx)
	usage    string   // what HELP shows behind the name
	help     []string // nil: HELP does not tell it
}

func (f family) debug(c *command.Ctx) {
	n := len(c.Args) - 2
	for _, d := range debugTable() {
		if command.Is(c.Args[1], d.name) && n >= d.min && (d.max < 0 || n <= d.max) {
			d.run(f, c)
			return
		}
	}
	debugUnknown(c)
}

func debugUnknown(c *command.Ctx) {
	c.Fail("ERR unknown subcommand or wrong number of arguments for '" + string(c.Args[1]) + "'. Try DEBUG HELP.")
}

// debugTable lists the subcommands in the order of HELP. It is built at each call: DEBUG is no hot path, and package state would be worse.
func debugTable() []debugFunc {
	ok := func(do func(f family, c *command.Ctx)) func(family, *command.Ctx) {
		return func(f family, c *command.Ctx) {
			do(f, c)
			c.Reply.OK()
		}
	}
	flag := func(set func(h Host, on bool)) func(family, *command.Ctx) {
		return ok(func(f family, c *command.Ctx) { set(f.h, leadingInt(c.Args[2]) != 0) })
	}
	crash := func(how string) func(family, *command.Ctx) {
		return func(f family, _ *command.Ctx) { f.h.Crash(how) }
	}
	restart := func(graceful bool) func(family, *command.Ctx) {
		return func(f family, c *command.Ctx) { f.h.Restart(delay(c), graceful) }
	}
	return []debugFunc{
		{"AOF-FLUSH-SLEEP", 1, 1, ok(func(f family, c *command.Ctx) { f.h.SetAOFDelay(leadingInt(c.Args[2])) }), " <microsec>", []string{"Wait before each flush of the append-only file."}},
		{"ASSERT", 0, 0, crash("assert"), "", []string{"Crash by an assertion."}},
		{"CHANGE-REPL-ID", 0, 0, ok(func(f family, _ *command.Ctx) { f.h.ChangeReplID() }), "", []string{"Begin a new replication history, as a test of replication."}},
		{"CONFIG-REWRITE-FORCE-ALL", 0, 0, family.debugRewriteAll, "", []string{"CONFIG REWRITE that writes every directive, those with defaults too."}},
		{"CRASH-AND-RECOVER", 0, 1, restart(false), " [<milliseconds>]", []string{"End at once and start again after the delay (default: 0)."}},
		{"DIGEST", 0, 0, func(f family, c *command.Ctx) { c.Reply.SimpleString(f.h.Digest()) }, "", []string{"Return a hash of all data."}},
		{"DIGEST-VALUE", 0, -1, family.debugDigestValue, " <key> [<key> ...]", []string{"Return a hash of each value."}},
		{"ERROR", 1, 1, func(_ family, c *command.Ctx) { c.Fail(string(c.Args[2])) }, " <string>", []string{"Return an error of this text."}},
		{"LEAK", 1, 1, ok(func(f family, c *command.Ctx) { f.h.Leak(c.Args[2]) }), " <string>", []string{"Keep a copy of the string for ever."}},
		{"LOG", 1, 1, ok(func(f family, c *command.Ctx) { f.h.Log("DEBUG LOG: " + string(c.Args[2])) }), " <message>", []string{"Write the message to the log."}},
		{"HTSTATS", 1, 1, family.debugHTStats, " <dbid>", []string{"Describe the hash tables of a database."}},
		{"HTSTATS-KEY", 1, 1, family.debugHTStatsKey, " <key>", []string{"Describe the hash table of a value."}},
		{"LOADAOF", 0, 0, family.debugLoadAOF, "", []string{"Flush the append-only file and load it."}},
		{"REPLICATE", 1, -1, ok(func(f family, c *command.Ctx) { f.h.Replicate(c.Args[2:]) }), " <string>", []string{"Send a command to the replicas without running it."}},
		{"OBJECT", 1, 2, family.debugObject, " <key>", []string{"Describe a key and its value."}},
		{"DROP-CLUSTER-PACKET-FILTER", 1, 1, family.debugDropPackets, " <packet-type>", []string{"Has no effect without cluster mode."}},
		{"OOM", 0, 0, crash("oom"), "", []string{"Crash as when memory runs out."}},
		{"PANIC", 0, 0, crash("panic"), "", []string{"Crash by a panic."}},
		{"POPULATE", 1, 3, family.debugPopulate, " <count> [<prefix>] [<size>]", []string{"Create strings named <prefix>:<number> (default: key), here and not on replicas."}},
		{"PROTOCOL", 1, 1, family.debugProtocol, " <type>", []string{"Return a value of a protocol type: string, integer, double, bignum, null,", "array, set, map, attrib, push, verbatim, true, false."}},
		{"RELOAD", 0, -1, family.debugReload, " [option ...]", []string{"Save an RDB file, drop the data and load the file. Options:", "* MERGE: keys of the file replace those that are there.",
			"* NOFLUSH: the data is not dropped first.", "* NOSAVE: load the file that is there."}},
		{"RESTART", 0, 1, restart(true), " [<milliseconds>]", []string{"Save configuration and data, and start again after the delay (default: 0)."}},
		{"SDSLEN", 1, 1, family.debugSDSLen, " <key>", []string{"Tell the lengths of a key and its string."}},
		{"SEGFAULT", 0, 0, crash("segfault"), "", []string{"Crash by a bad memory access."}},
		{"SET-ACTIVE-EXPIRE", 1, 1, flag(Host.SetActiveExpire), " <0|1>", []string{"0: keys expire only when they are looked up."}},
		{"QUICKLIST-PACKED-THRESHOLD", 1, 1, family.debugPackedThreshold, " <size>", []string{"Elements of lists from this size on have a node of their own (0: default)."}},
		{"SET-SKIP-CHECKSUM-VALIDATION", 1, 1, flag(Host.SetSkipChecksum), " <0|1>", []string{"1: checksums of RDB files and of RESTORE are not looked at."}},
		{"SLEEP", 1, 1, family.debugSleep, " <seconds>", []string{"Stop the server for so long; decimals allowed."}},
		{"STRINGMATCH-TEST", 0, 0, debugMatchTest, "", []string{"Match random patterns with random strings."}},
		{"STRUCTSIZE", 0, 0, func(_ family, c *command.Ctx) { c.Reply.BulkString("bits:" + strconv.Itoa(strconv.IntSize) + " ") }, "", []string{"Tell the size of a word."}},
		{"LISTPACK", 1, 1, family.debugListpack, " <key>", []string{"Log the listpack of a value."}},
		{"QUICKLIST", 1, 2, family.debugQuicklist, " <key> [<0|1>]", []string{"Log the nodes of a list."}},
		{"CLIENT-EVICTION", 0, 0, family.debugClientEviction, "", []string{"Show clients by the memory they take (maxmemory-clients)."}},
		{"PAUSE-CRON", 1, 1, flag(Host.SetCronPaused), " <0|1>", []string{"1: periodic work stops."}},
		{"REPLYBUFFER", 2, 2, debugReplyBuffer, " PEAK-RESET-TIME <NEVER|RESET|time>", []string{"Has no effect: reply buffers have no peaks."}},
		{"REPLYBUFFER", 2, 2, debugReplyBuffer, " RESIZING <0|1>", []string{"Has no effect: reply buffers are not resized."}},
		{"CLUSTERLINK", 3, 3, func(_ family, c *command.Ctx) {
			c.Fail("ERR Debug option only available for cluster mode enabled setup!")
		},
			" KILL <to|from|all> <node-id>", []string{"Needs cluster mode."}},
		{"SET-DISABLE-DENY-SCRIPTS", 1, 1, flag(func(h Host, off bool) { h.SetDenyScripts(!off) }), "", nil},
		{"HELP", 0, 0, func(_ family, c *command.Ctx) { debugHelp(c) }, "", nil},
	}
}

// leadingInt reads the digits that an argument begins with, as the C library does; 0 for none.
func leadingInt(arg []byte) int64 {
	end := 0
	for end < len(arg) && (arg[end] >= '0' && arg[end] <= '9' || end == 0 && arg[end] == '-') {
		end++
	}
	n, _ := command.ParseInt(arg[:end])
	return n
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
	for _, d := range debugTable() {
		if d.help != nil {
			lines = append(lines, d.name+d.usage)
		}
		for _, l := range d.help {
			lines = append(lines, "    "+l)
		}
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
	s, _ := command.ParseFloat(c.Args[2]) // what is no number is no time
	f.h.Sleep(max(s, 0))
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
	switch {
	case err != nil:
		c.Fail("ERR Not an sds encoded string.")
		return
	case !ok:
		c.Fail(command.ErrNoKey)
		return
	}
	k := len(c.Args[2])
	c.Reply.SimpleString(fmt.Sprintf("key_sds_len:%d, key_sds_avail:0, key_zmalloc: %d, val_sds_len:%d, val_sds_avail:0, val_zmalloc: %d", k, k, len(v), len(v)))
}

func (f family) debugPackedThreshold(c *command.Ctx) {
	n, ok := memorySize(c.Args[2])
	if !ok || n >= 1<<32 {
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
