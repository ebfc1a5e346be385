package diff

import (
	"slices"
	"strconv"
)

// Scenes are series of calls that mean something only together: somebody waits and is woken, watches what changes, uses what has expired; the
// connection goes on in another database or protocol, and the data are read again from a file.

// scene makes one; of is what it is reported as.
func (s *session) scene() (of string, st step) {
	g := s.g
	switch n := g.IntN(44); {
	case n < 12:
		return "(wakes)", g.heard(g.wakes())
	case n < 20:
		return "(watches)", g.heard(g.watches())
	case n < 28:
		return "(expired)", g.heard(g.expired())
	case n < 32:
		return "(settings)", step{how: together, calls: g.underSettings()}
	case n < 37:
		return "(database)", step{calls: []call{selection(g)}}
	case n < 41:
		return "(protocol)", step{calls: []call{said("hello", "HELLO", pick(g, "2", "3", "3"))}}
	case n < 43:
		return "(reload)", step{how: reloaded, extra: fromSnapshot, calls: g.some(g.data, 3, "")}
	}
	return "(reload)", step{how: reloaded, extra: fromLog, calls: g.some(g.data, 10, "")}
}

// heard lets a connection listen, sometimes, to what happens to the keys. Nothing expires by itself then.
func (g *generator) heard(calls []call) step {
	if g.IntN(3) == 0 {
		before := []call{said("", "DEBUG", "SET-ACTIVE-EXPIRE", "0"), said("", everyKey...), said("", "CONFIG", "SET", "notify-keyspace-events", pick(g, "KEA", "KEAmn", "EA")), by(listener, "", "PSUBSCRIBE", "__key*")}
		after := []call{said("", "DEBUG", "SET-ACTIVE-EXPIRE", "1"), said("", "CONFIG", "SET", "notify-keyspace-events", "")}
		calls = slices.DeleteFunc(calls, func(c call) bool { // those that find what has expired by chance
			return slices.Contains(c.args, "SET-ACTIVE-EXPIRE") || c.name == "scan" || c.name == "randomkey"
		})
		for _, c := range calls {
			switch {
			case len(c.args) == 3 && c.args[0] == "PEXPIRE" && c.args[2] == "1": // within a millisecond it may be over already
				c.args[2] = "40"
			case len(c.args) == 3 && c.args[1] == "SLEEP":
				c.args[2] = "0.05"
			}
		}
		calls = slices.Concat(before, calls, after)
	}
	return step{how: together, calls: calls}
}

// everyKey deletes what has expired.
var everyKey = func() []string {
	all := []string{"EXISTS"}
	for _, letter := range []string{"s", "l", "t", "z", "h", "p", "g", "x", "n"} {
		all = append(all, keysOf(letter)...)
	}
	return append(all, oddKeys...)
}()

// underSettings: what is made while other limits hold stays as it is when they are back.
func (g *generator) underSettings() []call {
	name := pick(g, "hash-max-listpack-entries", "hash-max-listpack-value", "zset-max-listpack-entries", "zset-max-listpack-value", "set-max-intset-entries", "list-max-listpack-size", "list-compress-depth",
		"stream-node-max-entries", "hll-sparse-max-bytes")
	letter := map[byte]string{'h': "h", 'z': "z", 's': "t", 'l': "l"}[name[0]]
	switch name {
	case "stream-node-max-entries":
		letter = "x"
	case "hll-sparse-max-bytes":
		letter = "p"
	}
	calls := append([]call{said("", "CONFIG", "SET", name, pick(g, "0", "1", "2", "5", "20", "1000"))}, g.some(g.data, 3+g.IntN(5), letter)...)
	return append(calls, said("", "CONFIG", "SET", name, dataSettings[name]))
}

func said(name string, args ...string) call { return call{name: name, args: args} }

// by says a call on another connection.
func by(who int, name string, args ...string) call { return call{name, args, who} }

// selection chooses a database, but the one that MIGRATE fills.
func selection(g *generator) call { return said("", "SELECT", pick(g, "0", "0", "1", "2", "3")) }

// some makes calls of commands, of those that fit a letter of keys when one is given.
func (g *generator) some(of []command, n int, letter string) []call {
	var out []call
	for range n {
		c := &of[g.IntN(len(of))]
		for tries := 0; letter != "" && letters[c.group] != letter && c.group != "generic" && tries < 40; tries++ {
			c = &of[g.IntN(len(of))]
		}
		g.wanted = letter
		out = append(out, said(c.name(), g.call(c)...))
		g.wanted = ""
	}
	return out
}

