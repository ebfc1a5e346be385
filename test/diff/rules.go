package diff

import (
	"maps"
	"slices"
	"strings"
	"time"

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
	often       int                                       // how many times in a deck, of those that are not of the data
	rare        bool                                      // seldom called, for it is slow or leaves nothing behind
	firstLine   bool                                      // with talk: what follows the first line is not read
	pushesApart bool                                      // with talk: pushes are compared behind the elements of replies, each in their own order
	settle      bool                                      // afterwards background work is waited for
	view        view
	check       func(x *exchange) string       // what else must hold, "" if it does
	after       func(call []string) [][]string // calls that follow at both servers
	copy        func(call []string) bool       // after these calls the keys of the call are copied from one server to both
	why         string                         // why replies are compared less than fully; needed with view, check, copy or a choice of arguments that leaves something out
}

// exchange is a call with both replies.
type exchange struct {
	call       []string
	ours, peer *resp.Value
	a, b       *conversation // to look further into what both hold; nil where that has moved on since: in transactions
}

// with picks the calls that have a word.
func with(word string) func(call []string) bool {
	return func(call []string) bool {
		return slices.ContainsFunc(call, func(a string) bool { return strings.EqualFold(a, word) })
	}
}

// rules holds the commands that are not simply equal. What tells times is compared within s.
func rules(s *span) map[string]rule {
	all := map[string]rule{}
	for _, family := range []map[string]rule{dataRules(), timeRules(s), chanceRules(), talkRules(), scriptRules(), aclRules(), serverRules(s), adminRules()} {
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
	ours := slices.DeleteFunc(names(x.ours), func(n string) bool { return onlyOurs[strings.ToLower(x.call[0]+"|"+n)] != "" })
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
		"sort":           {words: sortWords, view: view{slack: map[string]slack{"": kind}}, check: sortedAlike, copy: always, why: "elements of a set without an order, and those of equal texts behind BY, come in any; in Redis a sorted set that is sorted loses its small encoding"},
		"sort_ro":        {words: sortWords, view: view{slack: map[string]slack{"": kind}}, check: sortedAlike, copy: always, why: "as sort"},
		"dump":           {view: view{slack: map[string]slack{"": kind}}, check: restorable, why: "the bytes depend on the order of tables and on compression: each server restores the other's payload"},
		"restore":        payloads,
		"restore-asking": payloads,
		"zrangebylex":    byLex, "zrevrangebylex": byLex, "zlexcount": byLex, "zremrangebylex": byLex, "zrange": byLex, "zrangestore": byLex,
		"migrate":           {make: migrate, alone: true, after: forgetMigrated, why: "each server sends to the other, or to nobody; a password is needed by none. Where there is no such database, all is deleted afterwards: Redis sends the keys all the same, into the database of the call before"},
		"geosearchstore":    {check: storedDistances, copy: with("STOREDIST"), why: "distances that are kept are computed by the libraries of C and of Go: the last digit may differ"},
		"georadius":         {check: storedDistances, copy: with("STOREDIST"), why: "as geosearchstore"},
		"georadiusbymember": {check: storedDistances, copy: with("STOREDIST"), why: "as geosearchstore"},
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

var sortWords = map[string][]string{"pattern": {"#", "s*", "h*->a", "nosort", "h*->3", "h*->nosuch", "z*", "*", "s*->", "->a", "s*x", "x*", ""}, "destination": {"l0", "l1", "l2", "l3", "s0"}}

func forgetMigrated(call []string) [][]string {
	if slices.Contains(call, missingDatabase) {
		return [][]string{{"FLUSHALL"}}
	}
	return nil
}

func always([]string) bool { return true }

// lexSet is the sorted set of the commands that go by elements: all of its scores are equal.
const lexSet = "zl"

var byLex = rule{make: lexical, after: fillLexSet, why: "by element alone sets of equal scores are asked: among different scores the answer is documented to be open, and depends on the levels of Redis's skip list, which are chosen by chance"}

// lexical gives the ends of a range the form that the command wants, mostly.
func lexical(g *generator, c *command) []string {
	call := g.any(c)
	has := func(word string) bool { return with(word)(call) }
	key, by := 1, "LEX"
	switch name := c.name(); name {
	case "zrange", "zrangestore":
		if by = "RANK"; has("BYLEX") {
			by = "LEX"
		} else if has("BYSCORE") {
			by = "SCORE"
		}
		if name == "zrangestore" {
			key = 2
		}
	}
	if len(call) < key+3 || by == "RANK" || g.IntN(10) == 0 && by == "SCORE" {
		return call
	}
	if by == "SCORE" {
		call[key+1], call[key+2] = g.limit(), g.limit()
		return call
	}
	end := func() string {
		return pick(g, "-", "+", "[a", "(a", "(c", "[c", "[", "(", "[x", "[long", "(\xff", "a", "")
	}
	call[key], call[key+1], call[key+2] = lexSet, end(), end()
	return call
}

func fillLexSet([]string) [][]string {
	return [][]string{{"ZADD", lexSet, "0", "a", "0", "b", "0", "c", "0", "d", "0", "x", "0", ""}}
}

const cursors = "cursors are the server's own: whole iterations are compared, as sets"

// timeRules are about replies that tell times, which differ by what lies between the two servers' turns.
func timeRules(s *span) map[string]rule {
	about := func(unit time.Duration) rule {
		return rule{view: view{slack: map[string]slack{"": s.within(unit)}}, why: "tells a time"}
	}
	const second, ms = time.Second, time.Millisecond
	pending := map[string]slack{"#1": s.clock, "#2": s.clock, "seen-time": s.clock}
	return map[string]rule{
		"ttl": about(second), "pttl": about(ms), "expiretime": about(second), "pexpiretime": about(ms),
		"object|idletime": {check: idleAlike(s), view: view{slack: map[string]slack{"": kind}}, why: "tells a time; in Redis small integers are one object for all keys, and idle since any of them was read"},
		"lastsave":        {view: view{slack: map[string]slack{"": near(60)}}, why: "tells when a save in the background ended, or the server began"},
		"time":            {view: view{slack: map[string]slack{"#0": s.within(second), "#1": near(1_000_000)}}, why: "tells a time"},
		"xinfo|stream":    {view: view{slack: pending}, why: "tells when entries were delivered"},
		"xinfo|consumers": {view: view{slack: map[string]slack{"idle": s.within(ms)}}, why: "tells a time"},
		"xpending":        {view: view{slack: map[string]slack{"#2": s.within(ms)}}, why: "tells for how long entries wait"},
		"xreadgroup":      waiting,
		"xadd":            {copy: with("*"), view: view{slack: map[string]slack{"": s.madeID}}, why: "* makes an ID of the clock"},
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
		"spop":        {check: popped, copy: always, view: view{slack: some}, why: chance},
	}
}
