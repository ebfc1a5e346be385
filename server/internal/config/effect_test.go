package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// idle is how the description of a directive begins that changes nothing, with the reason behind it.
const idle = "accepted for compatibility: "

// A directive changes something, or its description says that it does not and why, and docs/OPERATIONS.md lists it: who sets it must not
// be left to find out. "Changes something" is that some program reads its field.
func TestDirectivesHaveAnEffect(t *testing.T) {
	read := selectors(t, filepath.Join("..", ".."))
	c := New()
	names := fieldNames(c)
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "OPERATIONS.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Directives without effect\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed string // the first cells of its table
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			listed += cells[1]
		}
	}
	for _, d := range c.Directives() {
		field := names[d.field()]
		if field == "" {
			t.Errorf("%s: no field of Config", d.Name)
			continue
		}
		why, silent := strings.CutPrefix(d.Doc, idle)
		switch {
		case silent && read[field]:
			t.Errorf("%s is said to be without effect, and something reads it", d.Name)
		case !silent && !read[field]:
			t.Errorf("%s is read by nobody: give it an effect, or let its description begin with %q and a reason", d.Name, idle)
		case silent && why == "":
			t.Errorf("%s: no reason", d.Name)
		case silent && !d.Hidden() && !strings.Contains(listed, "`"+d.Name+"`"):
			t.Errorf("docs/OPERATIONS.md does not say that %s is without effect: %s", d.Name, why)
		case !silent && strings.Contains(listed, "`"+d.Name+"`"):
			t.Errorf("docs/OPERATIONS.md says that %s is without effect", d.Name)
		}
	}
}

// field is the address of the field that holds the directive's value.
func (d *Directive) field() uintptr {
	return reflect.ValueOf(d.value).Elem().FieldByName("p").Pointer()
}

// fieldNames are the names of Config's fields, by address.
func fieldNames(c *Config) map[uintptr]string {
	names := map[uintptr]string{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		names[v.Field(i).UnsafeAddr()] = v.Type().Field(i).Name
	}
	return names
}

// selectors are the names behind a dot in the programs below a folder, but for the tables here, which point to every field.
func selectors(t *testing.T, root string) map[string]bool {
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "config/table_") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				found[s.Sel.Name] = true
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) < 1000 {
		t.Fatalf("%d names, %v", len(found), err)
	}
	return found
}
