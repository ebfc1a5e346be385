package arch

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A layer lists what the packages at and below its prefix may import besides the standard library.
// The longest matching prefix rules; a package without a layer may import no package of the project.
type layer struct {
	project  []string // packages of the project, each with everything below it
	external []string // modules of others; "*" for any that the decision on libraries (0007) names
}

const si = "server/internal/"

// commandLayer is what a command handler sees: its context and the data, no engine, no sockets, no other command group.
var commandLayer = layer{project: []string{si + "command", si + "store", si + "codec", si + "digest", "libs/resp", "libs/rdb/encoding"}}

// clientLayer is for the command groups whose subject is the client itself (CLIENT, HELLO, MULTI, SHUTDOWN): a session is
// plain data of the engine's thread, and a copy of its fields in Ctx would be a second truth.
var clientLayer = layer{project: append([]string{si + "session", si + "acl"}, commandLayer.project...)}

var layers = map[string]layer{
	"libs/resp":          {project: []string{"libs/resp"}, external: []string{"github.com/tidwall/redcon"}},
	"libs/rdb":           {project: []string{"libs/rdb"}},
	"libs/rdb/encoding":  {project: []string{"libs/rdb/encoding"}},
	"libs/rdb/aof":       {project: []string{"libs/rdb", "libs/resp"}},
	"libs/repl":          {},
	"libs/repl/wire":     {project: []string{"libs/repl", "libs/resp"}},
	"libs/repl/repltest": {project: []string{"libs/repl", "libs/resp"}},
	"libs/netconn":       {project: []string{"libs/netconn"}, external: []string{"golang.org/x/sys", "golang.org/x/crypto"}},

	// store <- command <- commands/* <- engine <- {journal, persist, replication, session} <- app <- main
	si + "store":    {project: []string{si + "store", "libs/rdb/encoding"}, external: []string{"golang.org/x/sys/unix", "github.com/tidwall/btree"}},
	si + "command":  {project: []string{si + "store", "libs/resp", "libs/rdb/encoding"}},
	si + "commands": {project: append(slices.Clone(commandLayer.project), si+"scripting")}, // all.go hands it on
	// A test rig for handlers: it talks to Debian's redis-server. No program imports it.
	si + "commands/commandtest": {project: []string{si + "command", si + "commands", si + "store", si + "session", "libs"}},
	si + "commands/acl":         clientLayer,
	si + "commands/admin":       clientLayer,
	si + "commands/conn":        clientLayer,
	si + "commands/keys":        {project: append(slices.Clone(commandLayer.project), "libs/rdb", si+"codec")}, // DUMP and RESTORE carry RDB values
	si + "commands/pubsub":      clientLayer,
	si + "commands/repl":        clientLayer,
	si + "commands/script":      {project: append(slices.Clone(commandLayer.project), "libs/rdb", si+"scripting")}, // the faces of the scripting engine; payloads of functions
	si + "commands/txn":         clientLayer,
	si + "digest":               {project: []string{si + "store", "libs/rdb/encoding"}}, // DEBUG DIGEST
	si + "codec":                {project: []string{si + "store", "libs/rdb"}},          // values of the store <-> RDB values
	si + "vfs":                  {},
	si + "config":               {project: []string{si + "vfs", "libs/resp"}},
	si + "acl":                  {project: []string{si + "command", si + "store", "libs/resp"}, external: []string{"golang.org/x/crypto"}},
	si + "pubsub":               {project: []string{si + "command", si + "session", si + "store", "libs/resp"}}, // a subscriber is a session
	si + "scripting": {project: []string{si + "command", si + "store", "libs/resp"},
		external: []string{"github.com/yuin/gopher-lua"}},
	si + "info": {project: []string{si + "engine", si + "command", si + "session", si + "config", si + "store", "libs"}},
	// What the engine needs of these three it imports; they see commands and data, not the engine.
	si + "journal": {project: []string{si + "command", si + "store", "libs"}},
	si + "session": {project: []string{si + "command", si + "store", si + "acl", "libs"}},
	si + "event":   {}, // types and a list of subscribers
	si + "engine": {project: []string{si + "event", si + "store", si + "command", si + "commands", si + "journal", si + "session", si + "config", si + "codec", si + "digest",
		si + "acl", si + "pubsub", si + "scripting", "libs"}, external: []string{"github.com/HdrHistogram/hdrhistogram-go"}},
	si + "persist":     {project: []string{si + "event", si + "engine", si + "store", si + "command", si + "journal", si + "config", si + "vfs", si + "codec", si + "info", "libs"}},
	si + "replication": {project: []string{si + "event", si + "codec", si + "info", si + "engine", si + "store", si + "command", si + "journal", si + "session", si + "persist", si + "config", si + "vfs", "libs"}},
	si + "debugger":    {project: []string{si + "engine", si + "persist", si + "scripting", si + "session", si + "store", si + "command"}},
	si + "app":         {project: []string{"server/internal", "libs"}, external: []string{"*"}},
	"server":           {project: []string{"server/internal/app", "server/internal/config"}, external: []string{"*"}},

	"cli":           {project: []string{"cli", "libs"}, external: []string{"*"}},
	"rdbcheck":      {project: []string{"rdbcheck", "libs"}, external: []string{"*"}},
	"bench":         {project: []string{"bench", "libs"}, external: []string{"*"}},
	"test":          {project: []string{"test", "libs"}, external: []string{"*"}},
	"internal/arch": {},
}

