package diff

import (
	"fmt"
	"strconv"
	"strings"
)

// What arguments are made of: mostly what does something, and what lies at the limits.

// letters are those of keys: of each usual type one. "n" is of none.
var letters = map[string]string{"string": "s", "list": "l", "set": "t", "sorted-set": "z", "hash": "h", "bitmap": "s", "hyperloglog": "p", "geo": "g", "stream": "x"}

// oddKeys are names like any other.
var oddKeys = []string{"", "a key", "k\xffy"}

// key names a key; the first letter is that of its usual type. Commands of any type keep to one, mostly, so that types stay what they are.
func (g *generator) key() string {
	letter, ok := letters[g.on.group]
	if g.wanted != "" {
		letter, ok = g.wanted, true
	}
	switch {
	case g.IntN(80) == 0:
		return pick(g, oddKeys...)
	case g.IntN(20) == 0 || !ok && g.letter == "":
		letter = pick(g, "s", "l", "t", "z", "h", "p", "g", "x", "n")
		if g.letter == "" {
			g.letter = letter
		}
	case !ok:
		letter = g.letter
	}
	return letter + strconv.Itoa(g.IntN(4))
}

// keysOf are all keys of a letter.
func keysOf(letter string) []string {
	return []string{letter + "0", letter + "1", letter + "2", letter + "3"}
}

// What is cut off at a NUL is only made where numbers are wanted: in the texts of its errors Redis cuts all words off there.
var oddIntegers = []string{"9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "4294967295", "4294967296",
	"2147483647", "2147483648", "-2147483649", "1048575", "1048576", "8388607", "8388608", "+1", " 1", "1 ", "01", "-0", "--1", "0x10", "1e3", "1.0", "", "99999999999999999999999", "x", "-", "*"}

var oddDoubles = []string{"inf", "-inf", "+inf", "Infinity", "-infinity", "INF", "nan", "-nan", "1e308", "1.7976931348623157e308", "-1e309", "5e-324", "2.2250738585072014e-308", "0x1p4", "0x1.8p1", "0x10", "1e", "e1",
	".5", "5.", "-.5e1", "+1.5", " 1.5", "1.5 ", "1_000", "", "-0", "-0.0", "1e-400", "00.1", "123456789012345678", "9007199254740993", "0.1", "0.30000000000000004", "1e15", "1e16", "1e17", "1e21", "1e22", "1e23",
	"100000000000000000000", "infinit", "1e+5", "1E5", "1,5", "(1", "x", "3.0e3", "-9223372036854775808", "9223372036854775807", "4.9406564584124654e-324", "1e-7", "123456.789e3", "0.000001", "1e5000", "1e-5000"}

func (g *generator) integer(a *argument) string {
	if a.token == "BLOCK" || a.name == "timeout" { // of commands that wait
		return "1"
	}
	if a.name == "numkeys" && g.IntN(12) != 0 {
		g.agreed = 1 + g.IntN(3)
		return strconv.Itoa(g.agreed)
	}
	if g.IntN(25) == 0 && !strings.Contains(g.on.name(), "rand") { // which would return as many
		return pick(g, append(oddIntegers, "1\x00")...)
	}
	switch a.name {
	case "numkeys":
		return pick(g, "1", "2", "2", "0", "3", "-1")
	case "seconds", "milliseconds": // far away and far from each other, or over: both servers must see the same
		return pick(g, strconv.Itoa(100_000_000+1000*g.IntN(1_000_000)), strconv.Itoa(100_000_000+1000*g.IntN(1_000_000)), strconv.Itoa(100_000_000+1000*g.IntN(1_000_000)), "0", "-1", "x")
	case "min-idle-time", "ms":
		return pick(g, idleTimes...)
	case "offset":
		if g.on.group == "bitmap" || g.on.group == "string" {
			return pick(g, strconv.Itoa(g.IntN(200)-5), strconv.Itoa(g.IntN(200)), "#"+strconv.Itoa(g.IntN(9)), strconv.Itoa(g.IntN(20000)))
		}
		return strconv.Itoa(g.IntN(5) - 1)
	case "bit":
		return pick(g, "0", "1", "1", "2")
	case "value":
		if g.on.name() == "setbit" {
			return pick(g, "0", "1", "1", "1", "2")
		}
	case "destination-db":
		return pick(g, "0", "1", "2", "16")
	case "count", "limit", "start", "stop", "end", "index", "len", "rank":
		return strconv.Itoa(g.IntN(12) - 4)
	}
	return pick(g, "0", "1", "2", "-1", "7", "100", "-100", strconv.Itoa(g.IntN(100_000)), "9223372036854775807", "-9223372036854775808", "9223372036854775808", "x", "1.5", "010")
}

func (g *generator) double(name string) string {
	if name == "timeout" {
		return "0.01"
	}
	if g.IntN(8) == 0 {
		return pick(g, append(oddDoubles, "1.5\x00x", "(\x00")...)
	}
	switch name {
	case "longitude", "latitude":
		if g.IntN(12) == 0 {
			return pick(g, "180", "-180", "180.1", "85.05112878", "85.06", "-85.05112878", "0")
		}
		return fmt.Sprintf("%.*f", g.IntN(8), g.Float64()*170-85)
	case "radius", "width", "height":
		return pick(g, "0", "1", "100", "5000", "8000", "20000", "1000000", "-1", "0.5", strconv.Itoa(g.IntN(30000)))
	case "min", "max":
		return g.limit()
	}
	return pick(g, "0", "1", "-1", "1.5", "3.14159", "1e10", "-2.5e-3", fmt.Sprint(g.Float64()), strconv.Itoa(g.IntN(50)), strconv.Itoa(g.IntN(50)))
}

