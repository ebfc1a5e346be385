package arch

import (
	"go/ast"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	maxFileLines     = 400
	maxTestFileLines = 600 // a table of cases is data
	maxFunctionLines = 80
)

// longFunctions may be longer than the limit: switches over opcodes, one short case each.
// The key is the file below the root, a colon and the function; the value is the reason.
var longFunctions = map[string]string{}

func TestFileSizes(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.Files {
			if f.Lines > maxFileLines && !f.Generated {
				t.Errorf("%s has %d lines, more than %d: split it by concern", f.Path, f.Lines, maxFileLines)
			}
		}
	}
}

func TestTestFileSizes(t *testing.T) {
	root, paths := trackedFiles(t)
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), "\n"); n > maxTestFileLines {
			t.Errorf("%s has %d lines, more than %d: split it by concern", path, n, maxTestFileLines)
		}
	}
}

func TestFunctionSizes(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		for _, f := range p.Files {
			for _, d := range f.AST.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil || f.Generated {
					continue
				}
				lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				if lines <= maxFunctionLines || isTable(fn) {
					continue
				}
				key := f.Path + ":" + fn.Name.Name
				used[key] = true
				if longFunctions[key] == "" {
					t.Errorf("%s: %s has %d lines, more than %d: split it by concern", position(f, fn), fn.Name.Name, lines, maxFunctionLines)
				}
			}
		}
	}
	for key := range longFunctions {
		if !used[key] {
			t.Errorf("longFunctions: %s is no longer too long, take it off the list", key)
		}
	}
}

// isTable reports whether a function does nothing but return one composite literal: a table, such as the commands of a
// group or the directives of the configuration. Data has no length limit but the file's.
func isTable(fn *ast.FuncDecl) bool {
	if len(fn.Body.List) != 1 {
		return false
	}
	ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	_, ok = ret.Results[0].(*ast.CompositeLit)
	return ok
}
