package diff

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// rule says how a command is called and how its replies are compared. The zero rule: random arguments out of the grammar, alone, in
// transactions and from scripts, and equal bytes.
type rule struct {
	words       map[string][]string                       // by the name of an argument: what to choose from, instead of what its type says
	make        func(g *generator, c *command) []string   // instead of arguments out of the grammar
	talk        func(g *generator, c *command) [][]string // calls on connections of their own, of which everything that comes back is compared
	waits       bool                                      // the call may wait for keys or replicas: its arguments are not damaged, or it would wait for ever
	alone       bool                                      // never in a transaction or a script
	rare        bool                                      // seldom called, for it is slow or leaves nothing behind
	firstLine   bool                                      // with talk: what follows the first line is not read
	pushesApart bool                                      // with talk: pushes are compared behind the replies, each in their own order
	settle      bool                                      // afterwards background work is waited for
	view        view
	check       func(x *exchange) string       // what else must hold, "" if it does
	after       func(call []string) [][]string // calls that follow at both servers
	copy        string                         // after a call with this word its keys are copied from one server to both
	why         string                         // why replies are compared less than fully; needed with view, check, copy or a choice of arguments that leaves something out
}

// exchange is a call with both replies.
type exchange struct {
	call       []string
	ours, peer *resp.Value
	a, b       *conversation // to look further into what both hold; nil where that has moved on since: in transactions
}

// rules holds the commands that are not simply equal.
func rules() map[string]rule {
	all := map[string]rule{}
	for _, family := range []map[string]rule{dataRules(), timeRules(), chanceRules(), talkRules(), scriptRules(), aclRules(), serverRules(), adminRules()} {
		maps.Copy(all, family)
	}
	return all
}

// onlyOurs are commands and subcommands that Redis does not have.
var onlyOurs = map[string]string{
	"client|no-touch":     "of Redis 7.2",
	"waitaof":             "of Redis 7.2",
	"replication":         "what happened to our links",
	"replication|help":    "as replication",
	"replication|history": "as replication",
	"replication|reset":   "as replication",
}

// helpRule compares the names that a help lists.
var helpRule = rule{check: sameHelp, view: view{slack: map[string]slack{"": kind}}, why: "the lines that explain are our own words, the names are compared"}

func sameHelp(x *exchange) string {
	names := func(v *resp.Value) []string {
		var out []string
		for _, line := range texts(v) {
			if word, _, _ := strings.Cut(line, " "); word != "" {
				out = append(out, strings.ToUpper(word))
			}
		}
		slices.Sort(out)
		return out
	}
	ours := slices.DeleteFunc(names(x.ours), func(n string) bool { return onlyOurs[x.call[0]+"|"+strings.ToLower(n)] != "" })
	if peer := names(x.peer); !slices.Equal(ours, peer) {
		return "help names " + strings.Join(ours, " ") + "; and " + strings.Join(peer, " ")
	}
	return ""
}

var (
	noOrder    = view{unordered: true}
	tableOrder = "the order is that of a hash table"
	waiting    = rule{waits: true}
)

// dataRules are about replies without an order and commands that wait.
func dataRules() map[string]rule {
	unordered := rule{view: noOrder, why: tableOrder}
	pairs := rule{view: view{unordered: true, pairs: true}, why: tableOrder}
	payloads := rule{make: restore}
	return map[string]rule{
		"keys": unordered, "smembers": unordered, "sinter": unordered, "sunion": unordered, "sdiff": unordered, "hkeys": unordered, "hvals": unordered,
		"hgetall": pairs,
		"blpop":   waiting, "brpop": waiting, "blmove": waiting, "brpoplpush": waiting, "blmpop": waiting, "bzpopmin": waiting, "bzpopmax": waiting, "bzmpop": waiting,
		"xread":          waiting,
		"sort":           {view: noOrder, check: sortedAlike, copy: "STORE", why: "without an order in the call, or among elements of equal weight, there is none; what STORE keeps is copied"},
		"sort_ro":        {view: noOrder, check: sortedAlike, why: "as sort"},
		"dump":           {view: view{slack: map[string]slack{"": kind}}, check: restorable, why: "the bytes depend on the order of tables and on compression: each server restores the other's payload"},
		"restore":        payloads,
		"restore-asking": payloads,
		"zrangebylex":    byLex, "zrevrangebylex": byLex, "zlexcount": byLex, "zremrangebylex": byLex, "zrange": byLex, "zrangestore": byLex,
		"migrate":           {make: migrate, alone: true, why: "each server sends to the other, or to nobody; a password is needed by none"},
		"geosearchstore":    {copy: "STOREDIST", why: "distances that are kept are computed by the libraries of C and of Go: the last digit may differ"},
		"georadius":         {copy: "STOREDIST", why: "as geosearchstore"},
		"georadiusbymember": {copy: "STOREDIST", why: "as geosearchstore"},
		"flushall":          {rare: true}, "flushdb": {rare: true},
		"pfdebug":         {words: map[string][]string{"subcommand": {"ENCODING", "DECODE", "GETREG", "TODENSE", "nosuch"}}},
		"pfselftest":      {rare: true},
		"object|refcount": {alone: true, why: "in Redis the words of a queued call hold the value too"},
		"object|help":     helpRule, "xgroup|help": helpRule, "xinfo|help": helpRule,
		"swapdb": {words: map[string][]string{"index1": {"0", "1", "16", "x"}, "index2": {"0", "1", "-1", "x"}}},
		"move":   {words: map[string][]string{"db": {"0", "1", "2", "16", "-1", "x"}}},
		"scan":   {make: iterate, check: wholeIteration, view: view{slack: map[string]slack{"": kind, "#0": kind, "#1": kind}}, words: map[string][]string{"type": {"string", "list", "set", "zset", "hash", "stream", "x"}}, why: cursors},
		"sscan":  {make: iterate, check: wholeIteration, view: view{slack: map[string]slack{"": kind}}, why: cursors},
		"hscan":  {make: iterate, check: wholeIteration, view: view{slack: map[string]slack{"": kind}}, why: cursors},
		"zscan":  {make: iterate, check: wholeIteration, view: view{slack: map[string]slack{"": kind}}, why: cursors},
	}
}

