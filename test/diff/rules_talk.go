package diff

import (
	"regexp"
	"slices"
	"strconv"
)

// talkRules are about commands that change the connection: they get connections of their own, of which all that comes back is compared.
func talkRules() map[string]rule {
	spoken := func(before, after [][]string) rule {
		return rule{talk: func(g *generator, c *command) [][]string { return slices.Concat(before, [][]string{g.any(c)}, after) }}
	}
	own := spoken(nil, nil)
	subscribers := rule{talk: subscriptions, alone: true, why: "messages to the client that runs EXEC follow its reply, on purpose (docs/COMPAT.md): interop's TestPushesTearNoReply compares those"}
	leaving := rule{talk: subscriptions, alone: true, view: view{unordered: true, slack: map[string]slack{"#2": near(10)}}, why: "channels that are left all at once come in the order of a hash table; of several replies the first one only is an element of that of EXEC"}
	names := map[string][]string{"connection-name": {"a", "b c", "", "long-name-1"}}
	return map[string]rule{
		"subscribe": subscribers, "ssubscribe": subscribers, "psubscribe": {talk: notifications, alone: true, pushesApart: true,
			why: "before or after the reply of a call that one hears of itself: in Redis that depends on the command, and within EXEC such messages stand between replies"},
		"unsubscribe": leaving, "punsubscribe": leaving, "sunsubscribe": leaving,
		"publish": subscribers, "spublish": subscribers,
		"pubsub|channels": leaving, "pubsub|shardchannels": leaving, "pubsub|numsub": subscribers, "pubsub|shardnumsub": subscribers, "pubsub|numpat": subscribers,
		"pubsub|help": helpRule,

		"multi": {talk: transaction}, "exec": {talk: transaction}, "discard": {talk: transaction}, "watch": {talk: transaction}, "unwatch": {talk: transaction},

		"quit":  own,
		"reset": {talk: reset, view: view{mask: monitorLine}, why: "as monitor"},
		"hello": {talk: spoken(nil, [][]string{{"CLIENT", "GETNAME"}}).talk, words: map[string][]string{"protover": {"2", "3", "1", "4", "x"}, "username": {"default", "u1"}, "password": {"secret", ""}, "clientname": {"a", "b c"}},
			view: view{slack: map[string]slack{"id": near(1_000_000)}}, why: "tells the connection's number"},
		"auth":   {talk: login},
		"select": {talk: spoken(nil, [][]string{database}).talk, words: map[string][]string{"index": {"0", "1", "15", "16", "-1", "x"}}},
		"asking": own, "readonly": own, "readwrite": own,

		"client|caching": spoken([][]string{{"CLIENT", "TRACKING", "ON", "OPTIN"}}, [][]string{{"GET", "s0"}, {"SET", "s0", "1"}, {"CLIENT", "TRACKINGINFO"}}),
		"client|tracking": {talk: spoken(nil, [][]string{{"GET", "s0"}, {"SET", "s0", "1"}, {"CLIENT", "GETREDIR"}, {"CLIENT", "TRACKINGINFO"}}).talk,
			words: map[string][]string{"client-id": {"999999", "x", "0"}, "prefix": {"s", "s0", "", "l"}}},
		"client|trackinginfo": own, "client|getredir": own,
		"client|setname": {talk: spoken(nil, [][]string{{"CLIENT", "GETNAME"}}).talk, words: names}, "client|getname": own,
		"client|help":     helpRule,
		"client|id":       {talk: own.talk, view: view{slack: map[string]slack{"#0": near(1_000_000)}}, why: "tells the connection's number"},
		"client|info":     {talk: tellClient, view: view{mask: digits}, why: "sizes and numbers of connections; names, flags and events are compared"},
		"client|list":     {talk: listClients, view: view{mask: regexp.MustCompile(`=[^ \n]*|(?s)\n.*`)}, why: "others are connected too: the names of the fields are compared"},
		"client|kill":     {talk: kills, alone: true, why: "types and users that would hit the other connections of the run are left out, and who ends itself within EXEC: Redis cuts its reply off there, in the middle of an array"},
		"client|no-evict": own,
		"client|pause":    {talk: pauses, why: "for a millisecond at most"},
		"client|unpause":  own,
		"client|reply":    spoken(nil, [][]string{{"PING", "a"}, {"PING", "b"}, {"CLIENT", "REPLY", "ON"}}),
		"client|unblock":  {talk: own.talk, words: map[string][]string{"client-id": {"999999", "x", "-1", ownID}}},

		"monitor":   {talk: watched, view: view{mask: monitorLine}, why: "tells times and addresses"},
		"replconf":  {talk: replconf, why: "what makes a replica of the connection is left to psync"},
		"psync":     {talk: psync, firstLine: true, rare: true, settle: true, view: view{mask: regexp.MustCompile(`[0-9a-f]{40} \d+`)}, why: "what follows is the business of test/interop"},
		"sync":      {talk: own.talk, firstLine: true, rare: true, settle: true, view: view{mask: regexp.MustCompile(`^\$.*`)}, why: "as psync"},
		"replicaof": {talk: follow("REPLICAOF"), rare: true, view: followed, why: "follows a port where nobody listens: more is the business of test/interop"},
		"slaveof":   {talk: follow("SLAVEOF"), rare: true, view: followed, why: "as replicaof"},
	}
}

