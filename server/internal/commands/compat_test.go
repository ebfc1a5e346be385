package commands_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lockstep-db/lockstep/server/internal/command"
)

var update = flag.Bool("update", false, "write testdata/notyet.txt and docs/COMPAT.md anew")

// notYet lists the commands of Redis 7.0 that our table does not have: name, version, group. It only gets shorter.
var notYet = filepath.Join("testdata", "notyet.txt")

// The list of what is missing is exactly what Debian's redis-server has and our table has not.
func TestNotYetListsWhatIsMissing(t *testing.T) {
	peer, ours := tableOfPeer(t), tableOf(newTable())
	var b strings.Builder
	for _, name := range sortedNames(peer) {
		if _, there := ours[name]; !there {
			fmt.Fprintln(&b, name, strings.Trim(peer[name]["since"], `"`), strings.Trim(peer[name]["group"], `"`))
		}
	}
	if *update {
		if err := os.WriteFile(notYet, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, got := strings.Split(b.String(), "\n"), strings.Split(read(t, notYet), "\n")
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: %q is there now, take it off the list (go test -update does)", notYet, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%q of Redis 7.0 is neither in our table nor in %s", line, notYet)
		}
	}
}

// docs/COMPAT.md says what the table says.
func TestCompatPageIsTrue(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "COMPAT.md")
	page := compatPage(newTable(), read(t, notYet))
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, path) != page {
		t.Errorf("%s is not what the command table says: go test ./server/internal/commands -update writes it anew", path)
	}
}

func read(t *testing.T, path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// otherwise are commands that do not do all that Redis's do.
var otherwise = map[string]string{
	"script|debug": "in MULTI an EVAL cannot be debugged; YES works on a copy of the data, which takes its memory (decision 0013)",
	"eval": "Lua is gopher-lua, with the libraries written anew. What differs from Lua 5.1: words of syntax errors, the order of pairs(), `#` of tables with holes, `__len` " +
		"of tables is asked, text with a leading zero is octal in arithmetic, `next` takes unknown keys. Test TestScriptsAnswerAsRedis lists them",
	"geosearchstore":  "distances that STOREDIST keeps are computed by Go's library: the last digit may differ from that of C. Our replicas are sent the numbers",
	"blpop":           "who waits, also by BZPOPMIN and its like, is woken when a STORE command puts a list or a sorted set in the place of a value of another type",
	"xread":           "who waits is not woken by entries that are gone again when the transaction that added them is over; Redis answers with an empty list then",
	"acl|save":        "as CONFIG REWRITE",
	"lolwut":          "the pictures are our own",
	"config|rewrite":  "keeps the file's mode and owner, and the symbolic link that leads to it; Redis makes a new file of mode 0644",
	"memory|purge":    "answers when it is done, and stops nobody else meanwhile; in MULTI when it has begun",
	"client|tracking": "a key that tracking-table-max-keys or eviction takes is told to its reader with NOLOOP, too; a flush is told with the null of the protocol that the receiver speaks",
	"client|pause":    "meanwhile replicas are sent a PING each half of repl-timeout, which keeps the link, so that their offsets can become equal to the master's; Redis goes on as before",
	"exec":            "messages to the client that runs it (of channels, and invalidations that are redirected to it) follow its reply; in Redis 7.0 they stand inside of it, in 7.2 they do not",
	"replicaof":       "with replica-ignore-maxmemory no a replica evicts keys of its own choice, but refuses nothing that its master has done",
	"quit":            "disconnects after CLIENT REPLY OFF, too",
	"sort":            "a sorted set keeps its small encoding when it is sorted; in Redis it becomes a skip list, by SORT_RO too",
	"psubscribe":      "a client of RESP3 that hears the notification of its own change gets it before the reply; in Redis that depends on the command",
	"info":            "used_memory_vm_* are what a machine takes when it is made, libraries included; used_memory_lua is 0, as scripts leave nothing in it",
}

// compatRow is a command of Redis 7.0, there or not yet.
type compatRow struct{ name, since, group, summary string }

func (r compatRow) there() bool { return r.summary != "" }

func compatRows(t *command.Table, missing string) []compatRow {
	var rows []compatRow
	for _, s := range t.Specs() {
		if container, _, _ := strings.Cut(s.FullName(), "|"); extensions[container] != "" {
			continue
		}
		rows = append(rows, compatRow{s.FullName(), s.Since, s.Group, strings.TrimSuffix(s.Summary, ".")})
	}
	for line := range strings.Lines(missing) {
		f := strings.Fields(line)
		rows = append(rows, compatRow{name: f[0], since: f[1], group: f[2]})
	}
	slices.SortFunc(rows, func(a, b compatRow) int { return strings.Compare(a.group+" "+a.name, b.group+" "+b.name) })
	return rows
}

// compatPage writes the page: a table for each group of commands.
func compatPage(t *command.Table, missing string) string {
	rows := compatRows(t, missing)
	there := 0
	for _, r := range rows {
		if r.there() {
			there++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Commands

Written by `+"`go test ./server/internal/commands -update`"+` from the command table; do not edit it by hand.

Lockstep has %d of the %d commands and subcommands of Redis 7.0. Arity, flags, keys, ACL categories, arguments and versions of each are those
that Debian's `+"`redis-server`"+` tells in COMMAND INFO and COMMAND DOCS: a test compares them. Summaries are our own words.
`, there, len(rows))
	if len(differences) > 0 {
		b.WriteString("\nDifferent on purpose:\n\n")
		for _, d := range sortedNames(differences) {
			name, field, _ := strings.Cut(d, " ")
			fmt.Fprintf(&b, "- %s, %s: %s\n", shown(name), field, differences[d])
		}
	}
	b.WriteString("\nKnown to behave otherwise:\n\n")
	for _, name := range sortedNames(otherwise) {
		fmt.Fprintf(&b, "- %s: %s\n", shown(name), otherwise[name])
	}
	b.WriteString("\nCommands that Redis does not have:\n\n")
	for _, name := range sortedNames(extensions) {
		fmt.Fprintf(&b, "- %s: %s\n", shown(name), extensions[name])
	}
	group := ""
	for _, r := range rows {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n## %s\n\n| Command | Since | State | What it does |\n|---|---|---|---|\n", group)
		}
		state := "there"
		if !r.there() {
			state = "not yet"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", shown(r.name), r.since, state, strings.ReplaceAll(r.summary, "|", `\|`))
	}
	return b.String()
}

// shown writes a full name as users type it: CONFIG GET.
func shown(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "|", " ")) }
