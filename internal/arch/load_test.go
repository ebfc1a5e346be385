package arch

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const modulePrefix = "github.com/lockstep-db/lockstep/"

// pkg is one package of the workspace with the files of every platform, without its tests.
type pkg struct {
	Path    string // import path below modulePrefix: "libs/repl/wire"
	Name    string
	Dir     string
	Imports []string // of the files built here
	Files   []file
}

type file struct {
	Path      string // below the repository's root
	Lines     int
	Generated bool
	AST       *ast.File
}

var fset = token.NewFileSet()

// workspace loads all packages once.
var workspace = sync.OnceValues(load)

func packages(t *testing.T) []pkg {
	t.Helper()
	list, err := workspace()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 5 {
		t.Fatalf("only %d packages found: the checks would show nothing", len(list))
	}
	return list
}

func load() ([]pkg, error) {
	root, err := repositoryRoot()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,Imports,GoFiles,CgoFiles,IgnoredGoFiles", "work")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(root, "go.work"))
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var list []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath, Name, Dir                      string
			Imports, GoFiles, CgoFiles, IgnoredGoFiles []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		q := pkg{Path: strings.TrimPrefix(p.ImportPath, modulePrefix), Name: p.Name, Dir: p.Dir, Imports: p.Imports}
		for _, name := range append(append(p.GoFiles, p.CgoFiles...), p.IgnoredGoFiles...) {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parse(root, filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			q.Files = append(q.Files, f)
		}
		list = append(list, q)
	}
}

func parse(root, path string) (file, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return file{}, err
	}
	tree, err := parser.ParseFile(fset, path, src, parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return file{}, err
	}
	return file{rel, strings.Count(string(src), "\n"), ast.IsGenerated(tree), tree}, nil
}

// repositoryRoot walks up to the directory of go.work.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("no go.work above the test")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// trackedFiles lists the files of the repository by their paths below its root, in the order of their names, without hidden
// folders and what is built.
func trackedFiles(t *testing.T) (root string, paths []string) {
	t.Helper()
	root, err := repositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (d.Name() == "bin" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		paths = append(paths, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return root, paths
}

// under reports whether path is prefix or lies below it.
func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
}

// underAny reports whether path lies at or below one of the prefixes.
func underAny(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if under(path, p) {
			return true
		}
	}
	return false
}

// position gives file:line below the repository's root.
func position(f file, n ast.Node) string {
	p := fset.Position(n.Pos())
	p.Filename = f.Path
	p.Column = 0
	return p.String()
}