// libraries are the modules of others that decision 0007 allows.
var libraries = []string{
	"github.com/tidwall/redcon", "github.com/tidwall/btree", "github.com/urfave/cli/v2", "github.com/HdrHistogram/hdrhistogram-go", "github.com/coreos/go-systemd/v22",
	"golang.org/x/crypto", "golang.org/x/sys", "golang.org/x/term", "github.com/yuin/gopher-lua", "github.com/redis/go-redis/v9",
	"github.com/go-echarts/go-echarts/v2", "github.com/schollz/progressbar/v3", "github.com/klauspost/compress", "github.com/chzyer/readline", "github.com/peterh/liner",
}

// layerOf returns the longest prefix of layers that holds path.
func layerOf(path string) (string, bool) {
	best, found := "", false
	for _, prefix := range slices.Sorted(maps.Keys(layers)) {
		if under(path, prefix) && len(prefix) >= len(best) {
			best, found = prefix, true
		}
	}
	return best, found
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		prefix, found := layerOf(p.Path)
		if !found {
			t.Errorf("%s belongs to no layer: give it one in layers", p.Path)
			continue
		}
		for _, im := range p.Imports {
			checkImport(t, p.Path, im, layers[prefix])
		}
	}
}

func checkImport(t *testing.T, from, im string, l layer) {
	t.Helper()
	if to, ours := strings.CutPrefix(im, modulePrefix); ours {
		switch {
		case from == si+"commands" && under(to, from):
			// all.go lists the groups.
		case !underAny(to, l.project):
			t.Errorf("%s must not import %s", from, to)
		case groupOf(from) != "" && groupOf(to) != "" && groupOf(from) != groupOf(to):
			t.Errorf("%s must not import %s: command groups do not know each other", from, to)
		}
		return
	}
	if first, _, _ := strings.Cut(im, "/"); !strings.Contains(first, ".") {
		return // standard library
	}
	allowed := l.external
	if slices.Contains(allowed, "*") {
		allowed = libraries
	}
	if !underAny(im, allowed) {
		t.Errorf("%s must not import %s", from, im)
	}
}

// groupOf returns the command group of a package: "lists" for server/internal/commands/lists.
func groupOf(path string) string {
	rest, ok := strings.CutPrefix(path, si+"commands/")
	if !ok {
		return ""
	}
	group, _, _ := strings.Cut(rest, "/")
	return group
}

// Every library is used through at most the layers above; go.mod files may not name others.
func TestNoLibraryImportsServer(t *testing.T) {
	for _, p := range packages(t) {
		for _, im := range p.Imports {
			if under(p.Path, "libs") && strings.HasPrefix(im, modulePrefix+"server") {
				t.Errorf("%s must not import %s: libraries never know the server", p.Path, im)
			}
		}
	}
}
