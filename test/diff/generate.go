package diff

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// generator makes calls out of a grammar.
type generator struct {
	*rand.Rand
	rules            map[string]rule
	plain            []command // of data, compared byte by byte: what is called between others
	data             []command // of data, all
	on               *command  // under way: its keys are mostly of its type
	letter           string    // under way: of the keys, where any type fits
	wanted           string    // of all keys, if not empty
	agreed           int       // under way: how many keys were promised
	made             int       // calls
	ids              []string  // of entries that were added to streams lately
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
	g.on, g.letter, g.agreed = c, "", 0
	g.made++
	return slices.Clone(c.words)
}

// any makes a call out of the grammar. One in ten is damaged.
func (g *generator) any(c *command) []string {
	out := g.arguments(g.words(c), c.args)
	if g.IntN(10) == 0 && !g.rules[c.name()].waits {
		out = g.damage(out, len(c.words))
	}
	if g.IntN(15) == 0 {
		out[0] = pick(g, strings.ToUpper(out[0]), strings.ToUpper(out[0][:1])+out[0][1:])
	}
	return out
}

// arguments appends what a list of them says. Options that stand together come in any order, and seldom twice.
func (g *generator) arguments(out []string, args []argument) []string {
	for i := 0; i < len(args); {
		j := i
		for j < len(args) && args[j].optional {
			j++
		}
		if j-i < 2 || g.IntN(2) == 0 {
			j = max(j, i+1)
			for ; i < j; i++ {
				out = g.argument(out, &args[i])
			}
			continue
		}
		order := g.Perm(j - i)
		if g.IntN(8) == 0 {
			order = append(order, order[0])
		}
		for _, k := range order {
			out = g.argument(out, &args[i+k])
		}
		i = j
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
	switch {
	case !a.multiple:
	case g.agreed > 0 && (a.kind == "key" || a.name == "id" || a.name == "weight"):
		times = g.agreed
	case g.IntN(15) == 0 && a.kind != "key": // enough to change the encoding
		times += g.IntN(40)
	default:
		times += g.IntN(3)
	}
	for i := range times {
		if a.token != "" && a.kind != "pure-token" && (i == 0 || a.tokens) {
			out = append(out, g.token(a.token))
		}
		out = g.value(out, a)
	}
	return out
}

// token is a word of the language, in small letters too.
func (g *generator) token(word string) string {
	if g.IntN(4) == 0 {
		return strings.ToLower(word)
	}
	return word
}

func (g *generator) value(out []string, a *argument) []string {
	if words := g.rules[g.on.name()].words[a.name]; words != nil && a.kind != "block" && a.kind != "oneof" {
		return append(out, pick(g, words...))
	}
	switch a.kind {
	case "oneof":
		return g.argument(out, g.child(a))
	case "block":
		if a.name == "streams" && g.IntN(12) != 0 { // as many IDs as keys
			g.agreed = 1 + g.IntN(2)
			defer func() { g.agreed = 0 }()
		}
		return g.arguments(out, a.children)
	case "pure-token":
		return append(out, g.token(a.token))
	case "key":
		return append(out, g.key())
	case "integer":
		return append(out, g.integer(a))
	case "double":
		return append(out, g.double(a.name))
	case "unix-time":
		return append(out, g.time(a.name))
	case "pattern":
		if words := g.rules[g.on.name()].words["pattern"]; words != nil {
			return append(out, pick(g, words...))
		}
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