// limit is one of a range of scores.
func (g *generator) limit() string {
	n := strconv.Itoa(g.IntN(50))
	return pick(g, "-inf", "+inf", "0", "(1", "5", "-1", "(-2.5e-3", "1e10", "(inf", n, "("+n)
}

// idleTimes are of entries that were delivered just now, and of those that were declared to be old: nothing between.
var idleTimes = []string{"0", "0", "500000", "1000000", "100000000", "-1", "x"}

// time is far away, or over.
func (g *generator) time(name string) string {
	if g.IntN(25) == 0 {
		return pick(g, oddIntegers...)
	}
	t := pick(g, int64(4_000_000_000), 5_000_000_000, 1, 1_000_000)
	if strings.Contains(name, "milli") {
		t *= 1000
	}
	return strconv.FormatInt(t, 10)
}

func (g *generator) word(a *argument) string {
	if words := g.rules[g.on.name()].words[a.name]; words != nil {
		return pick(g, words...)
	}
	switch a.name {
	case "min-idle-time":
		return pick(g, idleTimes...)
	case "threshold":
		return pick(g, strconv.Itoa(g.IntN(12)-1), g.recent(), g.id())
	case "id", "start", "end", "last-id", "max_deleted_entry_id":
		if g.on.group == "stream" {
			return g.id()
		}
	case "group":
		return pick(g, "g1", "g2", "g1", "g2", "c1")
	case "consumer":
		return pick(g, "c1", "c2", "g1")
	case "member", "member1", "member2":
		if g.on.group == "geo" && g.IntN(10) != 0 {
			return pick(g, "a", "b", "c", "d", "e", "f")
		}
	case "encoding":
		return pick(g, "u8", "i5", "i64", "u63", "u64", "x1", "i16", "u1", "i1", "u32", "i65", "u0", "U8", "")
	case "operation":
		return pick(g, "AND", "or", "XOR", "NOT", "nand")
	}
	if a.name == "start" || a.name == "stop" || a.name == "min" || a.name == "max" { // of sorted sets: see inRange
		return strconv.Itoa(g.IntN(12) - 4)
	}
	return g.text()
}

// id is one of a stream's entry: a new one for XADD, or one that was added lately.
func (g *generator) id() string {
	switch made := strconv.Itoa(g.made); {
	case g.IntN(10) == 0:
		return pick(g, "-", "+", "0", "0-0", "0-1", "1-1", "5-3", "$", ">", "x", "5-*", "18446744073709551615-18446744073709551615", "1-18446744073709551615", "1-18446744073709551616", "-1", "(5", "(-", "", "1-", "-5", "01-1",
			"18446744073709551616", made+"-1")
	case g.on.name() == "xadd":
		id := pick(g, made, made, made+"-*", fmt.Sprintf("%d-%d", g.made, g.IntN(3)))
		if g.ids = append(g.ids, strings.Replace(id, "*", "0", 1)); len(g.ids) > 30 {
			g.ids = g.ids[1:]
		}
		return id
	case strings.HasPrefix(g.on.name(), "xread"):
		return pick(g, "0", ">", ">", "$", g.recent())
	case strings.HasSuffix(g.on.name(), "range"), g.on.name() == "xpending":
		return pick(g, "-", "-", "+", "+", g.recent(), "("+g.recent())
	case strings.HasPrefix(g.on.name(), "xgroup"):
		return pick(g, "0", "$", g.recent())
	}
	return pick(g, g.recent(), g.recent(), g.recent(), "0", "-", strconv.Itoa(g.IntN(8)))
}

// recent is an entry that may still be there.
func (g *generator) recent() string {
	if len(g.ids) == 0 {
		return "1"
	}
	return g.ids[g.IntN(len(g.ids))]
}

func (g *generator) text() string {
	switch g.IntN(40) {
	case 0:
		return strings.Repeat("v", pick(g, 10, 20, 44, 45, 63, 64, 65, 66, 255, 4095, 8192, 17000))
	case 1:
		return pick(g, oddIntegers...)
	case 2:
		return pick(g, oddDoubles...)
	case 3, 4:
		return strconv.Itoa(g.IntN(1_000_000))
	}
	return pick(g, "a", "b", "c", "d", "member", "", "12345", "-7", "3.0e3", "x\x01y\xff", strings.Repeat("long", 20), "*", "0", strconv.Itoa(g.IntN(100)), strconv.Itoa(g.IntN(4)))
}

// fill is a call that makes sure, unless another type is in the way, that there is something at a key.
func (g *generator) fill(key string) []string {
	g.made++
	n := strconv.Itoa(g.IntN(30))
	switch key[:1] {
	case "l":
		return []string{"RPUSH", key, "a", n, "b", "3", "a"}
	case "t":
		return []string{"SADD", key, "1", n, pick(g, "7", "a")}
	case "z":
		return []string{"ZADD", key, "1", "a", n, "b", "3.5", n}
	case "h":
		return []string{"HSET", key, "a", n, "b", "x", n, "3"}
	case "p":
		return []string{"PFADD", key, "a", n}
	case "g":
		return []string{"GEOADD", key, "1", "2", "a", n, n, "b"}
	case "x":
		id := strconv.Itoa(g.made)
		g.ids = append(g.ids, id)
		return []string{"XADD", key, id, "a", n, "b", "x"}
	}
	return []string{"SET", key, pick(g, n, "text", "1.5")}
}