// database tells databases from each other.
var database = []string{"EXISTS", "s0", "l1", "t2", "z3", "h0", "g1", "x2"}

var digits = regexp.MustCompile(`\d+`)

var monitorLine = regexp.MustCompile(`^\d+\.\d+ \[\d+ [^\]]*\]`)

// followed leaves out of ROLE the offset of a master and the state of a link.
var followed = view{slack: map[string]slack{"#1": near(1 << 40), "#3": kind}}

// channel names a channel.
func channel(g *generator) string { return pick(g, "ch1", "ch2", "", "a*") }

// subscriptions subscribes a little, then makes the call.
func subscriptions(g *generator, c *command) [][]string {
	var out [][]string
	for range 1 + g.IntN(3) {
		out = append(out, pick(g,
			[]string{"SUBSCRIBE", channel(g), channel(g)}, []string{"PSUBSCRIBE", pick(g, "ch*", "*1", "", "a\\*")}, []string{"SSUBSCRIBE", channel(g)},
			[]string{"UNSUBSCRIBE", channel(g)}, []string{"PUNSUBSCRIBE", "ch*"}, []string{"SUNSUBSCRIBE", channel(g)}, []string{"PUBLISH", channel(g), "m"},
			[]string{"SPUBLISH", channel(g), "m"}, []string{"GET", "s0"}, []string{"PING"}, []string{"PUBSUB", "NUMPAT"}))
	}
	return append(out, g.any(c))
}

// notifications subscribes to what happens to keys, which makes calls of other commands tell it.
func notifications(g *generator, c *command) [][]string {
	if g.IntN(3) == 0 {
		return subscriptions(g, c)
	}
	out := [][]string{{"CONFIG", "SET", "notify-keyspace-events", pick(g, "KEA", "KA", "E$lszhxegtdmn", "Kg$")}, {"PSUBSCRIBE", "__key*"}}
	for range 1 + g.IntN(4) {
		out = append(out, g.call(&g.plain[g.IntN(len(g.plain))]))
	}
	return append(out, []string{"PUNSUBSCRIBE"}, []string{"CONFIG", "SET", "notify-keyspace-events", ""})
}

// transaction says the words of transactions in any order, with calls between them.
func transaction(g *generator, c *command) [][]string {
	var out [][]string
	for range 3 + g.IntN(5) {
		switch g.IntN(8) {
		case 0:
			out = append(out, []string{"EXEC"})
		case 1:
			out = append(out, []string{pick(g, "DISCARD", "UNWATCH", "RESET")})
		case 2:
			out = append(out, []string{"WATCH", g.key(), g.key()})
		case 3:
			out = append(out, []string{"MULTI"})
		case 4:
			out = append(out, g.any(c))
		default:
			out = append(out, g.call(&g.plain[g.IntN(len(g.plain))]))
		}
	}
	return out
}

// reset leaves a connection in some state behind, then resets it.
func reset(g *generator, c *command) [][]string {
	return [][]string{
		pick(g, []string{"SELECT", "1"}, []string{"CLIENT", "TRACKING", "ON"}, []string{"CLIENT", "SETNAME", "x"}),
		pick(g, []string{"MULTI"}, []string{"SUBSCRIBE", "ch1"}, []string{"WATCH", "s0"}, []string{"MONITOR"}, []string{"PING"}),
		g.any(c), {"CLIENT", "GETNAME"}, {"CLIENT", "TRACKINGINFO"}, database, {"GET", "s0"},
	}
}

// login makes a user and becomes it.
func login(g *generator, _ *command) [][]string {
	user := pick(g, "u1", "u2")
	out := [][]string{
		{"ACL", "SETUSER", user, "reset", pick(g, "on", "off", "on"), pick(g, ">secret", "nopass"), pick(g, "~*", "~s*", "%R~s*"), pick(g, "+@read", "+@all", "-@all", "+get", "+@all -@admin"), "+acl|whoami"},
		{"AUTH", pick(g, user, user, "nosuch"), pick(g, "secret", "secret", "wrong")},
	}
	if g.IntN(6) == 0 {
		out[1] = []string{"AUTH", pick(g, "secret", "")}
	}
	for range 2 {
		out = append(out, g.call(&g.plain[g.IntN(len(g.plain))]))
	}
	return append(out, []string{"ACL", "WHOAMI"})
}