// lexSet is the sorted set of the commands that go by elements: all of its scores are equal.
const lexSet = "zl"

var byLex = rule{make: lexical, after: fillLexSet, why: "by element alone sets of equal scores are asked: among different scores the answer depends on the levels of Redis's skip list, which are chosen by chance"}

func lexical(g *generator, c *command) []string {
	call, key := g.any(c), 1
	switch name := c.name(); name {
	case "zrange", "zrangestore":
		if !slices.ContainsFunc(call, func(a string) bool { return strings.EqualFold(a, "BYLEX") }) {
			return call
		}
		if name == "zrangestore" {
			key = 2
		}
	}
	if len(call) > key {
		call[key] = lexSet
	}
	return call
}

func fillLexSet([]string) [][]string {
	return [][]string{{"ZADD", lexSet, "0", "a", "0", "b", "0", "c", "0", "d", "0", "x", "0", ""}}
}

const cursors = "cursors are the server's own: whole iterations are compared, as sets"

// timeRules are about replies that tell times, which differ by what lies between the two servers' turns.
func timeRules() map[string]rule {
	about := func(distance int64) rule {
		return rule{view: view{slack: map[string]slack{"": near(distance)}}, why: "tells a time"}
	}
	pending := map[string]slack{"#1": clock, "#2": clock, "seen-time": clock}
	return map[string]rule{
		"ttl": about(100), "pttl": about(100_000), "expiretime": about(100), "pexpiretime": about(100_000), "object|idletime": about(100),
		"lastsave":        about(3600),
		"time":            {view: view{slack: map[string]slack{"#0": near(100), "#1": near(1_000_000)}}, why: "tells a time"},
		"xinfo|stream":    {view: view{slack: pending}, why: "tells when entries were delivered"},
		"xinfo|consumers": {view: view{slack: map[string]slack{"idle": near(100_000)}}, why: "tells a time"},
		"xpending":        {view: view{slack: map[string]slack{"#2": near(100_000)}}, why: "tells for how long entries wait"},
		"xreadgroup":      waiting,
		"xadd":            {copy: "*", view: view{mask: regexp.MustCompile(`^\d{13}-\d+$`)}, why: "* makes an ID of the clock"},
		"wait":            {waits: true, words: map[string][]string{"numreplicas": {"0", "1", "-1", "x"}, "timeout": {"1", "2", "-1", "x"}}},
	}
}

// chanceRules are about commands that choose by chance: what they chose must be possible, then both servers get the same state again.
func chanceRules() map[string]rule {
	const chance = "by chance: as many elements, each possible"
	some := map[string]slack{"": kind}
	return map[string]rule{
		"randomkey":   {check: keyExists, view: view{slack: map[string]slack{"": anything}}, why: chance},
		"srandmember": {check: possible("SMEMBERS"), view: view{slack: some}, why: chance},
		"hrandfield":  {check: possible("HGETALL"), view: view{slack: some}, why: chance},
		"zrandmember": {check: possible("ZRANGE", "0", "-1", "WITHSCORES"), view: view{slack: some}, why: chance},
		"spop":        {check: popped, copy: "SPOP", view: view{slack: some}, why: chance},
	}
}
