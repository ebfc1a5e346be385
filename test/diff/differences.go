package diff

import (
	"slices"
	"strings"
)

// left says why a command is not compared at all: it speaks of the server, the clock or chance, or ends the conversation.
func left(c *command) bool {
	switch c.group {
	case "server", "connection", "cluster", "pubsub", "scripting", "transactions", "sentinel":
		return !slices.Contains([]string{"echo", "ping", "flushdb", "flushall", "swapdb", "command|getkeys", "command|getkeysandflags"}, c.name())
	}
	return slices.Contains([]string{
		"migrate", "wait", "waitaof", "object|freq", "object|idletime", "object|refcount", "object|help", // clocks, other servers, shared integers
		"randomkey", "srandmember", "hrandfield", "zrandmember", "spop", // chance
		"scan", "sscan", "hscan", "zscan", // cursors are the server's own
		"dump", "restore", "sort", // tables inside of payloads have no order; SORT without one neither
		"pfselftest", "xgroup|help", "xinfo|help",
		"xinfo|stream", "xinfo|consumers", "xpending", "xautoclaim", "xclaim", "xreadgroup", // tell times
		"ttl", "pttl", "expiretime", "pexpiretime", // of relative times, milliseconds apart
		"getex",
	}, c.name())
}

// unsteady reports whether what a call leaves behind depends on the clock, or on the last bit of a sine: it is not made. (Distances that are
// stored are computed by C's and by Go's library; a master of ours sends its replicas the numbers.)
func unsteady(call []string) bool {
	return call[0] == "xadd" && slices.Contains(call, "*") || slices.ContainsFunc(call, func(a string) bool { return strings.EqualFold(a, "STOREDIST") })
}

// waits reports whether a command may wait for keys: its times are not damaged, or it would wait for ever.
func waits(name string) bool {
	return slices.Contains([]string{"blpop", "brpop", "blmove", "brpoplpush", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "xread"}, name)
}

// unordered tells the replies that Redis gives in the order of its tables.
func unordered(name string) bool {
	return slices.Contains([]string{"keys", "sort_ro", "smembers", "sinter", "sunion", "sdiff", "hkeys", "hvals", "hgetall"}, name)
}

// known reports whether a pair of replies differs in a way that is meant. Each has its reason.
func known(call []string, ours, peer string) bool {
	switch {
	case call[0] == "lcs" && len(ours) > 0 && ours[0] == '-' && len(peer) > 0 && peer[0] == '-': // words about memory
		return true
	}
	return false
}