// tellClient asks for the line of the connection itself.
func tellClient(g *generator, c *command) [][]string {
	return [][]string{pick(g, g.any(c), []string{"CLIENT", "LIST", "ID", ownID}, []string{"CLIENT", "LIST", "ID", "999999", ownID, ownID}, []string{"CLIENT", "LIST", "TYPE", "pubsub", "ID", ownID})}
}

func listClients(g *generator, _ *command) [][]string {
	return [][]string{pick(g, []string{"CLIENT", "LIST"}, []string{"CLIENT", "LIST", "TYPE", pick(g, "normal", "master", "replica", "pubsub", "x")},
		[]string{"CLIENT", "LIST", "ID", pick(g, ownID, "999999", "x")}, []string{"CLIENT", "LIST", "x"}, []string{"CLIENT", "LIST", "ID"}, []string{"CLIENT", "LIST", "TYPE"})}
}

func kills(g *generator, _ *command) [][]string {
	call := []string{"CLIENT", "KILL"}
	if g.IntN(8) == 0 { // itself
		return [][]string{append(call, pick(g, []string{"ID", ownID, "SKIPME", "no"}, []string{"USER", "default", "SKIPME", "NO", "ID", ownID}, []string{"SKIPME", "no", "TYPE", "normal", "ID", ownID})...), {"SET", "s0", "1"}}
	}
	calls := [][]string{append(call, pick(g, []string{"1.2.3.4:5"}, []string{"ID", ownID}, []string{"ID", ownID, "SKIPME", "yes"}, []string{"ID", "999999"},
		[]string{"ID", "x"}, []string{"ID", "0"}, []string{"USER", "nosuch"}, []string{"USER", "default", "ID", "999999"}, []string{"TYPE", "x"}, []string{"TYPE", "pubsub"},
		[]string{"TYPE", "slave"}, []string{"TYPE", "master"}, []string{"ADDR", "1.2.3.4:5", "SKIPME", "yes"}, []string{"LADDR", "1.2.3.4:5"}, []string{"SKIPME", "x"}, []string{},
		[]string{"ID"}, []string{"ID", "1", "ID"}, []string{"nosuch", "1"})...), {"PING"}}
	if g.IntN(8) == 0 {
		calls = slices.Concat([][]string{{"MULTI"}}, calls, [][]string{{"EXEC"}})
	}
	return calls
}

func pauses(g *generator, _ *command) [][]string {
	call := []string{"CLIENT", "PAUSE", pick(g, "0", "1", "-1", "x", "1.5")}
	if g.IntN(2) == 0 {
		call = append(call, pick(g, "WRITE", "ALL", "x"))
	}
	return [][]string{call, {"CLIENT", "UNPAUSE"}, {"SET", "s0", "1"}}
}

// watched monitors its own calls.
func watched(g *generator, c *command) [][]string {
	return [][]string{g.any(c), g.call(&g.plain[g.IntN(len(g.plain))]), {"EVAL", "return redis.call('GET', KEYS[1])", "1", "s0"}}
}

func replconf(g *generator, _ *command) [][]string {
	call := []string{"REPLCONF"}
	for range g.IntN(3) {
		call = append(call, pick(g, []string{"listening-port", "1234"}, []string{"listening-port", "x"}, []string{"ip-address", "1.2.3.4"}, []string{"capa", "eof"}, []string{"ack", "1"},
			[]string{"getack", "*"}, []string{"rdb-only", "0"}, []string{"rdb-only", "x"}, []string{"rdb-filter-only", "functions"}, []string{"rdb-filter-only", "x"}, []string{"nosuch", "1"}, []string{"capa"})...)
	}
	return [][]string{call}
}

func psync(g *generator, _ *command) [][]string {
	id := pick(g, "?", "0123456789012345678901234567890123456789", "x")
	return [][]string{pick(g, []string{"PSYNC", id, "-1"}, []string{"PSYNC", id, strconv.Itoa(g.IntN(1000))}, []string{"PSYNC", id, "x"}, []string{"PSYNC", id}, []string{"PSYNC", id, "-1", "FAILOVER"})}
}

// follow makes a replica of the server, and a master again.
func follow(name string) func(g *generator, _ *command) [][]string {
	return func(g *generator, _ *command) [][]string {
		return [][]string{
			pick(g, []string{name, "127.0.0.1", "2"}, []string{name, "127.0.0.1", pick(g, "x", "0", "65536", "-1")}, []string{name, "NO", "ONE"}, []string{name, "no"}, []string{name, "NO", "x"}, []string{name, "", "1"}),
			{"ROLE"}, {"SET", "s0", "1"}, {"GET", "s0"}, {"PING"}, {name, "NO", "ONE"},
		}
	}
}
