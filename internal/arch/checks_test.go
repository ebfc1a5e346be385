package arch

import (
	"go/ast"
	"go/parser"
	"slices"
	"testing"
)

// The checks themselves must find what they look for, else a green run shows nothing.
func TestChecksFindFaults(t *testing.T) {
	const src = `package p
import clock "time"
var table, counter, quiet = map[string]int{}, 0, 1
func f(quiet int) int {
	quiet = 2
	counter++
	table["a"] = 1
	delete(table, "b")
	local := clock.Now()
	local = clock.Time{}
	return quiet
}`
	tree, err := parser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := file{Path: "p.go", AST: tree}
	p := pkg{Path: "p", Files: []file{f}}
	vars := packageVariables(p)
	var written []string
	eachWrite(f, func(id *ast.Ident) {
		if spec, ok := vars[id.Name]; ok && (id.Obj == nil || id.Obj.Decl == spec.node) {
			written = append(written, id.Name)
		}
	})
	if want := []string{"counter", "table", "table"}; !slices.Equal(written, want) {
		t.Errorf("written package variables: got %v, want %v", written, want)
	}
	var calls []string
	eachSelector(p, "time", clockCalls, func(where, call string) { calls = append(calls, call) })
	if !slices.Equal(calls, []string{"time.Now"}) {
		t.Errorf("clock calls: got %v", calls)
	}
}

func TestLayerOfTakesTheLongestPrefix(t *testing.T) {
	for path, want := range map[string]string{
		"libs/repl": "libs/repl", "libs/repl/wire": "libs/repl/wire", "libs/replica": "",
		"server/internal/commands/lists": "server/internal/commands", "server/internal/command": "server/internal/command",
	} {
		if got, _ := layerOf(path); got != want {
			t.Errorf("layerOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	paths := []string{"libs/repl/link.go", "libs/repl/judge.go", "docs/formats/aof.md"}
	for text, want := range map[string]string{
		"link.go": "", "repl/{link,judge}.go": "", "formats/aof.md": "", "libs/repl": "", "make test": "",
		"ink.go": "ink.go", "repl/{link,feed}.go": "repl/feed.go", "see aof.md and rdb.md": "rdb.md", "libs/rep": "libs/rep",
	} {
		if got := missingFiles(text, paths); got != want {
			t.Errorf("missingFiles(%q) = %q, want %q", text, got, want)
		}
	}
}
