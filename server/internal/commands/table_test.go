package commands_test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-db/lockstep/libs/resp"
	"github.com/lockstep-db/lockstep/server/internal/command"
	"github.com/lockstep-db/lockstep/server/internal/commands"
	"github.com/lockstep-db/lockstep/server/internal/commands/commandtest"
)

// differences are fields that differ from Redis's on purpose: "command field" to the reason.
var differences = map[string]string{
	"replicaof flags": "a node that loads its master's data can be given another master (R34)",
	"slaveof flags":   "as replicaof",
}

// Every command and subcommand has the arity, flags, keys, categories, tips, arguments, group and versions that Debian's redis-server
// tells of it. Words are our own: summaries, complexities, notes, and what history says.
func TestTableAgreesWithRedis(t *testing.T) {
	peer, ours := askPeer(t), askOurs()
	used := map[string]bool{}
	for _, name := range sortedNames(ours) {
		want, known := peer[name]
		if !known {
			t.Errorf("%s: Redis 7.0 has no such command", name)
			continue
		}
		for _, f := range sortedNames(want, ours[name]) {
			if ours[name][f] == want[f] {
				continue
			}
			used[name+" "+f] = true
			if differences[name+" "+f] == "" {
				t.Errorf("%s: %s:\nours  %s\nRedis %s", name, f, ours[name][f], want[f])
			}
		}
	}
	for d := range differences {
		if !used[d] {
			t.Errorf("differences: %s is the same now, take it off the list", d)
		}
	}
}

// fields are what COMMAND INFO and COMMAND DOCS tell of one command, each as a comparable text.
type fields map[string]string

func sortedNames[V any](sets ...map[string]V) []string {
	var out []string
	for _, m := range sets {
		for n := range m {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out
}

// tableHost answers for the engine.
type tableHost struct{ t *command.Table }

func (h *tableHost) Table() *command.Table { return h.t }

// newTable builds the server's table, of which only COMMAND can run.
func newTable() *command.Table {
	h := &tableHost{}
	h.t = commands.All(commands.Hosts{Command: h})
	return h.t
}

// askOurs runs COMMAND INFO and COMMAND DOCS of our table.
func askOurs() map[string]fields {
	table := newTable()
	ask := func(sub string) resp.Value {
		w := &resp.Writer{Proto: 3}
		table.Lookup([]byte("command")).Sub([]byte(sub)).Run(&command.Ctx{Args: [][]byte{[]byte("command"), []byte(sub)}, Reply: w})
		v, err := resp.NewReader(bytes.NewReader(w.Buf)).Read()
		if err != nil {
			panic(err)
		}
		return v
	}
	return describe(ask("info"), ask("docs"))
}

// askPeer runs the same on a redis-server.
func askPeer(t *testing.T) map[string]fields {
	c, err := net.Dial("tcp", commandtest.StartPeer(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	r := resp.NewReader(c)
	ask := func(args ...string) resp.Value {
		if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
			t.Fatal(err)
		}
		v, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ask("HELLO", "3")
	return describe(ask("COMMAND", "INFO"), ask("COMMAND", "DOCS"))
}

// describe turns both replies into fields by full name.
func describe(info, docs resp.Value) map[string]fields {
	out := map[string]fields{}
	for i := range info.Elems {
		describeInfo(out, &info.Elems[i])
	}
	describeDocs(out, &docs)
	return out
}

func describeInfo(out map[string]fields, v *resp.Value) {
	f := fields{}
	for i, name := range []string{"arity", "flags", "first key", "last key", "key step", "categories", "tips", "key specs"} {
		f[name] = canonical(&v.Elems[i+1])
	}
	subs := &v.Elems[9]
	f["form"] = fmt.Sprintf("%s of %d, subcommands in %s", v.Kind, len(v.Elems), subs.Kind)
	out[string(v.Elems[0].Text)] = f
	for i := range subs.Elems {
		describeInfo(out, &subs.Elems[i])
	}
}

func describeDocs(out map[string]fields, v *resp.Value) {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		f, doc := out[string(v.Elems[i].Text)], &v.Elems[i+1]
		for j := 0; j+1 < len(doc.Elems); j += 2 {
			switch name := string(doc.Elems[j].Text); name {
			case "summary", "complexity":
				f[name] = doc.Elems[j+1].Kind.String()
			case "history":
				f[name] = versions(&doc.Elems[j+1])
			case "subcommands":
				describeDocs(out, &doc.Elems[j+1])
			case "arguments":
				for k := range doc.Elems[j+1].Elems {
					f[fmt.Sprintf("argument %d", k)] = canonical(&doc.Elems[j+1].Elems[k])
				}
			default:
				f[name] = canonical(&doc.Elems[j+1])
			}
		}
	}
}

// versions are those in which a command changed: how many changes one version is told as is a matter of words.
func versions(v *resp.Value) string {
	out := []string{}
	for i := range v.Elems {
		out = append(out, string(v.Elems[i].Elems[0].Text))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

// canonical writes a reply as text: sets and maps in a fixed order, without notes.
func canonical(v *resp.Value) string {
	var parts []string
	switch v.Kind {
	case resp.KindMap:
		for i := 0; i+1 < len(v.Elems); i += 2 {
			if name := string(v.Elems[i].Text); name == "notes" {
				continue
			}
			parts = append(parts, canonical(&v.Elems[i])+": "+canonical(&v.Elems[i+1]))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case resp.KindSet, resp.KindArray:
		for i := range v.Elems {
			parts = append(parts, canonical(&v.Elems[i]))
		}
		if v.Kind == resp.KindSet {
			slices.Sort(parts)
			return "set(" + strings.Join(parts, " ") + ")"
		}
		return "[" + strings.Join(parts, " ") + "]"
	case resp.KindBulk:
		return fmt.Sprintf("%q", v.Text)
	default:
		return string(v.Text)
	}
}