// watches: a connection watches keys, then it or another changes them, or not.
func (g *generator) watches() []call {
	letter := pick(g, "s", "l", "t", "z", "h", "p", "g", "x")
	own := func(calls []call) []call {
		for i := range calls {
			calls[i].who = 1
		}
		return calls
	}
	var out []call
	if g.IntN(3) == 0 {
		out = append(out, said("", g.fill(letter+"0")...))
	}
	if g.IntN(4) == 0 { // when it is watched it is over, deleted or not
		out = append(out, said("", "DEBUG", "SET-ACTIVE-EXPIRE", pick(g, "0", "1")), said("", "PEXPIRE", letter+"0", "1"), said("", "DEBUG", "SLEEP", "0.003"))
	}
	out = append(out, by(1, "", append([]string{"WATCH"}, keysOf(letter)[:1+g.IntN(4)]...)...))
	out = append(out, g.some(g.data, g.IntN(2), letter)...)
	out = append(out, own(g.some(g.plain, g.IntN(2), letter))...)
	if g.IntN(6) == 0 {
		out = append(out, by(1, "", "UNWATCH"))
	}
	if g.IntN(6) == 0 {
		out = append(out, said("", pick(g, []string{"FLUSHALL"}, []string{"SWAPDB", "0", "1"}, []string{"DEBUG", "RELOAD"}, []string{"FLUSHDB"}, []string{"SELECT", "0"})...))
	}
	out = append(out, by(1, "", "MULTI"))
	out = append(out, own(g.some(g.plain, 1+g.IntN(2), letter))...)
	out = append(out, g.some(g.plain, g.IntN(2), letter)...)
	return append(out, by(1, "", "EXEC"), said("", append([]string{"EXISTS"}, keysOf(letter)...)...), said("", "DEBUG", "SET-ACTIVE-EXPIRE", "1"))
}

// expired: keys whose time is over, but which nobody has deleted yet.
func (g *generator) expired() []call {
	letter := pick(g, "s", "l", "t", "z", "h", "p", "g", "x")
	out := []call{said("", "DEBUG", "SET-ACTIVE-EXPIRE", "0")}
	for _, key := range keysOf(letter)[:1+g.IntN(4)] {
		out = append(out, said("", g.fill(key)...), said("", "PEXPIRE", key, "1"))
	}
	out = append(out, said("", "DEBUG", "SLEEP", "0.003"))
	if g.IntN(3) == 0 {
		out = append(out, said("", "MULTI"))
		out = append(out, g.some(g.plain, 1+g.IntN(3), letter)...)
		out = append(out, said("", "EXEC"))
	}
	if g.IntN(3) == 0 {
		st := step{extra: pick(g, pcalls, calls), calls: g.some(g.plain, 1+g.IntN(3), letter)}
		out = append(out, said("", st.scripted()...))
	}
	out = append(out, g.some(g.data, 1+g.IntN(3), letter)...)
	return append(out, said("", everyKey...), said("", "DEBUG", "SET-ACTIVE-EXPIRE", "1"), said("dbsize", "DBSIZE"))
}

// wakes: connections wait for keys, which others fill, empty and replace.
func (g *generator) wakes() []call {
	letter := pick(g, "l", "l", "z", "z", "x", "x")
	keys := keysOf(letter)
	key := func() string { return keys[g.IntN(3)] }
	var out []call
	out = append(out, said("", append([]string{"DEL"}, keys...)...))
	if g.IntN(5) == 0 { // some need not wait
		out = append(out, said("", g.fill(key())...))
	}
	if letter == "x" {
		out = append(out, said("", "XGROUP", "CREATE", keys[0], "g1", "$", "MKSTREAM"), said("", "XGROUP", "CREATE", keys[1], "g1", pick(g, "0", "$"), "MKSTREAM"))
	}
	for who := range 1 + g.IntN(3) {
		c := g.wait(letter, key)
		if g.IntN(8) == 0 { // never waits
			out = append(out, by(who+1, "", "MULTI"), by(who+1, "", c...), by(who+1, "", "EXEC"))
			continue
		}
		out = append(out, by(who+1, "", c...))
	}
	for range 1 + g.IntN(4) {
		change, then := g.change(letter, key), g.change(letter, key)
		if letter == "x" { // a stream that is shorter again at the end wakes nobody; in Redis 7.0 it does, with nothing to read
			then = g.fill(key())
		}
		switch g.IntN(5) {
		case 0:
			out = append(out, said("", "MULTI"), said("", change...), said("", then...), said("", "EXEC"))
		case 1:
			st := step{extra: pcalls, calls: []call{said("", change...), said("", then...)}}
			out = append(out, said("", st.scripted()...))
		default:
			out = append(out, said("", change...))
		}
	}
	return append(out, said("", "EXISTS", keys[0], keys[1], keys[2], keys[3]))
}

