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

// extensions are commands that Redis does not have: name to the reason.
var extensions = map[string]string{
	"client|no-touch": "of Redis 7.2, as clients use it",
	"waitaof":         "WAIT for disks, as Redis 7.2 has it",
	"replication":     "why the last synchronisations were full or partial, and how long each phase took",
}

// Every command and subcommand has the arity, flags, keys, categories, tips, arguments, group and versions that Debian's redis-server
// tells of it. Words are our own: summaries, complexities, notes, and what history says.
func TestTableAgreesWithRedis(t *testing.T) {
	peer, ours := tableOfPeer(t), tableOf(newTable())
	used := map[string]bool{}
	for _, name := range sortedNames(ours) {
		want, known := peer[name]
		container, _, _ := strings.Cut(name, "|")
		if extensions[container] != "" || extensions[name] != "" {
			if known {
				t.Errorf("extensions: Redis has %s", name)
			}
			continue
		}
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

// run runs a subcommand of COMMAND on a table, in RESP3.
func run(t *command.Table, args ...string) resp.Value {
	raw := make([][]byte, len(args))
	for i, a := range args {
		raw[i] = []byte(a)
	}
	w := &resp.Writer{Proto: 3}
	t.Lookup(raw[0]).Sub(raw[1]).Run(&command.Ctx{Args: raw, Reply: w})
	v, err := resp.NewReader(bytes.NewReader(w.Buf)).Read()
	if err != nil {
		panic(err)
	}
	return v
}

// dialPeer starts a redis-server and returns how to ask it, in RESP3.
func dialPeer(t *testing.T) (ask func(args ...string) resp.Value) {
	c, err := net.Dial("tcp", commandtest.StartPeer(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	r := resp.NewReader(c)
	ask = func(args ...string) resp.Value {
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
	return ask
}

// tableOf describes our table as COMMAND tells it.
func tableOf(t *command.Table) map[string]fields {
	return describe(run(t, "command", "info"), run(t, "command", "docs"))
}

// tableOfPeer asks a redis-server for the same.
func tableOfPeer(t *testing.T) map[string]fields {
	ask := dialPeer(t)
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

// calls are those of which both servers must find the same keys, and say the same about them.
var calls = []string{
	"get a", "get", "mget a b c", "mset a 1 b 2", "mset a 1 b", "msetnx a 1 b 2 c 3",
	"set a b", "set a b get", "SET a b EX 10 GET", "set a b ex get", "set get get", "set a b ex",
	"sort a", "sort a by b_* get c_* store d", "sort a limit 0 store store d", "sort a store d store e", "sort a store", "sort_ro a by b get c",
	"migrate h 1 a 0 10", "migrate h 1  0 10 keys a b", "migrate h 1  0 10 copy auth keys keys a", "migrate h 1  0 10 auth2 a keys keys b",
	"migrate h 1 x 0 10 keys a b", "migrate h 1  0 10 keys", "migrate h 1  0 10",
	"zunionstore d 2 a b", "zunionstore d 3 a b", "zunionstore d 0 a", "zunionstore d -1 a", "zunionstore d x a b", "zunion 2 a b weights 1 2",
	"zdiff 1 a", "zinter 5 a", "zintercard 2 a b limit 1", "sintercard 3 a b", "sintercard 99999999999999999999 a",
	"lmpop 2 a b left", "blmpop 0 2 a b left", "blmpop 0 3 a b", "zmpop 1 a min", "bzmpop 0 1 a min", "lmpop 0 a left",
	"zrangestore d s 0 -1", "blpop a b 0", "bzpopmin a b 0", "blmove a b left right 0", "copy a b db 1", "smove a b m",
	"sdiffstore d a b", "sunion a b", "lcs a b", "object freq a", "OBJECT help a", "object foo a", "memory usage a samples 4", "memory stats x",
	"config get x", "client list x", "command getkeys get a", "restore k 0 x", "touch a b", "unlink a b", "watch a b", "wait 1 2",
	"debug object a", "zadd a", "zadd a 1 b", "nosuch a b", "swapdb 0 1", "scan 0 match", "psync a 1", "select a",
	"geoadd a 1 2 b", "geosearch a frommember b byradius 1 m", "geosearchstore d a frommember b byradius 1 m", "georadius a 1 2 3 m", "georadius a 1 2 3 m store d",
	"georadius a 1 2 3 m store d storedist e", "georadius a 1 2 3 m count 1 store", "georadius_ro a 1 2 3 m", "georadiusbymember a b 3 m storedist d", "georadiusbymember a b 3 m",
	"pfadd a b", "pfcount a b", "pfmerge d a b", "pfmerge d", "pfdebug encoding a", "pfselftest", "bitop and d a b", "bitop not d", "setbit a 1 1", "bitfield a get u8 0", "bitfield a get u8 0 set u8 0 1", "bitfield a overflow sat get u8 0",
	"bitfield a overflow sat incrby u8 0 1", "bitfield a get u8", "bitfield a", "bitfield_ro a get u8 0",
}

func TestKeysOfCallsAgreeWithRedis(t *testing.T) {
	ask := dialPeer(t)
	table := newTable()
	for _, call := range calls {
		for _, sub := range []string{"getkeys", "getkeysandflags"} {
			args := append([]string{"command", sub}, strings.Split(call, " ")...)
			if len(args) < 4 {
				continue
			}
			want, got := ask(args...), run(table, args...)
			if canonical(&got) != canonical(&want) {
				t.Errorf("%s\nours  %s\nRedis %s", strings.Join(args, " "), canonical(&got), canonical(&want))
			}
		}
	}
}
