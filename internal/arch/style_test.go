package arch

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// badNames say nothing about what a package is for.
var badNames = []string{"utils", "util", "common", "helpers", "helper", "misc"}

// mutableVariables may be assigned to after their declaration. The key is the package, a dot and the variable.
var mutableVariables = map[string]string{}

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.Files) == 0 {
			continue // tests only
		}
		var comments []string
		for _, f := range p.Files {
			if f.AST.Doc != nil {
				comments = append(comments, f.AST.Doc.Text())
			}
		}
		switch {
		case len(comments) == 0:
			t.Errorf("%s has no package comment (mind: no blank line between it and the package clause)", p.Path)
		case p.Name != "main" && !slices.ContainsFunc(comments, func(c string) bool { return strings.HasPrefix(c, "Package "+p.Name+" ") }):
			t.Errorf("%s: the package comment must begin with \"Package %s\"", p.Path, p.Name)
		}
		if slices.Contains(badNames, p.Name) {
			t.Errorf("%s: the name says nothing about what the package is for", p.Path)
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.Files {
			for _, d := range f.AST.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: no init(): registration is explicit", position(f, fn))
				}
			}
		}
	}
}

func TestNoMutablePackageVariables(t *testing.T) {
	for _, p := range packages(t) {
		vars := packageVariables(p)
		for name, spec := range vars {
			if kind := mutableKind(spec.node.Type); kind != "" && mutableVariables[p.Path+"."+name] == "" {
				t.Errorf("%s: package variable %s is a %s: state belongs into a struct with one owner", position(spec.file, spec.node), name, kind)
			}
		}
		for _, f := range p.Files {
			eachWrite(f, func(id *ast.Ident) {
				spec, ok := vars[id.Name]
				if !ok || id.Obj != nil && id.Obj.Decl != spec.node || mutableVariables[p.Path+"."+id.Name] != "" {
					return // a local of the same name
				}
				t.Errorf("%s: package variable %s is changed: state belongs into a struct with one owner", position(f, id), id.Name)
			})
		}
	}
}

type variable struct {
	file file
	node *ast.ValueSpec
}

func packageVariables(p pkg) map[string]variable {
	vars := map[string]variable{}
	for _, f := range p.Files {
		for _, d := range f.AST.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, s := range gen.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					vars[name.Name] = variable{f, s.(*ast.ValueSpec)}
				}
			}
		}
	}
	delete(vars, "_")
	return vars
}

// mutableKind names a declared type that makes sense only for changing state.
func mutableKind(typ ast.Expr) string {
	sel, ok := typ.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	id, ok := sel.X.(*ast.Ident)
	if ok && (id.Name == "sync" || id.Name == "atomic") {
		return id.Name + "." + sel.Sel.Name
	}
	return ""
}

// eachWrite calls f with the variable at the root of everything that a file assigns to, increments, deletes from,
// clears or copies into.
func eachWrite(src file, f func(*ast.Ident)) {
	report := func(e ast.Expr) {
		if id := rootOf(e); id != nil {
			f(id)
		}
	}
	ast.Inspect(src.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					report(e)
				}
			}
		case *ast.IncDecStmt:
			report(n.X)
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Obj == nil && slices.Contains([]string{"delete", "clear", "copy"}, id.Name) && len(n.Args) > 0 {
				report(n.Args[0])
			}
		}
		return true
	})
}

// rootOf returns the variable of an expression such as x, x.f, x[i].f, (*x).f; nil if it begins with a call.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