func (g *generator) wait(letter string, key func() string) []string {
	end := func() string { return pick(g, "LEFT", "RIGHT") }
	count := strconv.Itoa(1 + g.IntN(4))
	switch letter {
	case "l":
		return pick(g, []string{"BLPOP", key(), "0"}, []string{"BRPOP", key(), key(), "0"}, []string{"BLMOVE", key(), key(), end(), end(), "0"}, []string{"BRPOPLPUSH", key(), key(), "0"},
			[]string{"BLMPOP", "0", "2", key(), key(), end(), "COUNT", count}, []string{"BLMPOP", "0", "1", key(), end()})
	case "z":
		return pick(g, []string{"BZPOPMIN", key(), "0"}, []string{"BZPOPMAX", key(), key(), "0"}, []string{"BZMPOP", "0", "2", key(), key(), pick(g, "MIN", "MAX"), "COUNT", count}, []string{"BZMPOP", "0", "1", key(), "MAX"})
	}
	return pick(g, []string{"XREAD", "BLOCK", "0", "STREAMS", key(), "$"}, []string{"XREAD", "COUNT", count, "BLOCK", "0", "STREAMS", key(), key(), g.recent(), "$"}, []string{"XREAD", "BLOCK", "0", "STREAMS", key(), strconv.Itoa(g.made + 3)},
		[]string{"XREADGROUP", "GROUP", "g1", pick(g, "c1", "c2"), "BLOCK", "0", "STREAMS", pick(g, "x0", "x1"), ">"},
		[]string{"XREADGROUP", "GROUP", "g1", "c1", "COUNT", count, "BLOCK", "0", "NOACK", "STREAMS", "x0", "x1", ">", ">"})
}

// change fills a key, or does something else to it.
func (g *generator) change(letter string, key func() string) []string {
	if g.IntN(2) == 0 {
		return g.fill(key())
	}
	other := letter + "3"
	general := [][]string{{"DEL", key()}, g.fill(other), {"MOVE", key(), "1"}, {"FLUSHDB"}, {"PEXPIREAT", key(), "1"}, {"DEBUG", "RELOAD"}}
	if letter == "x" {
		general = append(general, []string{"SET", key(), "x"}) // elsewhere, what STORE puts in the place of another type wakes nobody in Redis
	} else { // see above
		general = append(general, []string{"RENAME", other, key()}, []string{"COPY", other, key(), "REPLACE"}, []string{"SWAPDB", "0", "1"})
	}
	own := map[string][][]string{
		"l": {{"LPUSH", key(), "1", "2", "3"}, {"LMOVE", other, key(), "LEFT", "RIGHT"}, {"LPUSHX", key(), "x"}, {"LINSERT", key(), "BEFORE", "a", "y"}, {"LPOP", key()}, {"RPOPLPUSH", key(), key()}, {"RPUSH", key(), "1"}, {"SORT", other, "ALPHA", "STORE", key()}},
		"z": {{"ZADD", key(), "5", "m"}, {"ZINCRBY", key(), "1", "n"}, {"ZUNIONSTORE", key(), "2", other, key()}, {"ZRANGESTORE", key(), other, "0", "-1"}, {"GEOADD", key(), "1", "2", "p"}, {"ZREM", key(), "a", "m"}, {"ZPOPMIN", key()},
			{"GEOSEARCHSTORE", key(), other, "FROMMEMBER", "a", "BYRADIUS", "1", "km"}, {"ZDIFFSTORE", key(), "2", other, key()}},
		"x": {{"XADD", key(), strconv.Itoa(g.made), "f", "v"}, {"XADD", key(), strconv.Itoa(g.made) + "-*", "f", "v"}, {"XDEL", key(), g.recent()}, {"XTRIM", key(), "MAXLEN", "0"}, {"XGROUP", "DESTROY", key(), "g1"},
			{"XGROUP", "SETID", key(), "g1", "0"}, {"XGROUP", "CREATE", key(), "g1", "0", "MKSTREAM"}, {"XSETID", key(), strconv.Itoa(g.made)}, {"XADD", key(), "NOMKSTREAM", strconv.Itoa(g.made), "f", "v"}},
	}[letter]
	return pick(g, slices.Concat(general, own, own)...)
}
