package diff

import (
	"maps"
	"slices"
	"strings"

	"github.com/lockstep-db/lockstep/libs/resp"
)

// command is one command or subcommand with its arguments, as COMMAND DOCS tells them.
type command struct {
	words []string // name, and the subcommand's
	group string
	args  []argument
}

type argument struct {
	name, kind, token  string
	optional, multiple bool
	tokens             bool // the token repeats with each value
	children           []argument
}

func (c *command) name() string { return strings.Join(c.words, "|") }

// commands reads COMMAND DOCS, asked in RESP3.
func commands(docs *resp.Value) []command {
	var out []command
	each(docs, func(name string, doc *resp.Value) { out = append(out, read(doc, strings.Split(name, "|"))...) })
	slices.SortFunc(out, func(a, b command) int { return strings.Compare(a.name(), b.name()) })
	return out
}

func read(doc *resp.Value, words []string) []command {
	c := command{words: words}
	var subs []command
	each(doc, func(name string, v *resp.Value) {
		switch name {
		case "group":
			c.group = string(v.Text)
		case "arguments":
			c.args = arguments(v)
		case "subcommands":
			each(v, func(full string, sub *resp.Value) { subs = append(subs, read(sub, strings.Split(full, "|"))...) })
		}
	})
	if subs != nil { // the container itself: nothing, or an unknown subcommand
		c.group, c.args = "container", []argument{{name: "subcommand", kind: "string", optional: true, multiple: true}}
	}
	return append(subs, c)
}

func arguments(v *resp.Value) []argument {
	var out []argument
	for i := range v.Elems {
		var a argument
		each(&v.Elems[i], func(name string, v *resp.Value) {
			switch name {
			case "name":
				a.name = string(v.Text)
			case "type":
				a.kind = string(v.Text)
			case "token":
				a.token = string(v.Text)
			case "arguments":
				a.children = arguments(v)
			case "flags":
				for j := range v.Elems {
					flag := string(v.Elems[j].Text)
					a.optional = a.optional || flag == "optional"
					a.multiple = a.multiple || flag == "multiple"
					a.tokens = a.tokens || flag == "multiple_token"
				}
			}
		})
		out = append(out, a)
	}
	return out
}

// each calls f for the pairs of a map.
func each(v *resp.Value, f func(name string, v *resp.Value)) {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		f(string(v.Elems[i].Text), &v.Elems[i+1])
	}
}

// sortedNames are the keys of a table, in order.
func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
