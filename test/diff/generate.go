package diff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// generator makes calls out of a grammar.
type generator struct {
	*rand.Rand
	rules            map[string]rule
	plain            []command // of data, compared byte by byte: what is called between others
	on               *command  // under way: its keys are mostly of its type
	made             int       // calls
	dumps, functions []string  // payloads of both servers
}

// call makes one call of a command.
func (g *generator) call(c *command) []string {
	if m := g.rules[c.name()].make; m != nil {
		g.words(c)
		return m(g, c)
	}
	return g.any(c)
}

// words begins a call.
func (g *generator) words(c *command) []string {
	g.on = c
	g.made++
	return slices.Clone(c.words)
}

// any makes a call out of the grammar. One in ten is damaged.
func (g *generator) any(c *command) []string {
	out := g.words(c)
	for i := range c.args {
		out = g.argument(out, &c.args[i])
	}
	if g.IntN(10) == 0 && !g.rules[c.name()].waits {
		out = g.damage(out, len(c.words))
	}
	return out
}

// damage drops, adds, repeats or replaces an argument behind the name.
func (g *generator) damage(args []string, from int) []string {
	if len(args) == from {
		return append(args, g.text())
	}
	i := from + g.IntN(len(args)-from)
	switch g.IntN(4) {
	case 0:
		return slices.Delete(args, i, i+1)
	case 1:
		return slices.Insert(args, i, g.text())
	case 2:
		return slices.Insert(args, i, args[i])
	default:
		args[i] = g.text()
		return args
	}
}

func (g *generator) argument(out []string, a *argument) []string {
	if a.optional && g.IntN(3) != 0 {
		return out
	}
	times := 1
	if a.multiple {
		times += g.IntN(3)
	}
	for i := range times {
		if a.token != "" && a.kind != "pure-token" && (i == 0 || a.tokens) {
			out = append(out, a.token)
		}
		out = g.value(out, a)
	}
	return out
}

func (g *generator) value(out []string, a *argument) []string {
	if words := g.rules[g.on.name()].words[a.name]; words != nil && a.kind != "block" && a.kind != "oneof" {
		return append(out, pick(g, words...))
	}
	switch a.kind {
	case "oneof":
		return g.argument(out, g.child(a))
	case "block":
		for i := range a.children {
			out = g.argument(out, &a.children[i])
		}
		return out
	case "pure-token":
		if g.IntN(4) == 0 {
			return append(out, strings.ToLower(a.token))
		}
		return append(out, a.token)
	case "key":
		return append(out, g.key())
	case "integer":
		return append(out, g.integer(a))
	case "double":
		return append(out, g.double(a.name))
	case "unix-time":
		return append(out, g.time(a.name))
	case "pattern":
		return append(out, pick(g, "*", "s*", "?1", "[a-s]*", "", `\*`, "*1*"))
	default:
		return append(out, g.word(a))
	}
}

// child picks an alternative; it is not optional once it is picked.
func (g *generator) child(a *argument) *argument {
	c := a.children[g.IntN(len(a.children))]
	c.optional = false
	return &c
}

func pick[T any](g *generator, list ...T) T { return list[g.IntN(len(list))] }

// key names a key; the first letter is that of its usual type.
func (g *generator) key() string {
	letter, ok := map[string]string{"string": "s", "list": "l", "set": "t", "sorted-set": "z", "hash": "h", "bitmap": "s", "hyperloglog": "p", "geo": "g", "stream": "x"}[g.on.group]
	if !ok || g.IntN(15) == 0 {
		letter = pick(g, "s", "l", "t", "z", "h", "p", "g", "x", "n")
	}
	return letter + strconv.Itoa(g.IntN(4))
}

func (g *generator) integer(a *argument) string {
	if a.token == "BLOCK" {
		return "1"
	}
	switch a.name {
	case "numkeys":
		return pick(g, "1", "2", "2", "0", "3")
	case "timeout": // of commands that wait
		return "1"
	case "seconds", "milliseconds": // far away and far from each other, or over: both servers must see the same
		return pick(g, strconv.Itoa(100_000_000+1000*g.IntN(1_000_000)), strconv.Itoa(100_000_000+1000*g.IntN(1_000_000)), "0", "-1", "x")
	case "min-idle-time", "ms":
		return pick(g, idleTimes...)
	case "offset":
		return strconv.Itoa(g.IntN(200) - 5)
	case "count", "limit", "start", "stop", "end", "index", "len", "rank":
		return strconv.Itoa(g.IntN(12) - 4)
	}
	return pick(g, "0", "1", "2", "-1", "7", "100", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "x", "1.5", "010")
}

func (g *generator) double(name string) string {
	if name == "timeout" {
		return "0.01"
	}
	if name == "longitude" || name == "latitude" {
		return fmt.Sprintf("%.3f", g.Float64()*170-85)
	}
	return pick(g, "0", "1", "-1", "1.5", "3.14159", "1e10", "-2.5e-3", "inf", "-inf", "nan", "x", "1e400", strconv.Itoa(g.IntN(50)))
}

// idleTimes are of entries that were delivered just now, and of those that were declared to be old: nothing between.
var idleTimes = []string{"0", "0", "500000", "1000000", "100000000", "-1", "x"}

// time is far away, or over.
func (g *generator) time(name string) string {
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
	case "id", "start", "end", "lastid", "threshold":
		if g.on.group == "stream" {
			return pick(g, "0", "-", "+", "1-1", "5-3", "7", strconv.Itoa(g.made), fmt.Sprintf("%d-*", g.made), fmt.Sprintf("%d-%d", g.IntN(1000), g.IntN(3)), "$", ">", "x", "5-*")
		}
	case "min", "max":
		return pick(g, "-inf", "+inf", "0", "(1", "5", "-", "+", "[a", "(c", "x", strconv.Itoa(g.IntN(20)))
	case "group", "consumer":
		return pick(g, "g1", "g2", "c1")
	case "encoding":
		return pick(g, "u8", "i5", "i64", "u63", "u64", "x1", "i16")
	case "operation":
		return pick(g, "AND", "or", "XOR", "NOT", "nand")
	}
	return g.text()
}

func (g *generator) text() string {
	return pick(g, "a", "b", "c", "d", "member", "", "12345", "-7", "3.0e3", "x\x01y\xff", strings.Repeat("long", 20), "*", "0", strconv.Itoa(g.IntN(100)))
}
